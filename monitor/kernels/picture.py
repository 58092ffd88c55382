"""Picture kernels, CPU twin (numba). Owns the integers per tile; says nothing about what they mean.

Two sets, each of which reads every pixel of a plane from memory once: `fast_tiles`, for every frame, and
`slow_tiles`, for some frames a second. A tile of 16 x 16 is a macroblock: the smallest thing that a damaged H.264 or
MPEG-2 stream leaves wrong. A plain NumPy definition of each integer is in tests/kernels/tiles.py.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numba as nb
import numpy as np
from numba import types
from numpy.typing import NDArray

from monitor.errors import KernelError
from monitor.kernels import lanes
from monitor.kernels.chroma_set import chroma_columns_kernel, chroma_eights_kernel, chroma_rest
from monitor.kernels.fast_set import columns_kernel, eights_kernel
from monitor.kernels.lanes import EIGHTS, apart, load, nothing, total, widen
from monitor.kernels.slow_set import slow_kernel

TILE = 16
"""Height and width of a tile in pixels; the last row and column of tiles may be smaller."""

CHROMA_TILE = 8
"""... of chroma: with 4:2:0 the same piece of the picture."""

GRID_PHASES = 8
"""Blocks of nearly all codecs are multiples of 8 pixels wide and high."""

FAST = (
    *("sum", "difference", "dark", "maximum", "across_on", "across_off", "down_on", "down_off"),
    *("sides", "off_sides"),
)
"""What `fast_tiles` gives per tile, in this order."""

SLOW = ("squares", "minimum", "sharpness", "noise", "comb", "field", "flat", "step")
"""What `slow_tiles` gives per tile, in this order."""

SIDE_LEVELS = (4, 8)
"""By how many 8-bit levels the step over a side must exceed those beside it, to stand out, and to count twice."""

Plane = NDArray[Any]


def fast_tiles(plane: Plane, previous: Plane, dark_level: int, unit: int) -> NDArray[np.int32]:
    """Integers of every tile of a plane: int32 [10, ceil(h / 16), ceil(w / 16)], in the order of FAST.

    sum         of the pixels
    difference  sum of |pixel - the same pixel of `previous`|
    dark        count of pixels at or below `dark_level`
    maximum     the largest pixel
    across_on   sum of |pixel - its left neighbour|, where x is a multiple of 8 (x > 0)
    across_off  ... and everywhere else
    down_on     sum of |pixel - the pixel above|, where y is a multiple of 8 (y > 0)
    down_off    ... and everywhere else
    sides       how much of the upper and the left side of the tile stands out, 0 to 4, as those of macroblocks do that
                were not decoded but made up; 0 for tiles at the right and lower edge that are not whole
    off_sides   the same of the lines 4 and 12 pixels further down and to the right, where few blocks end, 0 to 8: which
                tells what is in the picture itself

    A pixel stands out against its upper (left) neighbour by how much their difference exceeds the larger one of those
    on from each, to the pixel beyond: an edge that does not go on to either side. The upper side of a tile stands out
    when 12 of its 16 pixels do by more than 4 levels, its left side when those on its rows 1, 6, 9 and 14 do. Either
    counts 1, and once more where it is so with 8 levels. What would need pixels outside the plane does not stand out.

    `plane`, `previous`: [h, w] uint8 or uint16 of one shape and type, rows padded as they come. `unit`: an 8-bit level
    in pixel values.
    """
    check_alike(plane, previous)
    top = _HIGHEST[plane.dtype]
    if not 0 <= dark_level <= top:
        raise KernelError(f"dark level {dark_level}: must be from 0 to {top}, as the pixels are")
    if not 1 <= unit <= top // max(SIDE_LEVELS):
        raise KernelError(f"unit {unit}: must be from 1 to {top // max(SIDE_LEVELS)}, an eighth of what a pixel can be")
    out = np.empty((len(FAST), *_tiles(plane)), np.int32)
    low, high = (level * unit for level in SIDE_LEVELS)
    now, before = side_by_side(plane), side_by_side(previous)
    count = _by_eights(plane, TILE)
    if count:
        _EIGHTS_KERNELS[count](now, before, dark_level, low, high, out)
    else:
        _FAST_KERNELS[plane.dtype](_wide(now), _wide(before), dark_level, low, high, plane.shape[1], out)
    return out


def slow_tiles(
    plane: Plane, unit: int, shift: int, levels: int = 256
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Integers of every tile of a plane: int64 [8, ceil(h / 16), ceil(w / 16)], in the order of SLOW; sums by phase of
    the 8-pixel grid, int64 [2, 8]; and the histogram, int64 [levels].

    squares     sum of pixel ** 2
    minimum     the smallest pixel
    sharpness   sum of |4-neighbour Laplacian|, where all four neighbours exist
    noise       sum of |second difference across of the second difference down| (the mask of Immerkær, "Fast Noise
                Variance Estimation", 1996), where all eight neighbours exist: blind to straight edges
    comb        sum of the distance of a pixel from the range of the pixels above and below: lines of one field that
                stand out from both their neighbours
    field       sum of |pixel - the pixel two lines above|: what differs within one field
    flat        count of pixels that differ by less than `unit` from the left and the upper neighbour
    step        count of pixels whose larger difference to these two is at least one, less than two `unit`

    Phases: [0, k] sum of |pixel - left neighbour| at all x with x % 8 == k; [1, k] the same downwards, by y.
    Histogram: counts of pixel >> `shift` (bytes: 0) on the lines with y % 4 < 2, which are of both fields: all lines
    would cost as much as all else here. What is above the last level counts there (`levels`: at least 256).
    `unit`: an 8-bit level in pixel values.
    """
    _check(plane)
    if levels < 256:
        raise KernelError(f"histogram of {levels} levels: must be at least 256")
    top = _HIGHEST[plane.dtype]
    if not 1 <= unit <= (top + 1) // 2:
        raise KernelError(f"unit {unit}: must be from 1 to {(top + 1) // 2}, half of what a pixel can be")
    most = 0 if plane.dtype == np.uint8 else 15
    if not 0 <= shift <= most:
        raise KernelError(f"shift {shift}: must be from 0 to {most} for {plane.dtype}")
    out = np.empty((len(SLOW), *_tiles(plane)), np.int64)
    phases = np.zeros((2, GRID_PHASES), np.int64)
    tables = np.zeros((4, levels), np.uint32)
    kernel, lanes = _SLOW_KERNELS[plane.dtype], LANES[plane.dtype]
    whole = plane.shape[1] // lanes * lanes
    if whole:
        kernel(side_by_side(plane), unit, shift, 0, whole, plane.shape[1], 0, out, phases, tables)
    if whole < plane.shape[1]:
        now, start, width = _rest(plane, lanes)
        kernel(now, unit, shift, start, start + lanes, width, whole // TILE, out, phases, tables)
    return out, phases, tables.sum(axis=0, dtype=np.int64)


def chroma_tiles(plane: Plane, previous: Plane) -> tuple[NDArray[np.int32], int]:
    """Sum of the pixels of every tile of 8 x 8, int32 [ceil(h / 8), ceil(w / 8)]; and the sum of absolute differences
    to `previous` over the whole plane. Types and shapes as above; the pixels of a row may lie apart (interleaved)."""
    check_alike(plane, previous)
    height, width = plane.shape
    out = np.empty((-(-height // CHROMA_TILE), -(-width // CHROMA_TILE)), np.int32)
    together = plane.strides[1] == previous.strides[1] == plane.itemsize
    count = _by_eights(plane, CHROMA_TILE)
    if together and count:
        return out, int(_CHROMA_EIGHTS[count](plane, previous, out))
    lanes = LANES[plane.dtype]
    whole = width // lanes * lanes if together else 0
    changed = 0
    if whole:
        changed += int(_CHROMA_KERNELS[plane.dtype](plane, previous, whole, out))
    if whole < width:
        changed += int(chroma_rest(plane, previous, whole, out))
    return out, changed


def plane_sums(plane: Plane, previous: Plane) -> tuple[int, int]:
    """Sum of a plane's pixels, and of their absolute differences to `previous`. Types and shapes as above; the pixels
    of a row may lie apart (interleaved chroma)."""
    check_alike(plane, previous)
    lanes = LANES[plane.dtype]
    together = plane.strides[1] == previous.strides[1] == plane.itemsize
    whole = plane.shape[1] // lanes * lanes if together else 0
    summed, difference = _SUMS_KERNELS[plane.dtype](plane, previous, whole)
    return int(summed), int(difference)


@cache
def compile_all() -> None:
    """Compile every kernel for every type that it is used with, and for no other from then on."""
    n = types.int64
    for dtype, number in ((np.dtype(np.uint8), types.uint8), (np.dtype(np.uint16), types.uint16)):
        plane = types.Array(number, 2, "A", readonly=True)
        fast, fast_tile = types.int32[:, :, ::1], types.int32[:, ::1]
        tiles, sums = types.int64[:, :, ::1], types.int64[:, ::1]
        _FAST_KERNELS[dtype].compile((plane, plane, n, n, n, n, fast))
        _SLOW_KERNELS[dtype].compile((plane, n, n, n, n, n, n, tiles, sums, types.uint32[:, ::1]))
        _SUMS_KERNELS[dtype].compile((plane, plane, n))
        _CHROMA_KERNELS[dtype].compile((plane, plane, n, fast_tile))
        chroma_rest.compile((plane, plane, n, fast_tile))
    plane = types.Array(types.uint8, 2, "A", readonly=True)
    for count in EIGHTS:
        _EIGHTS_KERNELS[count].compile((plane, plane, n, n, n, types.int32[:, :, ::1]))
        _CHROMA_EIGHTS[count].compile((plane, plane, types.int32[:, ::1]))
    for kernel in all_kernels():
        kernel.disable_compile()


def all_kernels() -> list[Any]:
    """Every kernel of this file, for those who compile them or look after that."""
    by_type = (_FAST_KERNELS, _SLOW_KERNELS, _SUMS_KERNELS, _CHROMA_KERNELS)
    by_count = (_EIGHTS_KERNELS, _CHROMA_EIGHTS)
    return [chroma_rest, *(kernel for some in (*by_type, *by_count) for kernel in some.values())]


def _check(plane: Plane) -> None:
    if plane.dtype not in (np.uint8, np.uint16):
        raise KernelError(f"pixels are {plane.dtype}, must be uint8 or uint16")


def check_alike(plane: Plane, previous: Plane) -> None:
    """Raises KernelError for planes that cannot be compared pixel by pixel, or have pixels that kernels do not take."""
    _check(plane)
    if plane.shape != previous.shape or plane.dtype != previous.dtype:
        raise KernelError(
            f"previous plane is {previous.shape} {previous.dtype}, this one {plane.shape} {plane.dtype}: must be alike"
        )


def _tiles(plane: Plane) -> tuple[int, int]:
    height, width = plane.shape
    return -(-height // TILE), -(-width // TILE)


def _by_eights(plane: Plane, tile: int) -> int:
    """How many bytes of a row to take at a time by `eights`: the most for which it has as many in whole tiles; 0: none,
    or no bytes."""
    if plane.dtype != np.uint8:
        return 0
    whole = plane.shape[1] // tile * tile
    return next((count for count in EIGHTS if count <= whole), 0)


def side_by_side(plane: Plane) -> Plane:
    """The plane with the pixels of a row side by side: itself, but for interleaved ones."""
    return plane if plane.strides[1] == plane.itemsize else np.ascontiguousarray(plane)


def _wide(plane: Plane) -> Plane:
    """The plane, if it is at least as wide as a load; else a copy that is, with zeros beyond."""
    lanes = LANES[plane.dtype]
    height, width = plane.shape
    if width >= lanes:
        return plane
    copy = np.zeros((height, lanes), plane.dtype)
    copy[:, :width] = plane
    return copy


def _rest(plane: Plane, lanes: int) -> tuple[Plane, int, int]:
    """The last columns, fewer than a load takes, copied into a wider plane together with their left neighbours; the
    column where they begin in it, and where they end. Beyond are zeros, so that no load goes past the picture."""
    height, width = plane.shape
    first = width // lanes * lanes
    start = lanes if first else 0
    copy = np.zeros((height, 2 * lanes + 1), plane.dtype)
    copy[:, : start + width - first] = plane[:, first - start :]
    return copy, start, start + width - first


def _sums_kernel(count: int) -> Any:
    # The sums of so many columns, 128 loads, fit into a lane of twice their bits.
    stretch = 128 * count
    source = lanes.SOURCE

    @nb.njit(cache=True)  # So short that to give Python's lock away, and wait for it again, costs more.
    def sums(plane, before, whole):  # type: ignore[no-untyped-def]
        """`whole`: columns that are taken `count` at a time; the rest, one by one."""
        _ = source
        all_sum = np.int64(0)
        all_difference = np.int64(0)
        for y in range(plane.shape[0]):
            for start in range(0, whole, stretch):
                summed = nothing(widen(load(plane, y, start, count)))
                difference = summed
                for x in range(start, min(start + stretch, whole), count):
                    pixels = load(plane, y, x, count)
                    summed += widen(pixels)
                    difference += widen(apart(pixels, load(before, y, x, count)))
                all_sum += total(summed, 1)
                all_difference += total(difference, 1)
            for x in range(whole, plane.shape[1]):
                pixel, other = np.int64(plane[y, x]), np.int64(before[y, x])
                all_sum += pixel
                all_difference += abs(pixel - other)
        return all_sum, all_difference

    return sums


LANES: dict[np.dtype[Any], int] = {np.dtype(np.uint8): 32, np.dtype(np.uint16): 16}
"""How many pixels of each type the kernels take at a time."""
_HIGHEST = {dtype: 256**dtype.itemsize - 1 for dtype in LANES}
_EIGHTS_KERNELS = {count: eights_kernel(count) for count in EIGHTS}
_CHROMA_EIGHTS = {count: chroma_eights_kernel(count) for count in EIGHTS}
_FAST_KERNELS = {dtype: columns_kernel(lanes) for dtype, lanes in LANES.items()}
_SLOW_KERNELS = {dtype: slow_kernel(lanes) for dtype, lanes in LANES.items()}
_SUMS_KERNELS = {dtype: _sums_kernel(lanes) for dtype, lanes in LANES.items()}
_CHROMA_KERNELS = {dtype: chroma_columns_kernel(lanes) for dtype, lanes in LANES.items()}
