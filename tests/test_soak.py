"""Twenty badly behaved live streams, watched for half an hour: by hand, `python -m pytest -m soak -s`.

They stall, vanish, jump, break and change for as long as it runs. MONITOR_SOAK_S and MONITOR_SOAK_STREAMS make it
shorter or wider. Prints coverage and memory every half minute, and what was found of what was scheduled.
"""

from __future__ import annotations

import collections
import os
import time
from pathlib import Path

import psutil
import pytest

from monitor.cluster.driver import Driver, Plan
from monitor.lab.demo import score
from monitor.lab.publish import LiveLab
from monitor.lab.soak import soak_recipes
from monitor.records import Detection
from monitor.settings import FAST
from monitor.store import open_results

SECONDS = float(os.environ.get("MONITOR_SOAK_S", "1800"))
STREAMS = int(os.environ.get("MONITOR_SOAK_STREAMS", "20"))
EVERY_S = 30.0
SETTLED_S = 300.0
"""Memory is compared with what it was when caches, queues and the first reconnects had settled."""


@pytest.mark.soak
def test_soak(cluster: None, tmp_path: Path) -> None:
    results = str(tmp_path / "results")
    recipes = soak_recipes(STREAMS, SECONDS, seed=20)
    found: list[Detection] = []
    memory: list[tuple[float, float]] = []
    with LiveLab(recipes, None) as lab:
        driver = Driver(results, Plan(workers=1, cores_each=2))
        driver.set_streams([(stream, FAST) for stream in lab.streams])
        worker = psutil.Process(driver.worker_pids()[0])
        began, shown = time.monotonic(), 0.0
        while time.monotonic() - began < SECONDS:
            update = driver.turn()
            found += [row for row in update.rows if isinstance(row, Detection)]
            for notice in update.notices:
                print(f"  note: {notice}")
            if time.monotonic() - shown >= EVERY_S:
                shown = time.monotonic()
                if not worker.is_running():
                    worker = psutil.Process(driver.worker_pids()[0])
                mib = worker.memory_info().rss / 2**20
                memory.append((shown - began, mib))
                states = collections.Counter(s.state if s else "placing" for s in driver.statuses.values())
                cpu = worker.cpu_percent()
                print(
                    f"{shown - began:6.0f} s  worker {mib:6.0f} MiB  {worker.num_threads()} threads  {cpu:3.0f} % of a "
                    f"core  {worker.num_fds()} files  {dict(states)}"
                )
        lost = driver.lost_workers
        found += [row for row in driver.stop().rows if isinstance(row, Detection)]
        told = score(recipes, found, lab.started_at)
    coverage = open_results(results).coverage().to_pylist()
    tell(told, coverage)
    assert lost == 0
    for stream in {row["stream"] for row in coverage}:
        rows = sorted((row for row in coverage if row["stream"] == stream), key=lambda row: row["start_at"])
        whole = (rows[-1]["end_at"] - rows[0]["start_at"]).total_seconds()
        assert sum(row["seconds"] for row in rows) == pytest.approx(whole, abs=0.1)
        assert whole == pytest.approx(SECONDS, abs=30)
    clean = [row for row in coverage if "clean" in row["stream"]]
    assert sum(row["seconds"] for row in clean if row["watched"]) > 0.99 * sum(row["seconds"] for row in clean) - 10
    settled = [mib for at, mib in memory if at >= min(SETTLED_S, SECONDS / 2)]
    assert settled[-1] < 1.15 * settled[0], memory


def tell(told: object, coverage: list[dict]) -> None:
    seconds = collections.Counter()
    for row in coverage:
        seconds["watched" if row["watched"] else row["reason"]] += row["seconds"]
    total = sum(seconds.values())
    print("coverage:", {name: f"{100 * s / total:.2f} %" for name, s in seconds.most_common()})
    kinds = collections.defaultdict(list)
    for row in told.rows:  # type: ignore[attr-defined]
        kinds[row.kind].append(row.delay_s)
    for kind, delays in sorted(kinds.items()):
        hit = sorted(d for d in delays if d is not None)
        middle = f"median delay {hit[len(hit) // 2]:.1f} s" if hit else ""
        print(f"{kind:15} {len(hit):4} of {len(delays):4} found  {middle}")
    extra = collections.Counter((d.kind, d.track) for d in told.unexpected)  # type: ignore[attr-defined]
    print("not scheduled:", dict(extra.most_common()))
    beside = collections.Counter(d.kind for d in told.beside)  # type: ignore[attr-defined]
    print("minor, of kinds that are not scheduled:", dict(beside.most_common()))
