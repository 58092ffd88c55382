"""Seams on one line, and seams anywhere."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from monitor.kernels.course import course

N = 16
TIMES = (np.arange(N) - N + 1) * 0.18
Floats = NDArray[np.float64]


def scattered() -> tuple[Floats, Floats]:
    """Seams of about a level anywhere: three in each sample."""
    rng = np.random.default_rng(3)
    return rng.uniform(0, 1, (N, 3)), rng.uniform(0.2, 1.0, (N, 3))


def test_seams_that_lie_anywhere_are_hardly_a_course() -> None:
    assert course(TIMES, *scattered())[0] < 0.5


@pytest.mark.parametrize("speed", [0.0, 0.2, -0.3, 0.39])
def test_a_line_that_stands_or_wanders_is_found_among_them(speed: float) -> None:
    at, seams = scattered()
    line = 0.5 + speed * (TIMES + 1)
    hit = np.arange(N) % 4 != 3
    at[hit, 1], seams[hit, 1] = line[hit] + np.random.default_rng(4).uniform(-0.002, 0.002, hit.sum()), 2.0
    mean, first, last = course(TIMES, at, seams)
    assert mean == pytest.approx(2.0 * hit.mean(), rel=0.1)
    assert first == TIMES[0]
    assert last in (TIMES[14], TIMES[15]), "another may lie there by chance"


def test_it_begins_and_ends_with_the_line() -> None:
    at, seams = scattered()
    at[6:, 0], seams[6:, 0] = 0.5, 3.0
    mean, first, last = course(TIMES, at, seams)
    assert (first, last) == (TIMES[6], TIMES[-1])
    assert mean > 1.5


def test_one_large_seam_counts_as_three_of_the_third_largest() -> None:
    at, seams = np.full((N, 1), 0.5), np.full((N, 1), 1.0)
    seams[8] = 100.0
    assert course(TIMES, at, seams)[0] == pytest.approx((N - 1 + 3) / N)


def test_a_line_with_nothing_recent_or_too_little_is_none() -> None:
    nothing = (0.0, pytest.approx(np.nan, nan_ok=True), pytest.approx(np.nan, nan_ok=True))
    at, seams = np.full((N, 1), 0.5), np.full((N, 1), 5.0)
    seams[-3:] = 0
    assert course(TIMES, at, seams) == nothing
    assert course(TIMES[-4:], at[:4], seams[:4]) == nothing
    assert course(TIMES, at, np.zeros((N, 1))) == nothing
