"""What is shown at all: a picture, or in its place black, one colour, snow, a test pattern. Judged once, and added to
the readings as columns, for the kinds of these names and for all that judge pictures and have none here.

    shown         a Look
    dark_ratio    share of dark pixels in the active picture, inside the bars
    spread        how far apart in luma or chroma any two places of the map are, a logo left out
    least_change  mean difference to the frame before in the place that changes least, a logo left out
    stands_s      how long the picture has stood: the same map, but for something as small as a clock
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.columns import NO_COLOUR
from monitor.detect.picture import BLACK_READS, LEAST_TILES, BarsState, BlackPicture
from monitor.records import GRID, PLACES, Readings
from monitor.settings import Profile, SnowSettings, SolidColorSettings, TestPatternSettings

LOOK_READS = (
    *(*BLACK_READS, "flat", "noise", "contrast", "gradient_x", "gradient_y", "tiles"),
    *("mean", "difference", "u", "v"),
)
LOOK_COLUMNS = ("shown", "dark_ratio", "spread", "least_change", "stands_s")
LOGO = 4
"""So many places of the map may differ from all others: a channel's logo."""
COUNTER = 20
"""So many may change in a picture that stands: a running count, a clock."""
CUT = PLACES // 2
"""A picture that stands and came by changing in so many places came by a cut."""
SEETHES = 0.35
"""Where it snows, means change by less than this share of what pixels do."""
GREY, LEFT = 50.0, 60
"""Snow is grey: so bright at least, where a picture is left under it. Of that, places are apart by so many levels at
most where a coder smears the snow: more is a picture with noise."""
MUD_S, MUD_LEVELS = 2.0, 12
SATURATED, COLOURED = 40, 0.35
"""Bars have places so far from grey, in levels of both planes of chroma: at least this share."""
NOISY, WHITE, TEXT = 0.8, 2.5, 5.0
"""Under noise with a deviation of so many levels a plain ground is not flat. Neighbours across and down differ by so
many times that deviation together (white noise: 2.26), and by so many levels more for the text of a slate."""
ALIKE, ALIKE_STILL, MOSTLY, APART = 4, 10, 0.75, 16
"""Of a stripe, so large a share of the places differ by at most so many levels: what else a card shows may cross it.
Of a card that was seen to have stripes, by more. What differs by more than the last is of another colour."""
RAMP, STEADY, RAMPS = 150, 12, 0.75
"""A ramp goes up or down by so many levels at least, and what is beside it by so many at most; in so many of the rows
or columns."""
COLOUR_RAMP, BEND, MANY_ENDS = 60, 8, 0.2
"""One of colours goes up or down by so many levels of chroma, and bends from place to place by so many at most; so many
go to another colour than most."""
CHART_FLAT, OF_ONE, CHART_S = 0.9, 0.2, 0.9
"""So much of a colour chart is flat, and so much of it has one colour at most, with those that are near; and it has
stood for so long."""
SAME = 2
"""A place is the same with a mean that differs by so many levels: a coder's noise."""

Maps = NDArray[np.int16]


class Look(IntEnum):
    """What a frame shows."""

    PICTURE = 0
    BLACK = 1
    SNOW = 2
    SOLID = 3
    SLATE = 4
    CHART = 5
    BARS = 6


@dataclass(frozen=True, slots=True)
class Standing:
    """A picture that stands: its maps, since when (media time), whether it came at once (with a cut), the maps of the
    last frame, and what it has been found to show."""

    maps: bytes
    since_s: float
    at_once: bool
    last: bytes
    pattern: Look = Look.PICTURE


@dataclass(frozen=True, slots=True)
class Snowed:
    """When it last snowed (never, if something else was shown since), and the mean luma then."""

    t_s: float = float("-inf")
    luma: float = 0.0


@dataclass(frozen=True, slots=True)
class LookState:
    """Where the bars are, what stands, and the last snow."""

    bars: BarsState = BarsState()
    standing: Standing | None = None
    snowed: Snowed = Snowed()


