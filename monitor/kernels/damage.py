"""Damage over time, which is too slow to follow in Python: row by row over readings, with everything it remembers
handed in and out. Owns the loop, not the thresholds, and not what its answer is called.

`follow_damage` looks for blocks that were made up by a decoder. Sides of macroblocks stand out in any picture here and
there, so what counts is how many stand out in a place of the picture *beyond* the most of the last seconds there (the
normal, which a cut starts anew): `excess`. A decoder's word for it (a hit) is better evidence; how far that reaches is
told by how pictures are coded: from the pictures that were coded from both sides right before a damaged one, which show
it too, until the next picture that is coded by itself; where the damaged one is coded from both sides itself, until
the next that is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numba as nb
import numpy as np
from numba import types
from numpy.typing import NDArray

from monitor.kernels.grid import PLACES

RING, OFF_RING, NORMAL, CHANGES = 8, 4, 5, 3
"""Rows remembered; periods of the normal, the newest first; rows of differences."""
MAPS = RING + OFF_RING + 2 * NORMAL + CHANGES + 3
"""Maps of u8: sides of the last rows (newest first), the most sides and off-sides of each period, differences, the
most of sides and of off-sides over all periods, where damage began."""
PERIOD_S = 0.5
BLIND_ROWS = 3
"""After a cut: rows that make the normal."""
MAX_ROW_S = 2.0
STANDS = 8
"""Eighths of a level. A picture that changes by less in every place stands, and is coded better and better: no damage
begins."""
MANY = 0.15
"""A picture with so many sides a tile, normally, is one of blocks itself."""
LEARNT_S = 2.5
YOUNG = 2.0
"""So long after a cut the normal is known; right after it, so many times more excess is needed."""
BEGINNING_S = 3.5
"""Before this nothing is found by pixels alone: what stands still is coded better and better."""

NUMBERS = (
    "rows",  # since the last hole; the normal is not known before a few
    "last_s",
    "end_s",  # of the last row
    "tiles",
    "period",
    "blind",
    "usual",  # mean excess of late, when nothing was wrong
    "excess_1",
    "excess_2",  # of the last rows, off-sides taken off
    "raw_1",
    "raw_2",  # the same with the off-sides
    "pair_from_s",  # first of the run of pictures coded from both sides that the last row belongs to; NaN: none
    "primed_until_s",
    "from_s",  # start of the damage; NaN: there is none
    "until_s",  # end of the last row that showed it
    "flagged",
    "awaits",  # 1: lasts until a picture is coded by itself; 2: until one is not coded from both sides
    "shown",  # rows of it
    "level",
    "slow",  # mean excess of about ten rows
    "slow_from_s",  # when it began to rise; NaN: it has not
    "settled_s",  # from here on damage is looked for only where it began
    "since_s",  # the last cut or hole: since then the normal has been learnt
    "begun_s",  # the last hole
    "in_a_row",  # pictures that the decoder says are damaged
    "told",  # 0: not yet, 1: told, 2: told as grave
    "off_peak",  # the most excess of off-sides of late, which fades
)
PARAMETERS = (
    "least",
    "times_usual",
    "usual_s",
    "standing",
    "slow_least",
    "slow_times_usual",
    "off_weight",
    "most_per_place",
    "places",
    "primed",
    "stays",
    "stays_least",
    "clear_s",
    "unseen_s",
    "rows_flagged",
    "rows_seen",
    "min_s",
    "min_area",
    "grave_area",
    "grave_area_seen",
)
TOLD = ("code", "from_s", "until_s", "area", "flagged", "left", "top", "right", "bottom")
"""What is told of damage with a row. code 0: nothing, 1: it opened, 2: it is grave now, 3: it closed, 4: it opened and
is grave."""
OPENED, GRAVE, CLOSED, OPENED_GRAVE = 1, 2, 3, 4

(
    _ROWS,
    _LAST,
    _END,
    _TILES,
    _PERIOD,
    _BLIND,
    _USUAL,
    _E1,
    _E2,
    _R1,
    _R2,
    _PAIR,
    _PRIMED,
    _FROM,
    _UNTIL,
    _FLAGGED,
    _AWAITS,
    _SHOWN,
    _LEVEL,
    _SLOW,
    _SLOW_FROM,
    _SETTLED,
    _SINCE,
    _BEGUN,
    _IN_A_ROW,
    _TOLD,
    _OFF_PEAK,
) = range(len(NUMBERS))
(
    _LEAST,
    _TIMES,
    _USUAL_S,
    _STANDING,
    _SLOW_LEAST,
    _SLOW_TIMES,
    _OFF,
    _MOST,
    _MIN_PLACES,
    _PRIMED_SHARE,
    _STAYS,
    _STAYS_LEAST,
    _CLEAR_S,
    _UNSEEN_S,
    _ROWS_FLAGGED,
    _ROWS_SEEN,
    _MIN_S,
    _MIN_AREA,
    _GRAVE_AREA,
    _GRAVE_AREA_SEEN,
) = range(len(PARAMETERS))
_NORMAL_AT, _CHANGES_AT, _MOST_AT, _MASK_AT = RING + OFF_RING, RING + OFF_RING + 2 * NORMAL, MAPS - 3, MAPS - 1
USUAL_AT_FIRST = 0.8
OFF_FADES_S = 4.0
"""An edge that wanders over the picture comes over off-sides now and over sides later: for so long it is the same."""


Memory = tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float64]]
"""What is remembered: maps [MAPS, 144], the excess of each place over the damage [144], NUMBERS."""


def no_damage() -> Memory:
    """What is remembered of a stream of which nothing is known."""
    numbers = np.zeros(len(NUMBERS))
    numbers[[_PAIR, _FROM, _UNTIL, _SLOW_FROM]] = np.nan
    numbers[[_LAST, _END, _PRIMED]] = -np.inf
    numbers[_USUAL] = USUAL_AT_FIRST
    return np.zeros((MAPS, PLACES), np.uint8), np.zeros(PLACES, np.float32), numbers


def follow_damage(
    rows: NDArray[np.float64], maps: Sequence[NDArray[np.uint8]], memory: Memory, parameters: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Go on by N rows. `rows` [N, 7]: t_s, duration_s, intra, coded, corrupt, error, tiles. `maps`: sides, off-sides
    and differences, [N, 144] each. `memory` is changed in place.

    Gives [N, 2 + len(TOLD)]: the share of the picture that is damaged in this row, as known with it; TOLD; and whether
    the decoder said so of what is damaged in this row.
    """
    out = np.zeros((len(rows), 2 + len(TOLD)))
    _follow(rows, *maps, *memory, parameters, out)
    return out


