"""Ticks to seconds: exact, across epochs, and small enough for a checkpoint."""

from __future__ import annotations

import pickle
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.media.timeline import KEPT, Timeline

BASES = st.sampled_from([Fraction(1, 90_000), Fraction(1, 1000), Fraction(1, 48_000), Fraction(1001, 30_000)])
TICKS = st.integers(-(2**34), 2**34)


def test_origin_is_zero_and_a_reconnect_goes_on() -> None:
    base = Fraction(1, 90_000)
    first = Timeline().begin(Fraction(900_000, 90_000), 0.0)
    assert first.epoch == 0
    assert first.seconds(0, 900_000, base) == 0.0
    assert first.seconds(0, 900_000 + 9000, base) == 0.1
    again = first.begin(Fraction(5), 12.5)
    assert again.epoch == 1
    assert again.seconds(1, 5 * 90_000, base) == 12.5
    assert again.seconds(0, 900_000, base) == 0.0, "the epoch before is still known"


def test_before_anything_arrived() -> None:
    assert Timeline().epoch == 0
    with pytest.raises(ValueError, match=r"epoch 0 .*known: none"):
        Timeline().seconds(0, 0, Fraction(1, 1000))


def test_epochs_are_forgotten_but_not_those_in_use() -> None:
    timeline = Timeline()
    for i in range(30):
        timeline = timeline.begin(0, float(i), in_use=(3,))
    assert timeline.epoch == 29
    assert [anchor.number for anchor in timeline.epochs] == [3, *range(22, 30)]
    assert timeline.seconds(3, 1000, Fraction(1, 1000)) == 4.0
    with pytest.raises(ValueError, match="epoch 4"):
        timeline.seconds(4, 0, Fraction(1, 1000))
    assert len(pickle.dumps(timeline)) < 1500
    assert pickle.loads(pickle.dumps(timeline)) == timeline
    assert KEPT == 8


@given(TICKS, TICKS, BASES, st.fractions(-10_000, 10_000, max_denominator=90_000))
def test_exact_and_in_order(first: int, second: int, base: Fraction, raw_s: Fraction) -> None:
    timeline = Timeline().begin(raw_s, Fraction(1, 3))
    exact = first * base - raw_s + Fraction(1, 3)
    assert timeline.seconds(0, first, base) == float(exact)
    low, high = sorted((first, second))
    assert timeline.seconds(0, low, base) <= timeline.seconds(0, high, base)


@given(st.lists(st.tuples(st.fractions(-(10**5), 10**5, max_denominator=90_000), st.floats(0, 1e6)), max_size=60))
def test_numbers_stay_small(begun: list[tuple[Fraction, float]]) -> None:
    timeline = Timeline()
    for raw_s, t_s in begun:
        timeline = timeline.begin(raw_s, t_s)
    assert all(anchor.offset_s.denominator < 2**1200 for anchor in timeline.epochs)
    assert len(timeline.epochs) <= KEPT