class Viewer:
    """Judges frames. Black goes before snow, snow before one colour, and that before a test pattern."""

    def __init__(self, profile: Profile) -> None:
        self._black = BlackPicture(profile.black)
        self._solid: SolidColorSettings = profile.solid_color
        self._snow: SnowSettings = profile.snow
        self._pattern: TestPatternSettings = profile.test_pattern

    def view(self, state: LookState, video: Readings) -> tuple[LookState, Readings]:
        """Next state, and the readings (of at least one frame) with LOOK_COLUMNS."""
        values = video.values
        bars, black, dark_ratio = self._black.judge(state.bars, video)
        maps = np.stack([video.grids[name].reshape(len(video), -1) for name in ("mean", "u", "v")], axis=1)
        colors = maps.astype(np.int16)
        spread = _spread(colors).max(axis=1)
        gradient = values["gradient_x"] + values["gradient_y"]
        solid = (spread <= self._solid.max_spread) & (gradient <= self._solid.max_gradient)
        change = np.partition(video.grids["difference"].reshape(len(video), -1), LOGO, axis=1)[:, LOGO] / 8
        seethes = self._seethes(state.standing, video, colors, change) & (gradient >= self._snow.min_gradient)
        seethes &= values["luma"] >= GREY
        uniform = spread <= self._snow.max_spread
        begins = uniform | (seethes & (change >= self._snow.min_seething))
        goes_on = begins | (seethes & (spread <= LEFT))
        snowed, snow = self._snows(state.snowed, video, gradient, begins, goes_on)
        standing, shown, stands_s = self._standing(state.standing, video, colors)
        snow &= values["tiles"] >= LEAST_TILES
        for look, where in ((Look.SOLID, solid), (Look.SNOW, snow), (Look.BLACK, black)):
            shown[where] = look
        columns = {
            "shown": shown,
            "dark_ratio": dark_ratio,
            "spread": spread,
            "least_change": change,
            "stands_s": stands_s,
        }
        added = {name: column.astype(np.float32) for name, column in columns.items()}
        return LookState(bars, standing, snowed), replace(video, values={**values, **added})

    def _snows(
        self,
        state: Snowed,
        video: Readings,
        gradient: NDArray[np.float32],
        begins: NDArray[np.bool_],
        goes_on: NDArray[np.bool_],
    ) -> tuple[Snowed, NDArray[np.bool_]]:
        """When it last snowed, and which frames show snow: from one that begins it on, those that go on, and between,
        mud of their level for MUD_S: a coder short of bits repeats and smears what it cannot code."""
        shown = np.zeros(len(goes_on), np.bool_)
        last = -1
        for k in np.flatnonzero(goes_on).tolist():
            if k != last + 1:
                state = Snowed()
            t_s, luma, steep = float(video.t_s[k]), float(video.values["luma"][k]), float(gradient[k])
            recent = t_s - state.t_s <= MUD_S
            if (begins[k] and steep >= self._snow.begin_gradient) or (recent and steep >= self._snow.min_gradient):
                state, recent = Snowed(t_s, luma), True
            shown[k] = recent and abs(luma - state.luma) <= MUD_LEVELS
            last = k
        return (state if last == len(goes_on) - 1 else Snowed()), shown

    def _seethes(
        self, state: Standing | None, video: Readings, colors: Maps, change: NDArray[np.floating[Any]]
    ) -> NDArray[np.bool_]:
        """Which frames change much in every place, whose mean hardly does: large grains of snow, or what is left of a
        picture under it. A cut or a flash changes the means."""
        found = np.asarray(change >= self._snow.on_seething)
        for k in np.flatnonzero(found):
            if not k and state is None:
                found[k] = False
                continue
            before = _maps(state.last)[0] if state is not None and not k else colors[k - 1, 0]
            means = np.median(np.abs(colors[k, 0] - before))
            found[k] = means <= SEETHES * np.median(video.grids["difference"][k]) / 8
        return found

    def _standing(
        self, state: Standing | None, video: Readings, colors: Maps
    ) -> tuple[Standing, NDArray[np.uint8], NDArray[np.float64]]:
        """What stands after these frames; which of them show a test pattern; how long the picture has stood."""
        n = len(video)
        before = colors[:1] if state is None else _maps(state.last)[None]
        changed = _changed(colors, np.concatenate((before, colors[:-1])))
        begins = changed > COUNTER
        shown, since = np.zeros(n, np.uint8), video.t_s.copy()
        firsts = np.concatenate(([0], np.flatnonzero(begins[1:]) + 1))
        lasts = np.append(firsts[1:], n)
        # A frame that is another picture, and could be no card, is soon told.
        grid = colors.reshape(n, 3, *GRID)
        bars = are_bars(grid) | are_ramps(grid)
        nearly = bars  # Only of a card that was seen is less asked, which takes longer to look for.
        if bars.any() or (state is not None and state.pattern == Look.BARS):
            nearly = bars | are_bars(grid, seen=True)
        with np.errstate(invalid="ignore"):
            due = video.values["contrast"] >= self._pattern.min_contrast
        moves = (lasts - firsts == 1) & begins[firsts] & ~nearly[firsts] & ~due[firsts]
        others = set(lasts[moves].tolist())
        for first, last in zip(firsts[~moves].tolist(), lasts[~moves].tolist(), strict=True):
            if state is not None and first in others:
                state = replace(state, pattern=Look.PICTURE)  # Between it and what stood there was another picture.
            if state is None or begins[first]:
                cut = state is None or bool(changed[first] >= CUT)
                if state is not None and not cut and _goes_on(state, bars, nearly, first):
                    state = replace(state, maps=_bytes(colors[first]))  # A card with parts that move.
                else:
                    state = Standing(_bytes(colors[first]), float(video.t_s[first]), cut, b"")
            since[first:last] = state.since_s
            found = self._tested(state, video, colors, bars, first, last)
            if not state.at_once:
                found[found == Look.SLATE] = Look.PICTURE
            patterns = np.maximum.accumulate(np.maximum(found, state.pattern))
            stays = _changed(colors[first:last], _maps(state.maps)[None]) <= COUNTER
            shown[first:last] = np.where(stays, patterns, Look.PICTURE)
            state = replace(state, pattern=Look(int(patterns[-1])))
        if moves[-1]:
            last = n - 1
            state = Standing(_bytes(colors[last]), float(video.t_s[last]), bool(changed[last] >= CUT), b"")
        assert state is not None
        return replace(state, last=_bytes(colors[-1])), shown, video.t_s - since

    def _tested(
        self, state: Standing, video: Readings, colors: Maps, bars: NDArray[np.bool_], first: int, last: int
    ) -> NDArray[np.uint8]:
        """Of frames first..last (exclusive): whether one by itself looks like a test pattern; only those with the slow
        set can."""
        flat, noise, contrast, across, down = (
            video.values[name][first:last] for name in ("flat", "noise", "contrast", "gradient_x", "gradient_y")
        )
        found = np.zeros(last - first, np.uint8)
        with np.errstate(invalid="ignore"):
            candidates = np.flatnonzero(contrast >= self._pattern.min_contrast)
        for k in candidates:
            if bars[first + k]:  # However noisy: nothing else has such maps.
                found[k] = Look.BARS
                continue
            grain = NOISY <= noise[k] >= (across[k] + down[k] - TEXT) / WHITE
            chart = grain or flat[k] >= CHART_FLAT
            if chart and _unmoved(state, colors[first + k], float(video.t_s[first + k])):
                found[k] = Look.CHART if are_patches(colors[first + k].reshape(1, 3, *GRID))[0] else Look.PICTURE
            if found[k]:
                continue
            plain = grain or flat[k] >= self._pattern.min_slate_flat
            if plain and ground(colors[first + k].reshape(3, *GRID)) >= self._pattern.min_ground:
                found[k] = Look.SLATE
        return found


