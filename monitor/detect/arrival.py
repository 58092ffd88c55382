"""`no_input`, `stall` and `track_loss`: what should come and does not. Judged on events that count its absence.

Whoever reads a stream reports every whole second of an absence as an event (`value`: seconds so far), so these kinds
need no clock of their own, and replay them from stored events as they were live.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from monitor.detect.base import ALL_DEPTHS, Inputs, detection_id
from monitor.records import Depth, Detection, Event, EventKind, Readings
from monitor.settings import Profile, Temporal, fingerprint


@dataclass(frozen=True, slots=True)
class Absence:
    """Of one track (or the whole source, ""): the open detection, and since when there is something again."""

    open: Detection
    longest_s: float
    back_s: float | None = None
    back_at: float = float("nan")


@dataclass(frozen=True, slots=True)
class ArrivalState:
    """Open absences by track."""

    absences: tuple[tuple[str, Absence], ...] = field(default_factory=tuple)


class Arrival:
    """Opens when an absence has lasted `min_duration_s`; closes when readings have come for `clear_s` without another.

    Its end is when the first of these arrived. `start_s` is the last media second before; no media passes in between.
    """

    version = 1
    reads: tuple[str, ...] = ()
    depths: frozenset[Depth] = ALL_DEPTHS
    kind: str
    absent: EventKind

    def __init__(self, profile: Profile) -> None:
        self.settings: Temporal = getattr(profile, self.kind)
        self._detector = f"{self.kind}@{self.version}:{fingerprint(self.settings)}"

    def start(self) -> ArrivalState:
        """Nothing known."""
        return ArrivalState()

    def step(self, state: ArrivalState, seen: Inputs) -> tuple[ArrivalState, list[Detection]]:
        """Go on with what arrived and what did not."""
        found: list[Detection] = []
        absences = dict(state.absences)
        parts: list[tuple[float, int, Event | Readings]] = [
            (event.t_s - event.value, 1, event) for event in seen.events if event.kind == self.absent
        ]
        parts += [(float(r.t_s[0]), 0, r) for r in (*seen.video, *seen.audio) if len(r)]
        for _, _, part in sorted(parts, key=lambda p: p[:2]):
            if isinstance(part, Event):
                self._gone(absences, part, seen, found)
            else:
                self._back(absences, part, found)
        if seen.ended:
            for absence in absences.values():
                ended = absence if absence.back_s is not None else replace(absence, back_at=_last_at(absence))
                found.append(self._closed(ended))
            absences = {}
        return ArrivalState(tuple(sorted(absences.items()))), found

    def _gone(self, absences: dict[str, Absence], event: Event, seen: Inputs, found: list[Detection]) -> None:
        absence = absences.get(event.track)
        start_s = event.t_s - event.value
        if absence is not None:
            longest = max(absence.longest_s, event.value)
            absences[event.track] = replace(absence, longest_s=longest, back_s=None, back_at=float("nan"))
        elif event.value >= self.settings.min_duration_s:
            detection = Detection(
                detection_id=detection_id(seen, self.kind, event.track, start_s),
                revision=0,
                stream=seen.stream,
                kind=self.kind,
                track=event.track,
                start_s=start_s,
                end_s=None,
                start_at=None if math.isnan(event.at) else event.at - event.value,
                end_at=None,
                severity=self.settings.severity,
                confidence=1.0,
                evidence={"absent_s": event.value},
                detector=self._detector,
            )
            found.append(detection)
            if detection.start_at is None:  # A recording has no clock: an absence is told as a whole.
                found.append(replace(detection, revision=1, end_s=event.t_s))
            else:
                absences[event.track] = Absence(detection, event.value)

    def _back(self, absences: dict[str, Absence], readings: Readings, found: list[Detection]) -> None:
        """Readings came: every absence that they speak for is over once they have gone on for `clear_s`."""
        for track, absence in list(absences.items()):
            assert absence.open.start_at is not None
            # The end of a sound block from before may be measured only now.
            before = float(readings.arrived_at[-1]) <= absence.open.start_at
            if before or track not in ("", readings.track):
                continue
            if absence.back_s is None:
                absence = replace(absence, back_s=float(readings.t_s[0]), back_at=float(readings.arrived_at[0]))
                absences[track] = absence
            assert absence.back_s is not None
            if float(readings.t_s[-1] + readings.duration_s[-1]) - absence.back_s >= self.settings.clear_s:
                found.append(self._closed(absence))
                del absences[track]

    def _closed(self, absence: Absence) -> Detection:
        opened = absence.open
        assert opened.start_at is not None
        lasted = max(0.0, absence.back_at - opened.start_at)
        return replace(
            opened,
            revision=opened.revision + 1,
            end_s=opened.start_s + lasted,
            end_at=opened.start_at + lasted,
            evidence={"absent_s": absence.longest_s},
        )


def _last_at(absence: Absence) -> float:
    """The end of an absence that goes on when nobody watches any longer: as long as it was counted."""
    assert absence.open.start_at is not None
    return absence.open.start_at + absence.longest_s


class NoInput(Arrival):
    """The source cannot be opened, or was lost and has not come back."""

    kind = "no_input"
    absent: EventKind = "down"


class Stall(Arrival):
    """The source is open, but what was due has not arrived: the last picture would stand still for a viewer. This is
    not a freeze, where pictures arrive and are all the same."""

    kind = "stall"
    absent: EventKind = "overdue"


class TrackLoss(Arrival):
    """An expected picture or sound track is not there, or brings nothing while others go on."""

    kind = "track_loss"
    absent: EventKind = "track_missing"
