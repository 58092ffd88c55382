"""Transitions of luminance and of red, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.kernels.flash import PLACES, follow_flashes, no_trend

CHANGES = (20.0, 160.0, 20.0)


def turned(levels: list[int], together: int = 1, u: int = 128, v: int = 128, step_s: float = 0.04) -> np.ndarray:
    """Which frames of grey (or of one colour) have transitions, [4, N]; the same in all places."""
    luma = np.repeat(np.array(levels, np.uint8)[:, None], PLACES, axis=1)
    maps = [luma, np.full_like(luma, u), np.full_like(luma, v)]
    found = follow_flashes(np.arange(len(levels)) * step_s, maps, no_trend(), CHANGES, together)
    assert (found == found[:, :, :1]).all()
    return found[:, :, 0]


def test_a_transition_is_where_the_change_against_the_last_one_is_large_enough() -> None:
    """Luma 16, 100, 160 and 235 of grey are 0, 20.0, 73 and 200 cd/m² (BT.1886)."""
    assert turned([16, 99, 16]).sum() == 0
    assert np.flatnonzero(turned([16, 102, 16, 102])[0]).tolist() == [1, 2, 3]


def test_a_slow_change_is_one_transition() -> None:
    assert turned([16, 60, 90, 120, 160, 200, 235])[0].sum() == 1


def test_a_small_step_back_does_not_start_anew() -> None:
    assert np.flatnonzero(turned([16, 120, 118, 160, 158, 235, 16])[0]).tolist() == [1, 6]


def test_above_the_darker_ends_limit_nothing_counts() -> None:
    """Luma 216 is 161 cd/m², 214 is 156."""
    assert turned([235, 216, 235, 216]).sum() == 0
    assert turned([235, 213, 235, 213])[0].sum() == 3


def test_after_two_large_swings_a_transition_is_large() -> None:
    assert np.flatnonzero(turned([16, 235, 16, 235, 16])[2]).tolist() == [3, 4]
    assert turned([100, 140, 100, 140, 100])[2].sum() == 0


def test_red_counts_where_either_end_is_saturated() -> None:
    red = turned([20, 81, 20, 81], u=90, v=240)
    assert red[1].sum() == 3
    assert turned([20, 235, 20, 235])[1].sum() == 0


@pytest.mark.parametrize(("late", "counts"), [(2, True), (4, False)])
def test_places_turn_together_within_a_tenth_of_a_second(late: int, counts: bool) -> None:
    luma = np.full((10, PLACES), 16, np.uint8)
    luma[3:, :20] = luma[3 + late :, 20:40] = 235
    maps = [luma, np.full_like(luma, 128), np.full_like(luma, 128)]
    found = follow_flashes(np.arange(10) * 0.04, maps, no_trend(), CHANGES, 40)
    assert found[0].sum() == (40 if counts else 0)
    assert not counts or found[0].any(axis=1).argmax() == 3 + late


def test_the_trend_goes_on_from_call_to_call() -> None:
    luma = np.where(np.arange(40) % 4 < 2, 16, 200).astype(np.uint8)[:, None].repeat(PLACES, axis=1)
    grey = np.full_like(luma, 128)
    times = np.arange(40) * 0.04
    whole = follow_flashes(times, [luma, grey, grey], no_trend(), CHANGES, 9)
    trend = no_trend()
    parts = [
        follow_flashes(times[k : k + 7], [luma[k : k + 7], grey[k : k + 7], grey[k : k + 7]], trend, CHANGES, 9)
        for k in range(0, 40, 7)
    ]
    assert np.array_equal(np.concatenate(parts, axis=1), whole)