def are_bars(colors: Maps, seen: bool = False) -> NDArray[np.bool_]:
    """Which of N maps [N, 3, 9, 16] of luma and chroma are of stripes, upright, if only in the upper part, or level, in
    several saturated colours, none of which has most of them: SMPTE EG 1 and RP 219, EBU Tech 3325 and 3373, and the
    like. `seen`: of a card that was seen to have stripes, less is asked."""
    same, mostly, most = (ALIKE_STILL, 0.6, 0.5) if seen else (ALIKE, MOSTLY, 0.7)
    saturated = np.abs(colors[:, 1:] - int(NO_COLOUR)).sum(axis=1) >= SATURATED
    found: NDArray[np.bool_] = saturated.mean(axis=(1, 2)) >= COLOURED
    vivid = np.flatnonzero(found)
    found[vivid] = False
    some = colors[vivid]
    for turned in (some[:, :, :5], some, some.transpose(0, 1, 3, 2)[:, :, 2:-2]):
        middle = np.sort(turned, axis=2)[:, :, turned.shape[2] // 2]  # A median; that of NumPy takes ten times as long.
        alike = (np.abs(turned - middle[:, :, None]).max(axis=1) <= same).mean(axis=1) >= mostly
        for k in np.flatnonzero(alike.mean(axis=1) >= most):
            found[vivid[k]] |= _are_stripes(middle[k][:, alike[k]])
    return found


def are_ramps(colors: Maps) -> NDArray[np.bool_]:
    """Which of N maps [N, 3, 9, 16] are of ramps: nearly all rows, or columns, go from dark to bright or from one
    colour to another, step by step, and all else in them is steady."""
    found = np.zeros(len(colors), np.bool_)
    for turned in (colors, colors.transpose(0, 1, 3, 2)):
        span = turned.max(axis=3) - turned.min(axis=3)
        alone = ((span >= RAMP).sum(axis=1) == 1) & ((span <= STEADY).sum(axis=1) == 2)
        may = np.flatnonzero(alone.mean(axis=1) >= RAMPS)  # Hardly any picture: what follows takes longer.
        steps = np.abs(np.diff(turned[may], axis=3))
        gradual = (steps.sum(axis=3) <= 1.1 * span[may]) & (steps.max(axis=3) <= span[may] / 3)
        found[may] |= (alone[may] & (gradual | (span[may] < RAMP)).all(axis=1)).mean(axis=1) >= RAMPS
        for k in np.flatnonzero((span[:, 1:].max(axis=1) >= COLOUR_RAMP).mean(axis=1) >= RAMPS):
            found[k] = found[k] or _are_colour_ramps(turned[k])
    return found


def _are_colour_ramps(rows: Maps) -> bool:
    """Whether rows [3, n, m] go evenly from one colour, not to the same one in all: red, green and blue, one below the
    other. A coloured ground that grows lighter goes to the same colour everywhere."""
    bends = np.abs(np.diff(rows, n=2, axis=2)).max(axis=(0, 2))
    even = (bends <= BEND) & (np.ptp(rows[1:], axis=2).max(axis=0) >= COLOUR_RAMP)
    if even.mean() < RAMPS:
        return False
    ends = rows[:, even][:, :, (0, -1)]
    apart = np.abs(ends - np.median(ends, axis=1)[:, None]).max(axis=0) > APART  # [rows, both ends]
    return bool(apart.mean(axis=0).max() >= MANY_ENDS)


def are_patches(colors: Maps) -> NDArray[np.bool_]:
    """Which of N maps [N, 3, 9, 16] have many saturated colours, none of which has much of the picture: a colour chart,
    if the picture is flat but for the sides of its patches."""
    saturated = np.abs(colors[:, 1:] - int(NO_COLOUR)).sum(axis=1) >= SATURATED
    found: NDArray[np.bool_] = saturated.mean(axis=(1, 2)) >= COLOURED
    for k in np.flatnonzero(found):
        places = colors[k].reshape(3, -1)
        near = (np.abs(places[:, :, None] - places[:, None]).max(axis=0) <= APART).mean(axis=0)
        found[k] = near.max() <= OF_ONE and np.median(near) <= OF_ONE / 2
    return found


def _are_stripes(stripes: Maps) -> bool:
    """Whether stripes [3, n], side by side, have several colours, none of which has most of them."""
    steps = np.abs(np.diff(stripes, axis=1)).max(axis=0) > APART
    of_one = (np.abs(stripes[:, :, None] - stripes[:, None]).max(axis=0) <= APART).mean(axis=0).max()
    return bool(np.count_nonzero(steps) >= 2 and of_one <= 0.5)


def _unmoved(state: Standing, color: Maps, t_s: float) -> bool:
    """Whether nothing has moved in a picture that has stood for a while: a drawing's figures do."""
    return t_s - state.since_s >= CHART_S and int(_changed(color[None], _maps(state.maps)[None])[0]) <= LOGO


def _goes_on(state: Standing, bars: NDArray[np.bool_], nearly: NDArray[np.bool_], first: int) -> bool:
    """Whether a frame that differs shows the same test pattern: it has parts that move, or is noisy."""
    if state.pattern == Look.BARS:
        return bool(nearly[first])
    return bool(bars[first] and (bars[first - 1] if first else _bars(state.last)))


def _bars(kept: bytes) -> bool:
    grid = _maps(kept).reshape(1, 3, *GRID)
    return bool((are_bars(grid) | are_ramps(grid))[0])


def ground(color: Maps) -> float:
    """Share of the places of maps [3, 9, 16] that have the colour which most have."""
    middle = np.median(color.reshape(3, -1), axis=1)
    return float((np.abs(color - middle[:, None, None]).max(axis=0) <= 3).mean())


def _bytes(color: Maps) -> bytes:
    return color.astype(np.uint8).tobytes()


def _maps(kept: bytes) -> Maps:
    return np.frombuffer(kept, np.uint8).astype(np.int16).reshape(3, -1)


def _changed(now: Maps, then: Maps) -> NDArray[np.int64]:
    """In how many places of the map [N, 3, places] two frames differ."""
    return np.asarray((np.abs(now - then).max(axis=1) > SAME).sum(axis=1))


def _spread(colors: Maps) -> Maps:
    """Of each map [N, 3, places]: how far the lowest and the highest place are apart, with LOGO of them left out."""
    ordered = np.sort(colors, axis=2)
    last = ordered.shape[2] - 1
    parts = [ordered[:, :, last - LOGO + k] - ordered[:, :, k] for k in range(LOGO + 1)]
    spread: Maps = np.min(parts, axis=0)
    return spread
