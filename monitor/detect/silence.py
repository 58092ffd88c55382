"""`silence`: no sound in any channel of a track, or none in one channel that had sound before. Never on a mix-down."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from monitor.audio import HOPS_PER_SECOND, peak_code
from monitor.detect.base import ALL_DEPTHS, Inputs
from monitor.detect.hold import Evidence, Hold, HoldState, Rows
from monitor.kernels import HOPS
from monitor.records import Depth, Detection, Readings, Reason
from monitor.settings import Profile, SilenceSettings, fingerprint

SINGLE_CHANNEL_LAYOUTS = 2
"""Layouts with more channels than this have channels that are rightly silent (surround, low frequencies)."""


@dataclass(frozen=True, slots=True)
class TrackState:
    """Of one track: the hold of the whole track, and of each channel by name, with the channels heard so far."""

    whole: HoldState = HoldState()
    channels: tuple[tuple[str, HoldState], ...] = ()
    heard: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SilenceState:
    """The state of each sound track by name."""

    tracks: tuple[tuple[str, TrackState], ...] = field(default_factory=tuple)


class Silence:
    """A hop of 10 ms is silent in a channel when its sample peak is below the threshold. All channels silent: one
    detection for the track (`audio:0`). A channel of a mono or stereo track that had sound and is silent while another
    plays: one for the channel (`audio:0:FR`). FFmpeg's silencedetect agrees to a hop where channels fall silent
    together; it says nothing of one channel."""

    kind = "silence"
    version = 1
    reads = ("peak", "rms_dbfs")
    depths: frozenset[Depth] = ALL_DEPTHS

    def __init__(self, profile: Profile) -> None:
        self.settings: SilenceSettings = profile.silence
        self._hold = Hold(self.kind, profile.silence, f"{self.kind}@{self.version}:{fingerprint(profile.silence)}")

    def start(self) -> SilenceState:
        """Nothing known."""
        return SilenceState()

    def step(self, state: SilenceState, seen: Inputs) -> tuple[SilenceState, list[Detection]]:
        """Go on with the sound that was heard."""
        found: list[Detection] = []
        tracks = dict(state.tracks)
        for sound in seen.audio:
            if len(sound):
                tracks[sound.track] = self._track(tracks.get(sound.track, TrackState()), seen, sound, found)
        if seen.ended:
            for track in tracks.values():
                for hold in (track.whole, *(hold for _, hold in track.channels)):
                    found += self._hold.end(hold)[1]
            tracks = {}
        return SilenceState(tuple(sorted(tracks.items()))), found

    def _track(self, state: TrackState, seen: Inputs, sound: Readings, found: list[Detection]) -> TrackState:
        silent, hops = self._hops(sound)
        all_silent: NDArray[np.bool_] = np.all(silent, axis=1)
        whole, more = self._hold.step(state.whole, seen, sound.track, replace(hops, bad=all_silent))
        found += more
        channels = dict(state.channels)
        heard = state.heard
        if self.settings.channels == "each" and 1 < len(sound.channels) <= SINGLE_CHANNEL_LAYOUTS:
            for i, name in enumerate(sound.channels):
                plays = np.flatnonzero(~silent[:, i])
                known = np.full(len(silent), name in heard)
                if len(plays):
                    known[plays[0] :] = True
                    heard = heard | {name}
                alone = silent[:, i] & known & ~all_silent
                bad = self._through(channels.get(name, HoldState()), alone, all_silent)
                rows = replace(hops, bad=bad)
                channels[name], more = self._hold.step(
                    channels.get(name, HoldState()), seen, f"{sound.track}:{name}", rows
                )
                found += more
        return TrackState(whole, tuple(sorted(channels.items())), heard)

    @staticmethod
    def _through(state: HoldState, alone: NDArray[np.bool_], all_silent: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Pauses of the other channel do not end the silence of this one: while all are silent, what was goes on."""
        bad = alone.copy()
        going_on = state.bad_from is not None and state.good_from is None
        for i in np.flatnonzero(all_silent):
            bad[i] = bad[i - 1] if i else going_on
        return bad

    def _hops(self, sound: Readings) -> tuple[NDArray[np.bool_], Rows]:
        """Which hops are silent [hops, channels], and their times. Hops that were not measured are left out."""
        codes = sound.prints["peak"]
        n, channels, _ = codes.shape
        silent = codes.transpose(0, 2, 1).reshape(n * HOPS, channels) < peak_code(self.settings.threshold_dbfs)
        offsets = np.tile(np.arange(HOPS) / HOPS_PER_SECOND, n)
        lasts = np.minimum(np.repeat(sound.duration_s, HOPS) - offsets, 1 / HOPS_PER_SECOND)
        measured = (np.repeat(sound.reason, HOPS) != Reason.CORRUPT) & (lasts > 0)
        loudest = np.repeat(np.nan_to_num(sound.values["rms_dbfs"].max(axis=1), neginf=-200.0), HOPS)
        evidence: Evidence = {"rms_dbfs": (loudest[measured], "max")}
        rows = Rows(
            t_s=(np.repeat(sound.t_s, HOPS) + offsets)[measured],
            duration_s=lasts[measured],
            at=(np.repeat(sound.at, HOPS) + offsets)[measured],
            bad=np.zeros(int(measured.sum()), np.bool_),
            evidence=evidence,
        )
        return silent[measured], rows
