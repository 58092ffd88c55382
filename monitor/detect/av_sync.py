"""`av_sync`: sound out of step with the picture, by reference, by markers and by timestamps (see `monitor.sync`); and
`mismatch`: another programme than that of the reference."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from monitor.detect.base import ALL_DEPTHS, Inputs
from monitor.detect.hold import Evidence, Extreme, Hold, HoldState, Rows
from monitor.records import Depth, Detection, Event
from monitor.settings import AvSyncSettings, Profile, fingerprint
from monitor.sync import HearingState, Marked, SightState, Stamped, StampState, hear, marked, see, stamp

METHODS = ("reference", "marker", "timestamps", "beginning")
OTHER_SHARE, SAME_SHARE = 0.65, 0.3
"""Of what was looked at, another programme has at least so much before it is said to be another, and the same so much
before it is said to be the same."""
Numbers = tuple[np.ndarray[tuple[int], np.dtype[np.float64]], Extreme]
MARKER_CONFIDENCE, STAMP_CONFIDENCE = 0.95, 0.5


@dataclass(frozen=True, slots=True)
class Measured:
    """`error_s` (sound later than picture), as it was from `t_s` on for `duration_s`. `grave`: heard or seen to be so;
    `apart_s`, `behind_s`: see `monitor.sync.stamps`."""

    t_s: float
    duration_s: float
    at: float
    error_s: float
    confidence: float
    grave: bool = True
    apart_s: float = 0.0
    behind_s: float = 0.0


@dataclass(frozen=True, slots=True)
class TrackState:
    """Of one sound track: by each method, what is open, and what it remembers. `compared_s`: up to where it was
    compared with its reference."""

    holds: tuple[HoldState, ...] = (HoldState(),) * len(METHODS)
    hearing: HearingState = field(default_factory=HearingState)
    stamps: StampState = field(default_factory=StampState)
    compared_s: float = -math.inf
    last: Event | None = None
    """What it was compared by last."""


@dataclass(frozen=True, slots=True)
class AvSyncState:
    """Of the picture, and of each sound track."""

    sight: SightState = field(default_factory=SightState)
    tracks: tuple[tuple[str, TrackState], ...] = ()


class AvSync:
    """Beyond the limits by one method, for so long. Evidence: the least and the most of the error in milliseconds
    (above 0: sound is late), named after the method; of timestamps the gaps of the sound that the picture has not, or
    by how much it begins later. What timestamps say is at most minor."""

    kind = "av_sync"
    version = 2
    reads: tuple[str, ...] = ("mean", "width", "peak")
    depths: frozenset[Depth] = ALL_DEPTHS

    def __init__(self, profile: Profile) -> None:
        self.settings: AvSyncSettings = profile.av_sync
        detector = f"{self.kind}@{self.version}:{fingerprint(self.settings)}"
        at_once = self.settings.model_copy(update={"min_duration_s": 0.0, "clear_s": 0.0})
        self._holds = tuple(
            Hold(self.kind, at_once if method == "beginning" else self.settings, detector, method) for method in METHODS
        )

    def start(self) -> AvSyncState:
        """Nothing known."""
        return AvSyncState()

    def step(self, state: AvSyncState, seen: Inputs) -> tuple[AvSyncState, list[Detection]]:
        """Go on with what was seen, heard and compared."""
        found: list[Detection] = []
        tracks = dict(state.tracks)
        sight = state.sight
        for rows in seen.video:
            if len(rows):
                sight = see(sight, rows)
        compared = [event for event in seen.events if event.kind == "compared" and event.track]
        for name in {rows.track for rows in seen.audio} | {event.track for event in compared}:
            tracks.setdefault(name, TrackState())
        for name in sorted(tracks):
            track = tracks[name]
            audio = [rows for rows in seen.audio if rows.track == name and len(rows)]
            hearing = track.hearing
            for rows in audio:
                hearing = hear(hearing, rows)
            hearing, pairs = marked(sight, hearing, seen.ended)
            mine = [event for event in seen.events if event.track in ("video", name)]
            stamps, seconds = stamp(track.stamps, audio, seen.video, mine)
            events = [event for event in compared if event.track == name]
            by_reference, compared_s = _by_reference(events, track.compared_s)
            last = events[-1] if events else track.last
            if seen.ended and last is not None and last.t_s > compared_s:
                # Nothing more comes: what was found last speaks to the end.
                by_reference += _by_reference([replace(last, t_s=2 * last.t_s - last.numbers["from_s"])], compared_s)[0]
            by_timestamps = _by_timestamps(seconds)
            apart = [each for each in by_timestamps if each.apart_s]
            said = (by_reference, _by_marker(pairs), by_timestamps, apart)
            holds = list(track.holds)
            for k, (hold, measured) in enumerate(zip(self._holds, said, strict=True)):
                if measured:
                    holds[k], more = hold.step(holds[k], seen, name, self._rows(METHODS[k], measured))
                    found += more
                if seen.ended:
                    holds[k], more = hold.end(holds[k])
                    found += more
            tracks[name] = replace(
                track,
                holds=tuple(holds),
                hearing=hearing,
                stamps=stamps,
                compared_s=compared_s,
                last=last,
            )
        if seen.ended:
            tracks = {}
        return AvSyncState(sight, tuple(sorted(tracks.items()))), found

    def _rows(self, method: str, measured: Sequence[Measured]) -> Rows:
        error_ms = np.array([each.error_s for each in measured]) * 1000
        apart_s, behind_s = np.array([(each.apart_s, each.behind_s) for each in measured]).T
        bad = (error_ms < -self.settings.early_ms) | (error_ms > self.settings.late_ms)
        evidence: dict[str, Numbers] = {
            f"by_{method}_least_ms": (error_ms, "min"),
            f"by_{method}_most_ms": (error_ms, "max"),
        }
        if method == "timestamps":
            bad |= behind_s >= self.settings.interleaving_s
            # Where timestamps are right, a gap is a gap: how early sound is, is what joining it over would make of it.
            evidence = {"gaps_least_ms": (-error_ms, "min"), "gaps_most_ms": (-error_ms, "max")}
            evidence["behind_s"] = (behind_s, "max")
        elif method == "beginning":
            bad = np.abs(apart_s) >= self.settings.apart_s
            evidence = {"apart_s": (apart_s, "max")}
        shown: Evidence = evidence
        return Rows(
            t_s=np.array([each.t_s for each in measured]),
            duration_s=np.array([each.duration_s for each in measured]),
            at=np.array([each.at for each in measured]),
            bad=bad,
            evidence=shown,
            grave=np.array([each.grave for each in measured]),
            confidence=np.array([each.confidence for each in measured]),
        )


def _by_reference(events: Sequence[Event], compared_s: float) -> tuple[list[Measured], float]:
    """A comparison speaks for the middle of what it looked at; the first also for what was before."""
    found = []
    for event in events:
        if math.isnan(event.value):
            continue
        from_s = event.numbers["from_s"]
        middle_s = (from_s + event.t_s) / 2
        start_s = compared_s if from_s <= compared_s < middle_s else from_s if compared_s < from_s else compared_s
        compared_s = max(middle_s, start_s)
        confidence = min(1.0, max(0.0, event.numbers.get("sound_likeness", 0.0)))
        at = event.at - (event.t_s - start_s)
        found.append(Measured(start_s, compared_s - start_s, at, event.value, confidence))
    return found, compared_s


def _by_marker(pairs: Sequence[Marked]) -> list[Measured]:
    return [
        Measured(each.start_s, each.end_s - each.start_s, each.at, each.error_s, MARKER_CONFIDENCE) for each in pairs
    ]


def _by_timestamps(seconds: Sequence[Stamped]) -> list[Measured]:
    return [
        Measured(
            each.t_s,
            each.duration_s,
            each.at,
            each.error_s,
            STAMP_CONFIDENCE,
            grave=False,
            apart_s=each.apart_s,
            behind_s=each.behind_s,
        )
        for each in seconds
    ]


class Mismatch:
    """The stream carries another programme than its reference: neither its picture nor its sound is found there."""

    kind = "mismatch"
    version = 1
    reads: tuple[str, ...] = ()
    depths: frozenset[Depth] = ALL_DEPTHS

    def __init__(self, profile: Profile) -> None:
        self._hold = Hold(self.kind, profile.mismatch, f"{self.kind}@{self.version}:{fingerprint(profile.mismatch)}")

    def start(self) -> HoldState:
        """Nothing known."""
        return HoldState()

    def step(self, state: HoldState, seen: Inputs) -> tuple[HoldState, list[Detection]]:
        """Go on with what was compared."""
        found: list[Detection] = []
        events = [event for event in seen.events if event.kind == "compared" and "alike" in event.numbers]
        # A stream with several sound tracks is compared once.
        events = [event for n, event in enumerate(events) if n == 0 or event.t_s > events[n - 1].t_s]
        if events:
            t_s = np.array([event.t_s for event in events])
            from_s = np.array([event.numbers["from_s"] for event in events])
            bad = np.array([event.numbers["alike"] == 0 for event in events])
            start_s = t_s - np.where(bad, OTHER_SHARE, SAME_SHARE) * (t_s - from_s)
            rows = Rows(
                t_s=start_s,
                duration_s=t_s - start_s,
                at=np.array([event.at for event in events]) - (t_s - start_s),
                bad=bad,
                evidence={},
            )
            state, found = self._hold.step(state, seen, "", rows)
        if seen.ended:
            state, more = self._hold.end(state)
            found += more
        return state, found
