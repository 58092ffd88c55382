"""`hum`: the mains, 50 or 60 Hz and its harmonics, beneath a programme."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from monitor.audio import LINES_HZ, ROWS_PER_SECOND, TURN
from monitor.detect.heard import Heard, of_channels, stretches, whole
from monitor.detect.hold import Evidence, Rows
from monitor.records import Readings
from monitor.settings import HumSettings, Profile

MAINS_HZ = (50, 60)
LOW_OF_MAINS = 2
"""Of the lowest harmonics, up to 120 Hz, one must be heard for a hum to be grave."""
HARMONICS = tuple([i for i, hz in enumerate(LINES_HZ) if hz % mains == 0] for mains in MAINS_HZ)
WINDOW = 12
"""Rows that are judged together. Of 8, 10 and 12 it told most apart."""
LATE_S = (WINDOW // 2 - 1) / ROWS_PER_SECOND
"""A verdict is of the row in the middle of them."""
BESIDE = tuple((i, j) for i, a in enumerate(LINES_HZ) for j, b in enumerate(LINES_HZ) if abs(a - b) == ROWS_PER_SECOND)
LEAK = 0.6
"""A sine has half its level in the bin beside its own."""
COUNTED, CLEAREST = 4, 4.0
"""So many lines speak, the clearest of them, and none louder than this: a sine alone is no hum."""
BESIDE_DB = 40.0
"""What is further below the strongest line is what a coder added to it."""
SURE = 6
"""So many rows of a run must be sure for it to be a defect."""
FORGET_S = 10.0
"""A defect began so long before it was known to be one, at most."""
QUIETEST = 10 ** (-90 / 20)
LEVELS = np.where(np.arange(256) > 0, 10 ** ((np.arange(256) - 255) / 40), 0).astype(np.float32)
TURNED = np.exp(2j * np.pi * np.arange(TURN) / TURN).astype(np.complex64)
"""What the codes of the prints stand for."""

Waves = NDArray[np.complex64]
Floats = NDArray[np.float64]


class Run(NamedTuple):
    """Rows that may be a hum: since when (media seconds), how many of them are sure, and the power of the loudest."""

    since_s: float
    sure: int = 0
    loudest_db: float = -math.inf


@dataclass(frozen=True, slots=True)
class Memory:
    """The waves of the last rows [up to WINDOW - 1, channels, lines], when the last of them ended, and what runs."""

    waves: Waves
    end_s: float
    run: Run | None = None


class Told(NamedTuple):
    """Of N rows: since when each is a defect (NaN: it is none), and the power of the loudest of the run so far."""

    since_s: Floats
    loudest_db: Floats


class Windows(NamedTuple):
    """Of N windows, each [N, channels]."""

    score: Floats
    """How much the lines of the mains stand out, in all."""
    second: Floats
    """How much the second clearest of them does, and the clearest below 120 Hz: level by how much it is moved about."""
    power_db: Floats
    """Of all of them, re a sine at full scale."""
    mains_hz: Floats


class Harmonics(NamedTuple):
    """The same of one mains."""

    score: Floats
    second: Floats
    power_db: Floats


class Hum(Heard):
    """Lines of the mains stand still: row after row the same level and the same phase, as all of them have whole waves
    in 100 ms. What plays above them moves them about, but not their median: a bass note of another frequency turns, and
    a drum is not there most of the time. A hum has several harmonics that can be heard: one line may be a tone."""

    kind = "hum"
    version = 1
    reads = ("spectrum", "turn")

    def __init__(self, profile: Profile) -> None:
        super().__init__(profile)
        self.settings: HumSettings = profile.hum

    def _judge(self, memory: Memory | None, sound: Readings) -> tuple[Memory | None, Rows]:
        rows = np.flatnonzero(whole(sound))
        waves, t_s, lasts = _waves(sound)[rows], sound.t_s[rows], sound.duration_s[rows]
        judged: list[tuple[NDArray[np.intp], Windows, Told]] = []
        for part, goes_on in stretches(t_s, lasts, None if memory is None else memory.end_s):
            if memory is None or not goes_on or memory.waves.shape[1] != waves.shape[1]:
                memory = Memory(waves[:0], 0.0)
            line = np.concatenate((memory.waves, waves[part]))
            run = memory.run
            if len(line) >= WINDOW:
                windows = self._windows(line)
                at = rows[part][-len(windows.score) :]
                run, told = self._run(run, windows, sound.t_s[at])
                judged.append((at, windows, told))
            memory = Memory(line[1 - WINDOW :].copy(), float(t_s[part][-1] + lasts[part][-1]), run)
        return memory, self._rows(sound, judged)

    def _windows(self, line: Waves) -> Windows:
        views = np.lib.stride_tricks.sliding_window_view(line, WINDOW, axis=0)
        still = _median(views.real) + 1j * _median(views.imag)
        moved = _median(np.abs(views - still[..., None])) + QUIETEST
        level = np.abs(still)
        least = np.maximum(level.max(axis=2, keepdims=True) * 10 ** (-BESIDE_DB / 20), self._least)
        clear = np.where(level >= np.maximum(least, _leaked(level)), level / moved, 0.0)
        of_50, of_60 = (_harmonics(level[:, :, lines], clear[:, :, lines]) for lines in HARMONICS)
        sixty = of_60.score > of_50.score
        best = [np.where(sixty, b, a) for a, b in zip(of_50, of_60, strict=True)]
        return Windows(best[0], best[1], best[2], np.where(sixty, *MAINS_HZ[::-1]).astype(np.float64))

    @property
    def _least(self) -> float:
        return float(10 ** (self.settings.min_line_dbfs / 20))

    def _run(self, run: Run | None, windows: Windows, t_s: Floats) -> tuple[Run | None, Told]:
        """What runs after these rows, and what that says of each."""
        score, power_db = windows.score.max(axis=1), windows.power_db.max(axis=1)
        told = Told(np.full(len(score), np.nan), np.zeros(len(score)))
        likely, sure = score >= self.settings.likely, score >= self.settings.sure
        for k in range(len(score)) if run is not None or likely.any() else ():
            if likely[k]:
                since_s, before, loudest_db = Run(float(t_s[k])) if run is None else run
                run = Run(since_s, before + int(sure[k]), max(loudest_db, float(power_db[k])))
                told.loudest_db[k] = run.loudest_db
                if run.sure >= SURE:
                    told.since_s[k] = t_s[k] if before >= SURE else max(since_s, t_s[k] - FORGET_S)
            else:
                run = None
        return run, told

    def _rows(self, sound: Readings, judged: list[tuple[NDArray[np.intp], Windows, Told]]) -> Rows:
        at = np.concatenate([np.zeros(0, np.intp), *(each[0] for each in judged)])
        empty = Windows(*(np.zeros((0, len(sound.channels))),) * 4)
        windows = Windows(*map(np.concatenate, zip(empty, *(each[1] for each in judged), strict=True)))
        since_s, loudest_db = (
            np.concatenate([np.zeros(0), *(each[2][i] for each in judged)]) for i in range(len(Told._fields))
        )
        bad = ~np.isnan(since_s)
        early = np.where(bad, sound.t_s[at] - since_s, 0.0)
        clearest = np.arange(len(at)), windows.score.argmax(axis=1)
        grave = windows.second[clearest] >= self.settings.grave
        grave &= (windows.power_db[clearest] >= self.settings.grave_dbfs) & (loudest_db <= self.settings.drone_dbfs)
        evidence: Evidence = {
            "mains_hz": (windows.mains_hz[clearest], "max"),
            "score": (windows.score[clearest], "max"),
            **of_channels(sound, "hum_dbfs", "max", windows.power_db),
        }
        t_s = sound.t_s[at] - LATE_S - early
        return Rows(t_s, sound.duration_s[at] + early, sound.at[at] - LATE_S - early, bad, evidence, grave)


def _leaked(level: NDArray[np.float32]) -> NDArray[np.float32]:
    """What a line has at most of the lines in the bins beside its own [N, channels, lines]."""
    found = np.zeros_like(level)
    for line, other in BESIDE:
        found[:, :, line] = level[:, :, other] * LEAK
    return found


def _harmonics(level: NDArray[np.float32], clear: NDArray[np.float32]) -> Harmonics:
    """Of the lines of one mains [N, channels, lines]: their level, and that by how much they are moved about."""
    clearest = np.sort(clear, axis=2)[:, :, : -COUNTED - 1 : -1].astype(np.float64)
    power = np.where(clear >= 1, np.square(level, dtype=np.float64), 0.0).sum(axis=2)
    score = np.log2(1 + np.minimum(clearest, CLEAREST) ** 2).sum(axis=2)
    second = np.minimum(clearest[:, :, 1], clear[:, :, :LOW_OF_MAINS].max(axis=2))
    return Harmonics(score, second, 10 * np.log10(power + 1e-20))


def _waves(sound: Readings) -> Waves:
    """Of each row: level and phase of the lines [N, channels, lines], re a sine at full scale."""
    codes = sound.prints["spectrum"][:, :, : len(LINES_HZ)]
    return np.asarray(LEVELS[codes] * TURNED[sound.prints["turn"]])


def _median(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Along the last axis, of WINDOW values."""
    middle = WINDOW // 2
    ordered = np.sort(values, axis=-1)
    return np.asarray((ordered[..., middle - 1] + ordered[..., middle]) / 2)
