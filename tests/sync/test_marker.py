"""Flashes, sweeps and beeps by hand, and the clip that has both: what they say of the sound."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from builders import cut, heard, video

from monitor.recorded import scan
from monitor.records import GRID, Readings, Reason, Stream
from monitor.settings import FAST
from monitor.sync import HearingState, Marked, SightState, hear, marked, see
from monitor.sync.marker import PAIRS

QUIET, LOUD = 100, 220


def beeps(seconds: float, times: list[float], lasts_s: float = 0.06) -> Readings:
    """Sound that is quiet, but for these."""
    hops = np.full(round(seconds * 100), QUIET, np.uint8)
    for t in times:
        hops[int(t * 100) : int((t + lasts_s) * 100)] = LOUD
    rows = heard(round(seconds * 10))
    # A clock that is known better and better.
    return replace(
        rows,
        at=rows.t_s + 1000.0 - 0.001 * np.arange(len(rows)),
        prints={"peak": np.repeat(hops.reshape(-1, 1, 10), 2, axis=1)},
    )


def flashes(seconds: float, times: list[float], lasts: int = 2, places: slice = slice(None)) -> Readings:
    """Dark pictures at 25 a second, lit at these times."""
    maps = np.full((round(seconds * 25), *GRID), 30, np.uint8)
    for t in times:
        first = math.ceil(t * 25 - 1e-6)
        maps[first : first + lasts, places] = 220
    return video(len(maps), grids={"mean": maps})


def sweeps(seconds: float, times: list[float], level: int = 20) -> Readings:
    """Something dark that passes over lit pictures 640 wide from left to right, in their middle at these times."""
    maps = np.full((round(seconds * 25), *GRID), 200.0)
    t = np.arange(len(maps)) / 25
    edges = np.concatenate(([0], np.cumsum(np.tile([32, 48], 8))))  # Tiles of 16, 2 or 3 to a place.
    for middle in times:
        left = 320 + 300 * (t - middle) - 32
        over = np.minimum(left[:, None] + 64, edges[1:]) - np.maximum(left[:, None], edges[:-1])
        maps[:, 4] -= (200 - level) * np.clip(over, 0, None) / np.diff(edges)
    return video(len(maps), grids={"mean": maps})


def said(pictures: Readings, sound: Readings, size: int = 10**6) -> list[Marked]:
    """In steps of so many rows of either, turn by turn."""
    sight, hearing, found = SightState(), HearingState(), []
    for k in range(0, max(len(pictures), len(sound)), size):
        if len(part := cut(pictures, k, k + size)):
            sight = see(sight, part)
        if len(part := cut(sound, k, k + size)):
            hearing = hear(hearing, part)
        hearing, more = marked(sight, hearing)
        found += more
    return found


TIMES = [float(t) for t in range(1, 14)]


@pytest.mark.parametrize("late_s", [-0.4, -0.06, 0.0, 0.06, 0.125, 0.45])
def test_flash_and_beep(late_s: float) -> None:
    found = said(flashes(15, TIMES), beeps(15, [t + late_s for t in TIMES]))
    assert len(found) >= len(TIMES) - PAIRS
    assert [each.error_s for each in found] == pytest.approx([late_s] * len(found), abs=0.006)
    assert found[0].start_s < 1.5 + late_s
    assert all(a.end_s == pytest.approx(b.start_s) for a, b in itertools.pairwise(found))


def test_a_patch_is_enough_and_uneven_intervals_of_a_little() -> None:
    times = [t + 0.01 * (-1) ** t for t in range(1, 14)]
    found = said(flashes(15, times, 1, slice(3, 6)), beeps(15, [t + 0.2 for t in times]))
    assert [each.error_s for each in found] == pytest.approx([0.2] * len(found), abs=0.03)
    assert found


@pytest.mark.parametrize("late_s", [-0.1, 0.0, 0.3])
def test_what_crosses_the_middle(late_s: float) -> None:
    times = [t + 0.013 for t in range(2, 24, 2)]
    found = said(sweeps(25, times), beeps(25, [t + late_s for t in times]))
    assert len(found) >= 5
    assert [each.error_s for each in found] == pytest.approx([late_s] * len(found), abs=0.008)


@pytest.mark.parametrize("size", [1, 7, 40])
def test_any_split_says_the_same(size: int) -> None:
    pictures, sound = flashes(15, TIMES), beeps(15, [t + 0.1 for t in TIMES])
    assert said(pictures, sound, size) == said(pictures, sound)


def test_it_is_on_the_clock_of_its_first_beep() -> None:
    (first, *_) = said(flashes(15, TIMES), beeps(15, TIMES))
    assert first.at == pytest.approx(first.start_s + 1000.0 - 0.010, abs=1e-6)


@pytest.mark.parametrize("size", [1, 10**6])
def test_in_a_hole_it_may_have_been_loud(size: int) -> None:
    """Sound that was not measured between beeps, at once and row by row."""
    sound = beeps(15, TIMES)
    sound.reason[9:130:10] = Reason.CORRUPT
    assert said(flashes(15, TIMES), sound, size) == []


@pytest.mark.parametrize(
    ("pictures", "sound"),
    [
        (flashes(15, []), beeps(15, TIMES)),
        (flashes(15, TIMES), beeps(15, [])),
        (flashes(15, TIMES[:4]), beeps(15, TIMES[:4])),
        # Music and cuts with no order in them.
        (
            flashes(30, np.cumsum(np.random.default_rng(3).uniform(0.4, 2, 20)).tolist()),
            beeps(30, np.cumsum(np.random.default_rng(4).uniform(0.4, 2, 20)).tolist()),
        ),
        # A beat, and cuts beside it.
        (flashes(30, np.cumsum(np.random.default_rng(5).uniform(0.4, 2, 20)).tolist()), beeps(30, TIMES)),
        # A beat, and something that flashes all the time.
        (flashes(15, np.arange(1, 14, 0.2).tolist(), 1), beeps(15, TIMES)),
    ],
    ids=["beeps", "flashes", "too few", "no order", "a beat", "flicker"],
)
def test_nothing_is_said_of(pictures: Readings, sound: Readings) -> None:
    assert said(pictures, sound) == []


def test_the_clip_that_sweeps_and_beeps(media: Path) -> None:
    """Measured sample by sample, its beeps are 9.4 ms late in the median, and its first eight 13.5 ms."""
    rows: list[Readings] = []
    clip = media / "av_sync_sweep_beep.webm"
    scan(Stream(id="s", url=str(clip)), FAST, rows.extend, lambda *_: None)
    sight, hearing, found = SightState(), HearingState(), []
    for part in rows:
        if part.track == "video":
            sight = see(sight, part)
        else:
            hearing = hear(hearing, part)
        hearing, more = marked(sight, hearing)
        found += more
    errors = [each.error_s for each in found]
    assert len(errors) >= 19
    assert np.median(errors) == pytest.approx(0.0094, abs=0.005)
    assert np.median(errors[:4]) == pytest.approx(0.0135, abs=0.005)
