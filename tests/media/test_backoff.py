"""Waits grow, stay within bounds, and are the same with the same random numbers."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.media.backoff import Backoff


@given(st.floats(0.05, 300), st.floats(1, 100), st.integers())
def test_waits_grow_to_the_longest(first_s: float, factor: float, seed: int) -> None:
    longest_s = first_s * factor
    backoff = Backoff(first_s, longest_s, Random(seed))
    for turn in range(12):
        full = min(first_s * 2**turn, longest_s)
        assert full / 2 <= backoff.next() <= full
    backoff.reset()
    assert backoff.next() <= first_s


def test_the_same_random_numbers_give_the_same_waits_and_others_others() -> None:
    def waits(seed: int) -> list[float]:
        backoff = Backoff(0.5, 30, Random(seed))
        return [backoff.next() for _ in range(8)]

    assert waits(1) == waits(1)
    assert waits(1) != waits(2)


@pytest.mark.parametrize(("first_s", "longest_s"), [(0, 1), (-1, 1), (2, 1), (float("nan"), 1)])
def test_impossible_bounds_are_refused(first_s: float, longest_s: float) -> None:
    with pytest.raises(ValueError, match="0 < first <= longest"):
        Backoff(first_s, longest_s)
