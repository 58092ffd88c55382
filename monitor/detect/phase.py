"""`phase`: the channels of a pair against each other, so that they cancel where they are heard as one (mono)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from monitor.audio import partners
from monitor.detect.heard import Heard, rows_of, whole
from monitor.detect.hold import Evidence, Rows
from monitor.records import Readings
from monitor.settings import PhaseSettings, Profile

WINDOW, LONG = 5, 10
"""Rows that are judged together, and those over which pairs that are only somewhat alike show their sign."""

Sums = NDArray[np.float64]


class Phase(Heard):
    """The correlation of the two channels over half a second, by energy: -1 is one channel upside down. Natural stereo
    is between 0 and 1, and below 0 for moments."""

    kind = "phase"
    version = 2
    reads = ("rms_dbfs", "correlation")

    def __init__(self, profile: Profile) -> None:
        super().__init__(profile)
        self.settings: PhaseSettings = profile.phase

    def _judge(self, memory: Sums | None, sound: Readings) -> tuple[Sums, Rows]:
        mates = partners(sound.channels)
        pairs = [(i, int(mate)) for i, mate in enumerate(mates) if i < mate]
        energy = 10 ** (sound.values["rms_dbfs"].astype(np.float64) / 10)
        correlation = sound.values["correlation"].astype(np.float64)
        # [N, pairs, 3]: product of the two, and energy of each.
        sums = np.zeros((len(sound), len(pairs), 3))
        for k, (a, b) in enumerate(pairs):
            sums[:, k] = np.stack(
                (correlation[:, a] * np.sqrt(energy[:, a] * energy[:, b]), energy[:, a], energy[:, b]), axis=1
            )
        sums = np.nan_to_num(sums)
        before = memory if memory is not None and memory.shape[1] == len(pairs) else np.zeros((LONG - 1, len(pairs), 3))
        line = np.concatenate((before, sums))
        longer = np.lib.stride_tricks.sliding_window_view(line, LONG, axis=0)
        windows = longer[..., LONG - WINDOW :].sum(axis=3)
        quietest = windows[:, :, 1:].min(axis=2)
        speaks = quietest >= WINDOW * 10 ** (self.settings.min_rms_dbfs / 10)
        alike = np.where(speaks, _correlation(windows), 1.0)
        worst = alike.min(axis=1, initial=1.0)
        evidence: Evidence = {"correlation": (worst, "min")}
        measured = whole(sound) & (speaks.any(axis=1) if pairs else np.zeros(len(sound), np.bool_))
        goes_on = alike <= self.settings.now_correlation
        goes_on &= _correlation(longer.sum(axis=3)) <= self.settings.long_correlation
        bad = (worst <= self.settings.max_correlation) | goes_on.any(axis=1)
        rows = rows_of(sound, bad, evidence, measured, worst <= self.settings.grave_correlation)
        return line[len(sums) :], rows


def _correlation(windows: Sums) -> NDArray[np.float64]:
    """Of sums [N, pairs, 3]."""
    return np.asarray(windows[:, :, 0] / np.sqrt(np.maximum(windows[:, :, 1] * windows[:, :, 2], 1e-30)))
