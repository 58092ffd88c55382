"""Frame batches -> readings. Owns the fractions: every ratio and mean is computed here, from the kernels' integers.

Has no opinion: nothing here says what is good or bad. `dark` and `lit` are levels of the measurement, written in
`made_by`'s version, not thresholds of a decision.

Columns of `values`:
    luma           mean luma, in 8-bit levels (a 10-bit 64 is 16.0)
    chroma_offset  largest distance of a chroma plane's mean from grey, in 8-bit levels; 0 for grey formats
    difference     mean absolute difference to the frame before over all planes, in 8-bit levels
    drift          the same to the reference picture, which is the last one that differed by more than STILL from the
                   reference before it: small while a picture stands, whatever creeps adds up. FFmpeg's freezedetect
                   keeps its reference in this way, with its threshold for STILL
    moving         largest mean absolute luma difference in any place of the 9 x 16 map
    dark           share of pixels at or below 10 % of the luma range (FFmpeg blackdetect's default `pix_th`)
    lit            share of places of the map with a pixel above 25 % of the luma range
    bar_top, bar_bottom, bar_left, bar_right
                   share of the height or width that is dark throughout from this edge on, in whole tiles
    key            1 for a key frame
Maps: `mean` (luma, 8-bit levels, rounded), `difference` (eighths of a level, rounded up, 255 = 32 levels or more).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.kernels import TILE, picture_tiles, plane_sums
from monitor.media.timeline import Timeline
from monitor.records import GRID, Frame, FrameBatch, Readings, Reason

MADE_BY = "video@1/cpu"
STILL = 0.256
"""-60 dB of 256 levels."""
DARK = 0.10
LIT = 0.25
COLUMNS = (
    "luma",
    "chroma_offset",
    "difference",
    "drift",
    "moving",
    "dark",
    "lit",
    "bar_top",
    "bar_bottom",
    "bar_left",
    "bar_right",
    "key",
)


class PictureMeter:
    """Measures the pictures of one opened source. Keeps one reference picture per track."""

    def __init__(self) -> None:
        self._references: dict[str, Frame] = {}

    def measure(self, batch: FrameBatch, timeline: Timeline) -> Readings:
        """Readings of every frame of a batch: one row each, in the same order. What is not measured is NaN."""
        rows = []
        previous = batch.previous
        for frame in batch.frames:
            row, self._references[batch.track] = _row(frame, previous, self._references.get(batch.track))
            rows.append(row)
            previous = frame
        return _readings(batch, rows, timeline)


def _readings(batch: FrameBatch, rows: list[_Row], timeline: Timeline) -> Readings:
    base = float(batch.time_base)
    pts = np.array([frame.pts for frame in batch.frames], np.int64)
    t_s = np.array([timeline.seconds(batch.epoch, frame.pts, batch.time_base) for frame in batch.frames])
    before = math.nan if batch.previous is None else timeline.seconds(batch.epoch, batch.previous.pts, batch.time_base)
    arrived_at = np.array([frame.arrived_at for frame in batch.frames])
    return Readings(
        stream=batch.stream,
        track=batch.track,
        epoch=batch.epoch,
        time_base=batch.time_base,
        depth=batch.depth,
        pts=pts,
        t_s=t_s,
        duration_s=np.array([frame.duration * base for frame in batch.frames]),
        since_previous_s=np.diff(t_s, prepend=before).astype(np.float32),
        arrived_at=arrived_at,
        at=np.full(len(rows), math.nan),
        reason=np.array([row.reason for row in rows], np.uint8),
        values={name: np.array([row.values[i] for row in rows], np.float32) for i, name in enumerate(COLUMNS)},
        grids={
            "mean": np.array([row.mean for row in rows], np.uint8),
            "difference": np.array([row.difference for row in rows], np.uint8),
        },
        made_by=MADE_BY,
    )


@dataclass(frozen=True, slots=True)
class _Row:
    values: tuple[float, ...]
    mean: NDArray[np.uint8]
    difference: NDArray[np.uint8]
    reason: Reason


def _row(frame: Frame, previous: Frame | None, reference: Frame | None) -> tuple[_Row, Frame]:
    """One frame: the kernels' integers, and from them every fraction. Also the reference picture from here on."""
    scale = 2.0 ** (8 - (16 if frame.msb_aligned else frame.bit_depth))
    comparable = previous is not None and _alike(frame, previous)
    before = previous.planes if previous is not None and comparable else frame.planes
    tiles = picture_tiles(frame.planes[0], before[0], level(frame, DARK))
    chroma = [plane_sums(now, then) for now, then in zip(frame.planes[1:], before[1:], strict=True)]

    height, width = frame.size
    total, difference, dark, maximum = tiles
    pixels = _tile_pixels(height, width)
    to_grid = _grid_index(*pixels.shape)
    cell_pixels = _sum_cells(pixels, to_grid)
    cell_mean = _sum_cells(total, to_grid) / cell_pixels * scale
    cell_difference = _sum_cells(difference, to_grid) / cell_pixels * scale
    lit = np.maximum.reduceat(np.maximum.reduceat(maximum, to_grid[0], axis=0), to_grid[1], axis=1) > level(frame, LIT)
    samples = sum(plane.size for plane in frame.planes)
    changed = (int(difference.sum()) + sum(part for _, part in chroma)) / samples * scale
    drift = changed if reference is None or reference is previous or not comparable else _apart(frame, reference, scale)
    grey = 2 ** ((16 if frame.msb_aligned else frame.bit_depth) - 1)
    offsets = [abs(s / plane.size - grey) * scale for (s, _), plane in zip(chroma, frame.planes[1:], strict=True)]
    values = (
        int(total.sum()) / (height * width) * scale,
        max(offsets, default=0.0),
        changed if comparable else math.nan,
        drift if comparable else math.nan,
        float(cell_difference.max()) if comparable else math.nan,
        int(dark.sum()) / (height * width),
        float(lit.mean()),
        *_bars(dark == pixels),
        float(frame.key),
    )
    row = _Row(
        values,
        np.minimum(np.rint(cell_mean), 255).astype(np.uint8),
        np.minimum(np.ceil(cell_difference * 8), 255).astype(np.uint8),
        Reason.MEASURED if comparable else Reason.NO_PREVIOUS,
    )
    return row, (reference if reference is not None and comparable and drift <= STILL else frame)


