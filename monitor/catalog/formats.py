"""Bytes of a catalog -> entries: TOML for people, CSV and Parquet for thousands.

    [[stream]]
    id = "news"
    url = "https://example.org/news/master.m3u8"
    labels = {origin = "north"}
    headers = {X-Token = "..."}
    expect = {audio_tracks = 2}
    reference = "news-origin"                # the id of another entry, which carries the same as it should be

In CSV and Parquet the same names are columns, one for each key: `label.origin`, `header.X-Token`,
`expect.audio_tracks`. An empty cell means the default. What a table breaks as a whole (an unknown column) is one
problem, not one per row.
"""

from __future__ import annotations

import csv
import io
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from monitor.catalog.entries import ExpectEntry, StreamEntry, Written

NESTED = {"label": "labels", "header": "headers", "expect": "expect"}
"""First part of a column's name -> key of the entry."""

COLUMNS = frozenset(
    {name for name in StreamEntry.model_fields if name not in NESTED.values()}
    | {f"expect.{name}" for name in ExpectEntry.model_fields}
)

Parse = Callable[[bytes, list[str]], Iterable[Written]]


def parse_toml(data: bytes, problems: list[str]) -> Iterable[Written]:
    """Entries of a TOML file: its `[[stream]]` tables."""
    try:
        top = tomllib.loads(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        problems.append(f"cannot be read as TOML: {error}; mend the file")
        return []
    for key in top.keys() - {"stream"}:
        problems.append(f"key {key!r} is not known at the top; write [[stream]] tables")
    tables = top.get("stream", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        problems.append("key 'stream' must be tables; write [[stream]] with two brackets")
        return []
    return [Written(f"stream {number}", table) for number, table in enumerate(tables, 1)]


def parse_csv(data: bytes, problems: list[str]) -> Iterable[Written]:
    """Entries of a CSV file (RFC 4180, UTF-8): the first line names the columns."""
    try:
        rows = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        header = next(rows, [])
        if not _check_columns(header, problems):
            return []
        return [Written(where, _nested(cells)) for where, cells in _lines(rows, header, problems)]
    except (UnicodeDecodeError, csv.Error) as error:
        problems.append(f"cannot be read as CSV in UTF-8: {error}; mend the file")
        return []


def parse_parquet(data: bytes, problems: list[str]) -> Iterable[Written]:
    """Entries of a Parquet file: its rows."""
    try:
        table = pq.read_table(pa.BufferReader(data))
    except (pa.ArrowException, OSError) as error:
        problems.append(f"cannot be read as Parquet: {error}; write the file again")
        return []
    if not _check_columns(table.column_names, problems):
        return []
    return [Written(f"row {number}", _nested(row)) for number, row in enumerate(table.to_pylist(), 1)]


FORMATS: Mapping[str, Parse] = {".toml": parse_toml, ".csv": parse_csv, ".parquet": parse_parquet}


def _lines(rows: Iterator[list[str]], header: list[str], problems: list[str]) -> Iterator[tuple[str, dict[str, str]]]:
    line = 2
    for cells in rows:
        where = f"line {line}"
        # A quoted cell may span lines: an entry is where it begins.
        line = rows.line_num + 1  # type: ignore[attr-defined]
        if not any(cells):
            continue
        if len(cells) != len(header):
            problems.append(
                f"{where}: has {len(cells)} cells, the first line has {len(header)}; check commas and quotes"
            )
            continue
        yield where, dict(zip(header, cells, strict=True))


def _check_columns(names: list[str], problems: list[str]) -> bool:
    """Whether the rows below these columns can be read at all."""
    before = len(problems)
    for name, times in Counter(names).items():
        first, dot, rest = name.partition(".")
        if times > 1:
            problems.append(f"column {name!r} is there {times} times; keep one")
        if name not in COLUMNS and not (first in ("label", "header") and dot and rest):
            problems.append(f"column {name!r} is not known; take it out or correct its spelling")
    if names:
        problems += [f"column {name!r} is missing; add it" for name in ("id", "url") if name not in names]
    return len(problems) == before


def _nested(row: Mapping[str, Any]) -> dict[str, Any]:
    """`{"id": "a", "label.origin": "north"}` -> `{"id": "a", "labels": {"origin": "north"}}`, empty cells left out."""
    keys: dict[str, Any] = {}
    for name, cell in row.items():
        if cell is None or cell == "":
            continue
        first, dot, rest = name.partition(".")
        if dot:
            keys.setdefault(NESTED[first], {})[rest] = cell
        else:
            keys[name] = cell
    return keys
