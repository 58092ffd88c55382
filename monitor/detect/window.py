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
STOPS, LEAST = 0.25, 12
"""So many of the live places stop in one frame, at least so many ..."""
RUNS, BEFORE = 0.2, 3
"""... and in the rectangle around them hardly any goes on. Each had changed in one of the last frames before."""
ALONE = 1
"""A row or column with no more places than this is not in the rectangle."""
STANDS = 0.8
"""... and so many of these go on standing."""

COUNT = np.dtype("<u2")
"""How often a place changed in half a second."""

Places = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class WindowState:
    """Per half second: its number, how many frames it had, in how many each place changed. Which places stand (none:
    empty), the mean luma they had, and which places changed in the last frames."""

    buckets: tuple[tuple[int, int, bytes], ...] = ()
    window: bytes = b""
    luma: bytes = b""
    changed: bytes = b""


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
    ran = np.frombuffer(state.changed, np.bool_).reshape(-1, changed.shape[1])[-BEFORE:]
    ran = np.concatenate((np.zeros((BEFORE - len(ran), changed.shape[1]), np.bool_), ran, changed))
    stops = np.zeros(len(changed), np.bool_)
    if live is not None:
        before = np.logical_or.reduce([ran[k : k + len(changed)] for k in range(BEFORE)])
        halted = before & live & ~changed
        stops = halted.sum(axis=1) >= max(LEAST, STOPS * np.count_nonzero(live))
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
        elif live is None or not stops[k:].any():
            break
        else:
            k += int(stops[k:].argmax())
            window = _rectangle(halted[k]) & live
            if np.count_nonzero(window & changed[k]) <= RUNS * np.count_nonzero(window):
                window &= ~changed[k]
                state = WindowState(state.buckets, window.tobytes(), luma[k].tobytes())
                found.append((k, float(window.mean())))
        k += 1
    return replace(state, changed=ran[-BEFORE:].tobytes()), found


def _rectangle(places: Places) -> Places:
    """The smallest rectangle around some places of the map, but for a few that lie apart."""
    grid = places.reshape(GRID)
    rows, columns = (np.flatnonzero(grid.sum(axis=axis) > ALONE) for axis in (1, 0))
    box = np.zeros(GRID, np.bool_)
    if len(rows) and len(columns):
        box[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = True
    return box.ravel()


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
    return replace(state, buckets=buckets)
