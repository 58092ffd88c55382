"""Loudness from readings, beside what EBU Tech 3341 and 3342 allow and beside FFmpeg's meter."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from monitor.audio import SoundMeter
from monitor.loudness import (
    COARSE_LU,
    FINE_LU,
    histogram,
    integrated,
    integrated_of,
    loudness_range,
    lufs,
    momentary,
    power,
    range_of,
    short_term,
    weights,
)
from monitor.media.timeline import Timeline
from monitor.records import SoundBlock

RATE = 48_000
STEREO = ("FL", "FR")
Steps = list[tuple[float, float]]
QUIET = -200.0


def tone(steps: Steps) -> NDArray[np.float32]:
    """A stereo sine of 1 kHz, so many dBFS for so many seconds each."""
    level = np.concatenate([np.full(round(seconds * RATE), 10 ** (db / 20)) for db, seconds in steps])
    return np.tile(level * np.sin(2 * np.pi * 1000 * np.arange(len(level)) / RATE), (2, 1)).astype(np.float32)


def columns(samples: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """`power` of the rows, and of the loudest 400 ms that end in each."""
    meter = SoundMeter()
    block = SoundBlock("s", "audio:0", 0, 0, Fraction(1, RATE), 0.0, RATE, "stereo", STEREO, samples)
    meter.add(block, Timeline().begin(0, 0.0))
    rows = meter.take()[0]
    return power(rows.values["k_dbfs"], STEREO), power(rows.values["momentary_dbfs"], STEREO)


def row_of(references: Path, case: str, metric: str) -> tuple[float, float, float]:
    """What is expected, and how far below and above is allowed."""
    with (references / "loudness" / "ebu_tech3341_3342_expected.csv").open(newline="") as file:
        row = next(r for r in csv.DictReader(file) if case in r["ebu_file"] and metric in r["metric"])
    return float(row["expected"].split("+")[0]), float(row["tol_low"]), float(row["tol_high"])


def check(references: Path, case: str, metric: str, found: Iterable[float], step: float = 0.0) -> None:
    """Whether the EBU allows all that was found; `step`: expected is more by this from one to the next."""
    expected, low, high = row_of(references, case, metric)
    for n, value in enumerate(found):
        assert low <= value - expected - n * step <= high, f"{case}: {metric}: {value}"


SHORT_AND_MOMENTARY: dict[str, Steps] = {"3341-1-": [(-23, 20)], "3341-2-": [(-33, 20)]}


@pytest.mark.parametrize(("case", "steps"), SHORT_AND_MOMENTARY.items())
def test_a_steady_tone_is_as_loud_whichever_way_it_is_measured(references: Path, case: str, steps: Steps) -> None:
    rows, loudest = columns(tone(steps))
    check(references, case, "short-term", short_term(rows))
    check(references, case, "momentary", momentary(rows[10:]))
    check(references, case, "momentary", lufs(loudest[10:]))
    check(references, case, "integrated", [integrated(rows)])


def test_short_term_is_steady_over_a_pattern_of_three_seconds(references: Path) -> None:
    rows, _ = columns(tone([(-20, 1.34), (-30, 1.66)] * 5))
    check(references, "3341-9-", "short-term", short_term(rows))


def test_momentary_is_steady_over_a_pattern_of_400_ms(references: Path) -> None:
    _, loudest = columns(tone([(-20, 0.18), (-30, 0.22)] * 25))
    check(references, "3341-12-", "momentary", lufs(loudest[10:]))


def test_the_loudest_three_seconds_are_found_wherever_they_begin(references: Path) -> None:
    found = [short_term(columns(tone([(QUIET, 0.15 * n), (-23, 3), (QUIET, 1)]))[0]).max() for n in range(20)]
    check(references, "3341-10-", "short-term", found)


def test_short_term_follows_tones_that_grow_louder(references: Path) -> None:
    rows, _ = columns(tone([step for n in range(20) for step in ((-38.0 + n, 3), (QUIET, 3))]))
    levels = short_term(rows)
    check(references, "3341-11-", "short-term", [levels[60 * n : 60 * n + 31].max() for n in range(20)], 1.0)


def test_the_loudest_400_ms_are_found_wherever_they_begin(references: Path) -> None:
    found = [lufs(columns(tone([(QUIET, 0.02 * n), (-23, 0.4), (QUIET, 1)]))[1]).max() for n in range(20)]
    check(references, "3341-13-", "momentary", found)


def test_momentary_follows_tones_that_grow_louder(references: Path) -> None:
    _, loudest = columns(tone([step for n in range(20) for step in ((-38.0 + n, 0.4), (QUIET, 0.4))]))
    check(references, "3341-14-", "momentary", [lufs(loudest[8 * n : 8 * n + 8]).max() for n in range(20)], 1.0)


RANGES: dict[str, Steps] = {
    "3342-1-": [(-20, 20), (-30, 20)],
    "3342-2-": [(-20, 20), (-15, 20)],
    "3342-3-": [(-40, 20), (-20, 20)],
    "3342-4-": [(-50, 20), (-35, 20), (-20, 20), (-35, 20), (-50, 20)],
}


@pytest.mark.parametrize(("case", "steps"), RANGES.items())
def test_range_of_tones(references: Path, case: str, steps: Steps) -> None:
    check(references, case, "LRA_LU", [loudness_range(columns(tone(steps))[0])])


def test_nothing_is_infinitely_quiet_and_has_no_range() -> None:
    for rows in (np.zeros(100), np.empty(0), np.full(100, 1e-12)):
        assert integrated(rows) == -np.inf
        assert loudness_range(rows) == 0


def test_channels_weigh_by_where_they_stand() -> None:
    assert weights(("FL", "FR", "FC", "LFE", "BL", "BR")).tolist() == [1, 1, 1, 0, 1.41, 1.41]
    assert weights(("FL", "FR", "FC", "LFE", "BL", "BR", "SL", "SR")).tolist() == [1, 1, 1, 0, 1, 1, 1.41, 1.41]
    assert weights(("FC",)).tolist() == weights(("ch0",)).tolist() == [1]


def test_a_histogram_says_the_same_as_all_levels() -> None:
    rows = 10 ** (np.random.default_rng(6).uniform(-7, -1, 3000).repeat(20)[:20_000])
    found = integrated_of(histogram(momentary(rows), FINE_LU).astype(float), FINE_LU)
    assert found == pytest.approx(integrated(rows), abs=0.1)
    found = range_of(histogram(short_term(rows), COARSE_LU).astype(float), COARSE_LU)
    assert found == pytest.approx(loudness_range(rows), abs=0.5)
    nothing = histogram(np.array([-np.inf, -80, np.nan]), FINE_LU).astype(float)
    assert not nothing.any()
    assert (integrated_of(nothing, FINE_LU), range_of(nothing, FINE_LU)) == (-np.inf, 0)
