"""The actor around a workplace: it answers while it works, and a stop flushes what there is."""

from __future__ import annotations

import time
from pathlib import Path

import ray
from clips import make_clip

from monitor.cluster.worker import Worker
from monitor.cluster.workplace import Assignment
from monitor.records import Coverage, Stream
from monitor.settings import FAST
from monitor.store import open_results


def test_it_answers_while_it_works_and_stop_flushes(cluster: None, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", [("moving", 30.0)])
    results = str(tmp_path / "results")
    actor = Worker.options(num_cpus=1, max_concurrency=2).remote("w", results, 1)  # type: ignore[attr-defined]
    ray.get(actor.assign.remote([Assignment(Stream(id="a", url=str(clip)), FAST)]), timeout=60)
    deadline = time.monotonic() + 30
    frames, slowest = 0, 0.0
    while frames < 40:
        assert time.monotonic() < deadline
        began = time.monotonic()
        reports = ray.get(actor.report.remote(0), timeout=10)
        slowest = max(slowest, time.monotonic() - began)
        statuses = [part.status for part in reports[-1].streams if part.status]
        frames = statuses[0].frames if statuses else 0
        time.sleep(0.1)
    assert slowest < 5.0
    last = ray.get(actor.stop.remote(), timeout=30)
    ray.kill(actor)
    rows = [row for report in last for part in report.streams for row in part.rows if isinstance(row, Coverage)]
    assert sum(row.seconds for row in rows if row.watched) > 1.0
    assert open_results(results).readings("video", stream="a").num_rows >= 40
