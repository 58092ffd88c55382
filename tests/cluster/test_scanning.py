"""Many recorded sources over several actors; one that kills its process takes nobody with it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from clips import make_clip

from monitor.cluster import scanning
from monitor.cluster.scanning import Progress, scan_all
from monitor.recorded import Scanned
from monitor.records import Detection, Stream
from monitor.settings import FAST
from monitor.store import open_results


def test_all_are_scanned_and_the_bad_ones_named(cluster: None, tmp_path: Path) -> None:
    good = [make_clip(tmp_path / f"{i}.mp4", [("moving", 1.0), ("black", 1.5), ("moving", 1.0)]) for i in range(3)]
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"nothing")
    found: list[Scanned] = []
    shown: list[Progress] = []
    streams = [Stream(id=str(path), url=str(path)) for path in (*good, bad)]
    results = str(tmp_path / "results")
    scan_all(streams, FAST, results, 2, shown.append, found.append)
    assert {done.stream for done in found} == {str(path) for path in (*good, bad)}
    assert [done.stream for done in found if done.problem] == [str(bad)]
    assert shown[-1].done == 4
    assert shown[-1].media_s == pytest.approx(10.5, abs=0.3)
    rows = open_results(results).detections().to_pylist()
    assert sorted((row["stream"], row["kind"]) for row in rows) == [(str(path), "black") for path in good]
    assert all(row["start_at"] is None and row["end_s"] is not None for row in rows)
    assert open_results(results).readings("video", stream=str(good[0])).num_rows == 25 + 38 + 25


def test_a_source_that_ends_its_process_is_named_and_the_others_go_on(
    cluster: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clips = [make_clip(tmp_path / f"{i}.mp4", [("moving", 4.0)]) for i in range(3)]
    pids: dict[str, int] = {}
    ask = scanning._ask

    def kill_the_first(hands: list[scanning._Hand]) -> None:
        ask(hands)
        for hand in hands:
            if hand.stream.id == str(clips[0]) and not pids:
                pids["killed"] = scanning.ray.get(hand.actor.pid.remote())
                os.kill(pids["killed"], signal.SIGKILL)

    monkeypatch.setattr(scanning, "_ask", kill_the_first)
    found: list[Scanned] = []
    streams = [Stream(id=str(path), url=str(path)) for path in clips]
    scan_all(streams, FAST, str(tmp_path / "results"), 1, lambda _: None, found.append)
    assert [done.stream for done in found] == [str(path) for path in clips]
    assert "ended the process" in found[0].problem
    assert [done.problem for done in found[1:]] == ["", ""]
    assert not [row for done in found for row in done.rows if isinstance(row, Detection)]
