"""Kinds judged of rows of sound: each track has its own hold."""

from __future__ import annotations

from dataclasses import replace

from builders import heard, inputs, run, spans

from monitor.detect.glitches import TruePeak
from monitor.detect.heard import of_channels, rows_of, stretches, whole
from monitor.records import Reason


def test_tracks_do_not_mix() -> None:
    loud = heard(40, true_peak_dbtp=2.0)
    other = replace(heard(40), track="audio:1")
    found = run(TruePeak, inputs(loud, other), inputs(replace(loud, track="audio:1")), inputs(ended=True))
    assert {d.track for d in found} == {"audio:0", "audio:1"}
    assert len({d.detection_id for d in found}) == 2


def test_only_whole_rows_count() -> None:
    rows = heard(3)
    rows.reason[:] = [Reason.MEASURED, Reason.CORRUPT, Reason.TOO_SMALL]
    assert whole(rows).tolist() == [True, False, False]
    some = rows_of(rows, whole(rows), of_channels(rows, "peak", "max", rows.values["peak_dbfs"]), whole(rows))
    assert some.t_s.tolist() == [0.0]
    assert sorted(some.evidence) == ["peak_FL", "peak_FR"]


def test_the_end_of_a_watch_closes_what_is_open() -> None:
    found = run(TruePeak, inputs(heard(10, true_peak_dbtp=2.0)), inputs(ended=True))
    assert spans(found) == [("audio:0", 0.0, None), ("audio:0", 0.0, 1.0)]


def test_rows_without_a_hole_between_them_are_a_stretch() -> None:
    rows = heard(6)
    assert stretches(rows.t_s, rows.duration_s, 0.001) == [(slice(0, 6), True)]
    assert stretches(rows.t_s, rows.duration_s, None) == [(slice(0, 6), False)]
    assert stretches(rows.t_s[:0], rows.duration_s[:0], 0.0) == []
    rows.t_s[4:] += 0.02
    assert stretches(rows.t_s, rows.duration_s, -0.02) == [(slice(0, 4), False), (slice(4, 6), False)]
