from __future__ import annotations

import numpy as np

from monitor.lab.second.moments import is_dense, moments
from monitor.lab.second.pictures import Span

RATE = 48_000


def test_they_begin_and_end_with_the_span_and_keep_their_distance() -> None:
    regular = 0
    for seed in range(20):
        found = moments(Span(1000, 1000 + 4 * RATE), (0.15, 1.0), np.random.default_rng(seed), lambda _: True)
        apart = np.diff(found)
        assert (found[0], found[-1]) == (1000, 1000 + 4 * RATE)
        assert apart.min() >= 0.14 * RATE
        assert apart.max() <= 1.2 * RATE
        regular += bool(apart[:-1].std() < 0.05 * apart.mean())
    assert 2 <= regular <= 12


def test_only_what_fits_is_taken() -> None:
    found = moments(Span(0, 4 * RATE), (0.15, 0.5), np.random.default_rng(1), lambda at: at > 3 * RATE)
    assert found[1] > 3 * RATE
    assert len(found) > 3


def test_moments_with_a_long_pause_between_them_are_not_dense() -> None:
    assert is_dense([0, RATE, 2 * RATE])
    assert not is_dense([0, RATE, 3 * RATE])
    assert is_dense([0])
