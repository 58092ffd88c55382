"""The driver on real Ray and real streams: changes while running, and a worker that is killed."""

from __future__ import annotations

import itertools
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import MagicMock, call

import pytest

from monitor.cluster.driver import Driver, Plan, workers_for
from monitor.lab.publish import LiveLab
from monitor.lab.schedule import Planned, Recipe
from monitor.records import Stream
from monitor.settings import DEFAULT, FAST
from monitor.store import open_results

SMALL = {"width": 320, "height": 180, "fps": 15}


@pytest.fixture
def driver(cluster: None, tmp_path: Path) -> Iterator[Driver]:
    made = Driver(str(tmp_path / "results"), Plan(workers=1, cores_each=2))
    yield made
    if made.worker_count:
        made.stop()


def until(driver: Driver, done: Callable[[], bool], limit_s: float = 60.0) -> list[str]:
    notices: list[str] = []
    deadline = time.monotonic() + limit_s
    while not done():
        assert time.monotonic() < deadline, f"not within {limit_s} s: {notices}"
        notices += driver.turn().notices
    return notices


def frames(driver: Driver, stream: str) -> int:
    status = driver.statuses.get(stream)
    return 0 if status is None else status.frames


def test_streams_come_and_go_without_touching_others(driver: Driver, tmp_path: Path) -> None:
    recipes = [Recipe(name, "news", "tcp", seed=i, **SMALL) for i, name in enumerate(("a", "b"))]
    with LiveLab(recipes, None) as lab:
        a, b = lab.streams
        driver.set_streams([(a, FAST)])
        until(driver, lambda: frames(driver, "a") > 15)
        driver.set_streams([(a, FAST), (b, FAST)])
        began = time.monotonic()
        until(driver, lambda: frames(driver, "b") > 0)
        assert time.monotonic() - began < 10.0
        before = frames(driver, "a")
        driver.set_streams([(b, FAST)])
        until(driver, lambda: frames(driver, "b") > 90)
        so_far = frames(driver, "b")
        driver.set_streams([(b, DEFAULT)])
        until(driver, lambda: 0 < frames(driver, "b") < so_far)
        assert before > 15
        assert "a" not in driver.statuses
        driver.stop()
    results = open_results(str(tmp_path / "results"))
    opened = [row["stream"] for row in results.events().to_pylist() if row["kind"] == "opened"]
    assert sorted(opened) == ["a", "b", "b"]
    adds_up(results.coverage(stream="a").to_pylist())
    adds_up(results.coverage(stream="b").to_pylist())


def test_a_killed_worker_loses_no_detection_and_doubles_none(driver: Driver, tmp_path: Path) -> None:
    """Black from second 4 to 22; the worker is killed while it lasts, after it was found."""
    planned = (Planned("black", 4, 22),)
    with LiveLab([Recipe("a", "sports", "tcp", seed=1, planned=planned, **SMALL)], None) as lab:
        driver.set_streams([(stream, FAST) for stream in lab.streams])
        seen: list[str] = []
        until(driver, lambda: bool(driver.statuses["a"] and driver.statuses["a"].incident))
        for pid in driver.worker_pids():
            os.kill(pid, signal.SIGKILL)
        seen = until(driver, lambda: driver.lost_workers == 1)
        assert any("was lost" in notice for notice in seen)
        end = lab.started_at("a") + 22
        until(driver, lambda: time.time() > end and not driver.statuses["a"].incident)
        driver.stop()
    results = open_results(str(tmp_path / "results"))
    rows = [r for r in results.detections(stream="a", all_revisions=True).to_pylist() if r["kind"] == "black"]
    assert len({row["detection_id"] for row in rows}) == 1
    assert sorted(row["revision"] for row in rows) == [0, 1, 2], "opened, grave, closed: each once"
    final = max(rows, key=lambda row: row["revision"])
    # Not where the first worker died; how much a crowded machine sends late is not this test's matter.
    assert -2.0 < final["end_at"].timestamp() - lab_second(lab, 22) < 8.0
    covered = results.coverage(stream="a").to_pylist()
    adds_up(covered)
    assert "moved" in {row["reason"] for row in covered}


def lab_second(lab: LiveLab, second: float) -> float:
    return lab.started_at("a") + second


def adds_up(rows: list[dict]) -> None:
    rows = sorted(rows, key=lambda row: row["start_at"])
    assert rows
    for before, after in itertools.pairwise(rows):
        assert abs((after["start_at"] - before["end_at"]).total_seconds()) < 1e-3
    whole = (rows[-1]["end_at"] - rows[0]["start_at"]).total_seconds()
    assert sum(row["seconds"] for row in rows) == pytest.approx(whole, abs=0.01)


def test_few_fat_workers() -> None:
    assert workers_for(1) == Plan(1, 1)
    assert workers_for(2) == Plan(1, 2)
    assert workers_for(3) == Plan(2, 1.5)
    assert workers_for(5) == Plan(3, 1.6666)
    assert workers_for(16) == Plan(8, 2)
    for cores in range(1, 200):
        plan = workers_for(cores)
        threads = plan.workers * plan.threads_each
        assert cores <= threads <= cores + 1, "no core is left unused"
        assert 0.99 * cores < plan.workers * plan.cores_each <= cores, "all of them fit"


def test_a_given_number_of_workers_share_the_cores_but_none_gets_more_than_it_can_use() -> None:
    assert workers_for(16, 1) == Plan(1, 2)
    assert workers_for(16, 8) == workers_for(16)
    assert workers_for(4, 3) == Plan(3, 1.3333)
    assert workers_for(2, 4) == Plan(4, 0.5)
    assert [Plan(1, cores).threads_each for cores in (0.5, 1, 1.3333, 2)] == [1, 1, 2, 2]


def test_a_worker_has_the_cores_and_threads_of_the_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    worker = MagicMock()
    monkeypatch.setattr("monitor.cluster.driver.Worker", worker)
    driver = Driver(str(tmp_path), Plan(3, 1.66))
    driver._house.end()
    assert worker.options.call_args_list == [call(num_cpus=1.66, max_concurrency=2)] * 3
    assert worker.options().remote.call_args == call("worker-003", str(tmp_path), 2)


def test_more_streams_than_workers_can_take_is_said_once(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.cluster.driver.STREAMS_PER_WORKER", 1)
    driver.set_streams([(Stream(id=str(i), url="tcp://127.0.0.1:1"), FAST) for i in range(3)])
    said = [notice for _ in range(3) for notice in driver.turn().notices if "not watched" in notice]
    assert said == ["2 streams are not watched: 1 workers are full"]
