"""Tiles -> numbers of a whole picture and of the places of a coarse grid. Integers in, integers out, the same for every
twin: it runs on the CPU after either."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numba as nb
import numpy as np
from numba import types
from numpy.typing import NDArray

PLACES = 144
"""Places of the coarse grid that readings keep, 9 x 16, as the recurrences over time go through them."""


class Summary(NamedTuple):
    """One picture: `totals` int64 [k] per statistic; `cells` int64 [k, rows, columns] of the grid; `margins` int64 [4]:
    rows of tiles from the top and from the bottom, columns from the left and from the right, that are full throughout.
    """

    totals: NDArray[np.int64]
    cells: NDArray[np.int64]
    margins: NDArray[np.int64]


def summarise(
    tiles: NDArray[np.int32], full: NDArray[np.int64], maxima: int, filled: int, grid: tuple[int, int]
) -> Summary:
    """Sums over all tiles and over each place of the grid, of tiles int32 [k, rows, columns].

    Statistic number `maxima` is a maximum: it gives the largest instead of the sum. `margins` count where statistic
    number `filled` equals `full`, the pixels of each tile [rows, columns]. A place takes the tiles from row
    i * rows // grid rows on; in a picture with fewer tiles than places, places share tiles.
    """
    out = Summary(np.zeros(len(tiles), np.int64), np.zeros((len(tiles), *grid), np.int64), np.zeros(4, np.int64))
    _summarise(tiles, full, maxima, filled, *out)
    return out


def places(tiles: NDArray[np.int32], grid: tuple[int, int]) -> tuple[NDArray[np.int64], int]:
    """Sums over each place of the grid, int64 [rows, columns], of tiles int32 [rows, columns], shared out as above; and
    the sum of all tiles."""
    out = np.zeros(grid, np.int64)
    return out, _places(tiles, out)


@cache
def compile_all() -> None:
    """Compile for the types that are used, and for no other from then on."""
    vector, plane = types.int64[::1], types.int64[:, ::1]
    tiles, cells = types.int32[:, :, ::1], types.int64[:, :, ::1]
    _summarise.compile((tiles, plane, types.int64, types.int64, vector, cells, vector))
    _summarise.disable_compile()
    _places.compile((types.int32[:, ::1], plane))
    _places.disable_compile()


@nb.njit(cache=True)  # So short that to give Python's lock away, and wait for it again, costs more.
def _summarise(tiles, full, maxima, filled, totals, cells, margins):  # type: ignore[no-untyped-def]
    rows, columns = tiles.shape[1:]
    gathered = np.empty(columns, np.int64)
    for k in range(tiles.shape[0]):
        largest = k == maxima
        for i in range(cells.shape[1]):
            top = i * rows // cells.shape[1]
            bottom = max((i + 1) * rows // cells.shape[1], top + 1)
            _gather(tiles[k], top, bottom, largest, gathered)
            for j in range(cells.shape[2]):
                left = j * columns // cells.shape[2]
                right = max((j + 1) * columns // cells.shape[2], left + 1)
                cells[k, i, j] = _joined(gathered, left, right, largest)
        if rows >= cells.shape[1] and columns >= cells.shape[2]:
            totals[k] = _joined(cells[k].ravel(), 0, cells[k].size, largest)
        else:
            _gather(tiles[k], 0, rows, largest, gathered)
            totals[k] = _joined(gathered, 0, columns, largest)
    for r in range(rows):
        if not np.array_equal(tiles[filled, r], full[r]):
            break
        margins[0] += 1
    if margins[0] == rows:
        margins[:2] = rows
        margins[2:] = columns
        return
    for r in range(rows - 1, -1, -1):
        if not np.array_equal(tiles[filled, r], full[r]):
            break
        margins[1] += 1
    for c in range(columns):
        if not np.array_equal(tiles[filled, :, c], full[:, c]):
            break
        margins[2] += 1
    for c in range(columns - 1, -1, -1):
        if not np.array_equal(tiles[filled, :, c], full[:, c]):
            break
        margins[3] += 1


@nb.njit(cache=True)
def _places(tiles, out):  # type: ignore[no-untyped-def]
    rows, columns = tiles.shape
    gathered = np.empty(columns, np.int64)
    for i in range(out.shape[0]):
        top = i * rows // out.shape[0]
        _gather(tiles, top, max((i + 1) * rows // out.shape[0], top + 1), False, gathered)
        for j in range(out.shape[1]):
            left = j * columns // out.shape[1]
            out[i, j] = _joined(gathered, left, max((j + 1) * columns // out.shape[1], left + 1), False)
    if rows >= out.shape[0] and columns >= out.shape[1]:
        return out.sum()
    total = np.int64(0)  # Places share tiles.
    for i in range(rows):
        for j in range(columns):
            total += np.int64(tiles[i, j])
    return total


@nb.njit(cache=True, nogil=True)
def _joined(values, first, last, largest):  # type: ignore[no-untyped-def]
    """Sum or largest of values [first, last), of which there is at least one. Indices are unsigned: numba would look
    for negative ones."""
    found = values[np.uint64(first)]
    for i in range(first + 1, last):
        value = values[np.uint64(i)]
        found = max(found, value) if largest else found + value
    return found


@nb.njit(cache=True, nogil=True)
def _gather(tiles, top, bottom, largest, out):  # type: ignore[no-untyped-def]
    """Rows [top, bottom) of tiles as one row: row by row, which is quick."""
    out[:] = tiles[top]
    for r in range(top + 1, bottom):
        row = tiles[r]
        if largest:
            for c in range(out.shape[0]):
                out[c] = max(out[c], np.int64(row[c]))
        else:
            for c in range(out.shape[0]):
                out[c] += np.int64(row[c])
