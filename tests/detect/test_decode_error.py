"""Errors of the decoder, several within a short while."""

from __future__ import annotations

from builders import event, inputs, run, spans, video

from monitor.detect.decode_error import DecodeErrors
from monitor.settings import DEFAULT


def errors(*times: float) -> list:
    return [event("decode_error", t, 1.0, "video") for t in times]


def test_one_error_is_an_event_and_several_are_a_fault() -> None:
    assert run(DecodeErrors, inputs(*errors(1.0, 20.0, 40.0)), profile=DEFAULT) == []
    found = run(
        DecodeErrors, inputs(*errors(1.0, 2.0)), inputs(*errors(3.0, 4.0)), inputs(video(150, 4.0)), profile=DEFAULT
    )
    assert spans(found) == [("video", 1.0, None), ("video", 1.0, 4.0)]
    assert [d.evidence["errors"] for d in found] == [3, 4]


def test_it_ends_when_enough_was_decoded_without_one() -> None:
    found = run(DecodeErrors, inputs(*errors(1.0), video(10, 1.0)), inputs(*errors(1.5)), inputs(video(50, 1.6)))
    assert spans(found) == [("video", 1.0, None), ("video", 1.0, 1.5)]


def test_it_ends_with_the_watch() -> None:
    found = run(DecodeErrors, inputs(*errors(1.0)), inputs(ended=True))
    assert spans(found)[-1] == ("video", 1.0, 1.0)