@cache
def compile_all() -> None:
    """Compile for the types that are used, and for no other from then on."""
    table, maps = types.float64[:, ::1], types.uint8[:, ::1]
    _follow.compile((table, maps, maps, maps, maps, types.float32[::1], types.float64[::1], types.float64[::1], table))
    _follow.disable_compile()


@nb.njit(cache=True)
def _follow(rows, sides, off_sides, changes, maps, sums, s, p, out):  # type: ignore[no-untyped-def]
    for n in range(rows.shape[0]):
        t, lasts, intra, coded, corrupt, error, tiles = rows[n]
        now, off, change = sides[n], off_sides[n], changes[n]
        if t - s[_END] > MAX_ROW_S or t < s[_LAST] or tiles != s[_TILES]:
            if s[_TOLD]:
                _tell(CLOSED, s, sums, out[n])
            _forget(maps, sums, s)
            s[_TILES], s[_SINCE], s[_BEGUN] = tiles, t, t
        scale = max(1.0, np.sqrt(tiles / 920.0))
        end = t + lasts
        if not corrupt and t > s[_PRIMED] and _is_cut(change, maps, s):
            if s[_FROM] == s[_FROM] and not s[_AWAITS]:
                if s[_LEVEL] < np.inf and t - s[_UNTIL] <= p[_CLEAR_S]:
                    s[_UNTIL] = t
                if s[_TOLD]:
                    _tell(CLOSED, s, sums, out[n])
                _over(sums, s)
            s[_BLIND], s[_SINCE] = BLIND_ROWS, t
        excess, off_excess, spread = _excess(now, off, maps, s, p[_MOST] * scale)
        s[_OFF_PEAK] = max(off_excess, s[_OFF_PEAK] * np.exp(-lasts / OFF_FADES_S))
        if s[_BLIND] > 0 or s[_ROWS] < 8:
            s[_OFF_PEAK] = 0.0  # Beyond the normal of another scene.
        value = excess - p[_OFF] * s[_OFF_PEAK]
        stands = s[_FROM] != s[_FROM] and change.max() < STANDS
        if stands or s[_BLIND] > 0 or s[_ROWS] < 8:
            value = excess = 0.0
        mean = (value + s[_E1] + s[_E2]) / 3
        raw = (excess + s[_R1] + s[_R2]) / 3
        young = 1 + YOUNG * max(0.0, 1 - (t - s[_SINCE]) / LEARNT_S)
        if t - s[_BEGUN] < BEGINNING_S:
            young = np.inf
        known = p[_STANDING] * max(0.0, maps[_MOST_AT].sum() - MANY * tiles)
        threshold = ((p[_LEAST] + p[_TIMES] * s[_USUAL]) * scale + known) * young
        if error or corrupt:
            s[_PRIMED] = t + 0.2
        s[_IN_A_ROW] = s[_IN_A_ROW] + 1 if corrupt else 0.0
        hit = corrupt and coded != 3
        # Others of the run may be coded from one that is coded from both sides itself: those before it, too.
        within = corrupt and coded == 3
        run = s[_IN_A_ROW] == p[_ROWS_FLAGGED]
        s[_SLOW] += (value - s[_SLOW]) / 10
        slow_threshold = ((p[_SLOW_LEAST] + p[_SLOW_TIMES] * s[_USUAL]) * scale + known) * young
        if s[_SLOW] < 0.3 * slow_threshold:
            s[_SLOW_FROM] = np.nan
        elif s[_SLOW_FROM] != s[_SLOW_FROM]:
            s[_SLOW_FROM] = t
        free = s[_FROM] != s[_FROM]
        if free:
            primed = t <= s[_PRIMED]
            share = p[_PRIMED_SHARE] if primed else 1.0
            slow = s[_SLOW] >= slow_threshold
            if hit or run or within or ((mean >= threshold * share or slow) and spread >= p[_MIN_PLACES] * share):
                since = t - (s[_IN_A_ROW] - 1) * lasts if run else s[_SLOW_FROM] if slow else np.nan
                _begin(t, lasts, since, mean, maps, sums, s)
                free = False
            elif young < np.inf:
                # No more than a few times as much as usual: damage that was missed must not become the usual.
                learnt = min(max(mean / scale, 0.0), 3 * s[_USUAL] + 0.3)
                s[_USUAL] += (learnt - s[_USUAL]) * min(1.0, lasts / p[_USUAL_S])
        if not free:
            if t <= s[_PRIMED]:
                s[_FLAGGED] = 1.0
            if hit or (within and s[_AWAITS] != 1):
                s[_AWAITS] = 1.0 if hit else 2.0
                if s[_PAIR] < s[_FROM]:
                    s[_SHOWN] += round((s[_FROM] - s[_PAIR]) / max(lasts, 1e-3))
                    s[_FROM] = s[_PAIR]
            elif s[_AWAITS] == 2 and coded != 3:
                s[_AWAITS] = 0.0
            elif (s[_AWAITS] and intra) or t - s[_FROM] > p[_UNSEEN_S]:
                s[_AWAITS] = 0.0
                s[_LEVEL] = np.inf
            s[_LEVEL] += (max(mean, 0.0) - s[_LEVEL]) * max(0.03, 1 / (s[_SHOWN] + 1)) if s[_LEVEL] < np.inf else 0.0
            least = max(p[_STAYS_LEAST] * scale, p[_STAYS] * s[_LEVEL])
            if s[_AWAITS] or corrupt or (raw >= least and excess >= 0.5 * least):
                s[_UNTIL] = end
            if s[_UNTIL] == end or t - s[_UNTIL] < p[_CLEAR_S]:
                s[_SHOWN] += 1
            if s[_BLIND] <= 0:
                for i in range(PLACES):
                    sums[i] += max(0, _signed(now[i]) - _normal(maps, i))
            if t <= s[_SETTLED]:
                for i in range(PLACES):
                    maps[_MASK_AT, i] = sums[i] > 0
            _judge(t, end, s, sums, p, out[n])
        s[_E2], s[_E1], s[_R2], s[_R1] = s[_E1], value, s[_R1], excess
        _remember(t, now, off, change, coded, maps, s, s[_FROM] != s[_FROM])
        s[_LAST], s[_END] = t, end
        s[_ROWS] += 1


