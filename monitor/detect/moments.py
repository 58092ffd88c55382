"""`timestamp_jump` and `format_change`: faults of a moment. One detection each, opened and closed at once."""

from __future__ import annotations

from dataclasses import dataclass

from monitor.detect.base import ALL_DEPTHS, Inputs, detection_id
from monitor.records import Depth, Detection, Event, EventKind
from monitor.settings import FormatChangeSettings, Profile, TimestampJumpSettings, fingerprint


@dataclass(frozen=True, slots=True)
class NoState:
    """A moment needs no memory."""


class Moment:
    """Turns each event of one kind that matters into a detection."""

    version = 1
    reads: tuple[str, ...] = ()
    depths: frozenset[Depth] = ALL_DEPTHS
    kind: str
    event: EventKind
    settings: TimestampJumpSettings | FormatChangeSettings

    def start(self) -> NoState:
        """Nothing to know."""
        return NoState()

    def matters(self, event: Event) -> bool:
        """Whether an event of the right kind is a fault."""
        return True

    def step(self, state: NoState, seen: Inputs) -> tuple[NoState, list[Detection]]:
        """A detection for each event that matters."""
        found = [
            Detection(
                detection_id=detection_id(seen, self.kind, event.track, event.t_s),
                revision=0,
                stream=seen.stream,
                kind=self.kind,
                track=event.track,
                start_s=event.t_s,
                end_s=event.t_s,
                start_at=None if event.at != event.at else event.at,
                end_at=None if event.at != event.at else event.at,
                severity=self.settings.severity,
                confidence=1.0,
                evidence={"value": event.value},
                detector=f"{self.kind}@{self.version}:{fingerprint(self.settings)}",
            )
            for event in seen.events
            if event.kind == self.event and self.matters(event)
        ]
        return state, found


class TimestampJump(Moment):
    """Timestamps jump, forwards or back, by more than the clock explains. `value`: seconds, negative for back."""

    kind = "timestamp_jump"
    event: EventKind = "timestamp_jump"

    def __init__(self, profile: Profile) -> None:
        self.settings: TimestampJumpSettings = profile.timestamp_jump
        self._least = profile.timestamp_jump.min_jump_s

    def matters(self, event: Event) -> bool:
        """Beyond the smallest jump that counts."""
        return abs(event.value) >= self._least


class FormatChange(Moment):
    """Size, pixel format, rate or layout of a track change in mid-stream."""

    kind = "format_change"
    event: EventKind = "format_change"

    def __init__(self, profile: Profile) -> None:
        self.settings: FormatChangeSettings = profile.format_change
