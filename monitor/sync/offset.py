"""How far one stream is behind another, by what is heard and by what is seen. Pure.

Both are the place of the highest normalised cross-correlation: of sound, of its level in decibels less its own mean of
LOCAL_S (a change of loudness moves nothing); of pictures, of how the means of 144 places change within CHANGE_S (what
stands, a logo, a crop by a tenth and a change of contrast move nothing). Between two steps of the grid it is where a
parabola through the highest and its neighbours has its top.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.sync.prints import HOP_S, PicturePrint, SoundPrint

LOCAL_S = 0.4
CHANGE_S = 0.08
PICTURE_STEP_S = 0.02
MAX_CHANGE = 24.0
"""A place changes by so many levels at most: a cut is one moment among others."""
AS_HIGH = 0.97
"""Of places so nearly as high as the highest the one in the middle counts: what is shown again and again is alike in
many, and more likely to be a little late than very late."""
APART_S = 0.15
"""Another place this far from the highest, and nearly as high, makes it doubtful."""
MAX_HOLE_S = 0.5
"""What is missing for longer is not bridged: there is nothing to compare then."""
LEAST_S = 8.0
"""With less in common nothing is said."""
STILL = 1e-3
LIVELY_DB, LIVELY_LEVELS = 1.0, 0.05
"""Mean square, over a second, of what happens in sound and in a place of the picture."""

Curves = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Offset:
    """`seconds`: how much later the same is in the second stream than in the first, on their own times. `likeness`:
    the correlation there, up to 1; 0 where the highest place is the last that was looked at. `doubt`: that of the best
    other place, by it: 0 is none. `lively_s`: for how long something happens, in the one in which less does."""

    seconds: float
    likeness: float
    doubt: float
    lively_s: float = 0.0


def sound_offset(first: SoundPrint, second: SoundPrint, around_s: float, reach_s: float) -> Offset | None:
    """The offset of sound between around_s - reach_s and around_s + reach_s; None where there is too little."""
    grids = _grid(first.t_s, HOP_S), _grid(second.t_s, HOP_S)
    curves = []
    for print_, times in zip((first, second), grids, strict=True):
        if not len(times):
            return None
        level = np.interp(times, print_.t_s, print_.level_db).astype(np.float32)
        curves.append((level - _local_mean(level, round(LOCAL_S / HOP_S)))[:, None])
    return _best(curves[0], curves[1], grids[1][0] - grids[0][0], around_s, reach_s, HOP_S, LIVELY_DB)


def picture_offset(first: PicturePrint, second: PicturePrint, around_s: float, reach_s: float) -> Offset | None:
    """The offset of pictures, likewise."""
    grids = _grid(first.t_s, PICTURE_STEP_S), _grid(second.t_s, PICTURE_STEP_S)
    reach = round(CHANGE_S / 2 / PICTURE_STEP_S)
    curves = []
    for print_, times in zip((first, second), grids, strict=True):
        if not len(times):
            return None
        maps = _shown(print_, times)
        change = np.zeros_like(maps)
        change[reach:-reach] = np.clip(maps[2 * reach :] - maps[: -2 * reach], -MAX_CHANGE, MAX_CHANGE)
        curves.append(change)
    return _best(curves[0], curves[1], grids[1][0] - grids[0][0], around_s, reach_s, PICTURE_STEP_S, LIVELY_LEVELS)


def _shown(print_: PicturePrint, times: NDArray[np.float64]) -> Curves:
    """Maps [len(times), places]: of what is shown from each time to the next, each picture until the one after it."""
    edges = np.append(times, times[-1] + PICTURE_STEP_S)
    maps = print_.maps.astype(np.float64)
    sums = np.concatenate((np.zeros((1, maps.shape[1])), np.cumsum(maps[:-1] * np.diff(print_.t_s)[:, None], axis=0)))
    last = np.clip(np.searchsorted(print_.t_s, edges, side="right") - 1, 0, len(maps) - 1)
    until = sums[last] + maps[last] * (edges - print_.t_s[last])[:, None]
    return np.asarray(np.diff(until, axis=0) / PICTURE_STEP_S, np.float32)


def _grid(t_s: NDArray[np.float64], step_s: float) -> NDArray[np.float64]:
    """Times in equal steps since the last hole; none, where that is less than LEAST_S."""
    if len(t_s) < 2:
        return np.empty(0)
    holes = np.flatnonzero(np.diff(t_s) > MAX_HOLE_S)
    start = float(t_s[holes[-1] + 1] if len(holes) else t_s[0])
    n = int((t_s[-1] - start) / step_s)
    times: NDArray[np.float64] = start + np.arange(n, dtype=np.float64) * step_s
    return times if n * step_s >= LEAST_S else times[:0]


def _local_mean(curve: Curves, reach: int) -> Curves:
    """Mean of `reach` steps to either side, of fewer at the ends."""
    total = np.concatenate(([0.0], np.cumsum(curve, dtype=np.float64)))
    at = np.arange(len(curve))
    low, high = np.maximum(at - reach, 0), np.minimum(at + reach + 1, len(curve))
    return np.asarray((total[high] - total[low]) / (high - low), np.float32)


def _best(
    first: Curves, second: Curves, apart_s: float, around_s: float, reach_s: float, step_s: float, lively: float
) -> Offset | None:
    """Where `second` [n, curves] is most like `first`, whose times begin `apart_s` before; at least LEAST_S of each
    must be beside the other."""
    if min(float(np.square(first).mean()), float(np.square(second).mean())) < STILL:
        return None
    least, middle = round(LEAST_S / step_s), round((around_s - apart_s) / step_s)
    reach = round(reach_s / step_s)
    lags = np.arange(max(middle - reach, least - len(first)), min(middle + reach, len(second) - least) + 1)
    if not len(lags):
        return None
    size = 1 << int(len(first) + len(second)).bit_length()
    spectra = np.fft.rfft(first, size, axis=0).conj() * np.fft.rfft(second, size, axis=0)
    product = np.fft.irfft(spectra.sum(axis=1), size)[lags]
    # Of either stream only what is beside the other at that lag.
    sums = [
        np.concatenate(([0.0], np.cumsum(np.square(each, dtype=np.float64).sum(axis=1)))) for each in (first, second)
    ]
    begin, end = np.maximum(0, -lags), np.minimum(len(first), len(second) - lags)
    both = np.sqrt((sums[0][end] - sums[0][begin]) * (sums[1][end + lags] - sums[1][begin + lags]))
    likeness = np.where(both > STILL, product / np.maximum(both, STILL), 0.0)
    top = _top(likeness, int(np.abs(lags - middle).argmin()))
    away = np.abs(lags - lags[top]) * step_s > APART_S
    other = float(likeness[away].max(initial=0.0))
    off = 0.0
    if 0 < top < len(lags) - 1:
        low, high = float(likeness[top - 1]), float(likeness[top + 1])
        bend = low - 2 * float(likeness[top]) + high
        off = 0.5 * (low - high) / bend if bend < 0 else 0.0
    best = float(likeness[top])
    seconds = apart_s + (float(lags[top]) + off) * step_s
    doubt = max(0.0, other) / best if best > 0 else 1.0
    within = best if 0 < top < len(lags) - 1 else 0.0
    return Offset(float(seconds), within, doubt, min(_lively_s(each, lively, step_s) for each in (first, second)))


def _lively_s(curves: Curves, least: float, step_s: float) -> float:
    """In how many seconds something happens."""
    second = round(1 / step_s)
    blocks = np.square(curves[: len(curves) // second * second]).mean(axis=1).reshape(-1, second).mean(axis=1)
    return float(np.count_nonzero(blocks >= least))


def _top(likeness: NDArray[np.float64], middle: int) -> int:
    """Index of the highest place, or of the one nearest to the middle among those that are as high."""
    inner = likeness[1:-1]
    peaks = np.flatnonzero((inner >= likeness[:-2]) & (inner >= likeness[2:]) & (inner >= AS_HIGH * likeness.max())) + 1
    return int(peaks[np.abs(peaks - middle).argmin()]) if len(peaks) else int(likeness.argmax())
