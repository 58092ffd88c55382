"""The loops behind `picture.slow_tiles`, which says what they give."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from monitor.kernels import lanes
from monitor.kernels.lanes import (
    apart,
    at_most,
    between,
    cut,
    inverted,
    lane,
    larger,
    largest,
    load,
    magnitude,
    nothing,
    shifted_left,
    shifted_right,
    smaller,
    total,
    widen,
)


def slow_kernel(count: int) -> Any:
    """For pixels that are taken `count` at a time."""
    source = lanes.SOURCE

    @nb.njit(cache=True, nogil=True)
    def slow(plane, unit, shift, start, stop, width, column, out, phases, tables):  # type: ignore[no-untyped-def]
        """Columns from `start` to `stop`, of which the first is in tile `column`. The picture ends at `width`, and one
        column before that what needs a right neighbour. Levels are counted strip by strip, while these are in the
        cache."""
        _ = source
        height = plane.shape[0]
        all_ones = 256**plane.itemsize - 1
        for strip in range(out.shape[1]):
            top = strip * 16
            bottom = min(top + 16, height)
            if plane.itemsize == 1:
                _count_bytes(plane, top, bottom, start, min(stop, width), tables)
            else:
                _count_words(plane, top, bottom, start, min(stop, width), shift, tables)
            for x in range(start, stop, count):
                lowest = load(plane, top, x, count)
                flat = nothing(lowest)
                steps = nothing(lowest)
                zeros = nothing(widen(lowest))
                sharpness, noise, comb, field, across = zeros, zeros, zeros, zeros, zeros
                squares = nothing(widen(zeros))
                for y in range(top, bottom):
                    pixels = load(plane, y, x, count)
                    left = load(plane, y, x - 1, count) if x else shifted_right(pixels)
                    above = load(plane, max(y - 1, 0), x, count)
                    wide = widen(pixels)
                    squares += widen(wide * wide)
                    lowest = smaller(lowest, pixels)
                    change_across = apart(pixels, left)
                    change_down = apart(pixels, above)
                    across += widen(change_across)
                    phases[1, y % 8] += total(widen(change_down), 1)
                    if y >= 1:
                        change = larger(change_across, change_down)
                        below_unit = at_most(change, unit - 1)
                        flat += below_unit
                        steps += at_most(change, 2 * unit - 1) - below_unit
                    if y >= 2:
                        field += widen(apart(pixels, load(plane, y - 2, x, count)))
                    if 1 <= y < height - 1:
                        below = load(plane, y + 1, x, count)
                        high = larger(above, below)
                        low = smaller(above, below)
                        comb += widen(larger(pixels, high) - high + (low - smaller(pixels, low)))
                        more = x + count < plane.shape[1]
                        right = load(plane, y, x + 1, count) if more else shifted_left(pixels)
                        above_left = load(plane, y - 1, x - 1, count) if x else shifted_right(above)
                        below_left = load(plane, y + 1, x - 1, count) if x else shifted_right(below)
                        above_right = load(plane, y - 1, x + 1, count) if more else shifted_left(above)
                        below_right = load(plane, y + 1, x + 1, count) if more else shifted_left(below)
                        bend = widen(above) + widen(below) - (wide + wide)
                        bend_left = widen(above_left) + widen(below_left) - (widen(left) + widen(left))
                        bend_right = widen(above_right) + widen(below_right) - (widen(right) + widen(right))
                        sharpness += magnitude(bend + (widen(left) + widen(right) - (wide + wide)))
                        noise += magnitude(bend_left + bend_right - (bend + bend))
                first = 0 if x else 1
                last = min(width - 1 - x, count - 1)
                inner = min(width - 2 - x, count - 1)
                flat = between(flat, first, last)
                steps = between(steps, first, last)
                sharpness = between(sharpness, first, inner)
                noise = between(noise, first, inner)
                lowest = inverted(between(inverted(lowest), 0, last))
                across = between(across, 0, last)
                by_phase = cut(across, 0, 8)
                for k in range(1, count // 8):
                    by_phase += cut(across, k, 8)
                for k in range(8):
                    phases[0, k] += lane(by_phase, k)
                for k in range(count // 16):
                    tile = column + (x - start) // 16 + k
                    if tile < out.shape[2]:
                        out[0, strip, tile] = total(cut(squares, k, 16), 1)
                        out[1, strip, tile] = all_ones - largest(inverted(cut(lowest, k, 16)))
                        out[2, strip, tile] = total(cut(sharpness, k, 16), 1)
                        out[3, strip, tile] = total(cut(noise, k, 16), 1)
                        out[4, strip, tile] = total(cut(comb, k, 16), 1)
                        out[5, strip, tile] = total(cut(field, k, 16), 1)
                        out[6, strip, tile] = total(cut(flat, k, 16), 1)
                        out[7, strip, tile] = total(cut(steps, k, 16), 1)

    return slow


# Four tables in turn, so that the same level twice in a row need not wait for itself. Indices are unsigned: numba would
# look for negative ones.
@nb.njit(cache=True, nogil=True)
def _count_bytes(plane, top, bottom, first, last, tables):  # type: ignore[no-untyped-def]
    for y in range(top, bottom):
        if y % 4 >= 2:
            continue
        row = plane[y]
        for x in range(first, last - 3, 4):
            for k in range(4):
                tables[np.uint64(k), np.uint64(row[np.uint64(x + k)])] += np.uint32(1)
        for x in range(last - (last - first) % 4, last):
            tables[0, np.uint64(row[np.uint64(x)])] += np.uint32(1)


@nb.njit(cache=True, nogil=True)
def _count_words(plane, top, bottom, first, last, shift, tables):  # type: ignore[no-untyped-def]
    highest = tables.shape[1] - 1
    for y in range(top, bottom):
        if y % 4 >= 2:
            continue
        for x in range(first, last):
            level = min(np.int64(plane[y, x]) >> shift, highest)
            tables[np.uint64(x % 4), np.uint64(level)] += np.uint32(1)
