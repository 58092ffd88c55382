"""What kinds share that are judged of rows of sound: one hold for each track, and what to remember of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.detect.base import ALL_DEPTHS, Inputs
from monitor.detect.hold import Evidence, Extreme, Hold, HoldState, Rows
from monitor.records import Depth, Detection, Readings, Reason
from monitor.settings import Profile, Temporal, fingerprint

Flags = NDArray[np.bool_]

MEASURED = np.uint8(Reason.MEASURED)
HOLE_S = 0.01
"""Rows further apart do not follow each other: a gap in the sound is longer, and begins a new grid."""


@dataclass(frozen=True, slots=True)
class TrackState:
    """Of one track: where its defect stands, what the kind remembers of it (None: nothing yet), and when the track
    began."""

    hold: HoldState = HoldState()
    memory: Any = None
    began_s: float = math.nan


@dataclass(frozen=True, slots=True)
class HeardState:
    """The state of each sound track by name."""

    tracks: tuple[tuple[str, TrackState], ...] = field(default_factory=tuple)


class Heard:
    """Base of these kinds. A detection is of a track (`audio:0`); its evidence says the numbers of each channel."""

    kind: str
    version: int
    reads: tuple[str, ...]
    depths: frozenset[Depth] = ALL_DEPTHS

    def __init__(self, profile: Profile) -> None:
        settings: Temporal = getattr(profile, self.kind)
        self._hold = Hold(self.kind, settings, f"{self.kind}@{self.version}:{fingerprint(settings)}")

    def start(self) -> HeardState:
        """Nothing known."""
        return HeardState()

    def step(self, state: HeardState, seen: Inputs) -> tuple[HeardState, list[Detection]]:
        """Go on with the sound that was heard."""
        found: list[Detection] = []
        tracks = dict(state.tracks)
        for sound in seen.audio:
            if len(sound):
                before = tracks.get(sound.track) or TrackState(began_s=float(sound.t_s[0]))
                memory, rows = self._judge(before.memory, sound)
                hold, more = self._hold.step(before.hold, seen, sound.track, _not_before(before.began_s, rows))
                tracks[sound.track] = TrackState(hold, memory, before.began_s)
                found += more
        if seen.ended:
            for track in tracks.values():
                found += self._hold.end(track.hold)[1]
            tracks = {}
        return HeardState(tuple(sorted(tracks.items()))), found

    def _judge(self, memory: Any, sound: Readings) -> tuple[Any, Rows]:
        """What is remembered after these rows, and which of them show the defect."""
        raise NotImplementedError


def _not_before(began_s: float, rows: Rows) -> Rows:
    """Rows are told of what was before them, but nothing was before the track."""
    early = np.maximum(began_s - rows.t_s, 0.0)
    if not early.any():
        return rows
    return replace(
        rows,
        t_s=rows.t_s + early,
        duration_s=np.maximum(rows.duration_s - early, 0.0),
        at=rows.at + early,
    )


def whole(sound: Readings) -> Flags:
    """Which rows were measured in full."""
    return np.asarray(sound.reason == MEASURED)


def rows_of(
    sound: Readings,
    bad: Flags,
    evidence: Evidence,
    measured: Flags,
    grave: Flags | None = None,
    confidence: NDArray[np.float64] | None = None,
) -> Rows:
    """The rows that were measured."""
    return Rows(sound.t_s, sound.duration_s, sound.at, bad, evidence, grave, confidence).measured(measured)


def of_channels(sound: Readings, name: str, how: Extreme, values: NDArray[np.floating[Any]]) -> Evidence:
    """Evidence of values [N, channels]: one number for each channel, by its name."""
    return {
        f"{name}_{channel}": (np.asarray(values[:, i], np.float64), how) for i, channel in enumerate(sound.channels)
    }


def stretches(
    t_s: NDArray[np.float64], duration_s: NDArray[np.float64], end_s: float | None
) -> list[tuple[slice, bool]]:
    """Rows that follow each other without a hole, and whether the first of them follows what ended at `end_s`."""
    if not len(t_s):
        return []
    ends = t_s + duration_s
    cuts = (np.flatnonzero(np.abs(t_s[1:] - ends[:-1]) > HOLE_S) + 1).tolist()
    goes_on = end_s is not None and bool(abs(t_s[0] - end_s) <= HOLE_S)
    bounds = [0, *cuts, len(t_s)]
    return [(slice(a, b), goes_on if a == 0 else False) for a, b in pairwise(bounds)]
