"""The recent past of a stream, in its scene and beyond."""

from __future__ import annotations

import numpy as np

from monitor.detect.normal import LEAST, Normal, NormalState, alike

MAP = np.arange(60, 204, dtype=np.uint8).reshape(9, 16)
OTHER = MAP[::-1].copy()
NORMAL = Normal(np.array([1.0]), np.array([2.0]))


def learnt(n: int) -> NormalState:
    state = NormalState()
    for k in range(n):
        state, _, _ = NORMAL.excess(state, np.array([5.0]), MAP)
        state = NORMAL.learn(state, np.array([5.0]), k / 2)
    return state


def test_nothing_is_judged_before_enough_is_known() -> None:
    _, begins, goes_on = NORMAL.excess(learnt(LEAST - 1), np.array([50.0]), MAP)
    assert begins.tolist() == goes_on.tolist() == [0.0]


def test_a_scene_is_judged_more_closely_than_a_stream() -> None:
    _, same, _ = NORMAL.excess(learnt(10), np.array([7.0]), MAP)
    _, other, goes_on = NORMAL.excess(learnt(10), np.array([7.0]), OTHER)
    assert same.tolist() == goes_on.tolist() == [2.0]
    assert other.tolist() == [1.0]


def test_a_scene_is_the_same_whatever_its_levels() -> None:
    assert alike(MAP.tobytes(), (MAP // 2 + 30).astype(np.uint8))
    assert not alike(MAP.tobytes(), OTHER)
    assert not alike(MAP.tobytes(), np.full((9, 16), 90, np.uint8))


def test_what_is_odd_for_minutes_becomes_normal() -> None:
    state = learnt(10)
    for k in range(300):
        state, begins, _ = NORMAL.excess(state, np.array([50.0]), MAP)
        state = (
            NORMAL.odd(state, np.array([50.0]), k / 2)
            if begins[0] >= 1
            else NORMAL.learn(state, np.array([50.0]), k / 2)
        )
    assert begins.tolist() == [0.0]


def test_the_first_sample_of_a_scene_says_little_of_it() -> None:
    """It may be of a dissolve; the second may only be far above what the stream has."""
    state, _, _ = NORMAL.excess(learnt(10), np.array([1.0]), OTHER)
    state = NORMAL.learn(state, np.array([1.0]), 5.0)
    state, begins, goes_on = NORMAL.excess(state, np.array([6.0]), OTHER)
    assert not state.knows_scene
    assert (begins.tolist(), goes_on.tolist()) == ([0.5], [5.0])
    state = NORMAL.learn(state, np.array([1.0]), 5.5)
    state, begins, _ = NORMAL.excess(state, np.array([6.0]), OTHER)
    assert state.knows_scene
    assert begins.tolist() == [5.0]


def test_what_a_scene_has_had_but_for_its_first_sample_can_rise() -> None:
    state, _, _ = NORMAL.excess(learnt(10), np.array([1.0]), OTHER)
    state = NORMAL.learn(state, np.array([1.0]), 5.0)
    for k in range(4):
        state, _, _ = NORMAL.excess(state, np.array([9.0]), OTHER)
        assert NORMAL.rises(state, np.array([12.0])).tolist() == ([0.0] if k < 3 else [3.0])
        state = NORMAL.odd(state, np.array([9.0]), 5.5 + k / 2)
