"""Sound kernel, CPU twin (numba): what lasts only milliseconds (clicks, gaps), and how the levels of a row are spread.

Works in ticks of 1 ms. A click shows in what a row's own linear prediction does not foresee: music and speech are
foreseen, a sample that is out of place is not. Says nothing about how many clicks are too many.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numba as nb
import numpy as np
from numba import types
from numpy.typing import NDArray

from monitor.errors import KernelError
from monitor.kernels.sound import largest_of

TICKS = 100
"""Ticks in a row."""
ORDER = 16
"""Samples that the next one is foreseen from; the coefficients are of each half row."""
NEAR, FAR = 2, 8
"""What is foreseen so well around a tick is of the FAR ticks on either side, without the NEAR ones beside it."""
LATE = NEAR + FAR
"""A tick is judged so much later, when the ticks after it are known."""
KEPT = 2 * LATE
QUIET_REST, QUIET_CLICK = np.float32(10 ** (-84 / 20)), np.float32(10 ** (-56 / 20))
"""No rest is taken for smaller than the first; a sample off by less than the second is no click (full scale 1)."""
FALL, BACK = np.float32(10 ** (-22 / 20)), np.float32(10 ** (-10 / 20))
"""In a gap the peak of a tick is below FALL of the largest of the BEFORE ticks before it; the last of those before it,
and the first after it, are above BACK."""
BEFORE, EDGE = 6, 2
"""... in so many ticks."""
LEAST_GAP, LONGEST_GAP = 2, 120
AUDIBLE = np.float32(10 ** (-50 / 20))
"""No gap in what is quieter."""
FINE, FINE_BITS = 64, 6
"""Levels in an octave that are told apart."""
STEP = 4
"""So many of them are one where a shelf is looked for."""
OCTAVES_BELOW, OCTAVES = 7, 9
"""From 7 octaves below full scale to 2 above it."""
SHELF_UNDER, SHELF_OVER, LEAST_SHARE = 48, 8, 0.01
"""A shelf: of the samples SHELF_UNDER levels below it and beyond many reach it, and few go SHELF_OVER levels beyond.
It is of this share of all samples at least."""
NEAR_TOP, TOP = 0.015, 0.001
"""These shares of the samples are beyond the two levels whose distance is told."""
SHELF_ROWS = 15
"""... of so many rows: what is driven a little too far is cut at one level again and again, but seldom."""
_HISTORY = ORDER
_REGULAR = np.float32(1e-3)


class MomentState(NamedTuple):
    """What goes on from one run of samples to the next, per channel. Mutable arrays, changed by `sound_moments`."""

    history: NDArray[np.float32]
    """[channels, ORDER]: the last samples."""
    rests: NDArray[np.float32]
    """[channels, 2, KEPT]: of the last ticks, largest and mean square of what was not foreseen."""
    peaks: NDArray[np.float32]
    """[channels, BEFORE]: peaks of the last ticks."""
    gap: NDArray[np.float64]
    """[channels, 4]: 0 none, 1 in a gap, 2 just after it; its ticks; the level before it; ticks left to come back."""
    levels: NDArray[np.int32]
    """[channels, SHELF_ROWS + 2, OCTAVES * FINE]: how many samples of the last rows have each level; of all of them;
    and, first of the last ones, the number of rows so far."""


class SoundMoments(NamedTuple):
    """Of N rows, each [N, channels]."""

    click: NDArray[np.float32]
    """Largest sample that was not foreseen, by the root mean square of those around it: of the ticks judged in this
    row, which lie LATE ticks before. 0: none that counts."""
    gap: NDArray[np.int64]
    """Ticks of the longest gap whose end is known in this row; 0: none."""
    shelf: NDArray[np.float32]
    """0 to 1: how much of the samples of this and the rows before it that are near the loudest level lies at one level
    and not beyond: 0.05 to 0.15 in natural sound, more where its tops are cut off, and in a sine. 0 in digital
    silence."""
    top: NDArray[np.float32]
    """Of the same samples: by how many octaves the level that TOP of them are beyond is above that which NEAR_TOP are:
    0.3 to 0.6 in natural sound, near 0 where its tops are cut off. NaN where that is less than 2 ** -OCTAVES_BELOW."""


def moment_state(channels: int) -> MomentState:
    """The state before the first sample."""
    return MomentState(
        np.zeros((channels, _HISTORY), np.float32),
        np.zeros((channels, 2, KEPT), np.float32),
        np.zeros((channels, BEFORE), np.float32),
        np.zeros((channels, 4)),
        np.zeros((channels, SHELF_ROWS + 2, OCTAVES * FINE), np.int32),
    )


def sound_moments(samples: NDArray[np.float32], edges: NDArray[np.int64], state: MomentState) -> SoundMoments:
    """Measure rows of TICKS ticks each; `state` is left as it is after the last of them.

    `samples` float32 [channels, n], all of them finite; tick k is samples[:, edges[k]:edges[k + 1]], and the first
    begins at 0. Ticks without samples are left out.
    """
    if (
        samples.ndim != 2
        or samples.dtype != np.float32
        or not samples.flags.c_contiguous
        or edges.dtype != np.int64
        or len(edges) % TICKS != 1
        or edges[0] != 0
        or edges[-1] > samples.shape[1]
        or np.any(np.diff(edges) < 0)
        or len(state.history) != samples.shape[0]
    ):
        raise KernelError(
            f"{edges.dtype} edges {edges[:1]}..{edges[-1:]} and a state of {len(state.history)} channels do not fit "
            f"samples {samples.shape} {samples.dtype}: int64 that rise from 0 within float32 [channels, n] in C order, "
            f"{TICKS} ticks to a row"
        )
    shape = (len(edges) // TICKS, samples.shape[0])
    out = SoundMoments(
        np.zeros(shape, np.float32),
        np.zeros(shape, np.int64),
        np.zeros(shape, np.float32),
        np.full(shape, np.nan, np.float32),
    )
    _moments(samples, edges, *state, *out)
    return out


@cache
def compile_all() -> None:
    """Compile for the types that are used, and for no other from then on."""
    f32, i64 = types.float32[:, ::1], types.int64[:, ::1]
    f64, f32s, i32s = types.float64[:, ::1], types.float32[:, :, ::1], types.int32[:, :, ::1]
    _moments.compile((f32, types.int64[::1], f32, f32s, f32, f64, i32s, f32, i64, f32, f32))
    _moments.disable_compile()


@nb.njit(cache=True, nogil=True)
def _moments(samples, edges, history, rests, peaks, gap, levels, click, gaps, shelf, top):  # type: ignore[no-untyped-def]
    line = np.empty(_HISTORY + edges[-1] + 1, np.float32)
    rest = np.empty(edges[-1] + 1, np.float32)
    largest, power = np.empty(KEPT + TICKS, np.float32), np.empty(KEPT + TICKS, np.float32)
    loud = np.empty(BEFORE + TICKS, np.float32)
    for channel in range(samples.shape[0]):
        for row in range(click.shape[0]):
            first, last = edges[row * TICKS], edges[row * TICKS + TICKS]
            n = last - first
            if n == 0:
                continue
            line[:_HISTORY] = history[channel]
            line[_HISTORY : _HISTORY + n] = samples[channel, first:last]
            history[channel] = line[n : n + _HISTORY]
            half = n // 2
            _unforeseen(line[: _HISTORY + half], rest[:half])
            _unforeseen(line[half : _HISTORY + n], rest[half:n])
            beyond = _beyond(line[_HISTORY : _HISTORY + n], levels[channel])
            shelf[row, channel], top[row, channel] = _shelf(beyond), _top(beyond)
            largest[:KEPT], power[:KEPT], loud[:BEFORE] = rests[channel, 0], rests[channel, 1], peaks[channel]
            ticks = 0
            for tick in range(row * TICKS, row * TICKS + TICKS):
                a, b = edges[tick] - first, edges[tick + 1] - first
                if a < b:
                    largest[KEPT + ticks], power[KEPT + ticks] = largest_of(rest[a:b]), _power(rest[a:b])
                    loud[BEFORE + ticks] = largest_of(line[_HISTORY + a : _HISTORY + b])
                    ticks += 1
            rests[channel, 0], rests[channel, 1] = largest[ticks : KEPT + ticks], power[ticks : KEPT + ticks]
            peaks[channel] = loud[ticks : BEFORE + ticks]
            click[row, channel] = _clicks(largest, power, ticks)
            gaps[row, channel] = _gaps(loud, ticks, gap[channel])


@nb.njit(cache=True, nogil=True, fastmath={"nnan", "nsz", "reassoc", "contract"})
def _correlated(part, lag):  # type: ignore[no-untyped-def]
    found = np.float32(0)
    late, early = part[lag:], part[: part.shape[0] - lag]
    for i in range(late.shape[0]):
        found += late[i] * early[i]
    return found


@nb.njit(cache=True, nogil=True)
def _unforeseen(line, rest):  # type: ignore[no-untyped-def]
    """What a line of samples, of which the first ORDER are history, has beside its own linear prediction (by
    autocorrelation and Levinson's recursion)."""
    part = line[_HISTORY:]
    if part.shape[0] <= ORDER:
        rest[:] = 0
        return
    energies = np.empty(ORDER + 1)
    for lag in range(ORDER + 1):
        energies[lag] = _correlated(part, lag)
    energies[0] = energies[0] * (1 + _REGULAR) + 1e-9
    taps, before = np.zeros(ORDER + 1), np.zeros(ORDER + 1)
    taps[0] = 1
    error = energies[0]
    for i in range(1, ORDER + 1):
        left = energies[i]
        for j in range(1, i):
            left += taps[j] * energies[i - j]
        turn = -left / error
        before[:] = taps
        for j in range(1, i):
            taps[j] = before[j] + turn * before[i - j]
        taps[i] = turn
        error *= 1 - turn * turn
    _filtered(line, taps.astype(np.float32), rest)


@nb.njit(cache=True, nogil=True, fastmath={"nnan", "nsz", "reassoc", "contract"})
def _filtered(line, taps, rest):  # type: ignore[no-untyped-def]
    """All taps in two expressions of slices, as in `sound._interpolated`."""
    n = rest.shape[0]
    t0, t1, t2, t3, t4, t5, t6, t7 = taps[0], taps[1], taps[2], taps[3], taps[4], taps[5], taps[6], taps[7]
    u0, u1, u2, u3, u4, u5, u6, u7, u8 = (
        *(taps[8], taps[9], taps[10], taps[11]),
        *(taps[12], taps[13], taps[14], taps[15], taps[16]),
    )
    a, b, c, d = line[16 : 16 + n], line[15 : 15 + n], line[14 : 14 + n], line[13 : 13 + n]
    e, f, g, h = line[12 : 12 + n], line[11 : 11 + n], line[10 : 10 + n], line[9 : 9 + n]
    k, m, o, p = line[8 : 8 + n], line[7 : 7 + n], line[6 : 6 + n], line[5 : 5 + n]
    q, r, s, v, w = line[4 : 4 + n], line[3 : 3 + n], line[2 : 2 + n], line[1 : 1 + n], line[:n]
    for i in range(n):
        late = t0 * a[i] + t1 * b[i] + t2 * c[i] + t3 * d[i] + t4 * e[i] + t5 * f[i] + t6 * g[i] + t7 * h[i]
        rest[i] = late + u0 * k[i] + u1 * m[i] + u2 * o[i] + u3 * p[i] + u4 * q[i] + u5 * r[i] + u6 * s[i] + u7 * v[i]
    for i in range(n):
        rest[i] += u8 * w[i]


@nb.njit(cache=True, nogil=True, fastmath={"nnan", "nsz", "reassoc", "contract"})
def _power(part):  # type: ignore[no-untyped-def]
    """Mean square."""
    found = np.float32(0)
    for i in range(part.shape[0]):
        found += part[i] * part[i]
    return found / np.float32(part.shape[0])


@nb.njit(cache=True, nogil=True)
def _clicks(largest, power, ticks):  # type: ignore[no-untyped-def]
    """The largest click of as many ticks as came, each LATE before."""
    found = np.float32(0)
    for tick in range(KEPT - LATE, KEPT - LATE + ticks):
        if largest[tick] <= QUIET_CLICK:
            continue
        early, late = np.float32(0), np.float32(0)
        for i in range(NEAR + 1, NEAR + FAR + 1):
            early += power[tick - i]
            late += power[tick + i]
        found = max(found, largest[tick] / max(np.sqrt(max(early, late) / np.float32(FAR)), QUIET_REST))
    return found


@nb.njit(cache=True, nogil=True)
def _gaps(loud, ticks, gap):  # type: ignore[no-untyped-def]
    """How many ticks the longest gap had that is known to have ended by one of as many ticks as came, or 0."""
    found = 0
    for tick in range(BEFORE, BEFORE + ticks):
        peak = loud[tick]
        if gap[0] == 0:
            before, edge = loud[tick - BEFORE : tick].max(), loud[tick - EDGE - 1 : tick].max()
            if before > AUDIBLE and peak < before * FALL and edge > before * BACK:
                gap[0], gap[1], gap[2] = 1, 1, before
        elif gap[0] == 1 and peak < gap[2] * FALL:
            gap[1] += 1
            if gap[1] >= LONGEST_GAP:
                gap[0] = 0
        else:
            if gap[0] == 1:
                gap[0], gap[3] = 2, EDGE
            if peak > gap[2] * BACK:
                if gap[1] >= LEAST_GAP:
                    found = max(found, int(gap[1]))
                gap[0] = 0
            elif gap[3] == 0:
                gap[0] = 0
            gap[3] -= 1
    return found


@nb.njit(cache=True, nogil=True)
def _beyond(part, levels):  # type: ignore[no-untyped-def]
    """How many samples of the last SHELF_ROWS rows, of which `part` is the newest, have each level or are beyond."""
    rows, total = levels[SHELF_ROWS + 1], levels[SHELF_ROWS]
    counts = levels[rows[0] % SHELF_ROWS]
    rows[0] += 1
    total -= counts
    counts[:] = 0
    bits = part.view(np.int32)
    lowest = (127 - OCTAVES_BELOW) * FINE
    for i in range(bits.shape[0]):
        level = ((bits[i] & 0x7FFFFFFF) >> (23 - FINE_BITS)) - lowest  # The exponent, and some bits of what follows.
        counts[min(max(level, 0), counts.shape[0] - 1)] += 1
    total += counts
    beyond = total.astype(np.int64)
    for level in range(beyond.shape[0] - 2, -1, -1):
        beyond[level] += beyond[level + 1]
    return beyond


@nb.njit(cache=True, nogil=True)
def _top(beyond):  # type: ignore[no-untyped-def]
    """By how many octaves the level of TOP is above that of NEAR_TOP."""
    near = _level(beyond, NEAR_TOP * beyond[0])
    return np.float32(np.log2(_level(beyond, TOP * beyond[0]) / near) if near > 1 else np.nan)


@nb.njit(cache=True, nogil=True)
def _level(beyond, count):  # type: ignore[no-untyped-def]
    """The level that so many are beyond, by the lowest. They are taken to lie evenly within a level."""
    level = 0
    while level < beyond.shape[0] - 2 and beyond[level + 1] > count:
        level += 1
    inside = beyond[level] - beyond[level + 1]
    share = (beyond[level] - count) / inside if inside > 0 else 0.0
    return 2.0 ** (level // FINE) * (1 + (level % FINE + share) / FINE) if level > 0 else 0.0


@nb.njit(cache=True, nogil=True)
def _shelf(beyond):  # type: ignore[no-untyped-def]
    """The largest share that lies at one level."""
    found = 0.0
    for level in range(SHELF_UNDER, beyond.shape[0] - SHELF_OVER, STEP):
        if beyond[level] >= LEAST_SHARE * beyond[0]:
            here = beyond[level] / beyond[level - SHELF_UNDER] * (1 - beyond[level + SHELF_OVER] / beyond[level])
            found = max(found, here)
    return np.float32(found)
