"""Sound blocks -> readings, one row per 100 ms, per channel, never mixed down. Has no opinion.

Columns of `values`, each [N, channels]:
    peak_dbfs   largest absolute sample, dB below full scale; -inf for digital silence
    rms_dbfs    root mean square, dB re full scale; -inf for digital silence
Prints:
    peak        u8 [N, channels, 10]: the peak of each hop of 10 ms in steps of half a decibel, rounded down;
                255 = 0 dBFS and above, 1 = -127 dBFS and below, 0 = digital silence. `peak_code(threshold)` is the code
                of a level: a hop is below a threshold (a multiple of 0.5 dB) exactly when its code is below that.

Rows lie on a grid of 100 ms from the first sample of a track's epoch; a gap in the sound starts a new grid.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from monitor.kernels import sound_hops
from monitor.media.timeline import Timeline
from monitor.records import Readings, Reason, SoundBlock

MADE_BY = "sound@1/cpu"
HOPS = 10
"""Hops in a row."""
HOPS_PER_SECOND = 100
MAX_GAP_S = 0.02
"""A jump between blocks beyond this is a gap; below, it is jitter of the timestamps."""


def peak_code(dbfs: float) -> int:
    """The code of a level in the print `peak`."""
    return int(np.clip(math.floor(2 * dbfs) + 255, 1, 255))


@dataclass(slots=True)
class _Waiting:
    """Samples of a grid that do not fill a row yet."""

    block: SoundBlock
    row: int
    samples: list[NDArray[np.float32]]
    end: int
    arrived_at: float


class SoundMeter:
    """Cuts the sound of one stream's tracks into rows and measures them. Keeps less than 100 ms of each track."""

    def __init__(self) -> None:
        self._waiting: dict[str, _Waiting] = {}

    def measure(self, block: SoundBlock, timeline: Timeline) -> Iterator[Readings]:
        """The rows that this block completes: none, one run, or two where it does not join the block before."""
        waiting = self._waiting.get(block.track)
        if waiting is not None and not _joins(waiting, block):
            yield from self._end(block.track, timeline)
            waiting = None
        if waiting is None:
            waiting = self._waiting[block.track] = _Waiting(block, 0, [], 0, block.arrived_at)
        waiting.samples.append(block.samples)
        waiting.end += block.samples.shape[1]
        waiting.arrived_at = block.arrived_at
        rows = waiting.end * HOPS_PER_SECOND // block.rate // HOPS
        if rows > waiting.row:
            yield self._rows(waiting, rows, timeline)

    def end(self, timeline: Timeline) -> Iterator[Readings]:
        """The last, shorter row of every track, at the end of a source."""
        for track in list(self._waiting):
            yield from self._end(track, timeline)

    def _end(self, track: str, timeline: Timeline) -> Iterator[Readings]:
        waiting = self._waiting.pop(track)
        if waiting.end > _edge(waiting.row * HOPS, waiting.block.rate):
            yield self._rows(waiting, waiting.row + 1, timeline)

    def _rows(self, waiting: _Waiting, until: int, timeline: Timeline) -> Readings:
        """Measure rows [waiting.row, until) and keep the samples beyond them."""
        first, rate = waiting.block, waiting.block.rate
        start = _edge(waiting.row * HOPS, rate)
        samples = np.concatenate(waiting.samples, axis=1)
        edges = np.array([_edge(hop, rate) for hop in range(waiting.row * HOPS, until * HOPS + 1)], np.int64) - start
        edges = np.minimum(edges, samples.shape[1])
        readings = _measure(first, samples, edges, start, waiting.arrived_at, timeline)
        waiting.samples = [samples[:, edges[-1] :].copy()]
        waiting.row = until
        return readings


def _edge(hop: int, rate: int) -> int:
    """First sample of a hop."""
    return hop * rate // HOPS_PER_SECOND


def _joins(waiting: _Waiting, block: SoundBlock) -> bool:
    """Whether a block goes on where the grid stands: same epoch, rate and layout, timestamps within a hop or two."""
    first = waiting.block
    if (block.epoch, block.rate, block.layout, block.time_base) != (
        first.epoch,
        first.rate,
        first.layout,
        first.time_base,
    ):
        return False
    due = first.pts * first.time_base + Fraction(waiting.end, first.rate)
    return abs(float(block.pts * block.time_base - due)) <= MAX_GAP_S


def _measure(
    first: SoundBlock,
    samples: NDArray[np.float32],
    edges: NDArray[np.int64],
    start: int,
    arrived_at: float,
    timeline: Timeline,
) -> Readings:
    peak, energy, finite = sound_hops(samples, edges)
    shape = (-1, HOPS, samples.shape[0])
    counts = np.diff(edges)
    full = counts.reshape(-1, HOPS).min(axis=1) > 0
    n = counts.reshape(-1, HOPS).sum(axis=1)
    good = finite.reshape(shape).all(axis=(1, 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        peak_db = 20 * np.log10(peak)
        row_peak = 20 * np.log10(peak.reshape(shape).max(axis=1))
        row_rms = 10 * np.log10(energy.reshape(shape).sum(axis=1) / n[:, None])
        codes = np.clip(np.floor(2 * peak_db.astype(np.float64)) + 255, 1, 255)
    codes[peak == 0] = 0
    row_peak[~good] = row_rms[~good] = np.nan
    base = first.pts * first.time_base
    offsets = [start + int(edge) for edge in edges[:-1:HOPS]]
    ticks = [round((base + Fraction(offset, first.rate)) / first.time_base) for offset in offsets]
    origin = timeline.seconds(first.epoch, first.pts, first.time_base)
    t_s = origin + np.array(offsets, np.float64) / first.rate
    return Readings(
        stream=first.stream,
        track=first.track,
        epoch=first.epoch,
        time_base=first.time_base,
        depth="full",
        pts=np.array(ticks, np.int64),
        t_s=t_s,
        duration_s=n / first.rate,
        since_previous_s=np.where(np.array(offsets) > 0, 0.1, np.nan).astype(np.float32),
        arrived_at=np.full(len(n), arrived_at),
        at=np.full(len(n), math.nan),
        reason=np.where(good, np.where(full, Reason.MEASURED, Reason.TOO_SHORT), Reason.CORRUPT).astype(np.uint8),
        values={"peak_dbfs": row_peak.astype(np.float32), "rms_dbfs": row_rms.astype(np.float32)},
        prints={"peak": codes.reshape(shape).transpose(0, 2, 1).astype(np.uint8)},
        made_by=MADE_BY,
        channels=first.channels,
    )
