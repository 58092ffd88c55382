"""What is a jump of timestamps, and what explains itself."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.media.continuity import WRAP, Continuity, Follower, Jump
from monitor.media.timeline import Timeline

TS = Fraction(1, 90_000)
PICTURE = 3600
SOUND = 1920
NOW = 1_790_000_000.0


def video(start_s: float | None = None, paced: bool = False, base: Fraction = TS) -> Follower:
    return Follower("video", base, start_s, paced)


def audio(start_s: float | None = None) -> Follower:
    return Follower("audio", TS, start_s, False)


class Source:
    """Packets of constant duration, one call each."""

    def __init__(self, **tracks: Follower) -> None:
        self.tracks = tracks
        self.continuity = Continuity(tracks, None, 0.0)
        self.jumps: list[Jump] = []
        self.times: dict[str, list[float]] = {name: [] for name in tracks}

    def send(self, name: str, raw_s: Fraction | float, arrived_at: float = math.nan, duration: int = PICTURE) -> None:
        base = self.tracks[name].time_base
        ticks = round(Fraction(raw_s) / base)
        dts, pts = self.continuity.unwrap(name, ticks, ticks)
        assert dts is not None
        jump = self.continuity.follow(name, dts, pts, duration, arrived_at)
        if jump is not None:
            self.jumps.append(jump)
        timeline = self.continuity.timeline
        self.times[name].append(timeline.seconds(self.continuity.epoch(name), dts, base))


SECONDS = st.integers(1, 3000).map(lambda tenths: Fraction(tenths, 10) + Fraction(1, 2))


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(17, 40), SECONDS, st.booleans()), min_size=1, max_size=12))
def test_time_goes_on_over_any_jumps(parts: list[tuple[int, Fraction, bool]]) -> None:
    source = Source(video=video())
    raw = Fraction(100)
    for count, step, back in parts:
        for _ in range(count):
            source.send("video", raw)
            raw += PICTURE * TS
        raw += -step - PICTURE * TS if back else step + PICTURE * TS
    steps = [b - a for a, b in pairwise(source.times["video"])]
    assert source.times["video"][0] == 0.0
    assert steps == pytest.approx([0.04] * len(steps), abs=1e-6)
    wanted = [-(s + PICTURE * TS) if back else s + PICTURE * TS for _, s, back in parts[:-1]]
    assert [jump.seconds for jump in source.jumps] == pytest.approx([float(w) for w in wanted], abs=1e-4)


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(12, 400).map(float), st.booleans()), min_size=1, max_size=10),
    st.floats(-0.4, 0.4),
    st.booleans(),
)
def test_picture_and_sound_jump_as_one(jumps: list[tuple[float, bool]], lead_s: float, sound_first: bool) -> None:
    source = Source(video=video(), audio=audio())
    raw = Fraction(500)
    order = ("audio", "video") if sound_first else ("video", "audio")
    for step, back in [(0.0, False), *jumps]:
        raw += Fraction(-step if back else step)
        for _ in range(25):
            for name in order:
                source.send(name, raw + (Fraction(lead_s) if name == "audio" else 0))
            raw += PICTURE * TS
    assert len(source.jumps) == len(jumps), "one for both tracks"
    assert source.continuity.epoch("video") == source.continuity.epoch("audio") == len(jumps)
    skew = [s - p for p, s in zip(source.times["video"], source.times["audio"], strict=True)]
    assert skew == pytest.approx([lead_s] * len(skew), abs=1e-3), "picture and sound stay together"
    for times in source.times.values():
        steps = [b - a for a, b in pairwise(times)]
        assert steps == pytest.approx([0.04] * len(steps), abs=1e-3)


def test_tracks_that_jump_apart_are_two_jumps() -> None:
    source = Source(video=video(), audio=audio())
    for i in range(50):
        source.send("video", 10 + i * 0.04)
        source.send("audio", 10 + i * 0.04)
    source.send("video", 100)
    source.send("audio", 300)
    assert [round(jump.seconds) for jump in source.jumps] == [88, 288]
    assert source.times["video"][-1] == pytest.approx(2.0)
    assert source.times["audio"][-1] == pytest.approx(2.0)


def test_a_track_that_never_jumps_keeps_its_epoch() -> None:
    source = Source(video=video(), audio=audio())
    for i in range(300):
        source.send("audio", 10 + i * 0.04)
        source.send("video", 10_000.0 * (i // 20) + i * 0.04)
    assert len(source.jumps) == 14
    assert source.continuity.epoch("audio") < source.continuity.epoch("video") - 8
    assert source.times["audio"] == pytest.approx([source.times["audio"][0] + i * 0.04 for i in range(300)])


def test_back_where_it_was_is_a_jump_after_a_while() -> None:
    source = Source(video=video())
    for start, count in ((0.0, 40), (100.0, 40), (1.6, 40)):
        for i in range(count):
            source.send("video", start + i * 0.04)
    assert [round(jump.seconds) for jump in source.jumps] == [98, -100]
    assert source.times["video"] == pytest.approx([i * 0.04 for i in range(120)])


def live(source: Source, name: str, start: float, seconds: float, late_s: float = 2.0) -> float:
    """Send a track as it is produced; the raw time where it ends."""
    count = round(seconds * 25)
    for i in range(count):
        raw = start + i * 0.04
        source.send(name, raw, NOW + raw + late_s)
    return start + count * 0.04


@pytest.mark.parametrize("pause_s", [0.7, 3.0, 40.0])
def test_a_sender_that_paused_while_its_clock_went_on(pause_s: float) -> None:
    source = Source(video=video())
    end = live(source, "video", 50, 4)
    live(source, "video", end + pause_s, 4)
    assert source.jumps == []
    assert source.times["video"][-1] == pytest.approx(8 + pause_s - 0.04)


@pytest.mark.parametrize("jump_s", [2.0, 30.0, -2.0, -30.0])
def test_a_jump_that_the_clock_does_not_explain(jump_s: float) -> None:
    source = Source(video=video())
    end = live(source, "video", 50, 4)
    live(source, "video", end + jump_s, 4, late_s=2.0 - jump_s)
    assert [jump.seconds for jump in source.jumps] == pytest.approx([jump_s], abs=1e-3)
    assert source.times["video"][-1] == pytest.approx(8 - 0.04)


def segments(source: Source, numbers: list[int], shift_s: float = 0.0) -> None:
    """Segments of 6 s, each in one burst 8 s after its first picture."""
    for number in numbers:
        for i in range(150):
            raw = number * 6 + i * 0.04
            source.send("video", raw + shift_s, NOW + number * 6 + 8 + i * 0.001)


def test_a_segment_that_is_missing_is_explained_though_it_came_in_bursts() -> None:
    source = Source(video=video())
    segments(source, [0, 1, 2, 3, 5, 6])
    assert source.jumps == []


@pytest.mark.parametrize("jump_s", [3.0, 5.0, 9.0])
def test_a_jump_between_segments_is_one(jump_s: float) -> None:
    source = Source(video=video())
    segments(source, [0, 1, 2, 3])
    segments(source, [4, 5], jump_s)
    assert [jump.seconds for jump in source.jumps] == pytest.approx([jump_s], abs=1e-3)


def test_a_picture_that_lasts_is_no_jump() -> None:
    source = Source(video=video(base=Fraction(1, 1000)))
    for raw, duration in ((0, 40), (0.04, 9_960), (10, 40)):
        source.send("video", raw, duration=duration)
    assert source.jumps == []


def test_sound_that_goes_on_explains_a_picture_that_pauses() -> None:
    source = Source(video=video(), audio=audio())
    for i in range(250):
        if not 50 <= i < 150:
            source.send("video", i * 0.04)
        source.send("audio", i * 0.04 - 0.7 if i > 20 else i * 0.02)
    assert source.jumps == []


@pytest.mark.parametrize(("paced", "jumps"), [(True, 0), (False, 1)])
def test_formats_that_time_each_picture(paced: bool, jumps: int) -> None:
    source = Source(video=video(paced=paced, base=Fraction(1, 1000)))
    for raw in (0, 0.04, 7.0, 7.04):
        source.send("video", raw, duration=40)
    assert len(source.jumps) == jumps


def test_sound_that_ended_long_ago_says_nothing() -> None:
    source = Source(video=video(paced=True), audio=audio())
    source.send("audio", 0)
    for raw in (0, 0.04, 30.0, 60.0):
        source.send("video", raw, duration=40)
    assert len(source.jumps) == 1, "at 0.04 the sound was still there"


def reordered(source: Source, pictures: list[tuple[float, float]], arrived: bool = False) -> list[int]:
    """Packets as (dts, pts) in seconds; the epoch of each."""
    epochs = []
    for dts, pts in pictures:
        ticks = (round(dts * 90_000), round(pts * 90_000))
        jump = source.continuity.follow("video", *ticks, PICTURE, NOW + dts if arrived else math.nan)
        source.jumps += [] if jump is None else [jump]
        epochs.append(source.continuity.epoch("video"))
    return epochs


STEADY = [(i * 0.04, i * 0.04 + 0.08) for i in range(30)]


@pytest.mark.parametrize("step_s", [3.0, 1000.0, -3.0])
def test_pictures_from_before_a_jump_keep_their_epoch(step_s: float) -> None:
    """An encoder's DTS is the PTS of some pictures ago, so it follows a step only some packets later."""
    source = Source(video=video())
    over = [(1.20, 1.32 + step_s), (1.24, 1.28), (1.28, 1.36 + step_s), (1.32 + step_s, 1.4 + step_s)]
    after = [(1.36 + step_s + i * 0.04, 1.44 + step_s + i * 0.04) for i in range(40)]
    epochs = reordered(source, STEADY + over + after)
    assert epochs == [0] * 30 + [1, 0, 1, 1] + [1] * 40
    assert [jump.seconds for jump in source.jumps] == pytest.approx([step_s], abs=0.2)


