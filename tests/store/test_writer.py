from __future__ import annotations

import logging
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pytest
from local_s3 import Bucket
from samples import CLOSED, COVERAGE, DETECTION, EVENT, INCIDENT, audio, video

from monitor.errors import StoreError
from monitor.store import ResultsWriter
from monitor.store.tables import encode

ROOT = Path(__file__).parents[2]


def rows(folder: Path, dataset: str) -> int:
    return int(ds.dataset(folder / dataset, partitioning="hive").count_rows()) if (folder / dataset).exists() else 0


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return tmp_path / "results"


@pytest.fixture
def outage(results: Path) -> Callable[[bool], None]:
    """Makes the folder of results vanish behind a file, and brings it back."""
    aside = results.with_name("aside")

    def switch(on: bool) -> None:
        if on:
            results.rename(aside)
            results.write_bytes(b"")
        else:
            results.unlink()
            aside.rename(results)

    return switch


def test_files_lie_where_design_says(results: Path) -> None:
    writer = ResultsWriter(str(results), "worker-1")
    writer.add([DETECTION, CLOSED, EVENT, INCIDENT, COVERAGE, video(), audio()])
    assert writer.pending == 5 + 4 + 3
    assert writer.flush() == 12
    assert writer.pending == 0
    assert writer.flush() == 0
    paths = sorted(str(p.relative_to(results)) for p in results.rglob("*") if p.is_file())
    name = r"/worker-1-\d{6}-[0-9a-f]{8}\.parquet"
    expected = [
        "coverage/date=2026-11-23/hour=23",
        "detections/date=2026-11-23/hour=23",
        "detections/date=2026-11-24/hour=00",
        "events/date=2026-11-23/hour=23",
        "incidents/date=2026-11-23/hour=23",
        "readings_audio/date=2026-11-23/hour=23",
        "readings_video/date=2026-11-23/hour=23",
    ]
    assert len(paths) == len(expected)
    assert all(re.fullmatch(where + name, path) for where, path in zip(expected, paths, strict=True)), paths


def test_files_are_read_without_this_project(results: Path) -> None:
    writer = ResultsWriter(str(results), "w")
    writer.add([DETECTION, CLOSED])
    writer.close()
    table = ds.dataset(results / "detections", partitioning="hive").to_table()
    assert set(table["date"].to_pylist()) == {"2026-11-23", "2026-11-24"}
    assert table.sort_by("revision")["end_s"].to_pylist() == [None, 20.0]
    assert dict(table["evidence"].to_pylist()[0]) == {"dark": 0.99, "seconds": 3.0}


def test_a_place_that_cannot_be_written_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match="give a folder"):
        ResultsWriter(str(tmp_path / "file" / "results"), "w")


def test_names_and_bounds_are_checked(results: Path) -> None:
    for name in ("", ".hidden", "_passed-over", "a/b", "x" * 101):
        with pytest.raises(ValueError, match="must be letters"):
            ResultsWriter(str(results), name)
    with pytest.raises(ValueError, match="at least 1"):
        ResultsWriter(str(results), "w", max_pending_rows=0)


def test_what_cannot_be_written_is_kept_and_written_once(results: Path, outage: Callable[[bool], None]) -> None:
    writer = ResultsWriter(str(results), "w")
    writer.add([DETECTION])
    writer.flush()
    outage(True)
    writer.add([CLOSED, EVENT])
    with pytest.raises(StoreError, match=r"cannot be written: .*; 2 rows are kept .*; make the place writable"):
        writer.flush()
    writer.add([COVERAGE])
    with pytest.raises(StoreError, match="3 rows are kept"):
        writer.close()
    assert writer.pending == 3
    outage(False)
    assert writer.flush() == 3
    assert [rows(results, name) for name in ("detections", "events", "coverage")] == [2, 1, 1]


def test_one_data_set_in_the_way_does_not_stop_the_others(results: Path) -> None:
    writer = ResultsWriter(str(results), "w")
    (results / "incidents").write_bytes(b"in the way")
    writer.add([INCIDENT, DETECTION, EVENT, COVERAGE])
    with pytest.raises(StoreError):
        writer.flush()
    with pytest.raises(StoreError):
        writer.flush()
    assert [rows(results, name) for name in ("detections", "events", "coverage")] == [1, 1, 1]
    (results / "incidents").unlink()
    assert writer.flush() == 1


def test_readings_are_given_up_and_counted_but_nothing_else(
    results: Path, outage: Callable[[bool], None], caplog: pytest.LogCaptureFixture
) -> None:
    writer = ResultsWriter(str(results), "w", max_pending_rows=10)
    outage(True)
    for k in range(8):
        writer.add([video(4, first=4 * k), replace(DETECTION, detection_id=f"d-{k}"), EVENT, COVERAGE, INCIDENT])
        if k % 2:
            with pytest.raises(StoreError, match="rows are kept"):
                writer.flush()
    assert writer.dropped_rows == 8 * 4 - 8
    assert writer.pending == 8 + 8 * 4
    with pytest.raises(StoreError, match="24 rows of readings were dropped in all, as more than 10 waited"):
        writer.flush()
    outage(False)
    with caplog.at_level(logging.WARNING):
        assert writer.flush() == 8 + 8 * 4
        writer.flush()
    assert caplog.text.count("24 rows of readings were dropped") == 1
    assert [rows(results, name) for name in ("detections", "events", "incidents", "coverage")] == [8, 8, 8, 8]
    kept = ds.dataset(results / "readings_video").to_table()["pts"].to_pylist()
    assert sorted(kept) == [3600 * i for i in range(24, 32)]  # the newest


