"""What a person sees: lines without a terminal, nothing of a stream's name taken for markup."""

from __future__ import annotations

import io
import math
from dataclasses import replace

from rich.console import Console

from monitor.cluster.driver import Update
from monitor.cluster.session import Status
from monitor.records import Incident
from monitor.terminal import WatchScreen

OPENED = Incident("id1", 0, "news[bold]\x1b", "open", ("black",), ("d",), "major", 1.0, None, 1000.0, None)
STATUS = Status("news", "watching", "hls", 25.0, 1.5, 100, 0.0, "black")


def shown(*updates: Update, terminal: bool = False) -> str:
    out = io.StringIO()
    with WatchScreen(Console(file=out, force_terminal=terminal, width=120, soft_wrap=True)) as screen:
        for update in updates:
            screen.show(update)
    return out.getvalue()


def test_an_incident_is_told_when_it_opens_grows_and_closes() -> None:
    grown = replace(OPENED, revision=1, kinds=("black", "silence"))
    closed = replace(grown, revision=2, state="resolved", end_s=9.0, end_at=1008.0)
    text = shown(*(Update({}, (row,), (), 0) for row in (OPENED, grown, closed)))
    lines = text.splitlines()
    assert len(lines) == 3
    assert "OPENED    news[bold]?: black (major) since 00:16:40" in lines[0]
    assert "and also  news[bold]?: silence" in lines[1]
    assert "closed    news[bold]?: black, silence after 8.0 s" in lines[2]


def test_the_table_shows_each_stream() -> None:
    waiting = replace(STATUS, stream="x", state="waiting", lag_s=math.nan, incident="", frames=0)
    text = shown(Update({"news": STATUS, "x": waiting, "y": None}, (), ("a note",), 0), terminal=True)
    for part in ("news", "watching", "25.0", "1.5 s", "black", "waiting", "being placed", "a note"):
        assert part in text


def test_notices_are_lines() -> None:
    assert "worker-001 was lost" in shown(Update({}, (), ("worker-001 was lost",), 0))


def test_why_a_source_was_lost_is_told_once() -> None:
    waiting = replace(STATUS, state="waiting", detail="tcp://h:1: Connection refused")
    text = shown(*(Update({"news": waiting}, (), (), 0) for _ in range(3)))
    assert text.count("Connection refused") == 1
