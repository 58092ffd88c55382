"""Flashes in the places of a picture's map: a recurrence over frames that is too slow in Python. Owns the loop and what
is a transition, not how many are too many.

ITU-R BT.1702-3: a flash is a pair of opposing changes of luminance of 20 cd/m² or more, of which the darker end is
below 160 cd/m²; or one to or from saturated red. Half of a pair is a *transition* here.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numba as nb
import numpy as np
from numba import types
from numpy.typing import NDArray

from monitor.kernels.grid import PLACES

PEAK_CD = 200.0
"""Luminance of white on the display that BT.1702 is about."""
RED = 0.8
"""Red is saturated from this share R / (R + G + B) on."""
RED_SCALE = 320.0
"""Of R - G - B: a change by 20 of this is a transition."""

_LINEAR = (np.maximum(np.arange(-64, 320) / 255.0, 0.0).clip(0.0, 1.0) ** 2.4).astype(np.float32)
"""Display light of ITU-R BT.1886 for R', G' or B' from -64 to 319 of 255."""

LARGE = 2.0
TOGETHER_S = 0.1
"""Places that turn the same way within this turn together."""

Trend = tuple[NDArray[np.float32], NDArray[np.int8], NDArray[np.float64]]
"""What is remembered of each place, for luminance and for red: the extreme since the last transition and the one before
[4, 144]; its direction (1 rises, -1 falls, 0 not known), flags (1: the extreme was saturated red, 2: the swing before
it was large), and which way it turned (2, -2: after two large swings) [6, 144] at what time [2, 144], if that has not
counted yet."""


def no_trend() -> Trend:
    """Of a stream of which nothing is known."""
    return np.full((4, PLACES), np.nan, np.float32), np.zeros((6, PLACES), np.int8), np.zeros((2, PLACES))


def follow_flashes(
    t_s: NDArray[np.float64],
    maps: Sequence[NDArray[np.uint8]],
    trend: Trend,
    changes: tuple[float, float, float],
    together: int,
) -> NDArray[np.bool_]:
    """Where in N frames a transition counts: bool [4, N, 144], of luminance, and of saturated red; and the same where
    the two swings before it were LARGE times as large as they must be.

    It counts once `together` places have turned the same way within TOGETHER_S. `maps`: mean, u and v, [N, 144] in
    8-bit levels of limited range, taken as ITU-R BT.709. `changes`: the least change in cd/m², the luminance that the
    darker end must be below, the least change of red. `trend` is changed in place.
    """
    found = np.zeros((4, *maps[0].shape), np.bool_)
    change, dark, red_change = changes
    limits = np.array([[change / PEAK_CD, dark / PEAK_CD], [red_change / RED_SCALE, np.inf]])
    _follow(t_s, *maps, *trend, limits, together, _LINEAR, found)
    return found


@cache
def compile_all() -> None:
    """Compile for the types that are used, and for no other from then on."""
    maps, table = types.uint8[:, ::1], types.float64[:, ::1]
    trend = (types.float32[:, ::1], types.int8[:, ::1], table)
    limits = (table, types.int64, types.float32[::1])
    _follow.compile((types.float64[::1], maps, maps, maps, *trend, *limits, types.boolean[:, :, ::1]))
    _follow.disable_compile()


@nb.njit(cache=True)
def _follow(t_s, mean, u, v, extremes, ways, turned_s, limits, together, linear, found):  # type: ignore[no-untyped-def]
    for n in range(mean.shape[0]):
        rising, falling = np.zeros(2, np.int64), np.zeros(2, np.int64)
        for k in range(mean.shape[1]):
            y = (np.int32(mean[n, k]) - 16) * 1.164
            cb, cr = np.int32(u[n, k]) - 128, np.int32(v[n, k]) - 128
            r = linear[_index(y + 1.793 * cr)]
            g = linear[_index(y - 0.213 * cb - 0.533 * cr)]
            b = linear[_index(y + 2.112 * cb)]
            saturated = r > 0 and r >= RED * (r + g + b)
            for what in range(2):
                red = np.float32(max(r - g - b, np.float32(0)))
                now = red if what else np.float32(0.2126 * r + 0.7152 * g + 0.0722 * b)
                way = _turned(now, saturated or what == 0, extremes, ways, what, k, limits)
                if way != 0:
                    ways[4 + what, k], turned_s[what, k] = way, t_s[n]
                elif ways[4 + what, k] != 0 and t_s[n] - turned_s[what, k] > TOGETHER_S:
                    ways[4 + what, k] = 0
                rising[what] += ways[4 + what, k] > 0
                falling[what] += ways[4 + what, k] < 0
        for what in range(2):
            if rising[what] >= together:
                _count(ways[4 + what], 1, together, found[what, n], found[2 + what, n])
            if falling[what] >= together:
                _count(ways[4 + what], -1, together, found[what, n], found[2 + what, n])


@nb.njit(cache=True)
def _count(turned, way, together, found, large):  # type: ignore[no-untyped-def]
    """What turned this way counts, and is large if enough of it is. Nothing is counted twice."""
    wide = (turned * way > 1).sum() >= together
    for k in range(len(turned)):
        if turned[k] * way > 0:
            found[k], large[k] = True, wide and turned[k] * way > 1
            turned[k] = 0


@nb.njit(cache=True)
def _index(value):  # type: ignore[no-untyped-def]
    return min(max(int(value + 0.5) + 64, 0), 383)


@nb.njit(cache=True)
def _turned(now, counts, extremes, ways, what, k, limits):  # type: ignore[no-untyped-def]
    """Which way the value has gone so far from its last extreme, against the way it went before, with the lower end
    below a limit; 0: it has not. Either end must count. Twice that if the last two swings were large."""
    last, way, flags = extremes[what, k], ways[what, k], ways[2 + what, k]
    step = now - last
    if last != last or (way != 0 and step * way >= 0):
        extremes[what, k], ways[2 + what, k] = now, flags & 2 | counts
        return 0
    if abs(step) < limits[what, 0] or min(now, last) >= limits[what, 1] or not (counts or flags & 1):
        return 0
    swung = abs(last - extremes[2 + what, k]) >= LARGE * limits[what, 0]
    way = 1 if step > 0 else -1
    extremes[what, k], extremes[2 + what, k] = now, last
    ways[what, k], ways[2 + what, k] = way, 2 * swung | counts
    return 2 * way if swung and flags & 2 else way