@nb.njit(cache=True)
def _signed(number):  # type: ignore[no-untyped-def]
    """As a number that can be subtracted from: of two bytes, numba would make a huge one."""
    return np.int64(number)


@nb.njit(cache=True)
def _is_cut(change, maps, s):  # type: ignore[no-untyped-def]
    """Three places of five change by three levels and more, and three times as much as in any of the last rows."""
    if s[_ROWS] == 0:
        return False
    count = 0
    for i in range(PLACES):
        before = _signed(maps[_CHANGES_AT, i])
        for k in range(1, CHANGES):
            before = max(before, _signed(maps[_CHANGES_AT + k, i]))
        count += change[i] >= 24 and _signed(change[i]) >= 3 * before
    return count >= 0.6 * PLACES


@nb.njit(cache=True)
def _normal(maps, i):  # type: ignore[no-untyped-def]
    """Most sides of place `i` in the last periods, or half the off-sides, of which there are twice as many lines: an
    edge that moves comes over the grid as well."""
    return max(_signed(maps[_MOST_AT, i]), _signed(maps[_MOST_AT + 1, i]) // 2)


@nb.njit(cache=True)
def _excess(now, off, maps, s, most):  # type: ignore[no-untyped-def]
    """Sides beyond the normal, off-sides likewise, and in how many places there were any in the last rows. Damage that
    goes on is looked for where it began."""
    excess, off_excess, spread = 0.0, 0.0, 0
    masked = s[_FROM] == s[_FROM] and s[_LAST] > s[_SETTLED]
    for i in range(PLACES):
        if masked and not maps[_MASK_AT, i]:
            continue
        normal = _normal(maps, i)
        excess += min(most, max(0, _signed(now[i]) - normal))
        off_excess += min(most, max(0, _signed(off[i]) - _signed(maps[_MOST_AT + 1, i])))
        spread += max(_signed(now[i]), _signed(maps[0, i]), _signed(maps[1, i])) > normal
    return excess, off_excess, spread


@nb.njit(cache=True)
def _begin(t, lasts, since, mean, maps, sums, s):  # type: ignore[no-untyped-def]
    """Damage shows, maybe for a row or two already: as far back as it was a fifth of what it is now; or from `since`
    on."""
    s[_FROM] = s[_UNTIL] = t
    s[_LEVEL], s[_TOLD], s[_AWAITS], s[_FLAGGED] = max(mean, 0.0), 0.0, 0.0, 0.0
    s[_SETTLED] = t + 0.25
    for k in range(2):
        if (s[_R1] if k == 0 else s[_R2]) < max(1.0, 0.2 * mean) or s[_ROWS] < 8 + k:
            break
        s[_FROM] -= t - s[_LAST]
    if since < s[_FROM]:
        s[_FROM] = since
    s[_SHOWN] = round((t - s[_FROM]) / max(lasts, 1e-3))
    sums[:] = 0
    for k in range(min(RING, int(s[_SHOWN]))):
        for i in range(PLACES):
            sums[i] += max(0, _signed(maps[k, i]) - _normal(maps, i))


@nb.njit(cache=True)
def _judge(t, end, s, sums, p, out):  # type: ignore[no-untyped-def]
    """Tell of damage that has lasted, of what is grave, and of what is over."""
    shown = s[_SHOWN]
    needed = p[_ROWS_FLAGGED] if s[_FLAGGED] else p[_ROWS_SEEN]
    area = _area(sums, s)
    grave = area >= (p[_GRAVE_AREA] if s[_FLAGGED] else p[_GRAVE_AREA_SEEN])
    if s[_UNTIL] == end:
        out[0], out[-1] = area, s[_FLAGGED]
    lasts = shown >= needed and s[_UNTIL] - s[_FROM] >= p[_MIN_S] - 1e-6
    if not s[_TOLD] and lasts and area >= p[_MIN_AREA] and s[_UNTIL] == end:
        _tell(OPENED_GRAVE if grave else OPENED, s, sums, out)
        s[_TOLD] = 2.0 if grave else 1.0
    elif s[_TOLD] == 1 and grave and s[_UNTIL] == end:
        _tell(GRAVE, s, sums, out)
        s[_TOLD] = 2.0
    if t - s[_UNTIL] >= p[_CLEAR_S] - 1e-6:
        if s[_TOLD]:
            _tell(CLOSED, s, sums, out)
        _over(sums, s)


@nb.njit(cache=True)
def _share(sums, i, s):  # type: ignore[no-untyped-def]
    """Share of place `i` that is damaged: by the root, since the more sides of a place stand out the more they have
    in common."""
    return min(1.0, 6.0 * np.sqrt(sums[i] / max(1.0, s[_SHOWN]) / s[_TILES] * PLACES))


@nb.njit(cache=True)
def _area(sums, s):  # type: ignore[no-untyped-def]
    area = 0.0
    for i in range(PLACES):
        area += _share(sums, i, s) / PLACES
    return area


@nb.njit(cache=True)
def _tell(code, s, sums, out):  # type: ignore[no-untyped-def]
    """`left` to `bottom`: around the places with at least a third of the largest share."""
    out[1], out[2], out[3], out[4], out[5] = code, s[_FROM], s[_UNTIL], _area(sums, s), s[_FLAGGED]
    most = 0.0
    for i in range(PLACES):
        most = max(most, _share(sums, i, s))
    left, top, right, bottom = 16, 9, 0, 0
    for i in range(PLACES):
        if _share(sums, i, s) >= most / 3:
            left, right = min(left, i % 16), max(right, i % 16 + 1)
            top, bottom = min(top, i // 16), max(bottom, i // 16 + 1)
    out[6], out[7], out[8], out[9] = left / 16, top / 9, right / 16, bottom / 9


@nb.njit(cache=True)
def _over(sums, s):  # type: ignore[no-untyped-def]
    s[_FROM] = s[_UNTIL] = np.nan
    s[_FLAGGED] = s[_AWAITS] = s[_SHOWN] = s[_LEVEL] = s[_TOLD] = 0.0
    s[_BLIND] = BLIND_ROWS
    s[_SLOW], s[_SLOW_FROM] = 0.0, np.nan
    sums[:] = 0


@nb.njit(cache=True)
def _forget(maps, sums, s):  # type: ignore[no-untyped-def]
    usual = s[_USUAL]
    _over(sums, s)
    maps[:] = 0
    s[_ROWS] = s[_BLIND] = s[_E1] = s[_E2] = s[_R1] = s[_R2] = s[_PERIOD] = s[_SLOW] = s[_IN_A_ROW] = s[_OFF_PEAK] = 0.0
    s[_SLOW_FROM] = np.nan
    s[_PAIR], s[_PRIMED], s[_USUAL] = np.nan, -np.inf, usual


@nb.njit(cache=True)
def _remember(t, now, off, change, coded, maps, s, free):  # type: ignore[no-untyped-def]
    """The normal learns from rows a little late, lest it learn damage that begins; not at all while there is some."""
    period = np.floor(t / PERIOD_S)
    if change.max() < STANDS:
        period = s[_PERIOD]  # A picture that stands teaches nothing of one that moves: what was normal stays so.
    if period != s[_PERIOD] and free:
        for which in range(2):
            first = _NORMAL_AT + which * NORMAL
            for k in range(first + NORMAL - 1, first, -1):
                maps[k] = maps[k - 1]
            maps[first] = 0
            for i in range(PLACES):
                maps[_MOST_AT + which, i] = maps[first : first + NORMAL, i].max()
    s[_PERIOD] = period
    late = s[_BLIND] <= 0 and s[_ROWS] >= RING
    if free or not late:
        for which in range(2):
            for i in range(PLACES):
                if late:
                    came = maps[RING + OFF_RING - 1, i] if which else maps[RING - 1, i]
                else:
                    came = off[i] if which else now[i]
                first = _NORMAL_AT + which * NORMAL
                maps[first, i] = max(maps[first, i], came)
                maps[_MOST_AT + which, i] = max(maps[_MOST_AT + which, i], came)
    s[_BLIND] = max(0.0, s[_BLIND] - 1)
    for k in range(RING - 1, 0, -1):
        maps[k] = maps[k - 1]
    for k in range(RING + OFF_RING - 1, RING, -1):
        maps[k] = maps[k - 1]
    maps[0], maps[RING] = now, off
    for k in range(_CHANGES_AT + CHANGES - 1, _CHANGES_AT, -1):
        maps[k] = maps[k - 1]
    maps[_CHANGES_AT] = change
    if coded != 3:
        s[_PAIR] = np.nan
    elif s[_PAIR] != s[_PAIR]:
        s[_PAIR] = t
