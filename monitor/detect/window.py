"""Which part of the picture was in motion, and stands since all of it stopped at once: a frozen window beside something
that goes on (a ticker, a clock, the other half of a split screen). Judges; decides nothing about time."""

from __future__ import annotations

from dataclasses import dataclass, replace
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

COUNT = np.dtype("<u2")
"""How often a place changed in half a second."""

Places = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class WindowState:
    """Per half second: its number, how many frames it had, in how many each place changed. Which places stand (none:
    empty), the mean luma they had, and the share of live places that stood in the last frame."""

    buckets: tuple[tuple[int, int, bytes], ...] = ()
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
    area, live_share = np.zeros(n), np.zeros(n)
    turns = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), n]
    for first, last in pairwise(turns):
        number = int(numbers[first])
        live = _live(state, number)
        live_share[first:last] = live.mean()
        rows = first + np.flatnonzero(known[first:last])
        area[first:last] = np.frombuffer(state.window, np.bool_).mean() if state.window else 0.0
        enough = live if live.any() and live.mean() >= min_live else None
        state, found = _frames(state, changed[rows], luma[rows], enough, max_drift)
        for k, share in found:
            area[rows[k] : last] = share
        state = _counted(state, number, len(rows), changed[rows].sum(axis=0))
    return state, Windows(area > 0, area, live_share)


def _live(state: WindowState, number: int) -> Places:
    """Places that changed in most frames of the half seconds before this one."""
    before = [(frames, counts) for n, frames, counts in state.buckets if number - BUCKETS <= n < number]
    total = sum(frames for frames, _ in before)
    if len(before) < BUCKETS // 2 or not total:
        return np.zeros(GRID[0] * GRID[1], np.bool_)
    counts = np.frombuffer(b"".join(counts for _, counts in before), COUNT).reshape(len(before), -1)
    return np.asarray(counts.sum(axis=0, dtype=np.int64) >= LIVE_SHARE * total)


def _frames(
    state: WindowState, changed: Places, luma: NDArray[np.uint8], live: Places | None, max_drift: float
) -> tuple[WindowState, list[tuple[int, float]]]:
    """Go on with some frames, of which the places `live` were in motion before (None: too few). Also from which frames
    on a window of what share of the picture stands; 0: none any more."""
    found: list[tuple[int, float]] = []
    stood = np.zeros(0) if live is None else 1 - (changed & live).sum(axis=1) / live.sum()
    k, n = 0, len(changed)
    while k < n:
        if state.window:
            window = np.frombuffer(state.window, np.bool_)
            drift = np.abs(luma[k:].astype(np.int16) - np.frombuffer(state.luma, np.uint8)) > max_drift
            stands = (window & ~changed[k:] & ~drift).sum(axis=1) >= STANDS * window.sum()
            if stands.all():
                break
            k += int(stands.argmin())
            state = WindowState(state.buckets)
            found.append((k, 0.0))
        elif live is None:
            break
        else:
            stops = (stood[k:] >= STOPS) & (np.concatenate(([state.stood], stood[k:-1])) <= RUNS)
            if not stops.any():
                return replace(state, stood=float(stood[-1])), found
            k += int(stops.argmax())
            window = live & ~changed[k]
            state = WindowState(state.buckets, window.tobytes(), luma[k].tobytes(), float(stood[k]))
            found.append((k, float(window.mean())))
        k += 1
    return state if state.window or live is not None else WindowState(state.buckets), found


def _counted(state: WindowState, number: int, frames: int, counts: NDArray[np.int64]) -> WindowState:
    """The state with so many more frames of a half second. While a window stands, motion is not counted anew."""
    if state.window:
        return state
    kept = {n: (had, before) for n, had, before in state.buckets if n > number - BUCKETS - 1}
    if number in kept:
        had, before = kept[number]
        frames, counts = frames + had, counts + np.frombuffer(before, COUNT)
    kept[number] = (frames, counts.astype(COUNT).tobytes())
    buckets = tuple((n, *kept[n]) for n in sorted(kept))
    return WindowState(buckets, state.window, state.luma, state.stood)
