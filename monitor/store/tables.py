"""Records -> Arrow tables -> bytes of a Parquet file. Owns which row goes into which partition, and how columns are
encoded. Writes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from monitor.media.redact import redact
from monitor.records import Coverage, Detection, Event, Incident, Readings
from monitor.store.schemas import GRID_CELLS, GRID_PREFIX, MOMENT, PER_CHANNEL, PRINT_PREFIX, SCHEMAS, Dataset

Record = Event | Detection | Incident | Coverage
Row = dict[str, Any]
Column = tuple[str, str, str]
"""Name in the file, field of Readings, name in that field."""

LAST_MOMENT = 253_402_300_799
"""Last second of the year 9999. A clock beyond it, or before 1970, is none: damaged streams announce such."""

DATASETS: Mapping[type, Dataset] = {
    Incident: "incidents",
    Detection: "detections",
    Event: "events",
    Coverage: "coverage",
}


def dataset_of(row: Record | Readings) -> Dataset:
    """The data set that a record belongs to. Raises TypeError for what is none."""
    if isinstance(row, Readings):
        return "readings_audio" if row.track.startswith("audio") else "readings_video"
    try:
        return DATASETS[type(row)]
    except KeyError:
        raise TypeError(f"{type(row).__name__} is not a record that is stored") from None


def to_row(record: Record) -> Row:
    """A record as plain values of its schema. Text that no file could hold is mended, credentials are taken out."""
    schema = SCHEMAS[dataset_of(record)]
    row: Row = {}
    for column in fields(record):
        value = getattr(record, column.name)
        kind = schema.field(column.name).type
        if kind == MOMENT:
            value = _microseconds(value)
        elif kind == pa.float64():
            value = None if value is None or math.isnan(value) else float(value)
        elif pa.types.is_map(kind):
            value = [(_text(name), float(number)) for name, number in value.items()]
        elif pa.types.is_list(kind):
            value = [_text(part) for part in value]
        elif kind == pa.string():
            value = redact(_text(value)) if column.name in ("detail", "reason") else _text(value)
        elif pa.types.is_integer(kind):
            value = None if value is None else int(value)
        row[column.name] = value
    return row


def moment_of(dataset: Dataset, row: Row, clock: float) -> float:
    """The UTC second that puts a row into its partition: its own, or `clock` where it has none (files)."""
    order = {"detections": ("seen_at", "end_at", "start_at"), "events": ("at",)}.get(dataset, ("end_at", "start_at"))
    return next((row[name] / 1e6 for name in order if row[name] is not None), clock)


def partition(moment: float) -> str:
    """`date=2026-11-23/hour=07` of a UTC second."""
    return datetime.fromtimestamp(moment, UTC).strftime("date=%Y-%m-%d/hour=%H")


def split_by_hour(readings: Readings, clock: float) -> list[tuple[str, Readings]]:
    """Partitions and the rows in them: by `at`, else by `arrived_at`, else by `clock`."""
    moments = np.where(_valid(readings.at), readings.at, readings.arrived_at)
    hours = np.where(_valid(moments), moments, clock) // 3600
    different = np.unique(hours)
    if len(different) == 1:
        return [(partition(float(different[0]) * 3600), readings)]
    return [(partition(float(hour) * 3600), _select(readings, hours == hour)) for hour in different]


def columns_of(readings: Readings) -> dict[Column, pa.DataType]:
    """The columns that readings bring beside those of the schema. Raises ValueError for what no file can hold."""
    columns: dict[Column, pa.DataType] = {}
    for name, values in readings.values.items():
        if values.dtype != np.float32 or values.ndim > 2:
            raise ValueError(f"values {name!r} are {values.dtype}{values.shape}, must be float32 [N] or [N, channels]")
        if name in SCHEMAS["readings_audio"].names or name.startswith((GRID_PREFIX, PRINT_PREFIX)):
            raise ValueError(f"values {name!r}: this name is taken; choose another")
        columns[name, "values", name] = pa.float32() if values.ndim == 1 else PER_CHANNEL
    for name, codes in (*readings.grids.items(), *readings.prints.items()):
        if codes.dtype != np.uint8:
            raise ValueError(f"grid or print {name!r} is {codes.dtype}, must be uint8")
    columns |= {(GRID_PREFIX + name, "grids", name): GRID_CELLS for name in readings.grids}
    columns |= {(PRINT_PREFIX + name, "prints", name): pa.binary() for name in readings.prints}
    return columns


def rows_table(dataset: Dataset, rows: Sequence[Row]) -> pa.Table:
    """Rows of one data set, sorted by stream; those of a stream stay in their order."""
    return pa.Table.from_pylist(sorted(rows, key=lambda row: cast(str, row["stream"])), schema=SCHEMAS[dataset])


def readings_table(dataset: Dataset, parts: Iterable[Readings]) -> pa.Table:
    """Readings of one data set, sorted by stream, track and time. A column that some of them do not have is null."""
    ordered = sorted((p for p in parts if len(p)), key=lambda p: (p.stream, p.track, p.epoch, int(p.pts[0])))
    tables = [_stacked(dataset, list(alike)) for _, alike in groupby(ordered, key=lambda p: list(columns_of(p)))]
    table = pa.concat_tables(tables, promote_options="default")
    return table.replace_schema_metadata(SCHEMAS[dataset].metadata)


def encode(table: pa.Table) -> pa.Buffer:
    """A complete Parquet file in memory.

    zstd over: dictionaries for text and for what seldom changes, differences for ticks and clocks, split bytes for
    numbers with a fraction.
    """
    dictionary, encodings = _encodings(table)
    sink = pa.BufferOutputStream()
    pq.write_table(
        table, sink, compression="zstd", compression_level=3, use_dictionary=dictionary, column_encoding=encodings
    )
    return sink.getvalue()


def _encodings(table: pa.Table) -> tuple[list[str], dict[str, str]]:
    dictionary: list[str] = []
    encodings: dict[str, str] = {}
    for field in table.schema:
        if field.type in (pa.int64(), MOMENT):
            encodings[field.name] = "DELTA_BINARY_PACKED"
        elif field.type in (pa.float32(), pa.float64()):
            encodings[field.name] = "BYTE_STREAM_SPLIT"
        elif field.type == PER_CHANNEL:
            encodings[f"{field.name}.list.element"] = "BYTE_STREAM_SPLIT"
        elif pa.types.is_binary(field.type) or pa.types.is_fixed_size_binary(field.type):
            encodings[field.name] = "PLAIN"
        elif pa.types.is_list(field.type):
            dictionary.append(f"{field.name}.list.element")
        elif pa.types.is_map(field.type):
            dictionary += [f"{field.name}.key_value.key", f"{field.name}.key_value.value"]
        else:
            dictionary.append(field.name)
    return dictionary, encodings


def _stacked(dataset: Dataset, parts: list[Readings]) -> pa.Table:
    """Readings with the same columns as one table."""
    counts = [len(part) for part in parts]

    def joined(name: str) -> NDArray[Any]:
        return np.concatenate([getattr(part, name) for part in parts])

    def repeated(values: Iterable[Any], kind: pa.DataType) -> pa.Array:
        different = list(dict.fromkeys(values_list := list(values)))
        places = {value: place for place, value in enumerate(different)}
        return pa.array(different, kind).take(pa.array(np.repeat([places[value] for value in values_list], counts)))

    columns: dict[str, pa.Array] = {
        "stream": repeated((_text(part.stream) for part in parts), pa.string()),
        "track": repeated((part.track for part in parts), pa.string()),
        "epoch": pa.array(np.repeat([part.epoch for part in parts], counts), pa.int32()),
        "depth": repeated((part.depth for part in parts), pa.string()),
        "time_base": repeated((str(part.time_base) for part in parts), pa.string()),
        "pts": pa.array(joined("pts"), pa.int64()),
        "t_s": pa.array(joined("t_s"), pa.float64(), from_pandas=True),
        "duration_s": pa.array(joined("duration_s"), pa.float64(), from_pandas=True),
        "since_previous_s": pa.array(joined("since_previous_s"), pa.float32(), from_pandas=True),
        "arrived_at": _moments(joined("arrived_at")),
        "at": _moments(joined("at")),
        "reason": pa.array(joined("reason"), pa.uint8()),
        "made_by": repeated((part.made_by for part in parts), pa.string()),
    }
    if "channels" in SCHEMAS[dataset].names:
        columns["channels"] = repeated((part.channels for part in parts), pa.list_(pa.string()))
    for (name, field, inner), kind in columns_of(parts[0]).items():
        columns[name] = _column([getattr(part, field)[inner] for part in parts], kind)
    return pa.table(columns)


def _column(parts: list[NDArray[Any]], kind: pa.DataType) -> pa.Array:
    """Values, grids or prints of several readings as one column. NaN becomes null, infinities stay."""
    if kind == pa.float32():
        return pa.array(np.concatenate(parts), kind, from_pandas=True)
    flat = np.ascontiguousarray(np.concatenate([part.reshape(-1) for part in parts]))
    rows = sum(len(part) for part in parts)
    if kind == GRID_CELLS:
        return pa.FixedSizeBinaryArray.from_buffers(kind, rows, [None, pa.py_buffer(flat)])
    lengths = np.concatenate([np.full(len(part), math.prod(part.shape[1:])) for part in parts])
    offsets = np.concatenate(([0], np.cumsum(lengths))).astype(np.int32)
    if kind == PER_CHANNEL:
        return pa.ListArray.from_arrays(pa.array(offsets), pa.array(flat, pa.float32(), from_pandas=True))
    return pa.BinaryArray.from_buffers(kind, rows, [None, pa.py_buffer(offsets), pa.py_buffer(flat)])


def _select(readings: Readings, rows: NDArray[np.bool_]) -> Readings:
    names = ("pts", "t_s", "duration_s", "since_previous_s", "arrived_at", "at", "reason")
    chosen: dict[str, Any] = {name: getattr(readings, name)[rows] for name in names}
    for name in ("values", "grids", "prints"):
        chosen[name] = {inner: array[rows] for inner, array in getattr(readings, name).items()}
    return replace(readings, **chosen)


def _valid(moments: NDArray[np.float64]) -> NDArray[np.bool_]:
    with np.errstate(invalid="ignore"):
        return (moments >= 0) & (moments <= LAST_MOMENT)


def _moments(seconds: NDArray[np.float64]) -> pa.Array:
    valid = _valid(seconds)
    ticks = np.round(np.where(valid, seconds, 0) * 1e6).astype(np.int64)
    return pa.array(ticks, pa.int64(), mask=~valid).cast(MOMENT)


def _microseconds(seconds: float | None) -> int | None:
    return None if seconds is None or not 0 <= seconds <= LAST_MOMENT else round(seconds * 1e6)


def _text(text: str) -> str:
    """Text that can be encoded: metadata of a damaged stream may hold lone surrogates."""
    return text.encode("utf-8", "replace").decode()


@dataclass(frozen=True, slots=True, eq=False)
class File:
    """A complete file that waits to be written; equal to no other."""

    dataset: Dataset
    path: str
    data: pa.Buffer
    rows: int
