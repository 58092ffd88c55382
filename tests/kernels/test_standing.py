"""What stopped at once is followed frame by frame, the same however frames are split; what came to rest, is not."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from monitor.kernels.grid import PLACES
from monitor.kernels.standing import LATE, WAYS, follow_standing, nothing_stands

FPS = 25
Maps = NDArray[np.uint8]


def waves(n: int, speed: NDArray[np.float64] | float = 1.0) -> Maps:
    """Means of n frames that go up and down, each place in its own time."""
    phase = np.cumsum(np.broadcast_to(speed, n)) / 4
    return np.rint(120 + 20 * np.sin(phase[:, None] + np.arange(PLACES) / 5)).astype(np.uint8)


def follow(
    difference: Maps,
    mean: Maps,
    split: int = 10**6,
    key: int | None = None,
    unknown: int | None = None,
    close: bool = True,
) -> NDArray[np.float64]:
    """All that is told, in steps of `split` frames. `key`: the number of a key frame; `unknown`: of one that was not
    compared; `close`: whether frames are."""
    n, memory, told = len(mean), nothing_stands(), []
    known = np.arange(n) != (-1 if unknown is None else unknown)
    keys = np.arange(n) == (-1 if key is None else key)
    for first in range(0, n, split):
        part = slice(first, first + split)
        t_s = np.arange(n)[part] / FPS
        told.append(
            follow_standing(
                *(t_s, known[part], known[part] & close, keys[part], difference[part], mean[part], memory),
                *(1.0, 1.5, 0.15),
            )
        )
    return np.concatenate(told)


def first_of(told: NDArray[np.float64], way: str) -> int:
    """The first frame of which something stands by this way; -1: none."""
    stands = np.flatnonzero(told[:, 1 + WAYS.index(way)] > 0)
    return int(stands[0]) if len(stands) else -1


def stopped(n: int = 250, at: int = 150, by: int = 40, floor: int = 0) -> tuple[Maps, Maps]:
    """Differences and means of a picture whose places change by so many eighths, until it stands."""
    difference = np.where(np.arange(n)[:, None] < at, by, floor) * np.ones(PLACES)
    return difference.astype(np.uint8), np.concatenate((waves(at), np.repeat(waves(at)[-1:], n - at, 0)))


def test_every_way_sees_a_picture_that_stops() -> None:
    told = follow(*stopped())
    assert (first_of(told, "moving"), first_of(told, "quiet")) == (150, 150)
    assert first_of(told, "means") == pytest.approx(150 + LATE, abs=1)
    assert told[150:, 1:3].min() == 1.0
    assert told[140, 0] == 1.0
    assert not told[:150, 1:].any()


def test_a_quiet_picture_is_not_seen_by_its_motion_and_one_under_noise_only_by_its_means() -> None:
    quiet = follow(*stopped(by=4))
    assert [first_of(quiet, way) for way in WAYS[:2]] == [-1, 150]
    noisy = follow(*stopped(by=40, floor=30))
    assert [first_of(noisy, way) for way in WAYS[:2]] == [-1, -1]
    assert first_of(noisy, "means") == pytest.approx(150 + LATE, abs=1)


@pytest.mark.parametrize("split", [1, 3, 25, 60])
def test_any_split_tells_the_same(split: int) -> None:
    for case in (stopped(), stopped(by=4), stopped(floor=30)):
        assert np.array_equal(follow(*case, split=split), follow(*case))


def test_what_comes_to_rest_bit_by_bit_does_not_stop() -> None:
    slower = np.clip(1 - (np.arange(300) - 150) / 40, 0, 1)
    noise = np.full((300, PLACES), 30, np.uint8)
    assert not follow(noise, waves(300, slower))[:, 1:].any()


def test_a_key_frame_that_codes_a_standing_picture_anew_does_not_end_it() -> None:
    difference, mean = stopped()
    difference[200] = 40
    assert first_of(follow(difference, mean, key=200)[200:], "moving") == 0
    assert not follow(difference, mean)[200, 1]


def test_a_place_that_drifts_ends_it() -> None:
    difference, mean = stopped()
    mean[200:, :60] += 2
    told = follow(difference, mean)
    assert told[199, 1] == 1.0
    assert not told[200, 1]


def test_what_stands_just_after_a_cut_is_a_still_and_for_a_second_it_may_be_one() -> None:
    difference, mean = stopped()
    mean[148:] = 255 - mean[148:]
    assert not follow(difference, mean)[148:, 1:].any()
    difference, mean = stopped()
    mean[138:] = 255 - mean[138:]
    told = follow(difference, mean)
    assert first_of(told, "moving") == 150
    assert told[150, 0] == 0, "not known to have been live"


def test_what_moved_in_the_shot_before_says_nothing_of_this_one() -> None:
    """A camera on a tripod, after one that was carried: not stuck, though the last four seconds were live."""
    difference, mean = stopped(n=280)
    mean[150:] = 255 - mean[150:]
    assert not follow(difference, mean)[150:, 0].any()
    assert (follow(difference, mean, split=7) == follow(difference, mean)).all()
    difference, mean = stopped(n=280, at=190)
    mean[150:] = 255 - mean[150:]
    assert follow(difference, mean)[190, 0] > 0.9, "it moved in this shot, too"


def test_after_a_dissolve_nothing_is_seen_to_stop() -> None:
    difference, mean = stopped()
    mean[130:150] = np.rint(mean[130] + (255.0 - mean[130] - mean[130]) * np.arange(1, 21)[:, None] / 20)
    mean[150:] = mean[149]
    assert not follow(difference, mean)[150:155, 1:].any()


def test_a_frame_that_was_not_compared_changes_nothing() -> None:
    difference, mean = stopped()
    difference[200] = 255
    assert follow(difference, mean, unknown=200)[200, 1] == 1.0


def test_frames_far_apart_do_not_show_by_their_means_what_stopped() -> None:
    """Of key frames alone, the five before are seconds of other pictures."""
    told = follow(*stopped(floor=30), close=False)
    assert first_of(told, "means") == -1


def test_a_small_thing_that_moves_on_leaves_nothing_that_stands() -> None:
    """A figure on a flat ground: places that it has left do not move any more, all at once."""
    difference, mean = stopped(floor=30)
    still = np.arange(PLACES) >= 16
    mean[:, still] = 120
    mean[:, 100:120] = np.rint(120 + 60 * np.sin(np.arange(250)[:, None] / 3 + np.arange(20)))
    told = follow(difference, mean)
    assert told[100, 0] == 1.0, "else too little moved"
    assert first_of(told, "means") == -1


def coded_anew(frames: int, by: int = 8, at: int = 180) -> tuple[Maps, Maps]:
    """A picture that stopped at 150, of which so many frames from `at` on differ by so many eighths."""
    difference, mean = stopped()
    difference[at : at + frames] = by
    return difference, mean


QUIET = 1 + WAYS.index("quiet")


@pytest.mark.parametrize(("frames", "by", "stands"), [(2, 8, True), (3, 8, False), (1, 16, True), (1, 17, False)])
def test_what_stands_may_be_coded_anew_for_two_frames(frames: int, by: int, stands: bool) -> None:
    told = follow(*coded_anew(frames, by))[:, QUIET]
    assert told[179] > 0
    assert (told[180 + frames - 1] > 0) == stands


def test_after_a_key_frame_it_may_be_for_longer_but_its_means_stay() -> None:
    difference, mean = coded_anew(14)
    told = follow(difference, mean, key=180)[:, QUIET]
    assert (told[192] > 0, told[193] > 0) == (True, False), "0.4 s, and two frames"
    assert follow(difference, mean)[182, QUIET] == 0
    mean[183:] += 3
    told = follow(difference, mean, key=180)[:, QUIET]
    assert (told[182] > 0, told[183] > 0) == (True, False)


def test_frames_coded_anew_are_counted_the_same_however_they_are_split() -> None:
    difference, mean = coded_anew(10)
    whole = follow(difference, mean, key=180)
    for split in (1, 7, 31):
        assert np.array_equal(follow(difference, mean, split, key=180), whole)


def test_what_is_coded_anew_time_and_again_moves() -> None:
    """Every third frame is another one, by little: slow motion at a low rate."""
    difference, mean = stopped()
    difference[160::3] = 8
    told = follow(difference, mean)[:, QUIET]
    assert told[160] > 0
    assert (told[163:] == 0).any()


@pytest.mark.parametrize(("shown", "stops"), [((1, 0, 1, 0, 1), True), ((1, 0, 0, 1, 0), False)])
def test_what_changes_in_half_of_the_frames_is_in_motion(shown: tuple[int, ...], stops: bool) -> None:
    """A stream of few pictures a second, each of them shown more than once. In less, drawn figures come to rest."""
    difference, mean = stopped()
    difference[:150] = 40 * np.tile(shown, 30)[:, None]
    told = follow(difference, mean)[:, 1 + WAYS.index("moving")]
    assert bool(told[160] > 0) == stops


def test_a_key_frame_of_another_picture_ends_what_stood() -> None:
    """Its differences tell nothing, as it codes everything anew; its means do."""
    difference, mean = stopped()
    mean[200:] = 255 - mean[200:]
    assert first_of(follow(difference, mean, key=200), "moving") == 150
    told = follow(difference, mean, key=200)[:, 1 + WAYS.index("moving")]
    assert told[199] > 0
    assert told[200] == 0
