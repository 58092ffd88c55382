"""Detections -> incidents of one stream: opened once, closed once. Pure: state in, state out.

Detections that are open at the same time, or follow each other within `GATHER_S`, are one incident: a stall that turns
into no input is one fault to the person who is called. An incident ends when its last detection has, and nothing new
came for `GATHER_S`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from monitor.records import SEVERITIES, Detection, Incident

GATHER_S = 5.0
"""Clock time, live; media time for files."""


@dataclass(frozen=True, slots=True)
class IncidentState:
    """The open incident, if there is one, and which of its detections are still open."""

    incident: Incident | None = None
    still_open: frozenset[str] = field(default_factory=frozenset)
    quiet_since: float | None = None


def gather(
    state: IncidentState, detections: Iterable[Detection], now: float, ended: bool = False
) -> tuple[IncidentState, list[Incident]]:
    """Go on with detections in the order they were made. `now`: UTC when live, else media seconds.

    Returns the next state and the incidents that opened, grew or were resolved by it; of one incident's changes in one
    call only the last is given.
    """
    changed: dict[str, Incident] = {}
    for detection in detections:
        state, resolved = _settle(state, _time(detection), ended=False)
        for incident in resolved:
            changed[incident.incident_id] = incident
        state = _add(state, detection)
        assert state.incident is not None
        changed[state.incident.incident_id] = state.incident
    state, resolved = _settle(state, now, ended)
    for incident in resolved:
        changed[incident.incident_id] = incident
    return state, list(changed.values())


def _time(detection: Detection) -> float:
    """When a detection says that it began or ended, on the axis of `now`."""
    if detection.seen_at is not None:
        return detection.seen_at
    return detection.start_s if detection.end_s is None else detection.end_s


def _add(state: IncidentState, detection: Detection) -> IncidentState:
    if detection.end_s is None:
        still_open = state.still_open | {detection.detection_id}
    else:
        still_open = state.still_open - {detection.detection_id}
    quiet = None if still_open else _time(detection)
    before = state.incident
    if before is None:
        name = hashlib.blake2s(f"incident|{detection.detection_id}".encode(), digest_size=6).hexdigest()
        first = Incident(
            incident_id=name,
            revision=0,
            stream=detection.stream,
            state="open",
            kinds=(detection.kind,),
            detections=(detection.detection_id,),
            severity=detection.severity,
            start_s=detection.start_s,
            end_s=None,
            start_at=detection.start_at,
            end_at=None,
        )
        return IncidentState(_ending(first, detection), still_open, quiet)
    grown = replace(
        before,
        revision=before.revision + 1,
        kinds=before.kinds if detection.kind in before.kinds else (*before.kinds, detection.kind),
        detections=before.detections
        if detection.detection_id in before.detections
        else (*before.detections, detection.detection_id),
        severity=max(before.severity, detection.severity, key=SEVERITIES.index),
        start_s=min(before.start_s, detection.start_s),
    )
    return IncidentState(_ending(grown, detection), still_open, quiet)


def _ending(incident: Incident, detection: Detection) -> Incident:
    """Remember the latest end so far; it becomes the incident's when it is resolved."""
    if detection.end_s is None:
        return incident
    end_s = detection.end_s if incident.end_s is None else max(incident.end_s, detection.end_s)
    end_at = detection.end_at if incident.end_at is None else max(incident.end_at, detection.end_at or incident.end_at)
    return replace(incident, end_s=end_s, end_at=end_at)


def _settle(state: IncidentState, now: float, ended: bool) -> tuple[IncidentState, list[Incident]]:
    """Resolve the incident if all is closed and has been quiet for long enough, or if the watch ends."""
    incident = state.incident
    if incident is None or state.still_open:
        return state, []
    assert state.quiet_since is not None
    if not ended and now - state.quiet_since < GATHER_S:
        return state, []
    return IncidentState(), [replace(incident, revision=incident.revision + 1, state="resolved")]
