"""One of every record, for the tests of the store."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from monitor.records import Coverage, Detection, Event, Incident, Readings

AT = 1_795_478_399.0
"""2026-11-23 23:59:59 UTC: one second before another date begins."""

DETECTION = Detection(
    detection_id="d-1",
    revision=0,
    stream="news",
    kind="black",
    track="video",
    start_s=12.5,
    end_s=None,
    start_at=AT - 10,
    end_at=None,
    severity="major",
    confidence=0.75,
    evidence={"dark": 0.99, "seconds": 3.0},
    detector="black@1:0123abcd",
    seen_at=AT,
)
CLOSED = replace(DETECTION, revision=1, end_s=20.0, end_at=AT - 2.5, seen_at=AT + 2)
EVENT = Event("news", "video", 3, 12.5, AT, "format_change", 2.0, "640x480 -> 1280x720", 90_000, {"late_s": 1.5})
INCIDENT = Incident("i-1", 0, "news", "open", ("black", "silence"), ("d-1", "d-2"), "major", 12.5, None, AT, None)
COVERAGE = Coverage("news", False, "stalled", "key", AT - 10, AT, None, None, 10.0)


def video(n: int = 4, first: int = 0, stream: str = "news", at: float = AT, **more: Any) -> Readings:
    """Readings of n frames at 25 a second; `at` is NaN for a recorded file."""
    index = np.arange(first, first + n)
    fields: dict[str, Any] = {
        "stream": stream,
        "track": "video",
        "epoch": 0,
        "time_base": Fraction(1, 90_000),
        "depth": "full",
        "pts": index * 3600,
        "t_s": index / 25,
        "duration_s": np.full(n, 0.04),
        "since_previous_s": np.where(index == 0, np.nan, 0.04).astype(np.float32),
        "arrived_at": at + index / 25,
        "at": at + index / 25,
        "reason": (index == 0).astype(np.uint8) * 2,
        "values": {
            "luma": (16.0 + index).astype(np.float32),
            "difference": np.where(index == 0, np.nan, 0.5).astype(np.float32),
        },
        "grids": {"mean": (index[:, None, None] + np.arange(144).reshape(1, 9, 16)).astype(np.uint8)},
        "made_by": "video@1/cpu",
    }
    return Readings(**fields | more)


def audio(n: int = 3, channels: tuple[str, ...] = ("FL", "FR"), stream: str = "news", at: float = AT) -> Readings:
    """Readings of n rows of 100 ms of sound; the first is digital silence, the second was not measured."""
    base = video(n, stream=stream, at=at)
    level = np.tile(np.array([-np.inf, np.nan, -20.5], np.float32)[:n, None], (1, len(channels)))
    peak = np.arange(n * len(channels) * 10).reshape(n, len(channels), 10).astype(np.uint8)
    return replace(
        base,
        track="audio:0",
        values={"rms_dbfs": level},
        grids={},
        prints={"peak": peak},
        channels=channels,
        made_by="sound@1/cpu",
    )
