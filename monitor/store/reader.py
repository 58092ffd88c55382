"""Stored results as Arrow tables, for notebooks and replays. Reads only what was asked for: columns, streams, hours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from operator import and_
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from pyarrow import fs

from monitor.catalog.objects import FAILURES
from monitor.errors import StoreError
from monitor.store.place import Place, find_place
from monitor.store.schemas import SCHEMAS, Dataset, Medium

PARTITIONING = ds.partitioning(pa.schema([("date", pa.string()), ("hour", pa.int32())]), flavor="hive")


def open_results(uri: str) -> Results:
    """The results in a folder or below an `s3://` prefix. Raises StoreError where there is no such place."""
    place = find_place(uri)
    try:
        found = place.filesystem.get_file_info(place.root).type
    except FAILURES as error:
        raise StoreError(f"results {place.uri}: cannot be read: {place.reason(error)}; check the place") from None
    if found != fs.FileType.Directory:
        raise StoreError(
            f"results {place.uri}: there is no such folder or prefix; check the path, or write results first"
        )
    return Results(place)


@dataclass(frozen=True)
class Results:
    """What was stored in one place. Each call looks at the files anew.

    A data set that is not there yet is an empty table. `since`, `until`: UTC seconds or aware datetimes; with them,
    rows that have no clock (recorded files) are left out.
    """

    place: Place

    def detections(
        self,
        stream: str | None = None,
        kind: str | None = None,
        since: float | datetime | None = None,
        all_revisions: bool = False,
    ) -> pa.Table:
        """Detections, the last revision of each (or all), sorted by stream and start. `since`: still open or ended
        at or after it."""
        return self._revised("detections", "detection_id", _equal(stream=stream, kind=kind), since, all_revisions)

    def incidents(
        self, stream: str | None = None, since: float | datetime | None = None, all_revisions: bool = False
    ) -> pa.Table:
        """Incidents, the last revision of each (or all), sorted by stream and start; `since` as for detections."""
        return self._revised("incidents", "incident_id", _equal(stream=stream), since, all_revisions)

    def events(
        self, stream: str | None = None, kind: str | None = None, since: float | datetime | None = None
    ) -> pa.Table:
        """Events, sorted by stream and time."""
        filters = [*_equal(stream=stream, kind=kind), *_within(ds.field("at"), since, None)]
        return _sorted(self._read("events", filters), "stream", "at", "t_s")

    def coverage(self, stream: str | None = None, since: float | datetime | None = None) -> pa.Table:
        """Pieces of time, watched or not, sorted by stream and time. `since`: that ended at or after it."""
        filters = [*_equal(stream=stream), *_within(ds.field("end_at"), since, None)]
        return _sorted(self._read("coverage", filters), "stream", "start_at", "start_s")

    def readings(
        self,
        medium: Medium,
        stream: str | None = None,
        columns: Sequence[str] | None = None,
        start_s: float | None = None,
        end_s: float | None = None,
        since: float | datetime | None = None,
        until: float | datetime | None = None,
    ) -> pa.Table:
        """Readings of picture or sound, sorted by stream, track and time; null where something was not measured.

        `columns`: only these; unknown ones are refused with KeyError. `start_s` to `end_s` (not included): media time.
        """
        dataset: Dataset = "readings_video" if medium == "video" else "readings_audio"
        filters = _equal(stream=stream) + _within(pc.coalesce(ds.field("at"), ds.field("arrived_at")), since, until)
        filters += [] if start_s is None else [ds.field("t_s") >= start_s]
        filters += [] if end_s is None else [ds.field("t_s") < end_s]
        order = ("stream", "track", "epoch", "pts")
        wanted = None if columns is None else list(dict.fromkeys((*columns, *order)))
        table = _sorted(self._read(dataset, filters, wanted), *order)
        return table if columns is None else table.select(list(columns))

    def _revised(
        self,
        dataset: Dataset,
        key: str,
        filters: list[Any],
        since: float | datetime | None,
        all_revisions: bool,
    ) -> pa.Table:
        """Rows with revisions. `since` looks at the last ones only: an earlier one of what has ended is still open."""
        table = self._read(dataset, filters)
        if not all_revisions:
            table = _last_revisions(table, key)
        if since is not None:
            ended = pc.greater_equal(table["end_at"], _moment(since))
            table = table.filter(
                pc.or_kleene(ended, pc.and_(pc.is_null(table["end_at"]), pc.is_valid(table["start_at"])))
            )
        return _sorted(table, "stream", "start_at", "start_s", key, "revision")

    def _read(self, dataset: Dataset, filters: list[Any], columns: Sequence[str] | None = None) -> pa.Table:
        """Rows of a data set that meet all filters, with the columns of its schema and what its files have beyond."""
        where = reduce(and_, filters) if filters else None
        try:
            fragments = self._fragments(dataset, where)
            schema = pa.unify_schemas([SCHEMAS[dataset], *(f.physical_schema for f in fragments)])
            names = [*dict.fromkeys(schema.names if columns is None else columns)]
            if unknown := [name for name in names if name not in schema.names]:
                if fragments:
                    raise KeyError(f"{dataset} has no column {', '.join(unknown)}; it has {', '.join(schema.names)}")
                schema = pa.schema([*schema, *(pa.field(name, pa.null()) for name in unknown)], schema.metadata)
            if not fragments:
                return schema.empty_table().select(names)
            stored = pa.schema([*schema, *PARTITIONING.schema])
            files = ds.FileSystemDataset(fragments, stored, ds.ParquetFileFormat(), self.place.filesystem)
            table = files.to_table(columns=names, filter=where)
        except FAILURES as error:
            raise StoreError(
                f"results {self.place.uri}: {dataset} cannot be read: {self.place.reason(error)}; take out files that "
                f"are damaged or were not written by this system"
            ) from None
        return table.replace_schema_metadata(SCHEMAS[dataset].metadata)

    def _fragments(self, dataset: Dataset, where: Any) -> list[Any]:
        """The files whose partition can have such rows. Their footers are read once, here."""
        root = f"{self.place.root}/{dataset}"
        if self.place.filesystem.get_file_info(root).type == fs.FileType.NotFound:
            return []
        schema = pa.schema([*SCHEMAS[dataset], *PARTITIONING.schema])
        files = ds.dataset(
            root, schema=schema, format="parquet", filesystem=self.place.filesystem, partitioning=PARTITIONING
        )
        return list(files.get_fragments(filter=where))


def _last_revisions(table: pa.Table, key: str) -> pa.Table:
    """Of the rows with the same key, the one with the highest revision."""
    ordered = table.take(pc.sort_indices(table, [(key, "ascending"), ("revision", "descending")]))
    keys = ordered[key].combine_chunks().dictionary_encode().indices.to_numpy()
    first = np.ones(len(keys), bool)
    first[1:] = keys[1:] != keys[:-1]
    return ordered.filter(pa.array(first))


def _sorted(table: pa.Table, *names: str) -> pa.Table:
    return table.take(pc.sort_indices(table, [(name, "ascending") for name in names]))


def _equal(**wanted: str | None) -> list[Any]:
    return [ds.field(name) == value for name, value in wanted.items() if value is not None]


def _within(clock: Any, since: float | datetime | None, until: float | datetime | None) -> list[Any]:
    """Filters on a moment, and on the dates of the partitions that can hold it."""
    filters = []
    if since is not None:
        begin = _moment(since)
        filters += [clock >= begin, ds.field("date") >= begin.as_py().strftime("%Y-%m-%d")]
    if until is not None:
        end = _moment(until)
        filters += [clock < end, ds.field("date") <= end.as_py().strftime("%Y-%m-%d")]
    return filters


def _moment(moment: float | datetime) -> pa.Scalar:
    if isinstance(moment, datetime):
        if moment.tzinfo is None:
            raise ValueError(f"{moment} has no time zone; give datetime(..., tzinfo=UTC)")
        moment = moment.timestamp()
    return pa.scalar(datetime.fromtimestamp(moment, UTC), pa.timestamp("us", tz="UTC"))
