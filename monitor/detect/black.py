"""`black`: nothing to be seen. Sees past bars, codec noise and a logo; leaves credits and night scenes alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from monitor.detect.base import ALL_DEPTHS, Inputs
from monitor.detect.hold import Evidence, Hold, HoldState, Rows
from monitor.detect.picture import BLACK_READS, BarsState, BlackPicture, durations, shown_pictures
from monitor.records import Depth, Detection
from monitor.settings import Profile, fingerprint


@dataclass(frozen=True, slots=True)
class BlackState:
    """Where the bars are, and how long it has been black."""

    bars: BarsState = BarsState()
    hold: HoldState = HoldState()


class Black:
    """A frame is black when nearly all pixels of its active picture are dark, hardly any place of it is lit, and its
    chroma is grey (a decoder that lost everything shows green: dark luma, strong chroma). With `ignore_bars` off,
    `max_lit_ratio` 1 and `max_chroma` 255 this is FFmpeg's blackdetect, to the frame."""

    kind = "black"
    version = 1
    reads = BLACK_READS
    depths: frozenset[Depth] = ALL_DEPTHS

    def __init__(self, profile: Profile) -> None:
        self._picture = BlackPicture(profile.black)
        self._hold = Hold(self.kind, profile.black, f"{self.kind}@{self.version}:{fingerprint(profile.black)}")

    def start(self) -> BlackState:
        """Nothing known."""
        return BlackState()

    def step(self, state: BlackState, seen: Inputs) -> tuple[BlackState, list[Detection]]:
        """Go on with the frames that were seen."""
        found: list[Detection] = []
        bars, hold = state.bars, state.hold
        for video in shown_pictures(seen):
            bars, black, ratio = self._picture.judge(bars, video)
            evidence: Evidence = {"dark_ratio": (ratio, "min"), "lit_ratio": (video.values["lit"], "max")}
            rows = Rows(video.t_s, durations(video), video.at, black, evidence)
            hold, more = self._hold.step(hold, seen, video.track, rows.measured(~np.isnan(video.values["dark"])))
            found += more
        if seen.ended:
            hold, more = self._hold.end(hold)
            found += more
        return BlackState(bars, hold), found
