"""The kernels' integers -> columns of readings. Owns the fractions: every ratio, mean and map of a picture is made
here, by one function for every twin. Has no opinion: `dark` and `lit` are levels of the measurement, not of a decision.

Levels are 8-bit levels whatever the bit depth (a 10-bit 64 is 16.0). The fast set, on every frame:
    luma           mean luma
    u, v           mean of each chroma plane (grey: 128); 128 for grey formats
    chroma_offset  largest distance of these from grey
    difference     mean absolute difference to the frame before over all planes
    drift          the same to the reference picture, which is the last one that differed by more than STILL from the
                   reference before it: small while a picture stands, whatever creeps adds up. FFmpeg's freezedetect
                   keeps its reference in this way, with its threshold for STILL
    moving         largest mean absolute luma difference in any place of the 9 x 16 map
    dark           share of pixels at or below 10 % of the luma range (FFmpeg blackdetect's default `pix_th`); with PQ
                   and HLG (ITU-R BT.2100), at or below the level of the same luminance
    lit            share of places of the map with a pixel above 25 % of the luma range, likewise
    bar_top, bar_bottom, bar_left, bar_right
                   share of the rows or columns of tiles that are dark throughout, from this edge on
    gradient_x, gradient_y
                   mean absolute difference of a pixel to its left neighbour, and to the one above
    block_x, block_y
                   how much larger that is on the 8-pixel grid (x or y a multiple of 8) than off it
    key            1 for a key frame
    interlaced     1 for a picture of two fields, as the stream says
    coded          how the picture is coded: 1 by itself, 2 from pictures before it, 3 from both sides; 0 not known
    corrupt        1 for a picture of which the decoder says that it had to make up a part
    tiles          how many tiles of 16 x 16 the picture has
    width, height  in pixels
The slow set, where it is due (see `monitor.measure`):
    contrast       standard deviation of luma
    luma_min, luma_max, luma_p01, luma_p50, luma_p99
                   smallest and largest luma; the levels with 1 %, 50 %, 99 % of the pixels at or below them
    under, over    share of pixels below and above the legal range (16 to 235; none in full range)
    crushed, blown share of pixels at or below its lowest, at or above its highest level
                   (shares and percentiles are of two lines in four, which belong to both fields)
    sharpness      mean absolute Laplacian (4 neighbours)
    noise          estimated standard deviation of white noise (Immerkær 1996)
    comb           mean distance of a pixel from the range of those above and below: large where the two fields of an
                   interlaced picture show different moments
    field          mean absolute difference of a pixel to the one two lines above: vertical change within one field
    combed         share of tiles in which comb is more than three quarters of field, by half a level and more: lines of
                   two moments, woven
    flat, step     share of pixels that differ by less than a level from their left and upper neighbours, and by one
                   level, less than two: banding is much of the first with a little of the second
    phase_x, phase_y phase 0 to 7 of the 8-pixel grid with the largest mean difference between neighbours
    phase_x_excess, phase_y_excess
                   how much larger it is there than the mean of the other phases: blocks of a coding grid that was
                   shifted, or scaled by a whole number
Some times a second:
    seam, seam_at  the largest seam between two rows, and where it is, as a share of the height; 0 where there is none:
                   by how much the step across it exceeds the steps above and below it, and, more than there, the step
                   from one of the two rows to the other in the picture before. With motion on both sides, not for a
                   step that was at another row before, and not for a narrow one (`monitor.kernels.rows`). A picture
                   torn there has a large one: an edge is as near to itself a picture ago, wherever it was
    seam_2, seam_2_at, seam_3, seam_3_at
                   the next two of the picture
Maps: `mean` (luma, rounded), `difference` (eighths of a level, rounded up, 255 = 32 levels or more), `u` and `v` (means
of chroma, rounded), `sides` and `off_sides` (sides of the tiles of a place that stand out on the macroblock grid, and
beside it: see `monitor.kernels.picture.fast_tiles`; 255 = 255 or more).

A picture too small for a stencil has NaN there, and the reason TOO_SMALL. With nothing to compare it with, the reason
is NO_PREVIOUS, whatever its size.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from monitor.kernels import CHROMA_TILE, FAST, GRID_PHASES, SEAM_MARGIN, SEAMS, SLOW, TILE, Summary, places, row_pixels
from monitor.records import GRID, Frame, Reason

DARK_AND_LIT: Mapping[int, tuple[float, float]] = {16: (0.108, 0.225), 18: (0.066, 0.166)}
"""By transfer characteristics (ITU-T H.273: 16 PQ, 18 HLG), as shares of the luma range: the signals of the luminance
that 10 % and 25 % of SDR have on a display of 100 cd/m2 (ITU-R BT.1886): 0.4 and 3.6 cd/m2; HLG on one of 1000."""
SDR_DARK_AND_LIT = (0.10, 0.25)

FAST_COLUMNS = (
    "luma",
    "u",
    "v",
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
    "gradient_x",
    "gradient_y",
    "block_x",
    "block_y",
    "key",
    "interlaced",
    "coded",
    "corrupt",
    "tiles",
    "width",
    "height",
)
SLOW_COLUMNS = (
    "contrast",
    "luma_min",
    "luma_max",
    "luma_p01",
    "luma_p50",
    "luma_p99",
    "under",
    "over",
    "crushed",
    "blown",
    "sharpness",
    "noise",
    "comb",
    "combed",
    "field",
    "flat",
    "step",
    "phase_x",
    "phase_x_excess",
    "phase_y",
    "phase_y_excess",
)
SEAM_COLUMNS = ("seam", "seam_at", "seam_2", "seam_2_at", "seam_3", "seam_3_at")
COLUMNS = (*FAST_COLUMNS, *SLOW_COLUMNS, *SEAM_COLUMNS)
GRIDS = ("mean", "difference", "u", "v", "sides", "off_sides")

_IMMERKAER = math.sqrt(math.pi / 2) / 6
"""From the mean absolute answer of the mask to the standard deviation of the noise (Immerkær 1996, eq. 4)."""

NO_COLOUR = 128.0
"""The level of chroma in grey."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Slow:
    """The slow set's integers of one picture: per statistic of SLOW its total (the smallest pixel for `minimum`); and
    in how many tiles lines are of two moments."""

    totals: NDArray[np.int64]
    combed: int
    phases: NDArray[np.int64]
    histogram: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Counts:
    """What was counted of one picture. `chroma`: of each of the two chroma planes the sums in each place of the grid,
    and in all (none: a grey format). NaN where there was nothing to compare."""

    summary: Summary
    chroma: tuple[tuple[NDArray[np.int64], int], ...]
    changed: float
    drift: float
    key: bool
    interlaced: bool
    coded: int
    corrupt: bool
    slow: Slow | None
    seams: NDArray[np.int64] | None
    """Of `kernels.seams`, where they are due and there is something to compare with."""


