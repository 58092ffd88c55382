"""`tearing`: the upper part of a picture is of another moment than the lower one."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from monitor.columns import SEAM_COLUMNS
from monitor.detect.base import Inputs
from monitor.detect.damage import HARDLY
from monitor.detect.hold import Evidence, Hold, HoldState, Rows
from monitor.detect.look import Look
from monitor.detect.normal import all_alike
from monitor.detect.picture import LEAST_TILES, or_zero, shown_pictures
from monitor.kernels.course import course
from monitor.records import Depth, Detection, Readings
from monitor.settings import Profile, TearingSettings, fingerprint

KNOWN, LEAST, LEFT_OUT = 30, 6, 2
"""The normal is the largest seam of so many samples (some five seconds), but for two; so many must be known."""
COURSES, LEAST_COURSES, LAST = 72, 11, 17
"""The normal course of seams is the largest of so many samples, but for the last, in which one that begins still grows;
so many must be known."""
ADOPTED = 660
"""After so many samples (two minutes) that are torn, they are the new normal."""
WINDOW_S, OVER_S = 3.0, 0.6
"""Torn samples are counted over the last seconds; so long after one it is over."""
MAX_GAP_S = 0.5


@dataclass(frozen=True, slots=True)
class Sample:
    """What is kept of one: when, whether it was torn, its seams and where they are."""

    t_s: float
    torn: bool
    seams: tuple[float, ...]
    at: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class TearingState:
    """Seams, and courses of seams, that were normal; the last samples; the map of luma of the last one; whether it is
    torn, and for how many samples."""

    hold: HoldState = HoldState()
    normal: tuple[float, ...] = ()
    courses: tuple[float, ...] = ()
    recent: tuple[Sample, ...] = ()
    luma: bytes | None = None
    bad: bool = False
    odd: int = 0


class Tearing:
    """A sample is torn when its largest seam is `factor` times that of the stream's normal and `margin` levels more. A
    stretch is bad while of the last three seconds' at least `torn` were; or while their seams lie on one line (see
    `monitor.kernels.course`), which a line that stands or wanders betrays long before one sample does: `factor` and
    `margin` are of its mean, too. What a seam is, the readings say: edges that stand or move (captions, bars, split
    screens, roofs in a pan) are none."""

    kind = "tearing"
    version = 4
    reads = (*SEAM_COLUMNS, "tiles", "mean", "shown", "damaged")
    depths: frozenset[Depth] = frozenset(("full", "nonref"))

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
            whole &= video.values["tiles"] >= LEAST_TILES
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
        one on. The first after a cut is compared with another scene: it says nothing."""
        bad, earlier, seam = np.zeros(len(judged), np.bool_), np.zeros(len(judged)), np.zeros(len(judged))
        columns = np.stack([video.values[name][judged] for name in SEAM_COLUMNS], axis=1).astype(np.float64)
        before_s = state.recent[-1].t_s if state.recent else float("nan")
        gaps = np.clip(or_zero(np.diff(video.t_s[judged], prepend=before_s)), 0.0, MAX_GAP_S)
        luma = video.grids["mean"][judged]
        same = all_alike(state.luma, luma).tolist()
        for i, t_s in enumerate(video.t_s[judged].tolist()):
            seams, at = tuple(columns[i, ::2].tolist()), tuple(columns[i, 1::2].tolist())
            if not same[i]:
                seams = (0.0,) * len(seams)
            state, from_s = self._sample(state, t_s, seams, at, bool(same[i]))
            seam[i] = seams[0]
            if state.bad and not math.isnan(from_s):
                earlier[i] = t_s - from_s
            bad[i] = state.bad
        state = replace(state, luma=luma[-1].tobytes())
        since = gaps / 2 + earlier
        evidence: Evidence = {"seam": (seam, "max")}
        return state, Rows(video.t_s[judged] - since, gaps + earlier, video.at[judged] - since, bad, evidence)

    def _sample(
        self, state: TearingState, t_s: float, seams: tuple[float, ...], at: tuple[float, ...], same: bool
    ) -> tuple[TearingState, float]:
        """Go on with one: also when the stretch began, where one begins with it, else NaN."""
        torn = self._stands_out(seams[0], state.normal, LEAST, LEFT_OUT)
        normal = state.normal if torn or not same else (*state.normal, seams[0])[-KNOWN:]
        recent = (*(some for some in state.recent if some.t_s > t_s - WINDOW_S), Sample(t_s, torn, seams, at))
        spans = []
        torn_s = [sample.t_s for sample in recent if sample.torn]
        if len(torn_s) >= self.settings.torn:
            spans.append((torn_s[0], torn_s[-1]))
        times = np.array([sample.t_s for sample in recent])
        mean, first_s, last_s = course(
            times - t_s, np.array([sample.at for sample in recent]), np.array([sample.seams for sample in recent])
        )
        courses = state.courses
        if self._stands_out(mean, courses[:-LAST], LEAST_COURSES, 0):
            spans.append((t_s + first_s, t_s + last_s))
        else:
            courses = (*courses, mean)[-COURSES:]
        spans = [span for span in spans if t_s - span[1] <= OVER_S]
        begins = bool(spans) and not state.bad
        odd = state.odd + 1 if spans else 0
        if odd > ADOPTED:
            return TearingState(state.hold, luma=state.luma), math.nan
        state = replace(state, normal=normal, courses=courses, recent=recent, bad=bool(spans), odd=odd)
        return state, min(first for first, _ in spans) if begins else math.nan

    def _stands_out(self, seam: float, normal: tuple[float, ...], least: int, left_out: int) -> bool:
        if len(normal) < least:
            return False
        usual = sorted(normal)[-1 - left_out]
        return seam >= self.settings.factor * usual + self.settings.margin
