from __future__ import annotations

import io
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from monitor.catalog.entries import check_entries
from monitor.catalog.formats import FORMATS
from monitor.records import Expectation, Stream

TOML = """
[[stream]]
id = "news"
url = "https://example.org/a,b.m3u8"
labels = {origin = "north"}
headers = {X-Token = "t"}
expect = {audio = true, audio_tracks = 2}

[[stream]]
id = "Zürich"
url = "udp://239.0.0.1:5000"
profile = "fast"
expect = {audio = false}
"""
CSV = """\ufeffid,url,profile,label.origin,header.X-Token,expect.audio,expect.audio_tracks\r
news,"https://example.org/a,b.m3u8",,north,t,true,2\r
\r
Zürich,udp://239.0.0.1:5000,fast,,,no,\r
"""
STREAMS = (
    Stream(
        "news",
        "https://example.org/a,b.m3u8",
        labels={"origin": "north"},
        headers={"X-Token": "t"},
        expect=Expectation(audio_tracks=2),
    ),
    Stream("Zürich", "udp://239.0.0.1:5000", profile="fast", expect=Expectation(audio=False)),
)


def parquet(**columns: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


PARQUET = parquet(
    **{
        "id": ["news", "Zürich"],
        "url": ["https://example.org/a,b.m3u8", "udp://239.0.0.1:5000"],
        "profile": [None, "fast"],
        "label.origin": ["north", ""],
        "header.X-Token": ["t", None],
        "expect.audio": [True, False],
        "expect.audio_tracks": pa.array([2, None], pa.int8()),
    }
)


def read(suffix: str, data: bytes) -> tuple[tuple[Stream, ...], list[str]]:
    problems: list[str] = []
    return check_entries(FORMATS[suffix](data, problems), problems, None), problems


@pytest.mark.parametrize(
    ("suffix", "data"), [(".toml", TOML.encode()), (".csv", CSV.encode()), (".parquet", PARQUET)], ids=list(FORMATS)
)
def test_the_same_streams_in_every_format(suffix: str, data: bytes) -> None:
    assert read(suffix, data) == (STREAMS, [])


@pytest.mark.parametrize(
    ("suffix", "data", "said"),
    [
        (".toml", b"[[stream]\n", "cannot be read as TOML: "),
        (".toml", b"\xff", "cannot be read as TOML: "),
        (".toml", b"[stream]\nid = 'a'", "write [[stream]] with two brackets"),
        (".toml", b"stream = [1]", "write [[stream]] with two brackets"),
        (".toml", b"streams = []", "key 'streams' is not known at the top; write [[stream]] tables"),
        (".csv", b"id,url\n\xff,b\n", "cannot be read as CSV"),
        (".csv", b'id,url\n"a,b\n', "cannot be read as CSV"),
        (".csv", b"id,url\na,http://h/a,extra\n", "line 2: has 3 cells, the first line has 2; check commas and quotes"),
        (".csv", b'id,url\n"a\nb",http://h/a\nb\n', "line 4: has 1 cells"),
        (".csv", b"id,url,colour\n", "column 'colour' is not known"),
        (".csv", b"id,url,expect.smell\n", "column 'expect.smell' is not known"),
        (".csv", b"id,url,label.\n", "column 'label.' is not known"),
        (".csv", b"id,url,labels\n", "column 'labels' is not known"),
        (".csv", b"id,url,id\n", "column 'id' is there 2 times; keep one"),
        (".csv", b"id,label.x\n", "column 'url' is missing; add it"),
        (".csv", b"id,url\na,\n", "line 2 (id 'a'): key 'url' is missing; add it"),
        (".csv", b"id,url,expect.audio\na,http://h/a,perhaps\n", "line 2 (id 'a'): key 'expect.audio' is 'perhaps'"),
        (".parquet", b"PAR1", "cannot be read as Parquet"),
        (".parquet", PARQUET[:-9], "cannot be read as Parquet"),
        (".parquet", parquet(id=["a"], link=["b"]), "column 'link' is not known"),
        (".parquet", parquet(id=["a", None], url=["http://h/a", "http://h/b"]), "row 2: key 'id' is missing"),
    ],
)
def test_what_is_refused(suffix: str, data: bytes, said: str) -> None:
    streams, problems = read(suffix, data)
    assert any(said in problem for problem in problems), problems
    assert len(streams) <= 1


@pytest.mark.parametrize("suffix", list(FORMATS))
def test_nothing_in_it(suffix: str) -> None:
    empty = parquet(id=pa.array([], pa.string()), url=pa.array([], pa.string())) if suffix == ".parquet" else b""
    assert read(suffix, empty) == ((), [])