class Form(NamedTuple):
    """What pictures have in common that can be compared pixel by pixel. `shapes`: height and width of each plane."""

    pixel_format: str
    bit_depth: int
    msb_aligned: bool
    full_range: bool
    transfer: int
    shapes: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Levels:
    """Pixel values of one format. `scale`: from a pixel value to 8-bit levels; `unit`: the other way. Shifted right
    by `shift`, a pixel is one of `count` levels; `low`, `high`: the first and the last legal one of these."""

    scale: float
    dark: int
    lit: int
    low: int
    high: int
    unit: int
    shift: int
    count: int


def form_of(frame: Frame) -> Form:
    """The form of a frame."""
    shapes = tuple([plane.shape for plane in frame.planes])
    return Form(frame.pixel_format, frame.bit_depth, frame.msb_aligned, frame.full_range, frame.transfer, shapes)


@lru_cache(maxsize=64)
def levels_of(form: Form) -> Levels:
    """The levels of a form: ITU-R BT.601/709/2100 limited range (16 to 235, at 8 bits) or full range."""
    bits = form.bit_depth
    up = 16 - bits if form.msb_aligned else 0
    low, high = (0, 2**bits - 1) if form.full_range else (16 << bits >> 8, 235 << bits >> 8)
    dark, lit = DARK_AND_LIT.get(form.transfer, SDR_DARK_AND_LIT)
    return Levels(
        scale=2.0 ** (8 - bits - up),
        dark=int(low + dark * (high - low)) << up,
        lit=int(low + lit * (high - low)) << up,
        low=low,
        high=high,
        unit=1 << max(0, bits + up - 8),
        shift=up,
        count=2 ** max(bits, 8),
    )


@lru_cache(maxsize=64)
def tile_pixels(height: int, width: int, tile: int = TILE) -> NDArray[np.int64]:
    """How many pixels each tile has (fewer at the lower and right edge)."""
    rows = np.diff(np.append(np.arange(0, height, tile), height))
    columns = np.diff(np.append(np.arange(0, width, tile), width))
    return np.outer(rows, columns)


@lru_cache(maxsize=64)
def _cell_pixels(height: int, width: int, tile: int = TILE) -> NDArray[np.int64]:
    """... and each place of the grid."""
    return places(np.ascontiguousarray(tile_pixels(height, width, tile), np.int32), GRID)[0]


