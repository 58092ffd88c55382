"""Frame batches -> readings. Picks what to measure of which frame, and keeps the integers until they are taken.

Two sets of columns. The **fast** set is measured on every frame: what sudden faults need. The **slow** set, of what
does not change from frame to frame, is due on the first frame at or after each multiple of SLOW_S of media time, and
where there is no frame before to compare with; on other frames it is NaN, with the reason NOT_DUE. Seams are looked for
every SEAM_S, likewise. What each column
means, and every fraction, is in `monitor.columns`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from monitor.columns import Counts, Form, Slow, form_of, levels_of, tile_pixels, values_of
from monitor.kernels import (
    FAST,
    SLOW,
    chroma_tiles,
    fast_tiles,
    places,
    plane_sums,
    seams,
    slow_tiles,
    summarise,
    warm_up,
)
from monitor.media.timeline import Timeline
from monitor.records import GRID, Depth, Frame, FrameBatch, Readings

MADE_BY = "video@9/cpu"
SLOW_S = 0.5
SEAM_S = 0.18
"""No multiple of two pictures at 24, 25, 30, 50 or 60 a second: of some torn streams every other picture is whole."""
STILL = 0.256
"""-60 dB of 256 levels."""

_MAXIMUM, _DARK, _DIFFERENCE = FAST.index("maximum"), FAST.index("dark"), FAST.index("difference")
_MINIMUM, _COMB, _FIELD = SLOW.index("minimum"), SLOW.index("comb"), SLOW.index("field")


@dataclass(slots=True)
class _Run:
    """Frames of one track and epoch that are alike: what was counted of them, and their times; no pixels."""

    stream: str
    track: str
    epoch: int
    time_base: Fraction
    depth: Depth
    form: Form
    frames: list[tuple[int, float, float, float]] = field(default_factory=list)
    """pts, t_s, duration_s, arrived_at."""
    since_previous_s: list[float] = field(default_factory=list)
    counts: list[Counts] = field(default_factory=list)


class PictureMeter:
    """Measures the pictures of one opened source. Keeps one reference picture per track.

    `add` reads the pixels at once and keeps none of a frame's memory but that of the reference picture; `take` gives
    one row per frame, in the same order.
    """

    def __init__(self) -> None:
        warm_up()  # Done already, but in a notebook: a kernel left to its first use compiles for too narrow a type.
        self._references: dict[str, Frame] = {}
        self._runs: list[_Run] = []

    def add(self, batch: FrameBatch, timeline: Timeline) -> None:
        """Count what is in every frame of a batch."""
        previous, previous_form = batch.previous, None
        base = float(batch.time_base)
        before_s = math.nan
        if previous is not None:
            previous_form = form_of(previous)
            before_s = timeline.seconds(batch.epoch, previous.pts, batch.time_base)
        for frame in batch.frames:
            form = form_of(frame)
            run = self._run(batch, form)
            t_s = timeline.seconds(batch.epoch, frame.pts, batch.time_base)
            comparable = form == previous_form
            due = not comparable or _passes(before_s, t_s, SLOW_S)
            seam_due = comparable and _passes(before_s, t_s, SEAM_S)
            reference = self._references.get(batch.track)
            counts, self._references[batch.track] = _count(
                frame, form, previous if comparable else None, reference, due, seam_due
            )
            run.frames.append((frame.pts, t_s, frame.duration * base, frame.arrived_at))
            run.since_previous_s.append(t_s - before_s)
            run.counts.append(counts)
            previous, previous_form, before_s = frame, form, t_s

    def take(self) -> list[Readings]:
        """Readings of everything that was added since the last call."""
        runs, self._runs = self._runs, []
        return [_readings(run) for run in runs]

    def _run(self, batch: FrameBatch, form: Form) -> _Run:
        """The run that a frame of this form goes on with."""
        wanted = (batch.track, batch.epoch, batch.depth, form)
        last = self._runs[-1] if self._runs else None
        if last is None or (last.track, last.epoch, last.depth, last.form) != wanted:
            last = _Run(batch.stream, batch.track, batch.epoch, batch.time_base, batch.depth, form)
            self._runs.append(last)
        return last


def _count(
    frame: Frame, form: Form, previous: Frame | None, reference: Frame | None, due: bool, seam_due: bool
) -> tuple[Counts, Frame]:
    """The integers of one frame. `previous`: only if it can be compared. Also the reference picture from here on."""
    levels = levels_of(form)
    before = frame.planes if previous is None else previous.planes
    tiles = fast_tiles(frame.planes[0], before[0], levels.dark, levels.unit)
    full = tile_pixels(*frame.size)
    summary = summarise(tiles, full, _MAXIMUM, _DARK, GRID)
    chroma = [chroma_tiles(now, then) for now, then in zip(frame.planes[1:], before[1:], strict=True)]
    slow = None
    if due:
        parts, phases, histogram = slow_tiles(frame.planes[0], levels.unit, levels.shift, levels.count)
        totals = parts.sum(axis=(1, 2))
        totals[_MINIMUM] = parts[_MINIMUM].min()
        slow = Slow(totals, _combed(parts, full, levels.unit), phases, histogram)
    samples = sum(plane.size for plane in frame.planes)
    changed = (int(summary.totals[_DIFFERENCE]) + sum(part for _, part in chroma)) / samples * levels.scale
    drift = changed
    if previous is not None and reference is not None and reference is not previous:
        drift = _apart(frame, reference, levels.scale)
    counts = Counts(
        summary=summary,
        chroma=tuple(places(tiles, GRID) for tiles, _ in chroma),
        changed=math.nan if previous is None else changed,
        drift=math.nan if previous is None else drift,
        key=frame.key,
        interlaced=frame.interlaced,
        coded=frame.coded,
        corrupt=frame.corrupt,
        slow=slow,
        seams=seams(frame.planes[0], before[0], levels.unit) if seam_due else None,
    )
    stands = reference is not None and previous is not None and drift <= STILL
    return counts, (reference if stands and reference is not None else frame)


def _combed(parts: NDArray[np.int64], pixels: NDArray[np.int64], unit: int) -> int:
    """In how many tiles the lines of each field are like one another, and not like those of the other field. Of noise,
    comb is half of field."""
    return int(np.count_nonzero(4 * parts[_COMB] >= 3 * parts[_FIELD] + 2 * unit * pixels))


def _passes(before_s: float, t_s: float, step_s: float) -> bool:
    """Whether a multiple of the step lies between two times."""
    return math.floor(t_s / step_s) != math.floor(before_s / step_s)


def _apart(frame: Frame, other: Frame, scale: float) -> float:
    """Mean absolute difference of two frames over all planes, in 8-bit levels."""
    parts = [plane_sums(a, b)[1] for a, b in zip(frame.planes, other.planes, strict=True)]
    return sum(parts) / sum(plane.size for plane in frame.planes) * scale


def _readings(run: _Run) -> Readings:
    pts, t_s, duration_s, arrived_at = zip(*run.frames, strict=True)
    values, grids, reason = values_of(run.form, run.counts)
    return Readings(
        stream=run.stream,
        track=run.track,
        epoch=run.epoch,
        time_base=run.time_base,
        depth=run.depth,
        pts=np.array(pts, np.int64),
        t_s=np.array(t_s),
        duration_s=np.array(duration_s),
        since_previous_s=np.array(run.since_previous_s, np.float32),
        arrived_at=np.array(arrived_at),
        at=np.full(len(pts), math.nan),
        reason=reason,
        values=values,
        grids=grids,
        made_by=MADE_BY,
    )
