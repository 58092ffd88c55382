"""A stream against its reference: the same later, another programme, and nothing to say."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from builders import cut, heard, video
from test_offset import curve

from monitor.recorded import prints_of
from monitor.records import GRID, Readings, Stream
from monitor.settings import FAST
from monitor.sync import Pair, Pairing, Prints, compare, due_until


def sound(seconds: float, late_s: float, seed: int = 1, track: str = "audio:0", at: float = math.nan) -> Readings:
    rows = heard(round(seconds * 10))
    level = curve(np.arange(round(seconds * 100)) / 100 - late_s, seed)
    codes = np.clip(255 + 2 * level, 1, 255).astype(np.uint8).reshape(-1, 1, 10)
    return replace(rows, track=track, prints={"peak": np.repeat(codes, 2, axis=1)}, at=rows.t_s + at)


def pictures(seconds: float, late_s: float, seed: int = 1, fps: int = 25, at: float = math.nan) -> Readings:
    rng = np.random.default_rng(seed)
    n = round(seconds * fps)
    t = np.arange(n) / fps
    y, x = np.mgrid[: GRID[0], : GRID[1]]
    knots = np.arange(-80, 160, 0.6)
    maps = np.full((n, *GRID), 60.0)
    for _ in range(4):
        cy, cx = (np.interp(t - late_s, knots, rng.uniform(0, size, len(knots))) for size in GRID)
        maps += 80 * np.exp(-((y - cy[:, None, None]) ** 2 + (x - cx[:, None, None]) ** 2) / 6)
    rows = video(n, grids={"mean": np.clip(maps, 16, 235)})
    return replace(rows, t_s=t, duration_s=np.full(n, 1 / fps), at=t + at)


def prints(*parts: Readings) -> Prints:
    found = Prints(keep_s=math.inf)
    found.add(parts)
    return found


REFERENCE = prints(pictures(60, 0.0), sound(60, 0.0))


@pytest.mark.parametrize("late_s", [-1.9, 0.0, 1.3, 25.0, -31.0])
@pytest.mark.parametrize("error_s", [-1.8, -0.06, 0.0, 0.06, 0.3, 1.9])
def test_how_late_and_how_much_out_of_step(late_s: float, error_s: float) -> None:
    watched = prints(pictures(60, late_s, fps=30), sound(60, late_s + error_s))
    found = Pair(REFERENCE, watched).compare()
    said = [each for each in found if each.alike]
    assert [each.late_s for each in said] == pytest.approx([late_s] * len(said), abs=0.02)
    assert len(said) >= 3
    errors = [each.sync_s("audio:0") for each in said[1:]]
    known = [each for each in errors if not math.isnan(each)]
    assert known == pytest.approx([error_s] * len(known), abs=0.02)
    assert len(known) >= len(errors) - 1, "where the reference ends, some sound may be missing"


def test_by_the_clock() -> None:
    """Watched from another moment on, and 6 s behind."""
    reference = prints(pictures(60, 0.0, at=1000.0), sound(60, 0.0, at=1000.0))
    watched = prints(pictures(60, -14.0, at=1020.0), sound(60, -14.0, at=1020.0))
    found = [each for each in Pair(reference, watched).compare() if each.alike]
    assert [each.late_s for each in found] == pytest.approx([6.0] * len(found), abs=0.02)
    assert found[0].at == pytest.approx(found[0].until_s + 1020)
    event = found[0].events("s", 2)[0]
    assert (event.kind, event.track, event.epoch, event.numbers["alike"]) == ("compared", "audio:0", 2, 1)
    assert event.numbers["late_s"] == found[0].late_s


def test_another_programme_and_back() -> None:
    parts = [pictures(60, 0.4), sound(60, 0.4)]
    other = [pictures(60, 0.4, seed=2), sound(60, 0.4, seed=2)]
    for part, another in zip(parts, other, strict=True):
        gone = (part.t_s >= 20) & (part.t_s < 45)
        for columns, others in ((part.grids, another.grids), (part.prints, another.prints)):
            for name in columns:
                columns[name][gone] = others[name][gone]
    found = {each.until_s: each.alike for each in Pair(REFERENCE, prints(*parts)).compare()}
    assert found[20.0] is True
    assert found[40.0] is False
    assert found[45.0] is False
    assert [until_s for until_s, alike in found.items() if alike is False] == [40.0, 45.0]


@pytest.mark.parametrize("seed", range(2, 8))
def test_unlike_programmes_are_never_out_of_step(seed: int) -> None:
    found = Pair(REFERENCE, prints(pictures(60, 0.0, seed), sound(60, 0.0, seed))).compare()
    assert found
    assert all(math.isnan(each.sync_s("audio:0")) and not each.alike for each in found)


UNLIKE = (
    "bbb_open_30s_720p.webm",
    "chrome_ad_fastcuts.mp4",
    "driving_30s.webm",
    "sintel_trailer_480p.mp4",
    "webcam_quiet_19s.flv",
)


def test_twenty_pairs_of_real_clips_are_never_out_of_step(media: Path) -> None:
    """Each with each other, both ways: none is taken for the same, and most are known to be another."""
    known = {name: prints_of(Stream(name, str(media / name)), FAST) for name in UNLIKE}
    found = [Pair(known[a], known[b]).compare(ended=True) for a, b in permutations(UNLIKE, 2)]
    assert len(found) == 20
    assert all(math.isnan(each.sync_s("audio:0")) and not each.alike for pair in found for each in pair)
    assert sum(any(each.alike is False for each in pair) for pair in found) >= 12


def test_nothing_can_be_said_of_stills_and_silence() -> None:
    still = replace(pictures(60, 0.0), grids={"mean": np.full((1500, *GRID), 90, np.uint8)})
    quiet = replace(sound(60, 0.0), prints={"peak": np.zeros((600, 2, 10), np.uint8)})
    found = Pair(REFERENCE, prints(still, quiet)).compare()
    assert {each.alike for each in found} == {None}
    one = Pair(REFERENCE, prints(pictures(60, 0.2), quiet)).compare()
    assert all(each.alike and math.isnan(each.sync_s("audio:0")) for each in one)
    assert one[-1].late_s == pytest.approx(0.2, abs=0.02)


def test_what_is_shown_in_a_loop_is_found_where_it_is_least_late() -> None:
    loop = [pictures(20, 0.0), sound(20, 0.0)]
    again = []
    for part in loop:
        many = {name: np.concatenate([column] * 3) for name, column in (part.grids | part.prints).items()}
        whole = pictures(60, 0.0) if part.track == "video" else sound(60, 0.0)
        again.append(replace(whole, **{"grids" if part.track == "video" else "prints": many}))
    found = Pair(prints(*again), prints(*again)).compare()
    assert [each.late_s for each in found if each.alike] == pytest.approx([0.0] * len(found), abs=0.01)


def test_each_sound_track_by_itself() -> None:
    reference = prints(pictures(40, 0.0), sound(40, 0.0), sound(40, 0.0, 5, "audio:1"))
    watched = prints(pictures(40, 0.0), sound(40, 0.1), sound(40, -0.2, 5, "audio:1"), sound(40, 0.0, 6, "audio:2"))
    last = Pair(reference, watched).compare()[-1]
    assert last.sync_s("audio:0") == pytest.approx(0.1, abs=0.02)
    assert last.sync_s("audio:1") == pytest.approx(-0.2, abs=0.02)
    assert math.isnan(last.sync_s("audio:2"))
    assert [event.track for event in last.events("s", 0)] == ["audio:0", "audio:1"]


def test_when_it_is_due() -> None:
    watched = Prints(keep_s=100.0)
    assert due_until(Pairing(), REFERENCE, watched) is None
    watched.add([pictures(10, 0.0), sound(10, 0.0)])
    assert due_until(Pairing(), REFERENCE, watched) is None
    watched = prints(pictures(26, 0.0), sound(26, 0.0))
    assert due_until(Pairing(), REFERENCE, watched) == 15.0
    assert due_until(Pairing(0.0, 15.0), REFERENCE, watched) == 20.0
    assert due_until(Pairing(0.0, 25.0), REFERENCE, watched) is None
    late = Prints(keep_s=100.0)
    late.add([sound(100, 0.0), pictures(100, 0.0)])
    assert due_until(Pairing(0.0, 15.0), late, late) in (95.0, 100.0), "what could not be done in time is left out"


def test_one_split_at_a_time() -> None:
    """Prints that come in pieces say the same as all at once."""
    whole = Pair(REFERENCE, prints(pictures(60, 0.4), sound(60, 0.5))).compare()
    pairing, again = Pairing(), []
    watched = Prints(keep_s=math.inf)
    a, b = pictures(60, 0.4), sound(60, 0.5)
    for k in range(60):
        watched.add([cut(a, 25 * k, 25 * k + 25), cut(b, 10 * k, 10 * k + 10)])
        while (until_s := due_until(pairing, REFERENCE, watched)) is not None:
            pairing, found = compare(pairing, REFERENCE, watched, until_s)
            again.append(found)
    assert [(each.until_s, each.late_s, each.sync_s("audio:0")) for each in again] == [
        (each.until_s, each.late_s, each.sync_s("audio:0")) for each in whole
    ]


def test_a_reference_that_comes_later_is_waited_for() -> None:
    """The edge is half a minute before its origin, as an origin by HLS and an edge by UDP."""
    reference, watched, pair, found = Prints(170.0), Prints(170.0), None, []
    theirs = [pictures(200, 0.0, at=1000.0), sound(200, 0.0, at=1000.0)]
    mine = [pictures(200, -30.0, at=1000.0), sound(200, -30.0, at=1000.0)]
    pair = Pair(reference, watched)
    for k in range(200):
        for place, parts in ((reference, theirs), (watched, mine)):
            place.add([cut(parts[0], 25 * k, 25 * k + 25), cut(parts[1], 10 * k, 10 * k + 10)])
        found += pair.compare()
    assert {each.alike for each in found} <= {True, None}
    late = [each.late_s for each in found if each.alike]
    assert len(late) > 5
    assert late == pytest.approx([-30.0] * len(late), abs=0.02)


def test_the_last_seconds_of_a_recording_are_compared_too() -> None:
    short = Pair(REFERENCE, prints(pictures(10, 0.5), sound(10, 0.7)))
    assert short.compare() == []
    (last,) = short.compare(ended=True)
    assert last.sync_s("audio:0") == pytest.approx(0.2, abs=0.02)
    assert short.compare(ended=True) == []
    assert Pair(REFERENCE, prints(pictures(5, 0.5), sound(5, 0.7))).compare(ended=True) == []


def test_sound_that_is_seconds_away_from_its_picture() -> None:
    for error_s in (-8.0, 4.0):
        found = Pair(REFERENCE, prints(pictures(60, 0.0), sound(60, error_s))).compare()
        errors = [each.sync_s("audio:0") for each in found if not math.isnan(each.sync_s("audio:0"))]
        assert len(errors) >= 4
        assert errors == pytest.approx([error_s] * len(errors), abs=0.02)


def test_where_little_happens_nothing_is_another_programme() -> None:
    """Black and silence for half a minute, then the same."""
    parts = [pictures(60, 30.0), sound(60, 30.0)]
    parts[0].grids["mean"][parts[0].t_s < 30] = 16
    parts[1].prints["peak"][parts[1].t_s < 30] = 0
    assert False not in {each.alike for each in Pair(REFERENCE, prints(*parts)).compare()}


def test_a_track_that_is_gone_is_not_waited_for() -> None:
    watched = prints(pictures(60, 0.0), sound(20, 0.0))
    assert watched.span[1] > 59
    assert max(each.until_s for each in Pair(REFERENCE, watched).compare()) == 55.0