def test_one_damaged_timestamp_is_one_jump() -> None:
    source = Source(video=video())
    after = [(dts + 1.24, pts + 1.24) for dts, pts in STEADY]
    epochs = reordered(source, [*STEADY, (1.2, 40.0), *after])
    assert epochs == [0] * 30 + [1] + [0] * 30
    assert len(source.jumps) == 1


def test_few_pictures_a_second_are_reordered_far() -> None:
    source = Source(video=video())
    second = 90_000
    for dts, pts in ((0, 2), (1, 5), (2, 3), (3, 4), (4, 8), (5, 6), (6, 7), (7, 11), (8, 9)):
        source.continuity.follow("video", dts * second, pts * second, second, math.nan)
        assert source.continuity.epoch("video") == 0


def test_the_wrap_after_a_day_is_no_jump() -> None:
    source = Source(video=video(), audio=audio())
    wrap_s = Fraction(WRAP, 90_000)
    for turn in range(3):
        for i in range(100):
            raw = wrap_s - 2 + i * PICTURE * TS
            for name in source.tracks:
                source.send(name, raw if raw < wrap_s else raw - wrap_s)
        # A day passes: the same place of the next turn, as the clock says.
        for follower in source.tracks.values():
            assert follower.line is not None
            follower.line.due += WRAP - 100 * PICTURE
            assert follower.wrapped == (turn + 1) * WRAP
    assert source.jumps == []
    assert source.continuity.timeline.epoch == 0