def _apart(frame: Frame, other: Frame, scale: float) -> float:
    """Mean absolute difference of two frames over all planes, in 8-bit levels."""
    if not _alike(frame, other):
        return math.inf
    parts = [plane_sums(a, b)[1] for a, b in zip(frame.planes, other.planes, strict=True)]
    return sum(parts) / sum(plane.size for plane in frame.planes) * scale


def level(frame: Frame, share: float) -> int:
    """The pixel value at this share of the luma range of a frame: ITU-R BT.601/709/2100 limited range (16 to 235, at 8
    bits) or full range (0 to 255), at its bit depth."""
    bits = frame.bit_depth
    low, high = (0, 2**bits - 1) if frame.full_range else (16 << bits >> 8, 235 << bits >> 8)
    value = int(low + share * (high - low))
    return value << (16 - bits) if frame.msb_aligned else value


def _alike(frame: Frame, previous: Frame) -> bool:
    """Whether two frames can be compared pixel by pixel."""
    return (
        frame.pixel_format == previous.pixel_format
        and len(frame.planes) == len(previous.planes)
        and all(a.shape == b.shape for a, b in zip(frame.planes, previous.planes, strict=True))
    )


def _tile_pixels(height: int, width: int) -> NDArray[np.int64]:
    """How many pixels each tile has (fewer at the lower and right edge)."""
    rows = np.diff(np.append(np.arange(0, height, TILE), height))
    columns = np.diff(np.append(np.arange(0, width, TILE), width))
    return np.outer(rows, columns)


def _grid_index(rows: int, columns: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First row and column of tiles of each place of the 9 x 16 map. Small pictures: places share tiles."""
    return np.arange(GRID[0]) * rows // GRID[0], np.arange(GRID[1]) * columns // GRID[1]


def _sum_cells(tiles: NDArray[np.int64], index: tuple[NDArray[np.int64], NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.add.reduceat(np.add.reduceat(tiles, index[0], axis=0), index[1], axis=1)


def _bars(dark: NDArray[np.bool_]) -> tuple[float, float, float, float]:
    """Share of the picture that is dark from the top, the bottom, the left and the right edge on."""
    rows: NDArray[np.bool_] = np.all(dark, axis=1)
    columns: NDArray[np.bool_] = np.all(dark, axis=0)
    if rows.all():
        return 1.0, 1.0, 1.0, 1.0
    return (
        float(np.argmin(rows) / len(rows)),
        float(np.argmin(rows[::-1]) / len(rows)),
        float(np.argmin(columns) / len(columns)),
        float(np.argmin(columns[::-1]) / len(columns)),
    )
