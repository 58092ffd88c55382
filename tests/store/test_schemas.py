from __future__ import annotations

from dataclasses import fields

import pyarrow as pa

from monitor.records import Coverage, Detection, Event, Incident
from monitor.store.schemas import MOMENT, READINGS, SCHEMAS, VERSION


def test_a_column_for_every_field_of_a_record() -> None:
    for name, record in {
        "detections": Detection,
        "events": Event,
        "incidents": Incident,
        "coverage": Coverage,
    }.items():
        assert SCHEMAS[name].names == [field.name for field in fields(record)], name


def test_what_other_programs_rely_on() -> None:
    types = {field.name: field.type for field in SCHEMAS["detections"]}
    text, number = pa.string(), pa.float64()
    assert types == {
        **dict.fromkeys(("detection_id", "stream", "kind", "track", "severity", "detector"), text),
        **dict.fromkeys(("start_s", "end_s", "confidence"), number),
        **dict.fromkeys(("start_at", "end_at", "seen_at"), MOMENT),
        "revision": pa.int32(),
        "evidence": pa.map_(text, number),
    }


def test_each_data_set_says_its_version() -> None:
    for name, schema in SCHEMAS.items():
        assert schema.metadata == {b"monitor.dataset": name.encode(), b"monitor.schema_version": VERSION.encode()}
    assert set(READINGS) < set(SCHEMAS)
