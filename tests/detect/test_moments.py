"""Faults of a moment."""

from __future__ import annotations

from builders import event, inputs, run, spans

from monitor.detect.moments import FormatChange, TimestampJump
from monitor.settings import DEFAULT


def test_jumps_beyond_the_smallest_that_counts() -> None:
    jumps = inputs(event("timestamp_jump", 5.0, -0.6), event("timestamp_jump", 9.0, 7200.0))
    assert spans(run(TimestampJump, jumps)) == [("", 5.0, 5.0), ("", 9.0, 9.0)]
    assert spans(run(TimestampJump, jumps, profile=DEFAULT)) == [("", 9.0, 9.0)]
    assert run(TimestampJump, jumps, profile=DEFAULT)[0].evidence == {"value": 7200.0}


def test_format_changes() -> None:
    assert spans(
        run(FormatChange, inputs(event("format", 0.0), event("format_change", 4.0, track="video")), profile=DEFAULT)
    ) == [("video", 4.0, 4.0)]