@lru_cache(maxsize=64)
def place_widths(width: int) -> NDArray[np.int64]:
    """Pixels across of each of the 16 columns of places, in a picture so wide: they differ by up to a tile."""
    widths: NDArray[np.int64] = _cell_pixels(1, width)[0]
    return widths


def values_of(
    form: Form, counts: Sequence[Counts]
) -> tuple[dict[str, NDArray[np.float32]], dict[str, NDArray[np.uint8]], NDArray[np.uint8]]:
    """Columns, maps and reasons of N pictures of one form: float32 [N], u8 [N, 9, 16], u8 [N]."""
    levels = levels_of(form)
    height, width = form.shapes[0]
    totals = np.stack([c.summary.totals for c in counts]).astype(np.float64)
    cells = np.stack([c.summary.cells for c in counts])
    total = {name: totals[:, k] for k, name in enumerate(FAST)}
    cell_pixels = _cell_pixels(height, width)
    cell_mean = cells[:, FAST.index("sum")] / cell_pixels * levels.scale
    cell_difference = cells[:, FAST.index("difference")] / cell_pixels * levels.scale
    compared = ~np.isnan([c.changed for c in counts])
    pixels = height * width
    tiles = np.array(tile_pixels(height, width).shape)[[0, 0, 1, 1]]
    bars = np.stack([c.summary.margins for c in counts]) / tiles
    on_x, off_x = _grid_samples(width, height)
    on_y, off_y = _grid_samples(height, width)
    steps = levels.scale
    chroma, chroma_maps = _chroma(form, counts, levels)
    values: dict[str, Floats] = {
        "luma": total["sum"] / pixels * levels.scale,
        "u": chroma[:, 0],
        "v": chroma[:, 1],
        "chroma_offset": np.abs(chroma - NO_COLOUR).max(axis=1),
        "difference": np.array([c.changed for c in counts]),
        "drift": np.array([c.drift for c in counts]),
        "moving": np.where(compared, cell_difference.max(axis=(1, 2)), np.nan),
        "dark": total["dark"] / pixels,
        "lit": (cells[:, FAST.index("maximum")] > levels.lit).mean(axis=(1, 2)),
        "bar_top": bars[:, 0],
        "bar_bottom": bars[:, 1],
        "bar_left": bars[:, 2],
        "bar_right": bars[:, 3],
        "gradient_x": _mean(total["across_on"] + total["across_off"], on_x + off_x) * steps,
        "gradient_y": _mean(total["down_on"] + total["down_off"], on_y + off_y) * steps,
        "block_x": (_mean(total["across_on"], on_x) - _mean(total["across_off"], off_x)) * steps,
        "block_y": (_mean(total["down_on"], on_y) - _mean(total["down_off"], off_y)) * steps,
        "key": np.array([float(c.key) for c in counts]),
        "interlaced": np.array([float(c.interlaced) for c in counts]),
        "coded": np.array([float(c.coded) for c in counts]),
        "corrupt": np.array([float(c.corrupt) for c in counts]),
        "tiles": np.full(len(counts), float(tile_pixels(height, width).size)),
        "width": np.full(len(counts), float(width)),
        "height": np.full(len(counts), float(height)),
    }
    values |= {name: np.full(len(counts), np.nan) for name in (*SLOW_COLUMNS, *SEAM_COLUMNS)}
    due = [i for i, c in enumerate(counts) if c.slow is not None]
    if due:
        measured = _slow(form, [c for c in counts if c.slow is not None], levels)
        for name, column in measured.items():
            values[name][due] = column
    sides = {name: np.minimum(cells[:, FAST.index(name)], 255).astype(np.uint8) for name in ("sides", "off_sides")}
    for i, c in enumerate(counts):
        if c.seams is not None and height > 2 * SEAM_MARGIN:
            largest = np.zeros((SEAMS, 2))
            largest[: len(c.seams)] = c.seams[:, ::-1] * (levels.scale / row_pixels(width), 1 / height)
            for name, value in zip(SEAM_COLUMNS, largest.reshape(-1), strict=True):
                values[name][i] = value
    grids = {
        "mean": np.minimum(np.rint(cell_mean), 255).astype(np.uint8),
        "difference": np.minimum(np.ceil(cell_difference * 8), 255).astype(np.uint8),
        "u": np.minimum(np.rint(chroma_maps[:, 0]), 255).astype(np.uint8),
        "v": np.minimum(np.rint(chroma_maps[:, 1]), 255).astype(np.uint8),
        **sides,
    }
    reason = np.full(len(counts), Reason.NOT_DUE, np.uint8)
    reason[due] = Reason.MEASURED
    if min(height, width) <= GRID_PHASES:
        reason[:] = Reason.TOO_SMALL
    reason[~compared] = Reason.NO_PREVIOUS
    return {name: values[name].astype(np.float32) for name in COLUMNS}, grids, reason


