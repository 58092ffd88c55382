"""Readings by hand, for tests of what is decided over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from monitor.columns import COLUMNS
from monitor.detect.base import Inputs
from monitor.detect.panel import Build, Panel
from monitor.records import GRID, Detection, Event, EventKind, Readings
from monitor.settings import FAST, Profile

FPS = 25


def video(
    n: int, start: float = 0.0, mean: Any = None, at: float | None = None, grids: Any = None, **columns: Any
) -> Readings:
    """n frames at 25 per second of a lit, moving, full picture, but for the columns that are given."""
    normal: dict[str, Any] = dict.fromkeys(COLUMNS, 0.0) | {
        "luma": 120.0,
        "difference": 5.0,
        "drift": 5.0,
        "moving": 20.0,
        "dark": 0.1,
        "lit": 0.9,
        "u": 128.0,
        "v": 128.0,
        "gradient_x": 6.0,
        "gradient_y": 6.0,
        "tiles": 920.0,
        "width": 640.0,
        "height": 360.0,
    }
    values = {
        name: np.broadcast_to(np.asarray(columns.get(name, normal[name]), np.float32), n).copy() for name in COLUMNS
    }
    mean = np.arange(60, 204).reshape(GRID) if mean is None else mean
    maps = {name: np.full((n, *GRID), 128, np.uint8) for name in ("u", "v")}
    maps |= {
        "mean": np.broadcast_to(mean, (n, *GRID)).astype(np.uint8),
        **{name: np.zeros((n, *GRID), np.uint8) for name in ("difference", "sides", "off_sides")},
    }
    maps |= {name: np.broadcast_to(given, (n, *GRID)).astype(np.uint8) for name, given in (grids or {}).items()}
    t = start + np.arange(n) / FPS
    return Readings(
        stream="s",
        track="video",
        epoch=0,
        time_base=Fraction(1, FPS),
        depth="full",
        pts=np.arange(n, dtype=np.int64),
        t_s=t,
        duration_s=np.full(n, 1 / FPS),
        since_previous_s=np.full(n, 1 / FPS, np.float32),
        arrived_at=np.full(n, np.nan) if at is None else t + at,
        at=np.full(n, np.nan) if at is None else t + at,
        reason=np.zeros(n, np.uint8),
        values=values,
        grids=maps,
        made_by="test@1",
    )


def cut(whole: Readings, first: int, last: int) -> Readings:
    """Some rows of readings."""
    part = slice(first, last)
    rows = ("pts", "t_s", "duration_s", "since_previous_s", "arrived_at", "at", "reason")
    return replace(
        whole,
        **{name: getattr(whole, name)[part] for name in rows},
        **{name: {k: v[part] for k, v in getattr(whole, name).items()} for name in ("values", "grids", "prints")},
    )


def together(parts: Sequence[Readings]) -> Readings:
    """Readings that follow each other as one."""
    rows = ("pts", "t_s", "duration_s", "since_previous_s", "arrived_at", "at", "reason")
    return replace(
        parts[0],
        **{name: np.concatenate([getattr(part, name) for part in parts]) for name in rows},
        **{
            name: {k: np.concatenate([getattr(part, name)[k] for part in parts]) for k in getattr(parts[0], name)}
            for name in ("values", "grids", "prints")
        },
    )


def sound(codes: Sequence[Sequence[int]], start: float = 0.0, channels: tuple[str, ...] = ("FL", "FR")) -> Readings:
    """A row of 100 ms per entry; an entry holds the peak code of each channel."""
    n = len(codes)
    prints = np.repeat(np.array(codes, np.uint8)[:, :, None], 10, axis=2)
    level = (np.array(codes, np.float32) - 255) / 2
    return Readings(
        stream="s",
        track="audio:0",
        epoch=0,
        time_base=Fraction(1, 48000),
        depth="full",
        pts=np.arange(n, dtype=np.int64) * 4800,
        t_s=start + np.arange(n) / 10,
        duration_s=np.full(n, 0.1),
        since_previous_s=np.full(n, 0.1, np.float32),
        arrived_at=np.full(n, np.nan),
        at=np.full(n, np.nan),
        reason=np.zeros(n, np.uint8),
        values={"peak_dbfs": level, "rms_dbfs": level},
        prints={"peak": prints},
        made_by="test@1",
        channels=channels,
    )


def heard(n: int, start: float = 0.0, channels: tuple[str, ...] = ("FL", "FR"), **values: object) -> Readings:
    """`n` rows of loud sound in which nothing is wrong, but for these columns: a number, one for each row, or [n,
    channels]."""
    clean = {
        "rms_dbfs": -20.0,
        "peak_dbfs": -8.0,
        "true_peak_dbtp": -7.0,
        "click_db": 12.0,
        "gap_ms": 0.0,
        "zero_run_s": 0.0,
    }
    clean |= {"flat_top": 0.1, "top_db": 3.0, "tone_hz": 300.0, "tone_db": 0.0, "correlation": 0.6, "k_dbfs": -20.0}
    rows = sound([(200,) * len(channels)] * n, start, channels)
    columns = {}
    for name, value in {**clean, **values}.items():
        column = np.asarray(value, np.float32)
        columns[name] = np.broadcast_to(column[:, None] if column.ndim == 1 else column, (n, len(channels))).copy()
    octaves = {"spectrum": np.full((n, len(channels), 20), 180, np.uint8)}
    # 1 to 255 for a correlation of -1 to 1: in each octave as in the whole.
    together = np.nan_to_num(np.rint(127 * columns["correlation"]) + 128).astype(np.uint8)
    octaves["together"] = np.repeat(together[:, :, None], 10, axis=2)
    return replace(rows, values=columns, prints={**rows.prints, **octaves})


def pieces(rows: Readings, size: int) -> list[Inputs]:
    """The same rows in steps of so many."""
    found = []
    for k in range(0, len(rows), size):
        part = slice(k, k + size)
        names = ("pts", "t_s", "duration_s", "since_previous_s", "arrived_at", "at", "reason")
        columns = {name: getattr(rows, name)[part] for name in names}
        values = {name: column[part] for name, column in rows.values.items()}
        prints = {name: column[part] for name, column in rows.prints.items()}
        found.append(inputs(replace(rows, **columns, values=values, prints=prints)))
    return found


def event(kind: EventKind, t: float, value: float = 1.0, track: str = "", at: float | None = None) -> Event:
    return Event("s", track, 0, t, 1000.0 + t if at is None else at, kind, value)


def inputs(*parts: Readings | Event, ended: bool = False) -> Inputs:
    return Inputs(
        stream="s",
        watch="w",
        video=tuple(p for p in parts if isinstance(p, Readings) and p.track == "video"),
        audio=tuple(p for p in parts if isinstance(p, Readings) and p.track != "video"),
        events=tuple(p for p in parts if isinstance(p, Event)),
        ended=ended,
    )


def run(build: Build, *steps: Inputs, profile: Profile = FAST) -> list[Detection]:
    """All detections of one kind over these steps."""
    panel, states, found = Panel(profile, (build,)), {}, []
    for step in steps:
        states, more = panel.step(states, step)
        found += more
    return found


def spans(found: list[Detection]) -> list[tuple[str, float, float | None]]:
    return [(d.track, round(d.start_s, 3), None if d.end_s is None else round(d.end_s, 3)) for d in found]


NORMAL = {
    "contrast": 50.0,
    "sharpness": 8.0,
    "noise": 0.5,
    "flat": 0.3,
    "step": 0.3,
    "combed": 0.0,
}
"""Of a good picture: what the slow set says."""


def slow(n: int, start: float, scene: int | None = None, **worse: float) -> Readings:
    """n half seconds of frames, of which one in twelve or so has the slow set. `scene`: what they show."""
    frames = n * 12
    due = np.arange(frames) % 12 == 0
    mean = {} if scene is None else {"mean": np.random.default_rng(scene).integers(16, 235, GRID)}
    return video(frames, start, **mean, **{k: np.where(due, v, np.nan) for k, v in (NORMAL | worse).items()})


def found_between(kind: type, **worse: float) -> list[Detection]:
    """What is told of five good seconds, four worse ones, and five good ones."""
    return run(kind, inputs(slow(10, 0.0), slow(8, 4.8, **worse), slow(10, 8.64)), inputs(ended=True))
