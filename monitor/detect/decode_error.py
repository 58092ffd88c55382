"""`decode_error`: the decoder refuses packets or conceals damage, several times within a short while."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from monitor.detect.base import ALL_DEPTHS, Inputs, detection_id
from monitor.records import Depth, Detection, Event, Readings
from monitor.settings import Profile, fingerprint


@dataclass(frozen=True, slots=True)
class Errors:
    """Of one track: recent errors (t_s, at, how many), and the detection that is open."""

    recent: tuple[tuple[float, float, int], ...] = ()
    open: Detection | None = None
    count: int = 0


@dataclass(frozen=True, slots=True)
class DecodeErrorState:
    """Errors by track."""

    tracks: tuple[tuple[str, Errors], ...] = field(default_factory=tuple)


class DecodeErrors:
    """Opens when `min_errors` fall within `window_s`; closes when `clear_s` of the track were decoded without one."""

    kind = "decode_error"
    version = 1
    reads: tuple[str, ...] = ()
    depths: frozenset[Depth] = ALL_DEPTHS

    def __init__(self, profile: Profile) -> None:
        self.settings = profile.decode_error
        self._detector = f"{self.kind}@{self.version}:{fingerprint(self.settings)}"

    def start(self) -> DecodeErrorState:
        """Nothing known."""
        return DecodeErrorState()

    def step(self, state: DecodeErrorState, seen: Inputs) -> tuple[DecodeErrorState, list[Detection]]:
        """Go on with the errors and with what was decoded."""
        found: list[Detection] = []
        tracks = dict(state.tracks)
        for event in sorted((e for e in seen.events if e.kind == self.kind), key=lambda e: e.t_s):
            errors = self._clear(tracks.get(event.track, Errors()), event.t_s, found)
            tracks[event.track] = self._error(errors, event, seen, found)
        for readings in (*seen.video, *seen.audio):
            if readings.track in tracks and len(readings):
                tracks[readings.track] = self._clear(tracks[readings.track], _end(readings), found)
        if seen.ended:
            tracks = {name: self._clear(errors, float("inf"), found) for name, errors in tracks.items()}
        kept = {name: errors for name, errors in tracks.items() if errors != Errors()}
        return DecodeErrorState(tuple(sorted(kept.items()))), found

    def _error(self, errors: Errors, event: Event, seen: Inputs, found: list[Detection]) -> Errors:
        n = max(1, int(event.value))
        recent = (*errors.recent, (event.t_s, event.at, n))
        recent = tuple(r for r in recent if event.t_s - r[0] <= self.settings.window_s)
        if errors.open is not None:
            return replace(errors, recent=recent, count=errors.count + n)
        count = sum(r[2] for r in recent)
        if count < self.settings.min_errors:
            return Errors(recent)
        start_s, start_at, _ = recent[0]
        detection = Detection(
            detection_id=detection_id(seen, self.kind, event.track, start_s),
            revision=0,
            stream=seen.stream,
            kind=self.kind,
            track=event.track,
            start_s=start_s,
            end_s=None,
            start_at=None if start_at != start_at else start_at,
            end_at=None,
            severity=self.settings.severity,
            confidence=1.0,
            evidence={"errors": float(count)},
            detector=self._detector,
        )
        found.append(detection)
        return Errors(recent, detection, count)

    def _clear(self, errors: Errors, until: float, found: list[Detection]) -> Errors:
        """Forget what is over: close what has stayed away for `clear_s`."""
        if not errors.recent:
            return errors
        last_s, last_at, _ = errors.recent[-1]
        if errors.open is None:
            return errors if until - last_s <= self.settings.window_s else Errors()
        if until - last_s < self.settings.clear_s:
            return errors
        found.append(
            replace(
                errors.open,
                revision=errors.open.revision + 1,
                end_s=max(last_s, errors.open.start_s),
                end_at=None if last_at != last_at else last_at,
                evidence={"errors": float(errors.count)},
            )
        )
        return Errors()


def _end(readings: Readings) -> float:
    return float(readings.t_s[-1] + readings.duration_s[-1])
