"""`letterbox`: black bars above and below, or left and right, where the picture was, or more of them than there may be.

Bars that were always there are the picture's shape (a wide film, an old one): these are not told, unless the settings
say how much of the picture bars may take.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.detect.base import ALL_DEPTHS, Inputs
from monitor.detect.hold import Evidence, Hold, HoldState, Rows
from monitor.detect.look import Look
from monitor.detect.picture import BARS, BarsState, durations, narrowest_bars, shown_pictures
from monitor.records import Depth, Detection, Readings
from monitor.settings import LetterboxSettings, Profile, fingerprint

MOST_ACROSS, MOST_UPRIGHT = 0.5, 0.75
"""What bars take at most: 2.76:1 in 16:9, 2.39:1 in 4:3 (0.44) above and below; 9:16 in 16:9 (0.68) at the sides. More
is a small title on black."""
LASTING = 32
"""Frames on end in which bars must be gone to be known as gone: more than until a card is known for one."""


@dataclass(frozen=True, slots=True)
class LetterboxState:
    """The narrowest bars of the last minute, how long they have been wider, and the margins of the last frames."""

    bars: BarsState = BarsState()
    hold: HoldState = HoldState()
    recent: bytes = b""


class Letterbox:
    """Two opposite margins are dark throughout, about as wide as each other, and wider than they have been within the
    last minute by `min_bar` each; between them there is a picture. Measured in tiles of 16 pixels."""

    kind = "letterbox"
    version = 2
    reads = (*BARS, "lit", "shown")
    depths: frozenset[Depth] = ALL_DEPTHS

    def __init__(self, profile: Profile) -> None:
        self.settings: LetterboxSettings = profile.letterbox
        self._hold = Hold(self.kind, self.settings, f"{self.kind}@{self.version}:{fingerprint(self.settings)}")

    def start(self) -> LetterboxState:
        """Nothing known."""
        return LetterboxState()

    def step(self, state: LetterboxState, seen: Inputs) -> tuple[LetterboxState, list[Detection]]:
        """Go on with the frames that were seen."""
        found: list[Detection] = []
        for video in shown_pictures(seen):
            bars, recent, rows = self._rows(state, video)
            hold, more = self._hold.step(state.hold, seen, video.track, rows)
            found += more
            state = LetterboxState(bars, hold, recent)
        if seen.ended:
            hold, more = self._hold.end(state.hold)
            found += more
            state = LetterboxState()
        return state, found

    def _rows(self, state: LetterboxState, video: Readings) -> tuple[BarsState, bytes, Rows]:
        margins = np.stack([video.values[name] for name in BARS], axis=1).astype(np.float64)
        picture = video.values["shown"] == Look.PICTURE
        margins[(video.values["lit"] <= 0) | ~picture] = np.inf  # Snow and colour bars cover bars.
        recent, lasting = _lasting(state.recent, margins)
        bars, usual = narrowest_bars(state.bars, lasting, video.t_s)
        judged = np.isfinite(margins[:, 0])
        margins = np.where(judged[:, None], margins, 0.0)  # Before anything was lit for a while, none are usual: inf.
        bad = self._barred(margins[:, :2], usual[:, :2], MOST_ACROSS)
        bad |= self._barred(margins[:, 2:], usual[:, 2:], MOST_UPRIGHT)
        share = np.maximum(margins[:, :2].sum(axis=1), margins[:, 2:].sum(axis=1))
        evidence: Evidence = {"bars": (share, "max")}
        rows = Rows(video.t_s, durations(video), video.at, bad, evidence)
        return bars, recent, rows.measured(judged)

    def _barred(self, pair: NDArray[np.float64], usual: NDArray[np.float64], most: float) -> NDArray[np.bool_]:
        """Whether a pair of opposite margins [N, 2] are bars that should not be there, and take `most` together."""
        wider = (pair - usual).min(axis=1) >= self.settings.min_bar
        too_wide = (pair.min(axis=1) >= self.settings.min_bar) & (pair.sum(axis=1) > self.settings.max_bars)
        alike = np.abs(pair[:, 0] - pair[:, 1]) <= self.settings.max_uneven
        return np.asarray((wider | too_wide) & alike & (pair.sum(axis=1) <= most))


def _lasting(recent: bytes, margins: NDArray[np.float64]) -> tuple[bytes, NDArray[np.float64]]:
    """Margins as wide as the widest of the last LASTING frames: a card that covers the bars, and is not known for one
    yet, is gone or known by then. Also the frames to go on with."""
    before = np.frombuffer(recent).reshape(-1, 4)
    known = np.concatenate((np.full((LASTING - 1 - len(before), 4), -np.inf), before, margins))
    widest = np.lib.stride_tricks.sliding_window_view(known, LASTING, axis=0).max(axis=2)
    return known[1 - LASTING :][-len(before) - len(margins) :].tobytes(), widest