def test_readings_without_a_flush_are_bounded_too(results: Path) -> None:
    writer = ResultsWriter(str(results), "w", max_pending_rows=10)
    writer.add(video(4, first=4 * k) for k in range(100))
    assert (writer.pending, writer.dropped_rows) == (8, 392)


def test_a_column_that_changes_its_shape_is_refused(results: Path) -> None:
    writer = ResultsWriter(str(results), "w")
    writer.add([video(2)])
    with pytest.raises(ValueError, match=r"'luma' of readings_video are list<.*were float"):
        writer.add([replace(video(2), values={"luma": np.ones((2, 1), np.float32)})])
    with pytest.raises(TypeError, match="int is not a record"):
        writer.add([3])  # type: ignore[list-item]
    assert writer.flush() == 2


def test_many_threads_lose_and_double_nothing(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = threading.Lock()

    def encode_alone(table: pa.Table) -> pa.Buffer:
        assert alone.acquire(blocking=False), "two flushes at a time"
        try:
            time.sleep(0.001)  # lets the other thread in, if it can get in
            return encode(table)
        finally:
            alone.release()

    monkeypatch.setattr("monitor.store.writer.encode", encode_alone)
    writer = ResultsWriter(str(results), "w")
    start = threading.Barrier(5)

    def add(number: int) -> None:
        start.wait()
        for k in range(100):
            writer.add([replace(EVENT, stream=f"s{number}", epoch=k), video(2, first=2 * k, stream=f"s{number}")])

    def flush() -> None:
        start.wait()
        while adding.is_set():
            writer.flush()

    adding = threading.Event()
    adding.set()
    adders = [threading.Thread(target=add, args=(n,)) for n in range(3)]
    flushers = [threading.Thread(target=flush) for _ in range(2)]
    for thread in (*adders, *flushers):
        thread.start()
    for thread in adders:
        thread.join()
    adding.clear()
    for thread in flushers:
        thread.join()
    writer.close()
    assert writer.pending == 0
    events = ds.dataset(results / "events").to_table()
    assert len({(r["stream"], r["epoch"]) for r in events.to_pylist()}) == events.num_rows == 300
    assert rows(results, "readings_video") == 600


KILLED = """
import os, sys, time
from samples import DETECTION, video
from monitor.store import ResultsWriter
writer = ResultsWriter(sys.argv[1], "w")
writer.add([DETECTION, video(50)])
writer.flush()
sync = os.fsync
def hang(descriptor):
    sync(descriptor)
    print("written, not renamed", flush=True)
    time.sleep(60)
os.fsync = hang
writer.add([video(50_000)])
writer.flush()
"""


def test_a_writer_that_is_killed_leaves_no_half_file(results: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(results)],
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": f"{ROOT}:{Path(__file__).parent}"},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "written, not renamed"
        process.kill()
    assert process.returncode == -signal.SIGKILL
    assert rows(results, "readings_video") == 50
    assert rows(results, "detections") == 1
    visible = [p for p in results.rglob("*.parquet") if not p.name.startswith(".")]
    assert len(visible) == 3  # the hour ends within the 50 frames
    assert len(list(results.rglob("*.tmp"))) == 1  # what the crash left, passed over by readers


def test_s3_is_written_and_kept_for_like_a_folder(bucket: Bucket) -> None:
    writer = ResultsWriter(bucket.uri("results").replace("s3://", "s3://KEYID:SECRETKEY@"), "w")
    assert writer.uri.startswith(f"s3://***@{bucket.name}/results")
    writer.add([DETECTION, video(2)])
    assert writer.flush() == 3
    [detections, readings] = bucket.keys()
    assert detections.startswith("results/detections/date=2026-11-23/hour=23/w-000001-")
    assert readings.startswith("results/readings_video/date=2026-11-23/hour=23/w-000002-")
    for key in (*bucket.keys(), "results/"):
        bucket.client.delete_object(Bucket=bucket.name, Key=key)
    bucket.client.delete_bucket(Bucket=bucket.name)
    writer.add([EVENT])
    with pytest.raises(StoreError, match="1 rows are kept") as caught:
        writer.flush()
    assert "SECRET" not in str(caught.value)
    bucket.client.create_bucket(
        Bucket=bucket.name, CreateBucketConfiguration={"LocationConstraint": bucket.client.meta.region_name}
    )
    assert writer.flush() == 1
    assert len(bucket.keys()) == 1


def test_rows_without_a_clock_go_by_the_clock_of_the_flush(results: Path) -> None:
    writer = ResultsWriter(str(results), "w")
    nothing = float("nan")
    writer.add([replace(EVENT, at=nothing), video(2, at=nothing), replace(COVERAGE, start_at=None, end_at=None)])
    began = datetime.now(UTC)
    writer.close()
    hours = {moment.strftime("date=%Y-%m-%d/hour=%H") for moment in (began, datetime.now(UTC))}
    places = [str(path.parent.relative_to(results)).partition("/")[2] for path in results.rglob("*.parquet")]
    assert len(places) == 3
    assert set(places) <= hours
