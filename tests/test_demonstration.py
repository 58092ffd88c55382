"""What the demonstration tells at its end."""

from __future__ import annotations

import io
import threading

from rich.console import Console

from monitor.demonstration import Demonstration
from monitor.records import Detection


def test_it_publishes_ends_and_tells_what_was_missed() -> None:
    out = io.StringIO()
    stop = threading.Event()
    with Demonstration(4.0) as demo:
        assert len(demo.current) == 7
        assert demo.poll().added == ()
        demo.begin(stop)
        assert stop.wait(10)
        stray = Detection("x", 0, "clean-http", "freeze", "video", 1, None, 1e9, None, "major", 1.0, {}, "d", 1e9)
        assert demo.tell([stray], "results/demo", Console(file=out, width=150)) is False
    said = out.getvalue()
    assert "not found" in said
    assert "not scheduled: clean-http: freeze (video)" in said
    assert "open_results('results/demo').detections()" in said
