"""Which part of a picture was in motion, and stands since all of it stopped at once: a recurrence over frames and
places that is too slow in Python. Owns the loop, and what motion, a stop and a scene that goes on are.

Motion is looked for in three WAYS: places that differ from the frame before by more than is given; in a quiet picture,
by anything at all; and, as noise over what stands makes every place differ, places whose mean has moved. A *stop*: many
of the places that were in motion for seconds stand at once, and in the rectangle around them hardly any goes on. What
stands just after a cut or a dissolve is a still, in which nobody is stuck. What is not said in seconds is in frames.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numba as nb
import numpy as np
from numba import types
from numpy.typing import NDArray

from monitor.kernels.grid import COLUMNS, PLACES, ROWS

WAYS = ("moving", "quiet", "means")
_MEANS = 2
BUCKETS = 4
"""Motion is counted per second of media time, over the last four."""
LIVE_SHARE = 0.5
"""A place is live that changed in so many of their frames."""
QUIETLY = 1
"""In a quiet picture, a place changes by more than so many eighths of a level."""
APART = 5
MOVED, STRONGLY, USUALLY = 2, 4, 0.8
"""By its mean, a place changes that differs by so many levels from that APART frames before. It stops at once if just
before it differed by so many, and by this share of what it usually did: not one that comes to rest bit by bit."""
USUAL, FINE = 25, 100
"""Frames within which the usual follows what is; and in how many parts of a level it is kept."""
STOPS, LEAST = 0.25, 12
"""So many of the live places stop at once, at least so many ..."""
WITHIN = (3, 3, 8)
"""... each of which had changed within so many frames, by the way ..."""
RUNS = 0.2
"""... and in the rectangle around them hardly any goes on. What stands are then as many places at least; by the means,
the share of the picture without which nothing is seen to stop: a small thing that moves on leaves some that stand."""
ALONE = 1
"""A row or column with no more places than this is not in the rectangle."""
STANDS = 0.8
"""A window stands while so many of its places do ..."""
ANEW, ANEW_S = 2.0, 0.4
"""... and while what stands is coded anew: its places may differ by so many levels in the mean, if so many keep theirs,
for so many seconds after a key frame; ..."""
OFTEN, MOST = 5, 2
"""... and at other times once for so many frames that it stood before, for at most so many frames in a row."""
LATE = 3
"""By the means, a window is seen to stand so many frames late, give or take one."""
CUT, STEPS, SOON = 4.0, 25, (8, 8, 20)
"""A step of the means so many times as large as the usual one of so many frames, and levels more, was a cut. What stops
so soon after it, by the way, is a still; later, but within those frames, it may be one."""
ALONG, FAINT, DISSOLVES = 0.97, 0.7, 10
"""In a dissolve, all places go on in each two frames as they went in the two before: with this correlation, by so many
levels; it is over for so many frames before anything is seen to stop."""


class Memory(NamedTuple):
    """What is remembered, changed in place."""

    maps: NDArray[np.uint8]
    """[APART, 144]: of luma, of the last frames, the newest last."""
    places: NDArray[np.uint8]
    """[ways, 3, 144]: whether a place is in the window that stands, the luma it had, frames since it changed so
    much that it stops at once if it does not any more (of those that tell of it by this way)."""
    counts: NDArray[np.uint8]
    """[ways, BUCKETS + 1, 144]: in how many frames of each second it changed."""
    usual: NDArray[np.int16]
    """[144]: by how many FINE parts of a level its mean usually differs."""
    seconds: NDArray[np.int32]
    """[1 + ways, BUCKETS + 1]: which second each is, and how many frames it had, by the way."""
    steps: NDArray[np.float64]
    """[STEPS]: of the means, the newest last."""
    dissolved: NDArray[np.int64]
    """[2]: how many frames there were; frames since the last one in a dissolve, DISSOLVES at most."""
    anew: NDArray[np.float64]
    """[1 + ways]: when the last key frame was; for how many frames the window stood and was not coded anew, by the way:
    less OFTEN for each in which it was."""
    shot: NDArray[np.float64]
    """[3]: when the last cut or dissolve was; of the frames since, how many were compared with the one before, and the
    sum of the shares of the picture that moved in them."""


def nothing_stands() -> Memory:
    """Of a stream of which nothing is known."""
    ways = len(WAYS)
    seconds = np.zeros((1 + ways, BUCKETS + 1), np.int32)
    seconds[0] = -1
    places = np.zeros((ways, 3, PLACES), np.uint8)
    places[:, 2] = 255
    return Memory(
        np.zeros((APART, PLACES), np.uint8),
        places,
        np.zeros((ways, BUCKETS + 1, PLACES), np.uint8),
        np.zeros(PLACES, np.int16),
        seconds,
        np.zeros(STEPS),
        np.array([0, DISSOLVES], np.int64),
        np.array([-np.inf] + ways * [0.0]),
        np.array([-np.inf, 0.0, 0.0]),
    )


def follow_standing(
    t_s: NDArray[np.float64],
    known: NDArray[np.bool_],
    close: NDArray[np.bool_],
    key: NDArray[np.bool_],
    difference: NDArray[np.uint8],
    mean: NDArray[np.uint8],
    memory: Memory,
    max_change: float,
    max_drift: float,
    min_window: float,
) -> NDArray[np.float64]:
    """Of N frames, [N, 1 + ways]: the share of the picture that was live, in a scene that goes on (soon after a cut no
    more than what has moved since, in the mean); and by each way, the share of it that stands, 0 if nothing does.

    `known`: what was compared with the frame before; `close`: and came so soon after it that its means tell of motion.
    `difference`, `mean`: maps [N, 144], in eighths of a level and in levels. Key frames code what stands anew: only by
    its means do they say whether it does. A place that stands has a mean within `max_drift` of what it was. With no
    more than the share `min_window` of the picture in motion, nothing is seen to stop; `max_change`: in levels, see
    WAYS.
    """
    told = np.zeros((len(t_s), 1 + len(WAYS)))
    _follow(t_s, known, close, key, difference, mean, *memory, 8 * max_change, max_drift, min_window, told)
    return told


@cache
def compile_all() -> None:
    """Compile for the types that are used, and for no other from then on."""
    column, flags, maps, cube = types.float64[::1], types.boolean[::1], types.uint8[:, ::1], types.uint8[:, :, ::1]
    memory = (maps, cube, cube, types.int16[::1], types.int32[:, ::1], column, types.int64[::1], column, column)
    numbers = (types.float64, types.float64, types.float64, types.float64[:, ::1])
    _follow.compile((column, flags, flags, flags, maps, maps, *memory, *numbers))
    _follow.disable_compile()


@nb.njit(cache=True)
def _follow(  # type: ignore[no-untyped-def]
    t_s,
    known,
    close,
    key,
    difference,
    mean,
    maps,
    places,
    counts,
    usual,
    seconds,
    steps,
    dissolved,
    anew,
    shot,
    max_eighths,
    max_drift,
    min_window,
    told,
):
    ways = places.shape[0]
    live = np.zeros((ways, PLACES), np.bool_)
    lives = np.zeros(ways, np.int64)
    changed, strongly = np.zeros(PLACES, np.bool_), np.zeros(PLACES, np.bool_)
    at = np.int64(-(2**62))
    for n in range(len(t_s)):
        number = np.int64(np.floor(t_s[n]))
        if dissolved[0] == 0:
            for k in range(APART):
                maps[k] = mean[n]
        goes_on, since_cut = _goes_on(mean[n], maps, steps, dissolved)
        if number != at:
            at = number
            slot = at % (BUCKETS + 1)
            if seconds[0, slot] != at:
                seconds[0, slot], seconds[1:, slot] = at, 0
                counts[:, slot] = 0
            for way in range(ways):
                lives[way] = _find_live(counts[way], seconds, way, at, live[way])
        if since_cut == 0:
            shot[0], shot[1], shot[2] = t_s[n], 0.0, 0.0
        told[n, 0] = lives[0] / PLACES if goes_on else 0.0
        if t_s[n] - shot[0] < BUCKETS:  # What moved in the shot before says nothing of this one.
            told[n, 0] = min(told[n, 0], shot[2] / max(shot[1], 1.0))
        if key[n]:
            anew[0] = t_s[n]
        for way in range(ways):
            if close[n] if way == _MEANS else known[n] and not key[n]:
                if way == _MEANS:
                    for p in range(PLACES):
                        moved = abs(np.int64(mean[n, p]) - np.int64(maps[0, p]))
                        changed[p] = moved >= MOVED
                        strongly[p] = moved >= STRONGLY and moved * FINE >= USUALLY * usual[p]
                else:
                    least = max_eighths if way == 0 else QUIETLY
                    for p in range(PLACES):
                        strongly[p] = changed[p] = difference[n, p] > least
                    if way == 0:
                        shot[1] += 1
                        shot[2] += changed.sum() / PLACES
                anew[1 + way] = _judge(
                    places[way],
                    live[way],
                    lives[way],
                    changed,
                    strongly,
                    mean[n],
                    WITHIN[way],
                    max(LEAST, min_window * PLACES) if way == _MEANS else LEAST,
                    max_drift,
                    min_window,
                    since_cut >= SOON[way],
                    difference[n],
                    anew[1 + way],
                    t_s[n] - anew[0] <= ANEW_S,
                )
                if not places[way, 0].any():
                    seconds[1 + way, slot] += 1
                    for p in range(PLACES):
                        counts[way, slot, p] += np.uint8(changed[p] and counts[way, slot, p] < 255)
                    if way == _MEANS:
                        for p in range(PLACES):
                            moved = abs(np.int64(mean[n, p]) - np.int64(maps[0, p]))
                            usual[p] += np.int16((moved * FINE - usual[p]) / USUAL)
            elif known[n] and key[n] and _is_other(places[way], mean[n], max_drift):
                places[way, 0] = 0
            told[n, 1 + way] = places[way, 0].sum() / PLACES
        maps[:-1] = maps[1:].copy()
        maps[-1] = mean[n]
        dissolved[0] += 1


@nb.njit(cache=True)
def _is_other(places, mean, max_drift):  # type: ignore[no-untyped-def]
    """Whether a key frame shows another picture than the window that stands."""
    size, keep = 0, 0
    for p in range(PLACES):
        if places[0, p]:
            size += 1
            keep += abs(np.int64(mean[p]) - np.int64(places[1, p])) <= max_drift
    return keep < STANDS * size


@nb.njit(cache=True)
def _goes_on(mean, maps, steps, dissolved):  # type: ignore[no-untyped-def]
    """Whether this frame shows what was shown before, no cut and no dissolve of late; and for how many frames there was
    none."""
    step = np.int64(0)
    both, late_size, early_size = np.int64(0), np.int64(0), np.int64(0)
    for p in range(PLACES):
        now, last = np.int64(mean[p]), np.int64(maps[APART - 1, p])
        step += abs(now - last)
        late, early = now - np.int64(maps[APART - 2, p]), np.int64(maps[APART - 2, p]) - np.int64(maps[APART - 4, p])
        both += late * early
        late_size += late * late
        early_size += early * early
    steps[:-1] = steps[1:].copy()
    steps[-1] = step / PLACES
    size = np.sqrt(np.float64(late_size) * np.float64(early_size))
    dissolves = both > ALONG * size and size > FAINT**2 * PLACES
    dissolved[1] = 0 if dissolves else min(dissolved[1] + 1, DISSOLVES)
    most, whole = CUT * np.median(steps) + CUT, dissolved[1] >= DISSOLVES
    since = 0
    while whole and since < STEPS and steps[STEPS - 1 - since] <= most:
        since += 1
    return since == STEPS, since


@nb.njit(cache=True)
def _find_live(counts, seconds, way, at, live):  # type: ignore[no-untyped-def]
    """Which places changed in most frames of the seconds before this one; how many."""
    frames, had = np.int64(0), 0
    for slot in range(BUCKETS + 1):
        if at - BUCKETS <= seconds[0, slot] < at and seconds[1 + way, slot]:
            frames += seconds[1 + way, slot]
            had += 1
    found = np.int64(0)
    for p in range(PLACES):
        count = np.int64(0)
        for slot in range(BUCKETS + 1):
            if at - BUCKETS <= seconds[0, slot] < at:
                count += counts[slot, p]
        live[p] = had >= BUCKETS // 2 and count >= LIVE_SHARE * frames
        found += live[p]
    return found


@nb.njit(cache=True)
def _judge(  # type: ignore[no-untyped-def]
    places, live, lives, changed, strongly, mean, within, least, max_drift, min_window, goes_on, difference, stood, new
):
    """What stands after this frame, in `places`; gives `stood` (see `Memory.anew`). `new`: a key frame was just now."""
    window, luma, since = places[0], places[1], places[2]
    size, stand, halted, keep, apart = 0, 0, 0, 0, np.int64(0)
    for p in range(PLACES):
        if window[p]:
            size += 1
            same = abs(np.int64(mean[p]) - np.int64(luma[p])) <= max_drift
            keep += same
            stand += same and not changed[p]
            apart += difference[p]
        halted += live[p] and since[p] < within and not changed[p]
    if size and stand >= STANDS * size:
        stood = min(stood + 1, OFTEN * MOST)
    elif size and keep >= STANDS * size and apart <= 8 * ANEW * size and (new or stood >= OFTEN):
        stood -= 0 if new else OFTEN
    elif size:
        window[:] = 0
    elif goes_on and lives > min_window * PLACES and halted >= max(LEAST, STOPS * lives):
        stood = 0.0
        _open(window, luma, since, live, changed, mean, within, least)
    for p in range(PLACES):
        since[p] = 0 if strongly[p] else min(np.int64(since[p]) + 1, 255)
    return np.float64(stood)


@nb.njit(cache=True)
def _open(window, luma, since, live, changed, mean, within, least):  # type: ignore[no-untyped-def]
    """A window of the live places in the rectangle around those that stopped, unless too many of them go on or too few
    are left."""
    rows, columns = np.zeros(ROWS, np.int64), np.zeros(COLUMNS, np.int64)
    for p in range(PLACES):
        if live[p] and since[p] < within and not changed[p]:
            rows[p // COLUMNS] += 1
            columns[p % COLUMNS] += 1
    top, bottom, left, right = ROWS, -1, COLUMNS, -1
    for r in range(ROWS):
        if rows[r] > ALONE:
            top, bottom = min(top, r), r
    for c in range(COLUMNS):
        if columns[c] > ALONE:
            left, right = min(left, c), c
    inside, run = 0, 0
    for p in range(PLACES):
        if live[p] and top <= p // COLUMNS <= bottom and left <= p % COLUMNS <= right:
            inside += 1
            run += changed[p]
    if run > RUNS * inside or inside - run < least:
        return
    for p in range(PLACES):
        inside_it = top <= p // COLUMNS <= bottom and left <= p % COLUMNS <= right
        window[p] = live[p] and inside_it and not changed[p]
        luma[p] = mean[p]