def _slow(form: Form, counts: Sequence[Counts], levels: Levels) -> dict[str, Floats]:
    """The slow columns of pictures that have them."""
    slow = [c.slow for c in counts if c.slow is not None]
    height, width = form.shapes[0]
    pixels = height * width
    totals = np.stack([s.totals for s in slow]).astype(np.float64)
    total = {name: totals[:, k] for k, name in enumerate(SLOW)}
    histogram = np.stack([s.histogram for s in slow])
    counted = histogram[0].sum()
    reached = np.cumsum(histogram, axis=1) / counted
    mean = np.array([c.summary.totals[FAST.index("sum")] for c in counts]) / pixels
    inner = max(height - 2, 0) * max(width - 2, 0)
    corner = (height - 1) * (width - 1)
    low, high = levels.low, levels.high
    columns: dict[str, Floats] = {
        "contrast": np.sqrt(np.maximum(total["squares"] / pixels - mean**2, 0)) * levels.scale,
        "luma_min": total["minimum"] * levels.scale,
        "luma_max": np.array([c.summary.totals[FAST.index("maximum")] for c in counts]) * levels.scale,
        "under": histogram[:, :low].sum(axis=1) / counted,
        "over": histogram[:, high + 1 :].sum(axis=1) / counted,
        "crushed": histogram[:, : low + 1].sum(axis=1) / counted,
        "blown": histogram[:, high:].sum(axis=1) / counted,
        "sharpness": _mean(total["sharpness"], inner) * levels.scale,
        "noise": _mean(total["noise"], inner) * levels.scale * _IMMERKAER,
        "comb": _mean(total["comb"], max(height - 2, 0) * width) * levels.scale,
        "combed": _mean(np.array([float(s.combed) for s in slow]), tile_pixels(height, width).size * (height > 2)),
        "field": _mean(total["field"], max(height - 2, 0) * width) * levels.scale,
        "flat": _mean(total["flat"], corner),
        "step": _mean(total["step"], corner),
    }
    for name, share in (("luma_p01", 0.01), ("luma_p50", 0.5), ("luma_p99", 0.99)):
        columns[name] = (reached >= share).argmax(axis=1) * 2.0**levels.shift * levels.scale
    phases = np.stack([s.phases for s in slow]).astype(np.float64) * levels.scale
    for axis, (name, across, along) in enumerate((("phase_x", width, height), ("phase_y", height, width))):
        columns[name], columns[f"{name}_excess"] = _strongest_phase(phases[:, axis], across, along)
    return columns


def _chroma(form: Form, counts: Sequence[Counts], levels: Levels) -> tuple[Floats, Floats]:
    """Means of the two chroma planes [N, 2], and of each place of theirs [N, 2, 9, 16], in 8-bit levels."""
    if len(form.shapes) < 3:
        return np.full((len(counts), 2), NO_COLOUR), np.full((len(counts), 2, *GRID), NO_COLOUR)
    height, width = form.shapes[1]
    cells = np.array([[cells for cells, _ in c.chroma] for c in counts]).astype(np.float64)
    maps = cells / _cell_pixels(height, width, CHROMA_TILE) * levels.scale
    # Where places share tiles, their sum is not the picture's.
    totals = np.array([[total for _, total in c.chroma] for c in counts]).astype(np.float64)
    return totals / (height * width) * levels.scale, maps


def _grid_samples(across: int, along: int) -> tuple[int, int]:
    """How many pairs of neighbours lie on the 8-pixel grid, and how many off it, in a picture so many pixels wide."""
    on = (across - 1) // GRID_PHASES
    return on * along, (across - 1 - on) * along


def _mean(totals: Floats, samples: int) -> Floats:
    """Totals over so many samples each; NaN if there are none."""
    return totals / samples if samples else np.full(len(totals), np.nan)


def _strongest_phase(phases: Floats, across: int, along: int) -> tuple[Floats, Floats]:
    """Phase with the largest mean difference, and by how much that is larger than the mean of the other phases."""
    pairs = np.array([len(range(k or GRID_PHASES, across, GRID_PHASES)) * along for k in range(GRID_PHASES)])
    if not pairs.all():
        return np.full(len(phases), np.nan), np.full(len(phases), np.nan)
    means = phases / pairs
    strongest = means.argmax(axis=1)
    rest = (means.sum(axis=1) - means.max(axis=1)) / (GRID_PHASES - 1)
    return strongest.astype(np.float64), means.max(axis=1) - rest
