"""Uneven motion: a recurrence over frames that is too slow in Python. Owns the loop and what a hold and a wrong order
are, not how many of them are too many.

A *hold* is a picture that is shown again, or for longer than usual, while everything moved before it and moves on after
it; its *jump* is the change after it, in medians of the changes before it: a player that stood and dropped what came
meanwhile jumps, one that repeats pictures to make 24 a second 30 does not. A picture is *out of order* when it is
nearer to the last but one than to the last.
"""

from __future__ import annotations

from functools import cache

import numba as nb
import numpy as np
from numba import types
from numpy.typing import NDArray

from monitor.kernels.grid import PLACES

LEVELS = 9
"""Changes from picture to picture with no hold between, of which the median is the motion."""
MOVES = 0.5
"""Least mean difference, in levels, of a picture that moves enough for a hold to be seen."""
REPEATS, REPEATED = 0.12, 0.08
"""A picture is shown again when it differs by less than this share of the motion, or by so many levels."""
KEY_REPEATS = 0.4
"""... a key frame, which codes the same anew, by less than this."""
CUT = 6.0
"""So many times the motion is a cut; after a hold, so many more as pictures were held."""
LONG_S = 0.6
"""A picture that is held for longer stands."""
LATE = 1.5
"""A picture that comes so many times later than usual was held meanwhile."""
NEARER, SHIFTED = 0.8, 0.6
"""Out of order: the change to the last but one is less than this share of that to the last, and of that not more than
so much is of one sign, as it is when the light changes."""
LEAST = 60
"""... of at least so many levels, summed over all places of the map."""

NUMBERS = ("filled", "next", "rows", "held_s", "since_s", "stands", "usual_s")
_FILLED, _NEXT, _ROWS, _HELD, _SINCE, _STANDS, _USUAL = range(len(NUMBERS))
TOLD = ("hold_s", "jump", "disorder", "moving_s")
"""Of each frame: how long the hold was that ends with it (0: none), the jump, whether it is out of order, and for how
long it was in motion."""

Memory = tuple[NDArray[np.uint8], NDArray[np.float64], NDArray[np.float64]]
"""What is remembered: the last two maps [2, 144], changes [LEVELS], NUMBERS."""


def no_motion() -> Memory:
    """Of a stream of which nothing is known."""
    return np.zeros((2, PLACES), np.uint8), np.zeros(LEVELS), np.zeros(len(NUMBERS))


def follow_motion(
    t_s: NDArray[np.float64],
    since_s: NDArray[np.float64],
    difference: NDArray[np.float64],
    key: NDArray[np.bool_],
    mean: NDArray[np.uint8],
    memory: Memory,
) -> NDArray[np.float64]:
    """TOLD of N frames, [N, 4]. `since_s`: from the frame before (NaN: none); `difference`: mean difference to it (NaN:
    not measured); `mean`: maps [N, 144]. `memory` is changed in place."""
    told = np.zeros((len(t_s), len(TOLD)))
    _follow(t_s, since_s, difference, key, mean, *memory, told)
    return told


@cache
def compile_all() -> None:
    """Compile for the types that are used, and for no other from then on."""
    column, maps = types.float64[::1], types.uint8[:, ::1]
    _follow.compile((column, column, column, types.boolean[::1], maps, maps, column, column, types.float64[:, ::1]))
    _follow.disable_compile()


@nb.njit(cache=True)
def _follow(t_s, since_s, difference, key, mean, maps, changes, s, told):  # type: ignore[no-untyped-def]
    for n in range(len(t_s)):
        change, since = difference[n], since_s[n]
        if change != change or since != since:
            s[:] = 0
            maps[1], maps[0] = maps[0], mean[n]
            s[_ROWS] = 1
            continue
        usual = s[_USUAL] if s[_USUAL] > 0 else since
        motion = np.median(changes[: int(s[_FILLED])]) if s[_FILLED] >= 4 else 0.0
        moves = motion >= MOVES
        if s[_ROWS] >= 2:
            told[n, 2] = _is_out_of_order(mean[n], maps)
        repeats = change <= max(REPEATED, (KEY_REPEATS if key[n] and s[_HELD] > 0 else REPEATS) * motion)
        if moves and since > LATE * usual:
            s[_SINCE] = t_s[n] - since if s[_HELD] == 0 else s[_SINCE]
            s[_HELD] += since - usual
        if repeats:
            s[_SINCE] = t_s[n] if s[_HELD] == 0 else s[_SINCE]
            s[_HELD] += min(since, usual)
        if s[_HELD] > LONG_S:
            s[_STANDS] = 1
        if not repeats:
            if moves and not s[_STANDS]:
                told[n, 3] = since
                if s[_HELD] > 0 and change <= (CUT + s[_HELD] / usual) * motion:
                    told[n, 0], told[n, 1] = s[_HELD], change / motion
            held = s[_HELD] / usual
            s[_HELD] = s[_STANDS] = 0
            if (held == 0 and (motion == 0 or change <= CUT * motion)) or (held > 0 and not moves):
                # Where it did not move before, a jump is as many steps as pictures were held, and one.
                change /= 1 + held
                at = int(s[_NEXT])
                changes[at] = change
                s[_NEXT], s[_FILLED] = (at + 1) % LEVELS, min(s[_FILLED] + 1, LEVELS)
        s[_USUAL] = since if s[_USUAL] == 0 else s[_USUAL] + 0.1 * (min(since, 2 * s[_USUAL]) - s[_USUAL])
        maps[1], maps[0] = maps[0], mean[n]
        s[_ROWS] += 1


@nb.njit(cache=True)
def _is_out_of_order(now, maps):  # type: ignore[no-untyped-def]
    last, last_but_one, way = np.int64(0), np.int64(0), np.int64(0)
    for k in range(PLACES):
        step = np.int64(now[k]) - np.int64(maps[0, k])
        way += step
        last += abs(step)
        last_but_one += abs(np.int64(now[k]) - np.int64(maps[1, k]))
    return last >= LEAST and last_but_one < NEARER * last and abs(way) < SHIFTED * last
