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
APART_S = 0.15
"""Another place this far from the highest, and nearly as high, makes it doubtful."""
MAX_HOLE_S = 0.5
"""What is missing for longer is not bridged: there is nothing to compare then."""
LEAST_S = 5.0
"""With less in common nothing is said."""
STILL = 1e-3

Curves = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Offset:
    """`seconds`: how much later the same is in the second stream than in the first, on their own times. `likeness`:
    the correlation there, up to 1. `doubt`: that of the best other place, by it: 0 is none."""

    seconds: float
    likeness: float
    doubt: float


def sound_offset(first: SoundPrint, second: SoundPrint, around_s: float, reach_s: float) -> Offset | None:
    """The offset of sound between around_s - reach_s and around_s + reach_s; None where there is too little."""
    grids = _common(first.t_s, second.t_s, around_s, HOP_S)
    if grids is None:
        return None
    curves = []
    for print_, times in zip((first, second), grids, strict=True):
        level = np.interp(times, print_.t_s, print_.level_db).astype(np.float32)
        curves.append((level - _local_mean(level, round(LOCAL_S / HOP_S)))[:, None])
    return _best(curves[0], curves[1], around_s, reach_s, HOP_S)


def picture_offset(first: PicturePrint, second: PicturePrint, around_s: float, reach_s: float) -> Offset | None:
    """The offset of pictures, likewise."""
    grids = _common(first.t_s, second.t_s, around_s, PICTURE_STEP_S)
    if grids is None:
        return None
    reach = round(CHANGE_S / 2 / PICTURE_STEP_S)
    curves = []
    for print_, times in zip((first, second), grids, strict=True):
        maps = _between(print_, times)
        change = np.zeros_like(maps)
        change[reach:-reach] = np.clip(maps[2 * reach :] - maps[: -2 * reach], -MAX_CHANGE, MAX_CHANGE)
        curves.append(change)
    return _best(curves[0], curves[1], around_s, reach_s, PICTURE_STEP_S)


def _between(print_: PicturePrint, times: NDArray[np.float64]) -> Curves:
    """Maps [len(times), places], between two pictures in proportion."""
    after = np.clip(np.searchsorted(print_.t_s, times), 1, len(print_.t_s) - 1)
    t0, t1 = print_.t_s[after - 1], print_.t_s[after]
    share = np.clip((times - t0) / np.maximum(t1 - t0, 1e-9), 0, 1).astype(np.float32)[:, None]
    found: Curves = print_.maps[after - 1] * (1 - share) + print_.maps[after] * share
    return found


def _common(
    first: NDArray[np.float64], second: NDArray[np.float64], around_s: float, step_s: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Times of both, in equal steps and of equal number, of the stretch that both have since the last hole."""
    if min(len(first), len(second)) < 2:
        return None
    start = max(_unbroken(first), _unbroken(second) - around_s)
    end = min(first[-1], second[-1] - around_s)
    n = int((end - start) / step_s)
    if n * step_s < LEAST_S:
        return None
    times: NDArray[np.float64] = start + np.arange(n, dtype=np.float64) * step_s
    return times, times + around_s


def _unbroken(t_s: NDArray[np.float64]) -> float:
    """Since when there is no hole."""
    holes = np.flatnonzero(np.diff(t_s) > MAX_HOLE_S)
    return float(t_s[holes[-1] + 1] if len(holes) else t_s[0])


def _local_mean(curve: Curves, reach: int) -> Curves:
    """Mean of `reach` steps to either side, of fewer at the ends."""
    total = np.concatenate(([0.0], np.cumsum(curve, dtype=np.float64)))
    at = np.arange(len(curve))
    low, high = np.maximum(at - reach, 0), np.minimum(at + reach + 1, len(curve))
    return np.asarray((total[high] - total[low]) / (high - low), np.float32)


def _best(first: Curves, second: Curves, around_s: float, reach_s: float, step_s: float) -> Offset | None:
    """Where `second` [n, curves], moved by up to `reach_s` either way, is most like `first`."""
    n, reach = len(first), round(reach_s / step_s)
    if min(float(np.square(first).mean()), float(np.square(second).mean())) < STILL:
        return None
    size = 1 << int(n + reach).bit_length()
    spectra = np.fft.rfft(first, size, axis=0).conj() * np.fft.rfft(second, size, axis=0)
    product = np.fft.irfft(spectra.sum(axis=1), size)
    lags = np.arange(-reach, reach + 1)
    # Of either stream only what is beside the other at that lag.
    energies = [
        np.concatenate(([0.0], np.cumsum(np.square(each, dtype=np.float64).sum(axis=1)))) for each in (first, second)
    ]
    of_first = energies[0][np.minimum(n, n - lags)] - energies[0][np.maximum(0, -lags)]
    of_second = energies[1][np.minimum(n, n + lags)] - energies[1][np.maximum(0, lags)]
    both = np.sqrt(of_first * of_second)
    likeness = np.where(both > STILL, product[lags] / np.maximum(both, STILL), 0.0)
    top = int(likeness.argmax())
    away = np.abs(lags - lags[top]) * step_s > APART_S
    other = float(likeness[away].max(initial=0.0))
    off = 0.0
    if 0 < top < len(lags) - 1:
        low, middle, high = likeness[top - 1 : top + 2]
        bend = low - 2 * middle + high
        off = 0.5 * (low - high) / bend if bend < 0 else 0.0
    best = float(likeness[top])
    return Offset(around_s + (float(lags[top]) + off) * step_s, best, max(0.0, other) / best if best > 0 else 1.0)
