"""Holds, jumps and disorder, by hand."""

from __future__ import annotations

import numpy as np

from monitor.kernels.motion import PLACES, follow_motion, no_motion

STEP_S = 0.04


def told(
    changes: list[float], late: dict[int, float] | None = None, key: int = -1, mean: np.ndarray | None = None
) -> np.ndarray:
    """What is told of frames with these changes, [4, N]; `late`: frames that come so much after the one before."""
    since = np.full(len(changes), STEP_S)
    for k, value in (late or {}).items():
        since[k] = value
    maps = np.zeros((len(changes), PLACES), np.uint8) if mean is None else mean
    keys = np.arange(len(changes)) == key
    return follow_motion(np.cumsum(since), since, np.array(changes), keys, maps, no_motion()).T


def test_a_hold_ends_with_the_picture_that_moves_on() -> None:
    hold_s, jump, disorder, _ = told([3.0] * 10 + [0.0, 0.1, 9.0] + [3.0] * 5)
    assert np.flatnonzero(hold_s).tolist() == [12]
    assert np.allclose([hold_s[12], jump[12]], [2 * STEP_S, 3.0])
    assert not disorder.any()


def test_a_key_frame_codes_what_is_held_anew() -> None:
    changes = [3.0] * 10 + [0.0, 1.0, 0.0, 12.0] + [3.0] * 5
    assert np.flatnonzero(told(changes, key=11)[0]).tolist() == [13]
    assert np.flatnonzero(told(changes)[0]).tolist() == [11, 13]


def test_a_picture_that_comes_late_was_held() -> None:
    hold_s, jump, *_ = told([3.0] * 10 + [9.0] + [3.0] * 5, late={10: 3 * STEP_S})
    assert np.flatnonzero(hold_s).tolist() == [10]
    assert np.allclose([hold_s[10], jump[10]], [2 * STEP_S, 3.0])


def test_what_stands_or_is_cut_or_hardly_moves_is_no_hold() -> None:
    assert not told([3.0] * 10 + [0.0] * 20 + [9.0] * 5)[0].any()
    assert not told([3.0] * 10 + [0.0, 40.0] + [3.0] * 5)[0].any()
    assert not told([0.4] * 10 + [0.0, 1.5] + [0.4] * 5)[0].any()


def test_a_gap_in_what_was_measured_begins_anew() -> None:
    hold_s = told([3.0] * 10 + [float("nan"), 0.0, 9.0, 3.0])[0]
    assert not hold_s.any()


def test_two_pictures_in_the_wrong_order_are_out_of_order() -> None:
    slope = np.random.default_rng(1).uniform(-4, 4, PLACES)
    order = np.arange(20)
    order[10:14] = [11, 10, 13, 12]
    mean = np.clip(128 + order[:, None] * slope, 0, 255).astype(np.uint8)
    disorder = told([3.0] * 20, mean=mean)[2]
    assert np.flatnonzero(disorder).tolist() == [12, 14]
    brighter = np.clip(60 + 10 * order[:, None] + np.zeros(PLACES), 0, 255).astype(np.uint8)
    assert not told([3.0] * 20, mean=brighter)[2].any()
