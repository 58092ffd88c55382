"""Detections of one cause become one incident, opened once and closed once."""

from __future__ import annotations

from dataclasses import replace

from monitor.incidents import GATHER_S, IncidentState, gather
from monitor.records import Detection


def detection(kind: str, at: float, end: float | None = None, severity: str = "major") -> Detection:
    return Detection(
        detection_id=kind,
        revision=0 if end is None else 1,
        stream="s",
        kind=kind,
        track="video",
        start_s=at,
        end_s=end,
        start_at=1000 + at,
        end_at=None if end is None else 1000 + end,
        severity=severity,  # type: ignore[arg-type]
        confidence=1.0,
        evidence={},
        detector="x@1:0",
        seen_at=1000 + (at if end is None else end),
    )


def test_what_overlaps_or_follows_closely_is_one_incident() -> None:
    state, first = gather(IncidentState(), [detection("stall", 10)], 1010)
    state, more = gather(state, [detection("stall", 10, 20), detection("no_input", 21, severity="critical")], 1021)
    state, nothing = gather(state, [], 1021 + 3 * GATHER_S)
    state, closed = gather(state, [detection("no_input", 21, 60)], 1060)
    assert [i.state for i in first + more + closed] == ["open", "open", "open"]
    assert nothing == []
    state, resolved = gather(state, [], 1060 + GATHER_S)
    assert len({i.incident_id for i in first + more + closed + resolved}) == 1
    assert resolved[0].state == "resolved"
    assert resolved[0].kinds == ("stall", "no_input")
    assert resolved[0].severity == "critical"
    assert (resolved[0].start_at, resolved[0].end_at) == (1010, 1060)
    assert [i.revision for i in first + more + closed + resolved] == [0, 2, 3, 4]
    assert state == IncidentState()


def test_what_comes_later_is_another() -> None:
    state, a = gather(IncidentState(), [detection("black", 1), detection("black", 1, 5)], 1005)
    later = [replace(detection("freeze", 60), seen_at=1060.0)]
    state, b = gather(state, later, 1060)
    assert [(i.state, i.kinds) for i in a + b] == [
        ("open", ("black",)),
        ("resolved", ("black",)),
        ("open", ("freeze",)),
    ]


def test_the_end_of_a_watch_resolves_what_is_closed() -> None:
    state, _ = gather(IncidentState(), [detection("black", 1)], 1001)
    state, done = gather(state, [detection("black", 1, 2)], 1002, ended=True)
    assert [i.state for i in done] == ["resolved"]
    assert state == IncidentState()
