"""One schema per record: what lies in each Parquet data set. Owns names and types of columns, not how they are written.

Seconds are float64, moments are UTC timestamps in microseconds, null where there is none. A column of readings that
was not measured is null, never 0; `reason` says why. Strings are plain strings, not Arrow's dictionary type: in Parquet
they are dictionary-encoded all the same, and only so can row groups be skipped by `stream` (tried with pyarrow 26).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

import pyarrow as pa

from monitor.records import GRID

VERSION: Final = "1"
"""Goes up when a column changes its type or meaning; new columns do not count."""

Dataset = Literal["incidents", "detections", "events", "coverage", "readings_video", "readings_audio"]
Medium = Literal["video", "audio"]

MOMENT = pa.timestamp("us", tz="UTC")
SECONDS = pa.float64()
GRID_CELLS = pa.binary(GRID[0] * GRID[1])
"""A map of the picture: 9 rows of 16 bytes, row by row."""
PER_CHANNEL = pa.list_(pa.float32())

GRID_PREFIX = "grid_"
PRINT_PREFIX = "print_"


def _schema(name: str, **columns: Any) -> pa.Schema:
    return pa.schema(columns.items(), metadata={"monitor.dataset": name, "monitor.schema_version": VERSION})


def _readings(name: str, **more: Any) -> pa.Schema:
    return _schema(
        name,
        stream=pa.string(),
        track=pa.string(),
        epoch=pa.int32(),
        depth=pa.string(),
        time_base=pa.string(),
        pts=pa.int64(),
        t_s=SECONDS,
        duration_s=SECONDS,
        since_previous_s=pa.float32(),
        arrived_at=MOMENT,
        at=MOMENT,
        reason=pa.uint8(),
        made_by=pa.string(),
        **more,
    )


SCHEMAS: Mapping[Dataset, pa.Schema] = {
    "incidents": _schema(
        "incidents",
        incident_id=pa.string(),
        revision=pa.int32(),
        stream=pa.string(),
        state=pa.string(),
        kinds=pa.list_(pa.string()),
        detections=pa.list_(pa.string()),
        severity=pa.string(),
        start_s=SECONDS,
        end_s=SECONDS,
        start_at=MOMENT,
        end_at=MOMENT,
    ),
    "detections": _schema(
        "detections",
        detection_id=pa.string(),
        revision=pa.int32(),
        stream=pa.string(),
        kind=pa.string(),
        track=pa.string(),
        start_s=SECONDS,
        end_s=SECONDS,
        start_at=MOMENT,
        end_at=MOMENT,
        severity=pa.string(),
        confidence=pa.float64(),
        evidence=pa.map_(pa.string(), pa.float64()),
        detector=pa.string(),
        seen_at=MOMENT,
    ),
    "events": _schema(
        "events",
        stream=pa.string(),
        track=pa.string(),
        epoch=pa.int32(),
        t_s=SECONDS,
        at=MOMENT,
        kind=pa.string(),
        value=pa.float64(),
        detail=pa.string(),
        pts=pa.int64(),
        numbers=pa.map_(pa.string(), pa.float64()),
    ),
    "coverage": _schema(
        "coverage",
        stream=pa.string(),
        watched=pa.bool_(),
        reason=pa.string(),
        depth=pa.string(),
        start_at=MOMENT,
        end_at=MOMENT,
        start_s=SECONDS,
        end_s=SECONDS,
        seconds=SECONDS,
    ),
    "readings_video": _readings("readings_video"),
    "readings_audio": _readings("readings_audio", channels=pa.list_(pa.string())),
}
"""Every data set, the ones that matter most first: in this order they are written. Those of readings are their first
columns; one per value, `grid_` and `print_` follows: float for a number per row, list<float> for one per channel."""

READINGS: tuple[Dataset, ...] = ("readings_video", "readings_audio")
