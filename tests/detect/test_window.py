"""A part of the picture that stops at once."""

from __future__ import annotations

import numpy as np
import pytest
from builders import inputs, run, spans, video

from monitor.detect.freeze import Freeze
from monitor.records import GRID

MOVES = np.full(GRID, 80)
TICKER = MOVES.copy()
TICKER[:7] = 0


def test_a_window_that_stops_beside_a_ticker_is_a_freeze() -> None:
    parts = (video(150, grids={"difference": MOVES}), video(60, 6.0, grids={"difference": TICKER}))
    found = run(Freeze, inputs(*parts, video(25, 8.4, grids={"difference": MOVES})))
    assert spans(found) == [("video", 5.96, None), ("video", 5.96, 8.4)]
    assert found[-1].evidence["area"] == pytest.approx(7 / 9)


def test_a_picture_that_comes_to_rest_bit_by_bit_is_none() -> None:
    parts = [video(150, grids={"difference": MOVES})]
    for k in range(7):
        rows = MOVES.copy()
        rows[: k + 1] = 0
        parts.append(video(5, 6.0 + 0.2 * k, grids={"difference": rows}))
    assert run(Freeze, inputs(*parts, video(60, 7.4, grids={"difference": TICKER}))) == []


def test_a_background_that_never_moved_is_no_window() -> None:
    assert run(Freeze, inputs(video(300, grids={"difference": TICKER}))) == []
