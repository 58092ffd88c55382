"""`click`, `dropout`, `clipping`, `true_peak`: what shows in some rows, and comes again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from monitor.audio import BANDS_HZ, LINES_HZ
from monitor.detect.heard import Heard, of_channels, rows_of, whole
from monitor.detect.hold import Rows
from monitor.records import Readings
from monitor.settings import ClickSettings, ClippingSettings, DropoutSettings, Profile

HIGH_HZ = 2500

Moments = tuple[tuple[float, float], ...]
"""Of what may still become a defect: when each was (media seconds), and how strong."""


class Glitches(Heard):
    """So many moments within `within_s` of each other are a defect, from the first to the last of them: one by itself
    is a drum, or a consonant. A moment counts as one however many channels have it."""

    least: float
    """From here on a moment goes on with a defect, ..."""
    strong: float
    """... and so many of this strength make one."""
    count: int
    within_s: float
    column: str

    def _judge(self, memory: Moments | None, sound: Readings) -> tuple[Moments, Rows]:
        values = self._values(sound)
        strength = values.max(axis=1)
        measured = whole(sound)
        moments = list(memory or ())
        bad, strongest = np.zeros(len(sound), np.bool_), strength.copy()
        since = sound.t_s.copy()
        for k in np.flatnonzero(measured & (strength >= self.least)).tolist():
            t_s = float(sound.t_s[k])
            if moments and t_s - moments[-1][0] > self.within_s:
                moments.clear()
            moments.append((t_s, float(strength[k])))
            if sum(value >= self.strong for _, value in moments) >= self.count:
                bad[k], since[k] = True, moments[0][0]
                strongest[k] = max(value for _, value in moments)
                # What is known to be a defect needs no more than to be known as one.
                moments = [moments[0], *sorted(moments[1:-1], key=lambda each: -each[1])[: self.count], moments[-1]]
                moments.sort()
        evidence = {"strongest": (strongest, "max"), **of_channels(sound, self.column, "max", values)}
        rows = rows_of(sound, bad, evidence, measured)
        early = (sound.t_s - since)[measured]
        return tuple(moments), Rows(
            rows.t_s - early, rows.duration_s + early, rows.at - early, rows.bad, rows.evidence, rows.grave
        )

    def _values(self, sound: Readings) -> NDArray[np.float64]:
        """How strong it is [N, channels]."""
        return np.nan_to_num(sound.values[self.column].astype(np.float64), nan=0.0, neginf=-200.0)


class Click(Glitches):
    """Samples out of place: impulses and broken waves, against what the sound's own linear prediction foresees (as in
    the restoration of old recordings: Godsill and Rayner, Digital Audio Restoration, 1998)."""

    kind = "click"
    version = 1
    reads = ("click_db",)
    column = "click_db"

    def __init__(self, profile: Profile) -> None:
        super().__init__(profile)
        settings: ClickSettings = profile.click
        self.least, self.strong = settings.least_db, settings.strong_db
        self.count, self.within_s = settings.count, settings.within_s


class Dropout(Glitches):
    """Sound that is gone for milliseconds and back, with sharp sides, again and again: packets or buffers lost."""

    kind = "dropout"
    version = 1
    reads = ("gap_ms",)
    column = "gap_ms"

    def __init__(self, profile: Profile) -> None:
        super().__init__(profile)
        settings: DropoutSettings = profile.dropout
        self.least = self.strong = settings.least_ms
        self.count, self.within_s = settings.count, settings.within_s


class Clipping(Glitches):
    """Tops of waves that are cut off: many samples at one level, few beyond, in row after row. A sine, and a chord of
    few of them, has such a shelf by itself, but none of the overtones that cutting makes."""

    kind = "clipping"
    version = 1
    reads = ("flat_top", "peak_dbfs", "tone_db", "spectrum")
    column = "flat_top"

    def __init__(self, profile: Profile) -> None:
        super().__init__(profile)
        self.settings: ClippingSettings = profile.clipping
        self.least, self.strong = self.settings.least, self.settings.strong
        self.count, self.within_s = self.settings.count, self.settings.within_s

    def _values(self, sound: Readings) -> NDArray[np.float64]:
        values = sound.values
        speaks = (values["peak_dbfs"] >= self.settings.min_peak_dbfs) & (values["tone_db"] < self.settings.tone_db)
        speaks &= _overtones_db(sound) >= self.settings.overtones_db
        return np.where(speaks, super()._values(sound), 0.0)


def _overtones_db(sound: Readings) -> NDArray[np.float64]:
    """How much lies above HIGH_HZ, by the power of the whole [N, channels], in dB."""
    codes = sound.prints["spectrum"][:, :, len(LINES_HZ) :].astype(np.float64)
    power = np.where(codes > 0, 10 ** ((codes - 255) / 20), 0.0)
    high = power[:, :, BANDS_HZ.index(HIGH_HZ) :].sum(axis=2)
    found: NDArray[np.float64] = 10 * np.log10((high + 1e-20) / (power.sum(axis=2) + 1e-10))
    return found


class TruePeak(Glitches):
    """The signal between the samples goes beyond a limit (ITU-R BS.1770-5 Annex 2; EBU R 128 asks for -1 dBTP)."""

    kind = "true_peak"
    version = 1
    reads = ("true_peak_dbtp",)
    column = "true_peak_dbtp"

    def __init__(self, profile: Profile) -> None:
        super().__init__(profile)
        self.least = self.strong = profile.true_peak.limit_dbtp
        self.count, self.within_s = 1, profile.true_peak.within_s
