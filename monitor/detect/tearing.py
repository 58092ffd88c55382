"""`tearing`: the upper part of a picture is of another moment than the lower one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from monitor.detect.base import ALL_DEPTHS, Inputs
from monitor.detect.degraded import HARDLY
from monitor.detect.hold import Evidence, Hold, HoldState, Rows
from monitor.detect.look import Look
from monitor.detect.normal import all_alike
from monitor.detect.picture import shown_pictures
from monitor.records import Depth, Detection, Readings
from monitor.settings import Profile, TearingSettings, fingerprint

KNOWN, LEAST, LEFT_OUT = 30, 6, 2
"""The normal is the largest seam of so many samples (some five seconds), but for two; so many must be known."""
BLIND = 4
"""After a cut, so many samples are normal whatever they show."""
WINDOW_S, OVER_S = 2.0, 0.6
"""Torn samples are counted over the last seconds; so long after one it is over."""
MAX_GAP_S = 0.5


@dataclass(frozen=True, slots=True)
class Sample:
    """What is kept of one: when, and whether it was torn."""

    t_s: float
    torn: bool


@dataclass(frozen=True, slots=True)
class TearingState:
    """Seams that were normal; the last samples; the map of luma of the last one; samples since the last cut; whether it
    is torn."""

    hold: HoldState = HoldState()
    normal: tuple[float, ...] = ()
    recent: tuple[Sample, ...] = ()
    luma: bytes | None = None
    since_cut: int = 0
    bad: bool = False


class Tearing:
    """A sample is torn when its largest seam is `factor` times that of the stream's normal and `margin` levels more. A
    stretch is bad while of the last two seconds' at least `torn` were. What a seam is, the readings say: edges that
    stand (captions, bars, split screens) are none."""

    kind = "tearing"
    version = 1
    reads = ("seam", "mean", "shown", "damaged")
    depths: frozenset[Depth] = ALL_DEPTHS

    def __init__(self, profile: Profile) -> None:
        self.settings: TearingSettings = profile.tearing
        self._hold = Hold(self.kind, self.settings, f"{self.kind}@{self.version}:{fingerprint(self.settings)}")

    def start(self) -> TearingState:
        """Nothing known."""
        return TearingState()

    def step(self, state: TearingState, seen: Inputs) -> tuple[TearingState, list[Detection]]:
        """Go on with the samples that were seen."""
        found: list[Detection] = []
        for video in shown_pictures(seen):
            whole = (video.values["shown"] == Look.PICTURE) & (video.values["damaged"] <= HARDLY)
            judged = np.flatnonzero(whole & ~np.isnan(video.values["seam"]))
            if len(judged):
                state, rows = self._rows(state, video, judged)
                hold, more = self._hold.step(state.hold, seen, video.track, rows)
                state, found = replace(state, hold=hold), found + more
        if seen.ended:
            found += self._hold.end(state.hold)[1]
            state = TearingState()
        return state, found

    def _rows(self, state: TearingState, video: Readings, judged: NDArray[np.intp]) -> tuple[TearingState, Rows]:
        """A sample speaks from halfway to the one before it; the first of a stretch, from halfway before the first torn
        one on."""
        bad, earlier = np.zeros(len(judged), np.bool_), np.zeros(len(judged))
        seam = video.values["seam"][judged].astype(np.float64)
        before_s = state.recent[-1].t_s if state.recent else float("nan")
        gaps = np.clip(np.nan_to_num(np.diff(video.t_s[judged], prepend=before_s)), 0.0, MAX_GAP_S)
        luma = video.grids["mean"][judged]
        same = all_alike(state.luma, luma).tolist()
        normal, recent, since_cut, was_bad = state.normal, state.recent, state.since_cut, state.bad
        for i, t_s in enumerate(video.t_s[judged].tolist()):
            since_cut = since_cut + 1 if same[i] else 0
            torn = self._is_torn(normal, since_cut, float(seam[i]))
            if not torn:
                normal = (*normal, float(seam[i]))[-KNOWN:]
            recent = (*(sample for sample in recent if sample.t_s > t_s - WINDOW_S), Sample(t_s, torn))
            torn_s = [sample.t_s for sample in recent if sample.torn]
            bad[i] = len(torn_s) >= self.settings.torn and t_s - torn_s[-1] <= OVER_S
            if bad[i] and not was_bad:
                earlier[i] = t_s - torn_s[0]
            was_bad = bool(bad[i])
        state = TearingState(state.hold, normal, recent, luma[-1].tobytes(), since_cut, was_bad)
        since = gaps / 2 + earlier
        evidence: Evidence = {"seam": (seam, "max")}
        return state, Rows(video.t_s[judged] - since, gaps + earlier, video.at[judged] - since, bad, evidence)

    def _is_torn(self, normal: tuple[float, ...], since_cut: int, seam: float) -> bool:
        if len(normal) < LEAST or since_cut < BLIND:
            return False
        usual = sorted(normal)[-1 - LEFT_OUT]
        return seam >= self.settings.factor * usual + self.settings.margin
