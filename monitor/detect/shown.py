"""`black`, `solid_color`, `snow`, `test_pattern`: something else in place of a picture. What, is judged in `look`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from monitor.detect.base import ALL_DEPTHS, Inputs
from monitor.detect.damage import HARDLY
from monitor.detect.hold import MAX_ROW_S, Evidence, Extreme, Hold, HoldState, Rows
from monitor.detect.look import Look
from monitor.detect.picture import durations, shown_pictures
from monitor.records import Depth, Detection, Readings
from monitor.settings import Profile, Temporal, fingerprint


def _largest(*columns: str) -> Mapping[str, tuple[str, Extreme]]:
    return {column: (column, "max") for column in columns}


class InPlaceOfAPicture:
    """Holds as long as frames show one of some looks."""

    version = 2
    depths: frozenset[Depth] = ALL_DEPTHS
    kind: str
    looks: tuple[Look, ...]
    reads: tuple[str, ...]
    extremes: Mapping[str, tuple[str, Extreme]]
    """What a detection tells: by name, of which column the extreme."""

    def __init__(self, profile: Profile) -> None:
        settings: Temporal = getattr(profile, self.kind)
        self._hold = Hold(self.kind, settings, f"{self.kind}@{self.version}:{fingerprint(settings)}")

    def start(self) -> HoldState:
        """Nothing known."""
        return HoldState()

    def step(self, state: HoldState, seen: Inputs) -> tuple[HoldState, list[Detection]]:
        """Go on with the frames that were seen."""
        found: list[Detection] = []
        for video in shown_pictures(seen):
            rows = self._rows(state, video).measured(self._speaks(video))
            state, more = self._hold.step(state, seen, video.track, rows)
            found += more
        if seen.ended:
            state, more = self._hold.end(state)
            found += more
        return state, found

    def _speaks(self, video: Readings) -> NDArray[np.bool_]:
        """Which frames say whether it is so."""
        return ~np.isnan(video.values["luma"])

    def _rows(self, state: HoldState, video: Readings) -> Rows:
        bad = np.isin(video.values["shown"], self.looks)
        evidence: Evidence = {name: (video.values[column], how) for name, (column, how) in self.extremes.items()}
        return Rows(video.t_s, durations(video), video.at, bad, evidence)


class Black(InPlaceOfAPicture):
    """A frame is black when nearly all pixels of its active picture are dark, hardly any place of it is lit, and its
    chroma is grey (a decoder that lost everything shows green: dark luma, strong chroma). Sees past bars, codec noise
    and a logo; leaves credits and night scenes alone. With `ignore_bars` off, `max_lit_ratio` 1 and `max_chroma` 255
    this is FFmpeg's blackdetect, to the frame."""

    kind = "black"
    version = 3
    looks = (Look.BLACK,)
    reads = ("luma", "shown", "dark_ratio", "lit")
    extremes: Mapping[str, tuple[str, Extreme]] = {"dark_ratio": ("dark_ratio", "min"), "lit_ratio": ("lit", "max")}


class SolidColor(InPlaceOfAPicture):
    """One colour in every place of the map, but for a logo, with no more texture than noise makes; not black."""

    kind = "solid_color"
    looks = (Look.SOLID,)
    reads = ("luma", "u", "v", "shown", "spread")
    extremes = _largest("spread", "luma", "u", "v")


class Snow(InPlaceOfAPicture):
    """All places of the map have about the same mean, or keep theirs while their pixels change from frame to frame; and
    neighbouring pixels differ much, as in no picture. A coder short of bits makes mud of it and repeats what it cannot
    code; so what is grave is a frame that shows it in full: it changed everywhere, and has the gradients of noise.
    Without one (the sea, a lawn) it is minor."""

    kind = "snow"
    version = 3
    looks = (Look.SNOW,)
    reads = ("luma", "shown", "least_change", "gradient_x", "gradient_y")
    extremes = _largest("least_change", "gradient_x", "gradient_y")

    def __init__(self, profile: Profile) -> None:
        super().__init__(profile)
        self._settings = profile.snow

    def _rows(self, state: HoldState, video: Readings) -> Rows:
        values, settings = video.values, self._settings
        full = values["gradient_x"] + values["gradient_y"] >= settings.full_gradient
        full &= values["least_change"] >= settings.full_change
        return replace(super()._rows(state, video), grave=full, confidence=np.where(full, 0.95, 0.5))


class TestPattern(InPlaceOfAPicture):
    """A picture that stands and is synthetic: in stripes of several colours, or of ramps, which are bars; of patches of
    many, a chart; or mostly of one ground that is flat but for noise, a slate. Charts and slates are never more than
    minor: drawings and titles look the same. What a decoder says that it made up may look like a card, which then says
    nothing."""

    kind = "test_pattern"
    version = 6
    looks = (Look.SLATE, Look.CHART, Look.BARS)
    reads = ("luma", "shown", "stands_s", "damaged", "made_up")
    extremes = _largest("stands_s")

    def _speaks(self, video: Readings) -> NDArray[np.bool_]:
        values = video.values
        made_up = (values["damaged"] > HARDLY) & (values["made_up"] > 0) & np.isin(values["shown"], self.looks)
        return super()._speaks(video) & ~made_up

    def _rows(self, state: HoldState, video: Readings) -> Rows:
        """It began when the picture began to stand, which is before the first frame that could tell."""
        rows = super()._rows(state, video)
        speaks = self._speaks(video)
        bad = rows.bad[speaks]
        going_on = state.bad_from is not None and state.good_from is None
        ends = np.concatenate(([state.seen_until], (rows.t_s + rows.duration_s)[speaks][:-1]))
        anew = rows.t_s[speaks] - ends > MAX_ROW_S
        first = np.zeros(len(video), np.bool_)
        first[speaks] = bad & (anew | ~np.concatenate(([going_on], bad[:-1])))
        before = np.where(first, video.values["stands_s"].astype(np.float64), 0.0)
        bars = video.values["shown"] == Look.BARS
        return replace(
            rows,
            t_s=rows.t_s - before,
            at=rows.at - before,
            duration_s=rows.duration_s + before,
            grave=bars,
            confidence=np.where(bars, 0.95, 0.5),
        )
