"""Seams between the rows of a picture, CPU twin (numba): where what is above does not go on below, though it did, or
nearly, in the picture before. Owns the sums and the order of rows by them; says nothing about what they mean."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from monitor.kernels.lanes import EIGHTS
from monitor.kernels.picture import LANES, Plane, check_alike, side_by_side
from monitor.kernels.tear_set import is_broad, moved_kernel, rows_eights_kernel, rows_kernel

SEAM_MARGIN, MOVES = 5, 2
"""So many rows from a seam, both parts change by an 8-bit level for every so many pixels: bars and captions do not move
on one side."""
SEAMS, LOOKED_AT = 3, 6
"""So many of a picture are given, of so many that are looked for in the picture before."""
BROAD, WIDE = 0.4, 0.25
"""A seam shows in so many of the columns that move on both sides of it, and in so many of all."""
REACH = 12
"""They are looked for up to one part of so many of the height away."""


def row_steps(plane: Plane, previous: Plane) -> NDArray[np.int64]:
    """Sums over each row of a plane, int64 [4, h]: over whole columns of 32, or all pixels where there are fewer. In
    row 0, what is above is row 0 itself.

    [0, y] of |pixel - the pixel above|
    [1, y] of |pixel - the same pixel of `previous`|
    [2, y] of |pixel - the pixel above in `previous`|
    [3, y] of |the same pixel of `previous` - the pixel above|

    `plane`, `previous`: [h, w] uint8 or uint16 of one shape and type, rows padded as they come. Raises KernelError.
    """
    check_alike(plane, previous)
    now, before = side_by_side(plane), side_by_side(previous)
    width = row_pixels(plane.shape[1])
    out = np.empty((4, plane.shape[0]), np.int64)
    if _EIGHTS and plane.dtype == np.uint8 and width % 32 == 0:
        _EIGHTS[32](now, before, width, out)
    else:
        _ROWS[plane.dtype](now, before, width // 32 * 32, width, out)
    return out


def row_pixels(width: int) -> int:
    """How many pixels of a row are added up."""
    return width // 32 * 32 or width


def seams(plane: Plane, previous: Plane, unit: int) -> NDArray[np.int64]:
    """The largest seams of a plane, int64 [n <= SEAMS, 2]: row and sum over it, the largest first. None in planes of
    too few rows.

    The sum: by how much the step from the row above to this one is larger than those next to it, and larger than from
    one of the two rows to the other in the picture before (the nearer one); the lesser of the two. Rows near which one
    side does not change have none; nor have rows whose step has only moved here from another row; nor those whose step
    is narrow (see `is_broad`), as is the upper side of something that moves across the picture.

    `unit`: an 8-bit level. Types and shapes as above.
    """
    height, width = plane.shape[0], row_pixels(plane.shape[1])
    if height <= 2 * SEAM_MARGIN:
        return np.empty((0, 2), np.int64)
    step, change, late, early = row_steps(plane, previous)
    first, last = SEAM_MARGIN, height - SEAM_MARGIN + 1
    sums = np.minimum(_beyond(step), _beyond(step - np.minimum(late, early)))[first - 1 : last - 1]
    sums[np.minimum(change[: last - first], change[2 * first - 1 :]) * MOVES < width * unit] = 0
    now, before = side_by_side(plane), side_by_side(previous)
    moved, reach = _MOVED[plane.dtype], height // REACH
    scratch = np.empty((2, 2 * reach + 3), np.int64)
    found: list[tuple[int, int]] = []
    for at in np.argsort(-sums, kind="stable")[:LOOKED_AT].tolist():
        y = first + at
        if sums[at] <= 0 or len(found) == SEAMS:
            break
        broad = is_broad(now, before, y, width, SEAM_MARGIN - 1, unit, BROAD, WIDE)
        if broad and not moved(now, before, y, step[y], reach, width // 32 * 32, width, scratch):
            found.append((y, int(sums[at])))
    return np.array(found, np.int64).reshape(-1, 2)


@cache
def compile_all() -> None:
    """Compile every kernel for every type that it is used with, and for no other from then on."""
    n = types.int64
    for dtype, number in ((np.dtype(np.uint8), types.uint8), (np.dtype(np.uint16), types.uint16)):
        plane = types.Array(number, 2, "A", readonly=True)
        _ROWS[dtype].compile((plane, plane, n, n, types.int64[:, ::1]))
        _MOVED[dtype].compile((plane, plane, n, n, n, n, n, types.int64[:, ::1]))
        is_broad.compile((plane, plane, n, n, n, n, types.float64, types.float64))
    plane = types.Array(types.uint8, 2, "A", readonly=True)
    for kernel in _EIGHTS.values():
        kernel.compile((plane, plane, n, types.int64[:, ::1]))
    for kernel in all_kernels():
        kernel.disable_compile()


def all_kernels() -> list[Any]:
    """Every kernel of this file, for those who compile them or look after that."""
    return [is_broad, *(kernel for some in (_EIGHTS, _ROWS, _MOVED) for kernel in some.values())]


def _beyond(sums: NDArray[np.int64]) -> NDArray[np.int64]:
    """By how much each row but the first and last is larger than those next to it."""
    return np.asarray(sums[1:-1] - np.maximum(sums[:-2], sums[2:]))


_EIGHTS = {32: rows_eights_kernel()} if 32 in EIGHTS else {}
_ROWS = {dtype: rows_kernel(count) for dtype, count in LANES.items()}
_MOVED = {dtype: moved_kernel(count) for dtype, count in LANES.items()}
