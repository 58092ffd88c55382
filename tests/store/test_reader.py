from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from local_s3 import Bucket
from samples import AT, CLOSED, COVERAGE, DETECTION, EVENT, INCIDENT, audio, video

from monitor.errors import StoreError
from monitor.store import SCHEMAS, Results, ResultsWriter, open_results


def written(uri: str, *rounds: list[Any]) -> Results:
    """Results of some flushes, each of its own writer."""
    for number, rows in enumerate(rounds):
        writer = ResultsWriter(uri, f"w{number}")
        writer.add(rows)
        writer.close()
    return open_results(uri)


def record(row: dict[str, Any]) -> dict[str, Any]:
    """A row as the fields of its record."""
    fields = {k: v.timestamp() if isinstance(v, datetime) else v for k, v in row.items()}
    for name in {"evidence", "numbers"} & set(fields):
        fields[name] = dict(fields[name])
    return {k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()}


def test_every_record_comes_back(tmp_path: Path) -> None:
    results = written(str(tmp_path), [DETECTION, EVENT, INCIDENT, COVERAGE])
    for table, original in (
        (results.detections(), DETECTION),
        (results.events(), EVENT),
        (results.incidents(), INCIDENT),
        (results.coverage(), COVERAGE),
    ):
        assert [record(row) for row in table.to_pylist()] == [asdict(original)]


def test_readings_come_back(tmp_path: Path) -> None:
    picture, sound = video(50), audio()
    results = written(str(tmp_path), [picture, sound])
    table = results.readings("video")
    assert table.schema.metadata == SCHEMAS["readings_video"].metadata
    assert set(table["time_base"].to_pylist()) == {"1/90000"}
    for name in ("pts", "t_s", "duration_s", "since_previous_s", "reason"):
        assert np.array_equal(table[name].to_numpy(), getattr(picture, name), equal_nan=name == "since_previous_s"), (
            name
        )
    for name, values in picture.values.items():
        assert np.array_equal(table[name].to_numpy(), values, equal_nan=True), name
    for name in ("at", "arrived_at"):
        assert np.allclose(table[name].cast(pa.int64()).to_numpy() / 1e6, getattr(picture, name), rtol=0, atol=1e-6)
    assert b"".join(table["grid_mean"].to_pylist()) == picture.grids["mean"].tobytes()
    table = results.readings("audio")
    assert table["channels"].to_pylist() == [["FL", "FR"]] * 3
    assert b"".join(table["print_peak"].to_pylist()) == sound.prints["peak"].tobytes()


def test_the_last_revision(tmp_path: Path) -> None:
    other = replace(DETECTION, detection_id="d-0", stream="music", kind="freeze")
    results = written(str(tmp_path), [CLOSED], [DETECTION, other], [replace(INCIDENT, revision=1), INCIDENT])
    table = results.detections()
    assert table["stream"].to_pylist() == ["music", "news"]
    assert table["revision"].to_pylist() == [0, 1]
    assert results.detections(all_revisions=True)["revision"].to_pylist() == [0, 0, 1]
    assert results.detections(stream="news")["end_s"].to_pylist() == [20.0]
    assert results.detections(kind="freeze")["detection_id"].to_pylist() == ["d-0"]
    assert results.detections(kind="freeze", stream="news").num_rows == 0
    assert results.incidents()["revision"].to_pylist() == [1]
    assert results.incidents(all_revisions=True).num_rows == 2


def test_since_looks_at_what_has_become_of_it(tmp_path: Path) -> None:
    timeless = replace(DETECTION, detection_id="file", start_at=None, seen_at=None)
    still = replace(DETECTION, detection_id="open")
    results = written(str(tmp_path), [DETECTION, CLOSED, timeless, still, INCIDENT, EVENT, COVERAGE])
    assert results.detections(since=AT)["detection_id"].to_pylist() == ["open"]  # the first row of d-1 is open, too
    assert sorted(results.detections(since=AT - 2.5)["detection_id"].to_pylist()) == ["d-1", "open"]
    assert results.detections(since=datetime.fromtimestamp(AT - 2.5, UTC)).num_rows == 2
    assert (results.events(since=AT).num_rows, results.events(since=AT + 0.1).num_rows) == (1, 0)
    assert (results.coverage(since=AT).num_rows, results.coverage(since=AT + 0.1).num_rows) == (1, 0)
    with pytest.raises(ValueError, match="no time zone"):
        results.events(since=datetime(2026, 11, 23))


