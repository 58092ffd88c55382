from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from samples import AT, CLOSED, COVERAGE, DETECTION, EVENT, INCIDENT, audio, video

from monitor.store.tables import (
    columns_of,
    dataset_of,
    encode,
    moment_of,
    partition,
    readings_table,
    rows_table,
    split_by_hour,
    to_row,
)


def stored(table: pa.Table) -> pa.Table:
    return pq.read_table(pa.BufferReader(encode(table)))


def test_the_partition_of_a_record_is_its_own_time() -> None:
    cases = ((DETECTION, AT), (CLOSED, AT + 2), (replace(CLOSED, seen_at=None), AT - 2.5), (EVENT, AT))
    for record, moment in (*cases, (INCIDENT, AT), (COVERAGE, AT)):
        assert moment_of(dataset_of(record), to_row(record), 0.0) == moment
    timeless = replace(COVERAGE, start_at=None, end_at=None)
    assert moment_of("coverage", to_row(timeless), 7.0) == 7.0
    assert partition(AT) == "date=2026-11-23/hour=23"
    assert partition(AT + 1) == "date=2026-11-24/hour=00"


@pytest.mark.parametrize("clock", [math.nan, math.inf, -1.0, 1e18])
def test_a_clock_that_is_none_is_null(clock: float) -> None:
    row = to_row(replace(EVENT, at=clock))
    assert row["at"] is None
    assert moment_of("events", row, AT) == AT
    [(where, part)] = split_by_hour(video(2, at=clock), AT)
    assert where == "date=2026-11-23/hour=23"
    assert readings_table("readings_video", [part])["at"].null_count == 2


def test_readings_are_split_where_an_hour_ends() -> None:
    whole = video(50)
    (first, before), (second, after) = split_by_hour(whole, 0.0)
    assert (first, second) == ("date=2026-11-23/hour=23", "date=2026-11-24/hour=00")
    assert (len(before), len(after)) == (25, 25)
    assert np.array_equal(np.concatenate([before.grids["mean"], after.grids["mean"]]), whole.grids["mean"])
    arrived = replace(whole, at=np.full(50, np.nan))
    assert [where for where, _ in split_by_hour(arrived, 0.0)] == [first, second]


def test_text_that_no_file_can_hold_and_credentials() -> None:
    event = replace(EVENT, stream="caf\udce9", detail="lost rtmp://me:secret@host/app?token=secret")
    row = stored(rows_table("events", [to_row(event)])).to_pylist()[0]
    assert row["stream"] == "caf?"
    assert "secret" not in row["detail"]
    assert "rtmp://" in row["detail"]


def test_nan_is_null_and_infinity_stays() -> None:
    picture = stored(readings_table("readings_video", [video(3)]))
    assert picture["difference"].to_pylist() == [None, 0.5, 0.5]
    assert picture["since_previous_s"].null_count == 1
    sound = stored(readings_table("readings_audio", [audio()]))
    assert sound["rms_dbfs"].to_pylist() == [[-math.inf] * 2, [None] * 2, [-20.5] * 2]
    assert sound.schema.field("rms_dbfs").type == pa.list_(pa.float32())


def test_maps_and_prints_keep_their_bytes() -> None:
    picture, sound = video(3, first=7), audio()
    maps = stored(readings_table("readings_video", [picture]))["grid_mean"]
    assert maps.type == pa.binary(144)
    assert np.array_equal(np.frombuffer(b"".join(maps.to_pylist()), np.uint8).reshape(-1, 9, 16), picture.grids["mean"])
    prints = stored(readings_table("readings_audio", [sound]))["print_peak"].to_pylist()
    assert [len(p) for p in prints] == [20, 20, 20]
    assert np.array_equal(np.frombuffer(b"".join(prints), np.uint8).reshape(3, 2, 10), sound.prints["peak"])


def test_streams_with_other_columns_and_channels_share_a_file() -> None:
    poor = replace(video(2, stream="a"), values={"luma": np.ones(2, np.float32)}, grids={})
    table = stored(readings_table("readings_video", [video(2, stream="c"), poor, video(2, stream="b")]))
    assert table["stream"].to_pylist() == ["a", "a", "b", "b", "c", "c"]
    assert table["difference"].to_pylist() == [None, None, None, 0.5, None, 0.5]
    assert [m is None for m in table["grid_mean"].to_pylist()] == [True, True, False, False, False, False]
    assert table.schema.metadata[b"monitor.schema_version"] == b"1"
    sound = [audio(channels=("FL", "FR"), stream="a"), audio(channels=("M",), stream="b"), audio(stream="c")]
    table = stored(readings_table("readings_audio", sound))
    assert [len(v) for v in table["rms_dbfs"].to_pylist()] == [2, 2, 2, 1, 1, 1, 2, 2, 2]
    assert [len(v) for v in table["print_peak"].to_pylist()] == [20, 20, 20, 10, 10, 10, 20, 20, 20]
    assert table["channels"].to_pylist()[3] == ["M"]


def test_rows_of_a_stream_are_in_the_order_of_time() -> None:
    table = readings_table("readings_video", [video(2, first=4), video(4), video(0), replace(video(1), epoch=1)])
    assert table["pts"].to_pylist() == [0, 3600, 7200, 10800, 14400, 18000, 0]
    assert table["epoch"].to_pylist() == [0, 0, 0, 0, 0, 0, 1]


def test_what_no_file_can_hold_is_refused() -> None:
    one = np.ones(2, np.float32)
    for values in ({"pts": one}, {"grid_x": one}, {"channels": one}, {"luma": np.ones(2)}, {"x": one.reshape(2, 1, 1)}):
        with pytest.raises(ValueError, match=r"taken|must be float32"):
            columns_of(replace(video(2), values=values))
    with pytest.raises(ValueError, match="must be uint8"):
        columns_of(replace(video(2), prints={"x": np.ones((2, 3))}))
    with pytest.raises(TypeError, match="str is not a record"):
        dataset_of("x")  # type: ignore[arg-type]
