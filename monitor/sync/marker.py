"""Sound against picture by markers: beeps, and what flashes or crosses the middle of the picture at the same moment.

Flash-and-beep test material, and clips in which something sweeps over the picture and beeps in its middle. Both must
come at regular intervals, and be always as far apart: of programmes that is never so. Sees sound by hops of 10 ms, of
which the middle counts, and pictures by their means in 144 places; a flash is as late as its first picture.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from monitor.columns import place_widths
from monitor.records import GRID, Readings
from monitor.sync.prints import HOP_S, heard, seen

QUIET_HOPS = 10
"""Before a beep it is quiet for so long ..."""
RISE_DB = 15.0
"""... by so much, ..."""
LOUD_DB = 0.0
LEAST_DB = -40.0
"""... and the beep is at least as loud."""
FLASH_LEVELS = 40
"""A place becomes brighter by so much from one picture to the next, ..."""
REST_S = 0.1
"""... which none did for so long. Markers of one kind are at least so far from each other."""
SWEEP_S = 0.45
"""Something passes the middle within this time, and is wholly on one side before, on the other after."""
SWEEP_LEAST = 1.0
"""The halves of the picture change by so much against each other: levels of its mean."""
SWEEP_SHARE = 0.12
"""Of that, the whole may change by so much, ..."""
SWEEP_REST = 0.03
"""... and from one picture to the next at either end by so much."""
PAIRS = 5
REMEMBER_S = 35.0
REGULAR = 0.06
"""Intervals differ by this share of the usual one at most."""
SPREAD_S = 0.02
"""Offsets differ by so much from their median at most, four of five of them."""
PERIOD_S = (0.3, 6.0)

Times = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Marked:
    """How much later the sound is than the picture, in the median of the last pairs of markers, and for when that is
    said: around the pair in their middle, the first time also for those before (media seconds)."""

    start_s: float
    end_s: float
    at: float
    """UTC of `start_s`; NaN for files."""
    error_s: float


@dataclass(frozen=True, slots=True)
class SightState:
    """When something flashed, or crossed the middle of the picture, and the last pictures."""

    flashes: Times = ()
    rightward: Times = ()
    leftward: Times = ()
    frames: tuple[tuple[float, float, float], ...] = ()
    """When, right half less left half, both."""
    last_map: bytes = b""
    crossed: bool = False
    until_s: float = float("-inf")


@dataclass(frozen=True, slots=True)
class HearingState:
    """When it beeped, and the last levels; since when and until when it was heard; up to which beep it was judged; up
    to when it was told, and what was."""

    beeps: Times = ()
    clocks: Times = ()
    """Of each beep: UTC less media time."""
    level_db: Times = ()
    since_s: float = float("-inf")
    until_s: float = float("-inf")
    asked_s: float = float("-inf")
    told_s: float = float("-inf")
    error_s: float = float("nan")


def see(state: SightState, video: Readings) -> SightState:
    """Go on with pictures: map `mean`, column `width`. Any split gives the same."""
    print_ = seen(video)
    if not len(print_.t_s):
        return state
    first = np.frombuffer(state.last_map, np.uint8)[None] if state.last_map else print_.maps[:1]
    maps = np.concatenate((first, print_.maps))
    rises = np.maximum(maps[1:], maps[:-1]) - maps[:-1]
    width = float(video.values["width"][0])
    columns = maps[1:].reshape(-1, *GRID).mean(axis=1) * (place_widths(int(width)) / width)
    halves = columns.reshape(-1, 2, GRID[1] // 2).sum(axis=2)
    new = zip(print_.t_s.tolist(), (halves[:, 1] - halves[:, 0]).tolist(), halves.sum(axis=1).tolist(), strict=True)
    frames = [*state.frames, *new]
    right, left, crossed = _crossings(np.array(frames), len(state.frames), state.crossed)
    last_s = frames[-1][0]
    return SightState(
        flashes=_with(state.flashes, print_.t_s[rises.max(axis=1) >= FLASH_LEVELS].tolist(), last_s),
        rightward=_with(state.rightward, right, last_s),
        leftward=_with(state.leftward, left, last_s),
        frames=tuple(frame for frame in frames if frame[0] >= last_s - 2 * SWEEP_S),
        last_map=print_.maps[-1].tobytes(),
        crossed=crossed,
        until_s=last_s,
    )


def hear(state: HearingState, audio: Readings) -> HearingState:
    """Go on with the sound of one track: print `peak`. Any split gives the same."""
    print_ = heard(audio)
    if not len(print_.t_s):
        return state
    joins = abs(print_.t_s[0] - state.until_s - HOP_S) < HOP_S
    level = np.concatenate((state.level_db if joins else (LOUD_DB,) * QUIET_HOPS, print_.level_db)).astype(np.float64)
    now = level[QUIET_HOPS:].copy()
    holes = np.flatnonzero(np.diff(print_.t_s) > 1.5 * HOP_S) + 1
    onset = np.zeros(len(now), np.bool_)
    for first, last in pairwise((0, *holes.tolist(), len(now))):
        if first:
            level[: first + QUIET_HOPS] = LOUD_DB  # In a hole it may have been loud.
        part = level[first : last + QUIET_HOPS]
        loudest = np.lib.stride_tricks.sliding_window_view(part[:-1], QUIET_HOPS).max(axis=1)
        onset[first:last] = (now[first:last] >= LEAST_DB) & (now[first:last] - loudest >= RISE_DB)
    onsets = print_.t_s[onset].tolist()
    rows = np.searchsorted(audio.t_s, onsets, side="right") - 1
    clocks = dict(zip(state.beeps, state.clocks, strict=True)) | dict(
        zip(onsets, (audio.at - audio.t_s)[rows].tolist(), strict=True)
    )
    last_s = float(print_.t_s[-1])
    beeps = _with(state.beeps, onsets, last_s)
    return replace(
        state,
        beeps=beeps,
        clocks=tuple(clocks[beep_s] for beep_s in beeps),
        level_db=tuple(level[-QUIET_HOPS:].tolist()),
        since_s=float(audio.t_s[0]) if math.isinf(state.since_s) else state.since_s,
        until_s=last_s,
    )


def marked(sight: SightState, hearing: HearingState, ended: bool = False) -> tuple[HearingState, list[Marked]]:
    """What the markers say at each beep that is far enough behind. `ended`: nothing more comes, so what they said last
    speaks to the end."""
    found = []
    for n in range(PAIRS, len(hearing.beeps) + 1):
        beeps = hearing.beeps[n - PAIRS : n]
        if beeps[-1] <= hearing.asked_s:
            continue
        period_s = _period(beeps)
        if period_s is None:
            continue
        if beeps[-1] + period_s / 2 > min(sight.until_s, hearing.until_s):
            break
        hearing = replace(hearing, asked_s=beeps[-1])
        errors = [_error_s(beeps, marks, period_s) for marks in (sight.flashes, sight.rightward, sight.leftward)]
        known = sorted((error for error in errors if error is not None), key=abs)
        if known:
            # Beeps are not quite regular: what is told goes on where it ended.
            since_s = max(beeps[0] - period_s / 2, hearing.since_s)
            start_s = hearing.told_s if since_s < hearing.told_s else since_s
            end_s = max(start_s, beeps[PAIRS // 2] + period_s / 2)
            hearing = replace(hearing, told_s=end_s, error_s=known[0])
            found.append(Marked(start_s, end_s, start_s + hearing.clocks[n - PAIRS], known[0]))
        else:
            hearing = replace(hearing, error_s=math.nan)
    if ended and not math.isnan(hearing.error_s):
        period_s = _period(hearing.beeps[-PAIRS:])
        if period_s is not None and hearing.until_s - hearing.beeps[-1] <= 1.5 * period_s:
            start_s, end_s = hearing.told_s, max(hearing.told_s, hearing.until_s)
            found.append(Marked(start_s, end_s, start_s + hearing.clocks[-1], hearing.error_s))
    return hearing, found


def _with(times: Times, new: list[float], last_s: float) -> Times:
    """Times with new ones, but for those that follow another at once, and old ones."""
    if not new and (not times or times[0] >= last_s - REMEMBER_S):
        return times
    found = [t_s for t_s in times if t_s >= last_s - REMEMBER_S]
    for t_s in new:
        if not found or t_s - found[-1] > REST_S:
            found.append(t_s)
    return tuple(found)


def _crossings(frames: NDArray[np.float64], known: int, crossed: bool) -> tuple[list[float], list[float], bool]:
    """When something brighter than what is around it passed the middle to the right, and to the left, as of the frames
    [n, 3] from `known` on (something darker: the other way round); whether the last of them still shows the same."""
    t_s, side, both = frames.T
    now = np.arange(max(known, 2), len(frames))
    then = np.searchsorted(t_s, t_s[now] - SWEEP_S - 1e-6)
    whole = (t_s[now] - t_s[then] > SWEEP_S / 2) & (now - then >= 3)
    by = np.abs(side[now] - side[then])
    ends = np.maximum(np.abs(side[now] - side[now - 1]), np.abs(side[np.minimum(then + 1, len(side) - 1)] - side[then]))
    passed = whole & (by >= SWEEP_LEAST) & (np.abs(both[now] - both[then]) <= SWEEP_SHARE * by)
    passed &= ends <= SWEEP_REST * by
    ways: tuple[list[float], list[float]] = ([], [])
    for k in np.flatnonzero(passed).tolist():
        if not (passed[k - 1] if k else crossed):
            a, b = int(then[k]), int(now[k])
            way, middle = np.sign(side[b] - side[a]), (side[a] + side[b]) / 2
            ways[0 if way > 0 else 1].append(float(np.interp(way * middle, way * side[a : b + 1], t_s[a : b + 1])))
    return *ways, bool(passed[-1]) if len(passed) else crossed


def _period(beeps: Times) -> float | None:
    """The usual interval of these, where they are regular."""
    intervals = np.diff(beeps)
    period = float(np.median(intervals))
    regular = np.abs(intervals - period) <= max(REGULAR * period, 2 * HOP_S)
    return period if regular.all() and PERIOD_S[0] <= period <= PERIOD_S[1] else None


def _error_s(beeps: Times, marks: Times, period_s: float) -> float | None:
    """By how much the beeps are later than the marks next to them, if there is one for each, always as far away."""
    near = np.array([t_s for t_s in marks if beeps[0] - period_s / 2 <= t_s <= beeps[-1] + period_s / 2])
    # Where something flashes all the time, one is always near.
    if not PAIRS - 1 <= len(near) <= PAIRS + 1:
        return None
    apart = np.array([beep_s - float(near[np.abs(near - beep_s).argmin()]) for beep_s in beeps])
    error_s = float(np.median(apart))
    return error_s if np.mean(np.abs(apart - error_s) <= SPREAD_S) >= 0.8 else None
