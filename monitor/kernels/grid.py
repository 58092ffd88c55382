"""Tiles -> numbers of a whole picture and of the places of a coarse grid. Integers in, integers out, the same for every
twin: it runs on the CPU after either."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numba as nb
import numpy as np
from numba import types
from numpy.typing import NDArray

ROWS, COLUMNS = 9, 16
PLACES = ROWS * COLUMNS
"""Places of the coarse grid that readings keep, as the recurrences over time go through them."""


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
    out = Summary(np.empty(len(tiles), np.int64), np.empty((len(tiles), *grid), np.int64), np.empty(4, np.int64))
    _summarise(tiles, full, maxima, filled, *out)
    return out


def places(tiles: NDArray[np.int32], grid: tuple[int, int]) -> tuple[NDArray[np.int64], int]:
    """Sums over each place of the grid, int64 [rows, columns], of tiles int32 [rows, columns], shared out as above; and
    the sum of all tiles."""
    out = np.empty(grid, np.int64)
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
    down, across = _bounds(rows, cells.shape[1]), _bounds(columns, cells.shape[2])
    margins[:] = 0
    for k in range(tiles.shape[0]):
        largest = k == maxima
        for i in range(cells.shape[1]):
            _gather(tiles[k], down[i, 0], down[i, 1], largest, gathered)
            _share(gathered, across, largest, cells[k, i])
        if rows >= cells.shape[1] and columns >= cells.shape[2]:
            totals[k] = cells[k].max() if largest else cells[k].sum()
        else:
            _gather(tiles[k], 0, rows, largest, gathered)
            totals[k] = gathered.max() if largest else gathered.sum()
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
    down, across = _bounds(rows, out.shape[0]), _bounds(columns, out.shape[1])
    for i in range(out.shape[0]):
        _gather(tiles, down[i, 0], down[i, 1], False, gathered)
        _share(gathered, across, False, out[i])
    if rows >= out.shape[0] and columns >= out.shape[1]:
        return out.sum()
    total = np.int64(0)  # Places share tiles.
    for i in range(rows):
        for j in range(columns):
            total += np.int64(tiles[i, j])
    return total


@nb.njit(cache=True, nogil=True)
def _bounds(count, parts):  # type: ignore[no-untyped-def]
    """The first of `count` tiles in each part, and the one after the last. Divided once: that takes longer than all
    that is done to a place."""
    out = np.empty((parts, 2), np.int64)
    for i in range(parts):
        out[i, 0] = i * count // parts
        out[i, 1] = max((i + 1) * count // parts, out[i, 0] + 1)
    return out


@nb.njit(cache=True, nogil=True)
def _share(values, bounds, largest, out):  # type: ignore[no-untyped-def]
    """Sum or largest of the values of each part; the values are used up by it. Indices are unsigned: numba would look
    for negative ones."""
    if largest:
        for j in range(out.shape[0]):
            found = values[np.uint64(bounds[j, 0])]
            for c in range(bounds[j, 0] + 1, bounds[j, 1]):
                found = max(found, values[np.uint64(c)])
            out[j] = found
        return
    for c in range(1, values.shape[0]):  # What lies between two sums from the first on is quicker than many short ones.
        values[np.uint64(c)] += values[np.uint64(c - 1)]
    for j in range(out.shape[0]):
        before = values[np.uint64(bounds[j, 0] - 1)] if bounds[j, 0] else np.int64(0)
        out[j] = values[np.uint64(bounds[j, 1] - 1)] - before


@nb.njit(cache=True, nogil=True)
def _gather(tiles, top, bottom, largest, out):  # type: ignore[no-untyped-def]
    """Rows [top, bottom) of tiles as one row: row by row, which is quick."""
    first = tiles[top]
    for c in range(out.shape[0]):
        out[np.uint64(c)] = first[np.uint64(c)]
    for r in range(top + 1, bottom):
        row = tiles[r]
        if largest:
            for c in range(out.shape[0]):
                out[np.uint64(c)] = max(out[np.uint64(c)], np.int64(row[np.uint64(c)]))
        else:
            for c in range(out.shape[0]):
                out[np.uint64(c)] += np.int64(row[np.uint64(c)])