def test_timestamps_of_one_packet_on_both_sides_of_the_wrap() -> None:
    continuity = Continuity({"video": video()}, None, 0.0)
    continuity.follow("video", WRAP - 9000, WRAP - 5400, PICTURE, math.nan)
    assert continuity.unwrap("video", WRAP - 1800, 1800) == (WRAP - 1800, WRAP + 1800)
    assert continuity.unwrap("video", 1800, 5400) == (WRAP + 1800, WRAP + 5400)


def test_pictures_reordered_over_the_wrap() -> None:
    continuity = Continuity({"video": video()}, None, 0.0)
    seen = []
    for raw in (WRAP - 7200, WRAP - 3600, 3600, 0, WRAP - 1800, 7200):
        _, pts = continuity.unwrap("video", None, raw)
        assert continuity.follow("video", None, pts, PICTURE, math.nan) is None
        seen.append(pts)
    assert seen == [WRAP - 7200, WRAP - 3600, WRAP + 3600, WRAP, WRAP - 1800, WRAP + 7200]


@pytest.mark.parametrize(
    ("start_s", "first", "origin"),
    [(10.0, 10.08, 10.0), (None, 10.08, 10.08), (0.0, 3600.0, 3600.0)],
    ids=["declared", "not declared", "declared, but wrong"],
)
def test_the_origin(start_s: float | None, first: float, origin: float) -> None:
    source = Source(video=video(start_s))
    source.send("video", first)
    assert source.times["video"] == pytest.approx([first - origin])


def test_the_origin_is_the_earliest_of_all_tracks() -> None:
    source = Source(video=video(10.08), audio=audio(10.0))
    source.send("video", 10.08)
    source.send("audio", 10.0)
    assert source.times == {"video": [pytest.approx(0.08)], "audio": [0.0]}


def test_a_source_opened_again_is_a_new_epoch() -> None:
    before = Timeline().begin(50, 0.0)
    continuity = Continuity({"video": video(7.0)}, before, 33.0)
    assert continuity.timeline is before
    continuity.follow("video", 7 * 90_000, 7 * 90_000, PICTURE, math.nan)
    assert continuity.timeline.epoch == continuity.epoch("video") == 1
    assert continuity.timeline.seconds(1, 7 * 90_000, TS) == 33.0


def test_packets_without_timestamps_go_on() -> None:
    continuity = Continuity({"video": video()}, None, 0.0)
    for _ in range(5):
        assert continuity.follow("video", None, None, PICTURE, math.nan) is None
    assert continuity.epoch("video") == 0


@pytest.mark.parametrize("held", [0, 2])
def test_a_segmented_source_that_paused_did_not_jump(held: int) -> None:
    """Segments of 2 s, a pause of 8 s through which the sender's clock goes on; FFmpeg holds the last packets back
    until more comes, so that they head the burst in which the step is."""
    source = Source(video=video())
    raw = 0.0
    for segment in range(5):
        for _ in range(50):
            late = held if segment == 4 and raw >= 10 - held / 25 - 1e-6 else 0
            source.send("video", raw, NOW + 2 * segment + (10 if late else 0))
            raw += 1 / 25
    for picture in range(50):
        source.send("video", raw + 8.4 + picture / 25, NOW + 18)
    assert source.jumps == []
    for picture in range(50):
        source.send("video", raw + 110.4 + picture / 25, NOW + 20)
    assert [round(jump.seconds) for jump in source.jumps] == [100]
