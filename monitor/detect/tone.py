"""`tone`: a line-up tone in place of a programme."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from monitor.detect.heard import Heard, rows_of, whole
from monitor.detect.hold import Evidence, Rows
from monitor.records import Readings
from monitor.settings import Profile, ToneSettings

LINE_UP_HZ = (400.0, 1000.0)
"""EBU Tech 3304 and SMPTE RP 155: 1 kHz (997 Hz where samples would repeat); 400 Hz on older lines."""
NEAR = 0.01
HEARD_HZ = 20.0
"""What is lower nobody hears: a constant is no tone."""


@dataclass(frozen=True, slots=True)
class Last:
    """Of the row before, per channel: frequency and level."""

    hz: tuple[float, ...]
    dbfs: tuple[float, ...]


class Tone(Heard):
    """A sine and nothing else, of one frequency and one level, in every channel that is heard. Grave at a frequency of
    line-up tones; a lone flute or test signal is minor."""

    kind = "tone"
    version = 2
    reads = ("tone_hz", "tone_db", "rms_dbfs")

    def __init__(self, profile: Profile) -> None:
        super().__init__(profile)
        self.settings: ToneSettings = profile.tone

    def _judge(self, memory: Last | None, sound: Readings) -> tuple[Last, Rows]:
        values = sound.values
        n = len(sound.channels)
        before = memory if memory is not None and len(memory.hz) == n else Last((np.nan,) * n, (np.nan,) * n)
        hz = np.concatenate(([before.hz], values["tone_hz"])).astype(np.float64)
        dbfs = np.concatenate(([before.dbfs], values["rms_dbfs"])).astype(np.float64)
        heard = values["rms_dbfs"] >= self.settings.min_rms_dbfs
        with np.errstate(invalid="ignore"):
            # The first row of a stream has none before it to be steady with.
            steady_hz = ~(np.abs(hz[1:] - hz[:-1]) > self.settings.drift * hz[1:])
            steady_db = ~(np.abs(dbfs[1:] - dbfs[:-1]) > self.settings.drift_db)
            pure = (values["tone_db"] >= self.settings.min_db) & (values["tone_hz"] >= HEARD_HZ)
        alone = pure & steady_hz & steady_db
        bad = np.asarray((alone | ~heard).all(axis=1) & heard.any(axis=1))
        loudest = np.nan_to_num(values["rms_dbfs"], neginf=-200.0).argmax(axis=1)
        at = np.arange(len(sound)), loudest
        main_hz = np.nan_to_num(values["tone_hz"][at].astype(np.float64))
        line_up = np.any([np.abs(main_hz - line) <= NEAR * line for line in LINE_UP_HZ], axis=0)
        evidence: Evidence = {
            "tone_hz": (main_hz, "max"),
            "rms_dbfs": (np.nan_to_num(values["rms_dbfs"][at].astype(np.float64), neginf=-200.0), "max"),
        }
        rows = rows_of(sound, bad, evidence, whole(sound), line_up)
        return Last(tuple(hz[-1].tolist()), tuple(dbfs[-1].tolist())), rows
