"""`silence`: no sound in any channel of a track. Never on a mix-down. One channel of several: `channel_loss`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from monitor.detect.base import ALL_DEPTHS, Inputs
from monitor.detect.hold import Hold, HoldState
from monitor.detect.hops import below, hops, silent
from monitor.records import Depth, Detection
from monitor.settings import Profile, SilenceSettings, fingerprint

SilenceState = tuple[tuple[str, HoldState], ...]
"""Where it stands for each sound track, by name."""


class Silence:
    """A hop of 10 ms is silent when in every channel its sample peak is below the threshold, as FFmpeg's silencedetect
    has it, to a hop; or when there is but noise, of which it is the mean level that counts: which is minor, for it may
    be a quiet place."""

    kind = "silence"
    version = 4
    reads = ("peak", "rms_dbfs")
    depths: frozenset[Depth] = ALL_DEPTHS

    def __init__(self, profile: Profile) -> None:
        self.settings: SilenceSettings = profile.silence
        self._hold = Hold(self.kind, profile.silence, f"{self.kind}@{self.version}:{fingerprint(profile.silence)}")

    def start(self) -> SilenceState:
        """Nothing known."""
        return ()

    def step(self, state: SilenceState, seen: Inputs) -> tuple[SilenceState, list[Detection]]:
        """Go on with the sound that was heard."""
        found: list[Detection] = []
        tracks = dict(state)
        for sound in seen.audio:
            if len(sound):
                heard = hops(sound)
                quiet: NDArray[np.bool_] = np.all(silent(sound, heard, self.settings.threshold_dbfs), axis=1)
                grave: NDArray[np.bool_] = np.all(below(heard.codes, self.settings.threshold_dbfs), axis=1)
                before = tracks.get(sound.track, HoldState())
                rows = replace(heard.rows, bad=quiet, grave=grave)
                tracks[sound.track], more = self._hold.step(before, seen, sound.track, rows)
                found += more
        if seen.ended:
            for hold in tracks.values():
                found += self._hold.end(hold)[1]
            tracks = {}
        return tuple(sorted(tracks.items())), found
