"""Results on their way to Parquet: rows are gathered, and written as complete files, again and again until it works.

Owns what waits to be written, and what is given up when memory would run out: readings, never what was found in them.
"""

from __future__ import annotations

import logging
import re
import secrets
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from monitor.errors import StoreError
from monitor.records import Readings
from monitor.store.place import find_place
from monitor.store.schemas import READINGS, SCHEMAS, Dataset
from monitor.store.tables import (
    File,
    Record,
    Row,
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

MAX_PENDING_ROWS = 1_000_000
"""Rows of readings that wait at the most: a quarter of an hour of 40 streams of 25 frames a second. Rows that could
not be written wait as compressed files; measured on real pictures these take 190 bytes a row, 9 in 10 for the maps."""

log = logging.getLogger(__name__)


class ResultsWriter:
    """Writes rows of all data sets below a folder or `s3://` prefix. Thread-safe.

    Files are `DATASET/date=YYYY-MM-DD/hour=HH/WRITER-SEQUENCE-UNIQUE.parquet`, by the rows' own UTC time, or where they
    have none (files) by the clock at the flush. Nothing is written between flushes: the caller decides how often.
    """

    def __init__(self, uri: str, writer: str, max_pending_rows: int = MAX_PENDING_ROWS) -> None:
        """`writer`: this worker's name. `max_pending_rows`: of readings, while the place cannot be written.

        Raises StoreError where the place cannot be written.
        """
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", writer):
            raise ValueError(f"writer is {writer!r}, must be letters, digits, '-', '_' and '.' (part of a file's name)")
        if max_pending_rows < 1:
            raise ValueError(f"max_pending_rows is {max_pending_rows}, must be at least 1")
        self._place = find_place(uri)
        self._place.probe()
        self._name = writer
        self._unique = secrets.token_hex(4)
        self._sequence = 0
        self._max_pending = max_pending_rows
        self._flushing = threading.Lock()
        self._lock = threading.Lock()
        """Guards all below."""
        self._rows: dict[Dataset, list[Row]] = defaultdict(list)
        self._readings: deque[Readings] = deque()
        self._kinds: dict[tuple[Dataset, str], pa.DataType] = {}
        self._files: list[File] = []
        self._order: list[Dataset] = list(SCHEMAS)
        self._pending = 0
        self._pending_readings = 0
        self._dropped = 0
        self._dropped_told = 0

    @property
    def uri(self) -> str:
        """The place, without credentials."""
        return self._place.uri

    @property
    def pending(self) -> int:
        """Rows that wait."""
        with self._lock:
            return self._pending

    @property
    def dropped_rows(self) -> int:
        """Rows of readings that were given up since the start, because too many waited."""
        with self._lock:
            return self._dropped

    def add(self, rows: Iterable[Readings | Record]) -> None:
        """Keep rows for the next flush. Cheap; the arrays of readings are not copied and must not change any more.

        Raises TypeError or ValueError for what no file can hold: a bug of the caller, told here and not later.
        """
        for row in rows:
            dataset = dataset_of(row)
            if isinstance(row, Readings):
                columns = columns_of(row)
                with self._lock:
                    for (name, _, _), kind in columns.items():
                        if self._kinds.setdefault((dataset, name), kind) != kind:
                            raise ValueError(
                                f"values {name!r} of {dataset} are {kind}, were {self._kinds[dataset, name]}"
                            )
                    self._readings.append(row)
                    self._count(len(row), len(row))
                    self._shed()
            else:
                plain = to_row(row)
                with self._lock:
                    self._rows[dataset].append(plain)
                    self._count(1)

    def flush(self) -> int:
        """Write what waits; how many rows that were. What matters most comes first.

        What cannot be written is kept for the next flush, and StoreError raised, without credentials. Returns when all
        is on the disk or S3 has it.
        """
        with self._flushing:
            self._encode(time.time())
            return self._write()

    def close(self) -> None:
        """Flush for the last time. May be called again where that failed. Raises StoreError as `flush` does."""
        self.flush()

    def _encode(self, clock: float) -> None:
        """Turn rows into complete files in memory. They keep their names: written twice, they replace themselves."""
        with self._lock:
            rows, self._rows = self._rows, defaultdict(list)
            readings, self._readings = self._readings, deque()
        groups: dict[tuple[Dataset, str], list[Any]] = defaultdict(list)
        for dataset, plain in rows.items():
            for row in plain:
                groups[dataset, partition(moment_of(dataset, row, clock))].append(row)
        for part in readings:
            for where, piece in split_by_hour(part, clock):
                groups[dataset_of(part), where].append(piece)
        for (dataset, where), group in groups.items():
            table = (readings_table if dataset in READINGS else rows_table)(dataset, group)
            self._sequence += 1
            path = f"{dataset}/{where}/{self._name}-{self._sequence:06d}-{self._unique}.parquet"
            file = File(dataset, path, encode(table), table.num_rows)
            with self._lock:
                self._files.append(file)
        with self._lock:
            self._shed()

    def _write(self) -> int:
        """Put the files that wait, until one cannot be put: the place is then left alone until the next flush, which
        begins with another data set, in case only this one is in the way."""
        written = 0
        with self._lock:
            waiting = sorted(self._files, key=lambda file: self._order.index(file.dataset))
        for file in waiting:
            try:
                self._place.put(file.path, file.data)
            except StoreError as error:
                with self._lock:
                    self._order.remove(file.dataset)
                    self._order.append(file.dataset)
                raise StoreError(f"{error}; {self._kept()}; make the place writable again") from None
            with self._lock:
                if file in self._files:
                    self._forget(file)
                    written += file.rows
        with self._lock:
            self._order = list(SCHEMAS)
            if self._dropped > self._dropped_told:
                log.warning("results %s: can be written again; %s", self.uri, self._losses())
            self._dropped_told = self._dropped
        return written

    def _kept(self) -> str:
        with self._lock:
            return f"{self._pending} rows are kept and written at the next flush" + (
                f"; {self._losses()}" if self._dropped else ""
            )

    def _losses(self) -> str:
        return f"{self._dropped} rows of readings were dropped in all, as more than {self._max_pending} waited"

    def _shed(self) -> None:
        """Give up the oldest readings beyond the bound. What was found in them is never given up."""
        while self._pending_readings > self._max_pending:
            oldest = next((file for file in self._files if file.dataset in READINGS), None)
            if oldest is not None:
                self._forget(oldest)
                self._dropped += oldest.rows
            elif self._readings:
                rows = len(self._readings.popleft())
                self._count(-rows, -rows)
                self._dropped += rows
            else:
                return  # the rest is just being encoded, and is looked at after that

    def _forget(self, file: File) -> None:
        self._files.remove(file)
        self._count(-file.rows, -file.rows if file.dataset in READINGS else 0)

    def _count(self, rows: int, readings: int = 0) -> None:
        self._pending += rows
        self._pending_readings += readings