def test_some_readings_only(tmp_path: Path) -> None:
    results = written(str(tmp_path), [video(50), video(50, stream="music")], [video(50, first=50)])
    assert results.readings("video").num_rows == 150
    table = results.readings("video", stream="news", columns=["luma", "t_s"], start_s=1.0, end_s=3.0)
    assert table.column_names == ["luma", "t_s"]
    assert table["t_s"].to_pylist() == [i / 25 for i in range(25, 75)]
    assert results.readings("video", stream="news", since=AT + 1).num_rows == 75
    assert results.readings("video", stream="news", since=AT + 1, until=AT + 2).num_rows == 25
    assert results.readings("video", until=AT).num_rows == 0
    with pytest.raises(KeyError, match="no column loudness; it has stream"):
        results.readings("video", columns=["loudness"])


def test_columns_of_all_files_are_there_whichever_comes_first(tmp_path: Path) -> None:
    late = replace(video(2, stream="z"), values={"luma": np.ones(2, np.float32), "noise": np.ones(2, np.float32)})
    results = written(str(tmp_path), [video(2)], [late])
    assert results.readings("video")["noise"].to_pylist() == [None, None, 1.0, 1.0]
    assert (
        results.readings("video", stream="z", columns=["difference", "noise"]).to_pylist()
        == [{"difference": None, "noise": 1.0}] * 2
    )


def test_only_files_that_can_hold_it_are_opened(tmp_path: Path) -> None:
    results = written(str(tmp_path), [EVENT, video(2)], [replace(EVENT, at=AT + 5), video(2, at=AT + 5)])
    for dataset in ("events", "readings_video"):
        [old] = (tmp_path / dataset / "date=2026-11-23").rglob("*.parquet")
        old.write_bytes(b"damaged")
    assert results.events(since=AT + 1).num_rows == 1
    assert results.readings("video", since=AT + 1).num_rows == 2
    with pytest.raises(StoreError, match=r"readings_video cannot be read: .*damaged"):
        results.readings("video")


def test_what_is_not_there_yet_is_empty(tmp_path: Path) -> None:
    results = open_results(str(tmp_path))
    for name in ("detections", "incidents", "events", "coverage"):
        table = getattr(results, name)()
        assert (table.num_rows, table.schema) == (0, SCHEMAS[name])
    for medium in ("video", "audio"):
        assert results.readings(medium).schema == SCHEMAS[f"readings_{medium}"]
        assert results.readings(medium, columns=["t_s", "luma"]).column_names == ["t_s", "luma"]
    (tmp_path / "events").mkdir()
    assert results.events(stream="x", kind="opened", since=AT).num_rows == 0
    assert results.detections(since=AT).num_rows == 0


def test_a_place_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"results .*nowhere: there is no such folder or prefix; check the path"):
        open_results(str(tmp_path / "nowhere"))
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match="no such folder"):
        open_results(str(tmp_path / "file"))


def test_s3_reads_like_a_folder(bucket: Bucket) -> None:
    with pytest.raises(StoreError, match="no such folder or prefix"):
        open_results(bucket.uri("results"))
    results = written(bucket.uri("results"), [CLOSED, video(50)], [DETECTION])
    assert results.detections()["revision"].to_pylist() == [1]
    assert results.readings("video", columns=["luma"]).num_rows == 50
    assert results.events().num_rows == 0
    bucket.client.put_object(Bucket=bucket.name, Key="results/events/x.parquet", Body=b"damaged")
    with pytest.raises(StoreError, match=f"s3://{bucket.name}/results.*: events cannot be read"):
        results.events()
