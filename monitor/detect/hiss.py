"""`hiss`: steady noise that came over a programme."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from monitor.audio import FLOOR_HZ
from monitor.detect.heard import Heard, stretches, whole
from monitor.detect.hold import Evidence, Rows
from monitor.records import Readings
from monitor.settings import HissSettings, Profile

WINDOW, PAST = 10, 40
"""Rows that are judged together, and rows before them that say what the stream had."""
KEPT = WINDOW + PAST - 1
USUAL = 7
"""So many of the past may be quieter than what was usual."""
BANDS = len(FLOOR_HZ) - 1
HIGH, LOW = slice(BANDS - 2, BANDS), slice(BANDS - 3, BANDS - 1)
"""The bands that must show it: the highest, where a programme has least, and the one below; or, where a coder or a line
leaves nothing of the highest (less by NARROW_DB than in the next), the two below that."""
NARROW_DB = 15.0
LOW_RISE_DB = 2.5
"""So much more it must have risen in those, where there is more of a programme."""
LEAST_STEADY_DB = 6.0
"""In the lower of the two it is so steady."""
TILT_DB = {HIGH.start: (-4.0, 1.5), LOW.start: (-2.5, 4.5)}
"""By how much it may be louder in the higher band than in the lower, which is as wide, or half as wide."""
BELOW_DB, ABOVE_DB = 2.0, 2.5
"""A row of the noise is hardly below its edge; one that shows it is hardly above."""
MISSED, UNSEEN = 2, 12
"""After so many rows below its edge it is gone; after so many that do not show it, too."""
SEARCHED = WINDOW + 8
"""It began so many rows before it was known, at most."""
CODES_PER_DB = 2
UNKNOWN = 255

Codes = NDArray[np.int16]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Bands = NDArray[np.int64]


class Noise(NamedTuple):
    """Noise in a channel: the lower band of the two that show it, its level there, in codes; how many rows were below
    it, and how many did not show it, since the last that did."""

    band: int
    level: tuple[int, ...]
    missed: int = 0
    unseen: int = 0

    def after(self, floors: Codes) -> Noise | None:
        """With one row more; None: it is gone."""
        off = floors[self.band : self.band + 2] - np.array(self.level)
        has = bool(off.min() >= -BELOW_DB * CODES_PER_DB)
        shown = has and bool(off[-1] < ABOVE_DB * CODES_PER_DB)
        missed, unseen = 0 if has else self.missed + 1, 0 if shown else self.unseen + 1
        return None if missed >= MISSED or unseen >= UNSEEN else self._replace(missed=missed, unseen=unseen)


Noises = tuple[Noise | None, ...]


@dataclass(frozen=True, slots=True)
class Memory:
    """The floors of the last rows [KEPT, channels, bands] and when they began; when the last one ended; the noise in
    each channel; since when there is no verdict (infinite: there is)."""

    floors: Codes
    t_s: Floats
    end_s: float
    noises: Noises
    open_s: float = math.inf


@dataclass(slots=True)
class _Verdicts:
    """Of rows: whether each is bad, whether there is a verdict of it, and since when that is true."""

    since_s: Floats
    bad: Flags = field(init=False)
    known: Flags = field(init=False)

    def __post_init__(self) -> None:
        self.bad, self.known = np.zeros(len(self.since_s), np.bool_), np.ones(len(self.since_s), np.bool_)

    def take(self, row: int, noises: Noises, since_s: float) -> float:
        """Go on with a row, whose verdict is of the time since `since_s`, too. Returns since when there is none."""
        self.bad[row] = any(noise is not None and not noise.unseen for noise in noises)
        self.known[row] = self.bad[row] or not any(noises)
        self.since_s[row] = min(self.since_s[row], since_s)
        return math.inf if self.known[row] else float(self.since_s[row])


class Hiss(Heard):
    """What is left at high frequencies in the pauses of a programme, and between its partials, rises, and from then on
    is never below a sharp edge: noise has the same level in every row, music and speech have not. It is measured
    against the stream's own past, so a recording that hisses throughout is none. Minor: so do rain and the sea."""

    kind = "hiss"
    version = 2
    reads = ("floor",)

    def __init__(self, profile: Profile) -> None:
        super().__init__(profile)
        self.settings: HissSettings = profile.hiss

    def _judge(self, memory: Memory | None, sound: Readings) -> tuple[Memory | None, Rows]:
        at = np.flatnonzero(whole(sound))
        floors, t_s, lasts = sound.prints["floor"][at].astype(np.int16), sound.t_s[at], sound.duration_s[at]
        verdicts = _Verdicts(t_s.copy())
        for part, goes_on in stretches(t_s, lasts, None if memory is None else memory.end_s):
            if memory is None or not goes_on or memory.floors.shape[1:] != floors.shape[1:]:
                unknown = np.full((KEPT, *floors.shape[1:]), UNKNOWN, np.int16)
                memory = Memory(unknown, np.full(KEPT, t_s[part][0]), 0.0, (None,) * floors.shape[1])
            line, times = np.concatenate((memory.floors, floors[part])), np.concatenate((memory.t_s, t_s[part]))
            noises, open_s = memory.noises, memory.open_s
            begins = self._begins(line)
            if (begins >= 0).any() or any(noises):
                for k in range(len(begins)):
                    noises, since_s = _heard(noises, line[: KEPT + k + 1], times, begins[k])
                    open_s = verdicts.take(part.start + k, noises, min(open_s, since_s))
            end_s = float(t_s[part][-1] + lasts[part][-1])
            memory = Memory(line[-KEPT:].copy(), times[-KEPT:].copy(), end_s, noises, open_s)
        early = t_s - verdicts.since_s
        levels = (floors[..., HIGH].astype(np.float64) - UNKNOWN) / CODES_PER_DB
        level = np.where(levels[..., 1] < levels[..., 0] - NARROW_DB, levels[..., 0], levels[..., 1])
        evidence: Evidence = {f"floor_dbfs_{name}": (level[:, i], "min") for i, name in enumerate(sound.channels)}
        rows = Rows(verdicts.since_s, lasts + early, sound.at[at] - early, verdicts.bad, evidence)
        return memory, rows.measured(verdicts.known)

    def _begins(self, line: Codes) -> Bands:
        """Of each row after the first KEPT of a line, and each channel [N, channels]: the lower of the two bands in
        which the rows up to it are noise that was not there before, or -1."""
        views = np.lib.stride_tricks.sliding_window_view(line, KEPT + 1, axis=0)
        past = np.partition(views[..., :PAST], USUAL, axis=-1)[..., USUAL]
        window = np.partition(views[..., PAST:], (0, WINDOW // 2), axis=-1)
        edge = window[..., 0]
        steady, rise = (window[..., WINDOW // 2] - edge) / CODES_PER_DB, (edge - past) / CODES_PER_DB
        narrow = (edge[..., HIGH.stop - 1] - edge[..., HIGH.start]) / CODES_PER_DB < -NARROW_DB
        begins = np.full(narrow.shape, -1)
        for bands, here in ((HIGH, ~narrow), (LOW, narrow)):
            low, high = bands.start, bands.stop - 1
            tilt = (edge[..., high] - edge[..., low]) / CODES_PER_DB
            level = (edge[..., high] - UNKNOWN) / CODES_PER_DB
            least_rise = self.settings.rise_db + (LOW_RISE_DB if bands is LOW else 0.0)
            found = here & (level >= self.settings.min_dbfs) & (rise[..., high] >= least_rise)
            found &= (steady[..., high] <= self.settings.steady_db) & (steady[..., low] <= LEAST_STEADY_DB)
            least, most = TILT_DB[low]
            begins[found & (tilt >= least) & (tilt <= most)] = low
        return begins


def _heard(noises: Noises, line: Codes, t_s: Floats, begins: Bands) -> tuple[Noises, float]:
    """The noise in each channel after the last row of a line; and when that began which is new (infinite: none is)."""
    found: list[Noise | None] = []
    since_s = math.inf
    for channel, noise in enumerate(noises):
        band = int(begins[channel])
        if noise is None and band >= 0:
            floors = line[-SEARCHED:, channel, band : band + 2]
            level = floors[-WINDOW:].min(axis=0)
            below = np.flatnonzero((floors < level - BELOW_DB * CODES_PER_DB).any(axis=1))
            first = len(line) - SEARCHED + (int(below[-1]) + 1 if len(below) else 0)
            since_s = min(since_s, float(t_s[first]))
            found.append(Noise(band, tuple(level.tolist())))
        else:
            found.append(None if noise is None else noise.after(line[-1, channel]))
    return tuple(found), since_s
