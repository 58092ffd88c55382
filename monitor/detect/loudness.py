"""`loudness`: the programme is too loud or too quiet, or jumps against its own past."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from monitor.detect.heard import Heard, whole
from monitor.detect.hold import Extreme, Rows
from monitor.loudness import (
    ABSOLUTE_GATE,
    COARSE_LU,
    FINE_LU,
    MOMENTARY_ROWS,
    SHORT_TERM_ROWS,
    Levels,
    histogram,
    integrated_of,
    lufs,
    power,
    range_of,
    sliding,
)
from monitor.records import Readings
from monitor.settings import LOUDNESS_STANDARDS, LoudnessSettings, Profile

LEARNED_ROWS = 10
"""What is usual is learned second by second."""
KEPT_ROWS = SHORT_TERM_ROWS + LEARNED_ROWS
KNOWN_S = 7
"""A jump is against so much sound at least."""
ADOPTED_S = 120
"""What goes on for so long after a jump is the new usual."""
AUDIBLE_LUFS = -60.0
"""What is quieter over 400 ms is a pause, of which `silence` tells: not judged."""
CENTRE_S = SHORT_TERM_ROWS / 20
"""The loudness of three seconds is told of the middle of them."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Programme:
    """What is known of a track: power of the last rows; histograms of its momentary and short-term loudness, that
    forget; their integrated loudness and range; seconds that were learned, rows since, and seconds on end that were not
    learned, for they were of a jump."""

    rows: Floats = field(default_factory=lambda: np.empty(0))
    momentary: Levels = field(default_factory=lambda: np.zeros(1, np.float32))
    short_term: Levels = field(default_factory=lambda: np.zeros(1, np.float32))
    integrated: float = -math.inf
    range_lu: float = 0.0
    learned_s: int = 0
    since: int = 0
    jumped_s: int = 0


class Loudness(Heard):
    """Integrated loudness and range of EBU Tech 3341 and 3342, but that what is long ago counts less; and the last
    three seconds against it. While it has jumped, nothing is learned, for two minutes."""

    kind = "loudness"
    version = 1
    reads = ("k_dbfs",)

    def __init__(self, profile: Profile) -> None:
        super().__init__(profile)
        self.settings: LoudnessSettings = profile.loudness
        self._keep = np.float32(math.exp(-1 / self.settings.window_s))

    def _judge(self, memory: Programme | None, sound: Readings) -> tuple[Programme, Rows]:
        known = Programme() if memory is None else memory
        measured = whole(sound)
        valid = np.flatnonzero(measured)
        line = np.concatenate((known.rows, power(sound.values["k_dbfs"], sound.channels)[valid]))
        first = len(known.rows)
        momentary, short = (_of_each(line, rows, first) for rows in (MOMENTARY_ROWS, SHORT_TERM_ROWS))
        bad = np.zeros(len(valid), np.bool_)
        integrated, range_lu = np.zeros(len(valid)), np.zeros(len(valid))
        at = 0
        while at < len(valid):
            upto = min(at + LEARNED_ROWS - known.since, len(valid))
            part = slice(at, upto)
            jumps = self._jumps(known, short[part])
            bad[part] = jumps | self._beyond(known)
            integrated[part], range_lu[part] = known.integrated, known.range_lu
            known = replace(known, since=known.since + upto - at)
            if known.since == LEARNED_ROWS:
                rows = line[max(0, first + upto - KEPT_ROWS) : first + upto]
                known = self._learned(known, rows, bool(jumps[-1]) or self._rises(known, rows))
            at = upto
        evidence: dict[str, tuple[Floats, Extreme]] = {
            "short_term_max_lufs": (np.maximum(short, ABSOLUTE_GATE), "max"),
            "short_term_min_lufs": (np.maximum(short, ABSOLUTE_GATE), "min"),
            "integrated_lufs": (np.maximum(integrated, ABSOLUTE_GATE), "max"),
            "range_lu": (range_lu, "max"),
        }
        if self.settings.standard != "none":
            evidence["target_lufs"] = (np.full(len(valid), LOUDNESS_STANDARDS[self.settings.standard][0]), "max")
        t_s, at_s = sound.t_s[valid] - CENTRE_S, sound.at[valid] - CENTRE_S
        judged = Rows(t_s, sound.duration_s[valid], at_s, bad, evidence).measured(momentary > AUDIBLE_LUFS)
        return replace(known, rows=line[-KEPT_ROWS:].copy()), judged

    def _jumps(self, known: Programme, short: Floats) -> NDArray[np.bool_]:
        """Which of these short-term levels are far from what is usual."""
        if known.learned_s < KNOWN_S or not math.isfinite(known.integrated):
            return np.zeros(len(short), np.bool_)
        far: NDArray[np.bool_] = np.abs(short - known.integrated) >= self.settings.jump_lu
        return far & (short > ABSOLUTE_GATE)

    def _rises(self, known: Programme, rows: Floats) -> bool:
        """Whether the last second is so much louder: three of them show it later, and it is not to be learned."""
        second = float(lufs(rows[-LEARNED_ROWS:].mean()))
        return known.learned_s >= KNOWN_S and second - known.integrated >= self.settings.jump_lu

    def _beyond(self, known: Programme) -> bool:
        """Whether what is usual is too loud or too quiet."""
        low, high = self.settings.limits_lufs
        long_enough = known.learned_s >= self.settings.window_s and math.isfinite(known.integrated)
        return long_enough and not low <= known.integrated <= high

    def _learned(self, known: Programme, rows: Floats, jumped: bool) -> Programme:
        """What is known after one more second, the last of these rows."""
        if jumped:
            known = Programme() if known.jumped_s >= ADOPTED_S else replace(known, jumped_s=known.jumped_s + 1)
            return replace(known, since=0)
        known = replace(known, since=0, jumped_s=0)
        first = max(len(rows) - LEARNED_ROWS, 0)
        heard = histogram(_of_each(rows, MOMENTARY_ROWS, first), FINE_LU)
        longer = histogram(_of_each(rows, SHORT_TERM_ROWS, first), COARSE_LU)
        if not heard.any():
            return known
        momentary = known.momentary * self._keep + heard.astype(np.float32)
        short_term = known.short_term * self._keep + longer.astype(np.float32)
        return replace(
            known,
            momentary=momentary,
            short_term=short_term,
            integrated=integrated_of(momentary, FINE_LU),
            range_lu=range_of(short_term, COARSE_LU),
            learned_s=known.learned_s + 1,
        )


def _of_each(line: Floats, rows: int, first: int) -> Floats:
    """Loudness of the rows that end with each row from `first` on; -inf where there are fewer."""
    found = np.full(len(line), -np.inf)
    found[rows - 1 :] = lufs(sliding(line, rows))
    return found[first:]
