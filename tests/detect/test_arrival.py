"""No input, stall, track loss: absences that last."""

from __future__ import annotations

import math

from builders import event, inputs, run, spans, video

from monitor.detect.arrival import NoInput, Stall, TrackLoss
from monitor.settings import DEFAULT


def absent(kind: str, until: int, since: float = 10.0, track: str = "") -> list:
    return [event(kind, since + v, v, track) for v in range(1, until + 1)]  # type: ignore[arg-type]


def test_a_stall_opens_after_its_minimum_and_ends_when_pictures_arrive() -> None:
    found = run(
        Stall,
        inputs(*absent("overdue", 3)),
        inputs(*absent("overdue", 7)[3:]),
        inputs(video(50, 10.0, at=1008.0)),
        profile=DEFAULT,
    )
    assert [(d.start_s, d.end_s, d.start_at, d.end_at) for d in found] == [
        (10.0, None, 1010.0, None),
        (10.0, 18.0, 1010.0, 1018.0),
    ]
    assert found[0].evidence == {"absent_s": 4.0}
    assert found[1].evidence == {"absent_s": 7.0}


def test_pictures_for_less_than_clear_do_not_end_it() -> None:
    flapping = [inputs(*absent("overdue", 6)), inputs(video(10, 10.0, at=1007.0)), inputs(*absent("overdue", 5, 10.4))]
    assert len(run(Stall, *flapping, profile=DEFAULT)) == 1


def test_each_kind_hears_its_own_events_only() -> None:
    down = inputs(*absent("down", 9))
    assert [d.kind for d in run(NoInput, down)] == ["no_input"]
    assert run(Stall, down) == []
    assert run(TrackLoss, down) == []


def test_a_track_is_lost_alone() -> None:
    gone = inputs(*absent("track_missing", 3, track="audio:0"))
    goes_on = inputs(video(100, 13.0, at=1000.0))
    found = run(TrackLoss, gone, goes_on, inputs(ended=True))
    assert spans(found) == [("audio:0", 10.0, None), ("audio:0", 10.0, 13.0)]


def test_absences_of_a_recording_are_told_as_wholes() -> None:
    """It has no clock: each is known once it is over."""
    lost = [event("track_missing", end, lasted, "audio:0", at=math.nan) for end, lasted in ((8.0, 3.0), (20.0, 5.0))]
    found = run(TrackLoss, inputs(lost[0], video(100, 4.0)), inputs(lost[1]), inputs(ended=True))
    closed = [span for span in spans(found) if span[2] is not None]
    assert closed == [("audio:0", 5.0, 8.0), ("audio:0", 15.0, 20.0)]
    assert [d.evidence["absent_s"] for d in found] == [3.0, 3.0, 5.0, 5.0]
    assert run(TrackLoss, inputs(lost[0]), inputs(ended=True), profile=DEFAULT) == [], "shorter than it asks for"


def test_what_arrived_before_it_does_not_end_it() -> None:
    stale = inputs(video(50, 9.0, at=1000.0))
    found = run(Stall, inputs(*absent("overdue", 3, since=20.0)), stale, inputs(video(50, 20.0, at=1005.0)))
    assert [(d.end_at, d.revision) for d in found] == [(None, 0), (1025.0, 1)]
