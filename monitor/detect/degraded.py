"""`blur`, `noise`, `banding`, `blockiness`, `combing`, `levels`: the picture is worse than the stream's own normal.

Judged by the slow set, twice a second (see `inspector`); what is found begins and ends halfway between two samples.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from monitor.detect.badness import KINDS
from monitor.detect.base import ALL_DEPTHS, Inputs
from monitor.detect.hold import Hold, HoldState, Rows
from monitor.detect.inspector import INSPECTED_COLUMNS, SAMPLE_S
from monitor.detect.picture import or_zero, shown_pictures
from monitor.records import Depth, Detection, Readings
from monitor.settings import DegradedSettings, Profile, fingerprint

WOVEN, WOVEN_S = 2, 1.6
"""So many woven samples make a stretch of weaving, if they are no further apart than this, or than samples are."""


class Woven(NamedTuple):
    """A stretch in which some samples are woven: from the first to the last of them, how many, whether it is bad."""

    from_s: float = float("nan")
    last_s: float = float("nan")
    times: int = 0
    bad: bool = False


NOT_WOVEN = Woven()
"""No sample was, of late."""


@dataclass(frozen=True, slots=True)
class DegradedState:
    """How long it has been so, and when the last sample was."""

    hold: HoldState = HoldState()
    last_s: float = float("nan")
    woven: Woven = NOT_WOVEN


class Degraded:
    """Holds as long as this kind is told."""

    version = 5
    reads = INSPECTED_COLUMNS
    depths: frozenset[Depth] = ALL_DEPTHS
    kind: str

    def __init__(self, profile: Profile) -> None:
        self.settings: DegradedSettings = getattr(profile, self.kind)
        self._code = KINDS.index(self.kind) + 1
        self._hold = Hold(self.kind, self.settings, f"{self.kind}@{self.version}:{fingerprint(self.settings)}")

    def start(self) -> DegradedState:
        """Nothing known."""
        return DegradedState()

    def step(self, state: DegradedState, seen: Inputs) -> tuple[DegradedState, list[Detection]]:
        """Go on with the samples that were seen."""
        found: list[Detection] = []
        for video in shown_pictures(seen):
            judged = np.flatnonzero(~np.isnan(video.values["worse"]))
            if len(judged):
                rows, woven = self._rows(state, video, judged)
                hold, more = self._hold.step(state.hold, seen, video.track, rows)
                found += more
                state = DegradedState(hold, float(video.t_s[judged[-1]]), woven)
        if seen.ended:
            hold, more = self._hold.end(state.hold)
            found += more
            state = DegradedState()
        return state, found

    def _rows(self, state: DegradedState, video: Readings, judged: NDArray[np.intp]) -> tuple[Rows, Woven]:
        """A sample speaks from halfway to the one before it, for as long as samples are apart."""
        t_s, excess = video.t_s[judged], video.values["excess"][judged].astype(np.float64)
        beside = video.values["beside"][judged] > 0
        apart = or_zero(np.diff(t_s, prepend=state.last_s))
        since = np.minimum(apart, SAMPLE_S)
        told = video.values["worse"][judged] == self._code
        bad, earlier, woven = self._judged(state, t_s, apart, told)
        excess = np.where(told, excess, 0.0)
        rows = Rows(
            t_s=t_s - since / 2 - earlier,
            duration_s=np.where(since > 0, since, SAMPLE_S) + earlier,
            at=video.at[judged] - since / 2 - earlier,
            bad=bad,
            evidence={"excess": (excess, "max")},
            grave=(excess >= self.settings.grave_excess) & beside,
            confidence=np.clip(0.3 + 0.2 * excess, 0.0, np.where(beside, 0.95, 0.5)),
        )
        return rows, woven

    def _judged(
        self, state: DegradedState, t_s: NDArray[np.float64], since: NDArray[np.float64], told: NDArray[np.bool_]
    ) -> tuple[NDArray[np.bool_], NDArray[np.float64], Woven]:
        """Which samples are bad, how much earlier what begins with one began, and what is remembered. `since`: from the
        sample before."""
        return told, np.zeros(len(t_s)), NOT_WOVEN


class Blur(Degraded):
    """The picture has lost its finest detail."""

    kind = "blur"


class Noise(Degraded):
    """The picture has become noisy."""

    kind = "noise"


class Banding(Degraded):
    """Gradients have become terraces."""

    kind = "banding"


class Blockiness(Degraded):
    """Blocks of a coder short of bits have become visible."""

    kind = "blockiness"


class Combing(Degraded):
    """Pictures are woven of fields of two moments: all of them, or some in each second, as where film was made to fit
    60 fields a second (2:3 pull-down), so that not every sample shows it."""

    kind = "combing"

    def _judged(
        self, state: DegradedState, t_s: NDArray[np.float64], since: NDArray[np.float64], told: NDArray[np.bool_]
    ) -> tuple[NDArray[np.bool_], NDArray[np.float64], Woven]:
        bad, earlier, woven = np.zeros(len(t_s), np.bool_), np.zeros(len(t_s)), state.woven
        for i, at_s in enumerate(t_s.tolist()):
            near = at_s - woven.last_s <= max(WOVEN_S, 1.5 * float(since[i]))
            long = woven.last_s - woven.from_s + SAMPLE_S >= self.settings.min_duration_s
            if told[i]:
                woven = Woven(woven.from_s if near else at_s, at_s, woven.times + 1 if near else 1, woven.bad)
            bad[i] = woven.times >= WOVEN and bool(told[i] or (near and long))
            if bad[i] and not woven.bad:
                earlier[i] = at_s - woven.from_s
            elif woven.bad and not bad[i]:  # It was over already after the last woven sample.
                earlier[i] = max(0.0, at_s - woven.last_s - float(since[i]))
            woven = woven._replace(bad=bool(bad[i])) if near or told[i] else NOT_WOVEN
        return bad, earlier, woven


class Levels(Degraded):
    """Luma is outside the legal range, or piled up at its ends: crushed blacks, blown-out whites."""

    kind = "levels"
