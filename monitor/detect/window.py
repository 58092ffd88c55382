"""Which part of the picture was in motion, and stands since all of it stopped at once: a frozen window beside something
that goes on (a ticker, a clock, the other half of a split screen). Judges; decides nothing about time."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from monitor.records import GRID, Readings

BUCKET_S, BUCKETS = 0.5, 8
"""Motion is counted per half second, over the last four."""
LIVE_SHARE = 0.6
"""A place is live that changed in so many of the frames."""
STOPS, RUNS = 0.6, 0.3
"""Of the live places so many stand at once, of which in the frame before only so many did."""
STANDS = 0.8
"""... and so many of these go on standing."""

Places = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class WindowState:
    """Per half second: its number, how many frames it had, in how many each place changed. Which places stand (none:
    empty), the mean luma they had, and the share of live places that stood in the last frame."""

    buckets: tuple[tuple[int, int, tuple[int, ...]], ...] = ()
    window: bytes = b""
    luma: bytes = b""
    stood: float = 1.0


@dataclass(frozen=True, slots=True)
class Windows:
    """Of N frames: whether a window stands, the share of the picture that it is, and the share that was live before."""

    stands: Places
    area: NDArray[np.float64]
    live: NDArray[np.float64]


def watch_windows(
    state: WindowState, video: Readings, max_change: float, max_drift: float, min_live: float
) -> tuple[WindowState, Windows]:
    """Go on with these frames. A place changes with a mean difference above `max_change` levels to the frame before;
    it drifts with a mean that differs by more than `max_drift` from what it was. Less than the share `min_live` of the
    picture in motion is too little to see a window by. Key frames code what stands anew, and are passed over."""
    n = len(video)
    changed = video.grids["difference"].reshape(n, -1) > 8 * max_change
    luma = video.grids["mean"].reshape(n, -1)
    known = ~np.isnan(video.values["difference"]) & (video.values["key"] == 0)
    numbers = np.floor(video.t_s / BUCKET_S).astype(np.int64)
    stands, area, live_share = np.zeros(n, np.bool_), np.zeros(n), np.zeros(n)
    turns = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), n]
    for first, last in pairwise(turns):
        live = _live(state, int(numbers[first]))
        live_share[first:last] = live.mean()
        enough = bool(live.any() and live.mean() >= min_live)
        if not state.window and not enough:
            state = WindowState(state.buckets)
        else:
            for k in range(first, last):
                if known[k]:
                    state = _frame(state, changed[k], luma[k], live if enough else None, max_drift)
                stands[k] = bool(state.window)
                if state.window:
                    area[k] = np.frombuffer(state.window, np.bool_).mean()
        part = slice(first, last)
        state = _counted(state, int(numbers[first]), int(known[part].sum()), changed[part][known[part]].sum(axis=0))
    return state, Windows(stands, area, live_share)


def _live(state: WindowState, number: int) -> Places:
    """Places that changed in most frames of the half seconds before this one."""
    before = [(frames, counts) for n, frames, counts in state.buckets if number - BUCKETS <= n < number]
    total = sum(frames for frames, _ in before)
    if len(before) < BUCKETS // 2 or not total:
        return np.zeros(GRID[0] * GRID[1], np.bool_)
    return np.asarray(np.sum([counts for _, counts in before], axis=0) >= LIVE_SHARE * total)


def _frame(
    state: WindowState, changed: Places, luma: NDArray[np.uint8], live: Places | None, max_drift: float
) -> WindowState:
    if state.window:
        window = np.frombuffer(state.window, np.bool_)
        drift = np.abs(luma.astype(np.int16) - np.frombuffer(state.luma, np.uint8)) > max_drift
        if np.count_nonzero(window & ~changed & ~drift) >= STANDS * np.count_nonzero(window):
            return state
        return WindowState(state.buckets)
    if live is None:
        return WindowState(state.buckets)
    stood = 1 - np.count_nonzero(changed & live) / np.count_nonzero(live)
    if stood >= STOPS and state.stood <= RUNS:
        return WindowState(state.buckets, (live & ~changed).tobytes(), luma.tobytes(), stood)
    return WindowState(state.buckets, stood=stood)


def _counted(state: WindowState, number: int, frames: int, counts: NDArray[np.int64]) -> WindowState:
    """The state with so many more frames of a half second. While a window stands, motion is not counted anew."""
    if state.window:
        return state
    kept = {n: (f, np.array(c)) for n, f, c in state.buckets if n > number - BUCKETS - 1}
    had, changed = kept.get(number, (0, np.zeros(len(counts), np.int64)))
    kept[number] = (had + frames, changed + counts)
    buckets = tuple((n, f, tuple(c.tolist())) for n, (f, c) in sorted(kept.items()))
    return WindowState(buckets, state.window, state.luma, state.stood)
