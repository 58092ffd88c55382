"""A part of the picture that stops at once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from builders import cut, inputs, run, spans, video
from numpy.typing import NDArray

from monitor.detect.freeze import Freeze
from monitor.records import GRID, Readings

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


def noisy(seconds: float, start: float, moving: NDArray[np.bool_], seed: int = 1) -> Readings:
    """25 frames a second of a picture that changes by noise throughout, and whose means move where it is in motion."""
    n = round(seconds * 25)
    at = np.arange(n) + round(start * 25)
    base = 100 + np.random.default_rng(seed).integers(0, 40, GRID)
    wave = np.rint(15 * np.sin(at[:, None, None] / 4 + np.arange(GRID[1]))).astype(int)
    return video(n, start, grids={"difference": MOVES, "mean": base + np.where(moving, wave, 0)})


def test_a_picture_that_stands_under_noise_is_a_minor_freeze() -> None:
    """Every place differs from frame to frame; but the means, which moved until then, do not any more."""
    everything = np.ones(GRID, np.bool_)
    moves, stands = noisy(6, 0, everything), noisy(3, 6, ~everything)
    found = run(Freeze, inputs(moves, stands, noisy(1, 9, everything)), inputs(ended=True))
    assert found[-1].start_s == pytest.approx(6.0, abs=0.08)
    assert found[-1].end_s == pytest.approx(9.0, abs=0.05)
    assert (found[-1].severity, found[-1].confidence) == ("minor", 0.6)
    assert run(Freeze, inputs(noisy(12, 0, ~everything)), inputs(ended=True)) == [], "a tripod"


def test_half_of_a_picture_that_stands_under_noise_is_a_freeze_of_that_half() -> None:
    left = np.zeros(GRID, np.bool_)
    left[:, :8] = True
    found = run(Freeze, inputs(noisy(6, 0, left | True), noisy(3, 6, ~left)), inputs(ended=True))
    assert found[-1].evidence["area"] == pytest.approx(0.5, abs=0.1)
    assert found[-1].start_s == pytest.approx(6.0, abs=0.08)


def test_motion_that_dies_away_under_noise_is_no_freeze() -> None:
    """A camera that comes to rest slows down; a sender that is stuck does not."""
    n = 12 * 25
    speed = np.clip(1 - (np.arange(n) - 150) / 50, 0, 1)
    phase = np.cumsum(speed) / 4
    wave = np.rint(15 * np.sin(phase[:, None, None] + np.arange(GRID[1])) + np.zeros(GRID)).astype(int)
    assert run(Freeze, inputs(video(n, grids={"difference": MOVES, "mean": 120 + wave}), ended=True)) == []


def test_any_split_sees_the_same_through_noise() -> None:
    everything = np.ones(GRID, np.bool_)
    moving = np.concatenate([np.broadcast_to(part, (n, *GRID)) for part, n in ((everything, 150), (~everything, 75))])
    whole = noisy(9, 0, moving)
    at_once = run(Freeze, inputs(whole), inputs(ended=True))
    assert at_once
    for size in (1, 7, 60):
        parts = [inputs(cut(whole, k, min(k + size, len(whole)))) for k in range(0, len(whole), size)]
        assert run(Freeze, *parts, inputs(ended=True)) == at_once


def test_a_quiet_picture_that_stops_beside_a_ticker_is_a_minor_freeze() -> None:
    """Less changes in it than `max_moving` from frame to frame, but in every place, and then nothing does."""
    quiet = TICKER.copy()
    quiet[:7] = 3
    parts = (video(150, grids={"difference": quiet}), video(60, 6.0, grids={"difference": TICKER}))
    found = run(Freeze, inputs(*parts, video(25, 8.4, grids={"difference": quiet})))
    assert spans(found) == [("video", 5.96, None), ("video", 5.96, 8.48)], "two frames could be the still coded anew"
    assert found[-1].severity == "minor"


def test_a_still_after_a_cut_or_a_dissolve_is_no_window() -> None:
    """The rest of the picture goes on, as a frame around a slide show does."""
    other = np.flip(np.arange(60, 204)).reshape(GRID)
    first = np.arange(60, 204).reshape(GRID)
    blend = first + (other - first) * np.arange(1, 21)[:, None, None] / 20
    moves, still = video(150, mean=first, grids={"difference": MOVES}), {"difference": TICKER}
    assert run(Freeze, inputs(moves, video(60, 6.0, mean=other, grids=still), ended=True)) == []
    dissolve = video(20, 6.0, mean=np.rint(blend).astype(int), grids={"difference": MOVES})
    assert run(Freeze, inputs(moves, dissolve, video(60, 6.8, mean=other, grids=still), ended=True)) == []
    assert run(Freeze, inputs(moves, video(60, 6.0, mean=first, grids=still), ended=True)) != []


def test_a_freeze_that_settles_first_becomes_grave() -> None:
    """An encoder goes on refining what stands for some frames: until then only its means show that it does."""
    moves = noisy(6, 0, np.ones(GRID, np.bool_))
    still = noisy(9, 6, np.zeros(GRID, np.bool_))
    settled = np.arange(len(still)) >= 10
    columns = {name: np.where(settled, 0.0, 1.5).astype(np.float32) for name in ("difference", "drift", "moving")}
    change = (np.where(settled[:, None, None], 0, 12) * np.ones(GRID)).astype(np.uint8)
    grids = dict(still.grids) | {"difference": change}
    still = replace(still, values=dict(still.values) | columns, grids=grids)
    found = run(Freeze, inputs(moves, still), inputs(ended=True))
    assert (found[-1].severity, found[-1].confidence) == ("major", 0.95)


def test_a_few_pictures_far_apart_are_no_freeze_under_noise() -> None:
    """Key frames of fast shots, and then of a tripod."""
    shots = np.random.default_rng(2).integers(40, 200, (20, *GRID))
    mean = np.concatenate((shots, np.repeat(shots[-1:], 20, 0)))
    whole = video(40, grids={"difference": MOVES, "mean": mean})
    far = replace(whole, t_s=np.arange(40) * 1.0, since_previous_s=np.ones(40, np.float32), duration_s=np.ones(40))
    assert run(Freeze, inputs(far), inputs(ended=True)) == []
