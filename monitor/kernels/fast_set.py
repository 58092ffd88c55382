"""The loops behind `picture.fast_tiles`, which says what they give."""

from __future__ import annotations

from typing import Any

import numba as nb

from monitor.kernels import lanes
from monitor.kernels.lanes import (
    apart,
    at_most,
    between,
    cut,
    each_eighth,
    eights,
    fetch_ahead,
    inverted,
    lane,
    larger,
    largest,
    largest_of_sixteens,
    load,
    nothing,
    pairs,
    put,
    shifted_right,
    total,
    widen,
)
from monitor.kernels.side_set import sides_by_16, sides_by_32, sides_by_64


def eights_kernel(count: int) -> Any:
    """For bytes, `count` at a time, where there are `eights` of so many: a 1080p picture takes half the time of
    `columns_kernel`."""
    source = lanes.SOURCE

    @nb.njit(cache=True, nogil=True)
    def by_eights(plane, before, level, low, high, out):  # type: ignore[no-untyped-def]
        """A plane of which at least `count` columns are in whole tiles. The last load of these may begin before where
        the one before it ended: what is there comes out the same again. Columns beyond are the end of one more load.
        What is off the grid is everything less what is on it."""
        _ = source
        height, width = plane.shape
        whole = width // 16 * 16
        loads = -(-whole // count)
        for strip in range(out.shape[1]):
            top = strip * 16
            for k in range(loads + (whole < width)):
                beyond = k == loads
                x = width - count if beyond else min(k * count, whole - count)
                peak, above = load(plane, top, x, count), load(plane, max(top - 1, 0), x, count)
                dark, on_grid = nothing(peak), each_eighth(peak, x)
                counted = between(inverted(dark), count - (width - whole), count - 1)
                if beyond:
                    peak, above = peak & counted, above & counted
                zeros = eights(dark, dark)
                summed, difference, across, across_on, down, down_on = zeros, zeros, zeros, zeros, zeros, zeros
                for y in range(top, min(top + 16, height)):
                    fetch_ahead(plane, y + 16, x)
                    fetch_ahead(before, y + 16, x)
                    pixels, earlier = load(plane, y, x, count), load(before, y, x, count)
                    left = load(plane, y, x - 1, count) if x else shifted_right(pixels)
                    if beyond:
                        pixels, earlier, left = pixels & counted, earlier & counted, left & counted
                    step = eights(pixels, above)
                    summed += eights(pixels, nothing(pixels))
                    difference += eights(pixels, earlier)
                    across += eights(pixels, left)
                    across_on += eights(pixels & on_grid, left & on_grid)
                    down += step
                    if y % 8 == 0:
                        down_on += step
                    dark += at_most(pixels, level)
                    peak = larger(peak, pixels)
                    above = pixels
                if beyond:
                    tile = out.shape[2] - 1
                    out[0, strip, tile] = total(summed, 1)
                    out[1, strip, tile] = total(difference, 1)
                    out[2, strip, tile] = total(eights(dark & counted, nothing(dark)), 1)
                    out[3, strip, tile] = largest(peak)
                    out[4, strip, tile] = total(across_on, 1)
                    out[5, strip, tile] = total(across - across_on, 1)
                    out[6, strip, tile] = total(down_on, 1)
                    out[7, strip, tile] = total(down - down_on, 1)
                else:
                    tile = x // 16
                    put(out[0, strip], tile, pairs(summed))
                    put(out[1, strip], tile, pairs(difference))
                    put(out[2, strip], tile, pairs(eights(dark, nothing(dark))))
                    put(out[3, strip], tile, largest_of_sixteens(peak))
                    put(out[4, strip], tile, pairs(across_on))
                    put(out[5, strip], tile, pairs(across - across_on))
                    put(out[6, strip], tile, pairs(down_on))
                    put(out[7, strip], tile, pairs(down - down_on))
            if count == 64:
                sides_by_64(plane, strip, low, high, whole, out[8, strip], out[9, strip])
            else:
                sides_by_32(plane, strip, low, high, whole, out[8, strip], out[9, strip])

    return by_eights


def columns_kernel(count: int) -> Any:
    """For any pixels, `count` at a time, and any width: sums in every column of a tile, added up at its end."""

    source = lanes.SOURCE

    # No jitted function may be in the closure: numba's cache would never find this kernel again.
    @nb.njit(cache=True, nogil=True)
    def columns(plane, before, level, low, high, width, out):  # type: ignore[no-untyped-def]
        """Columns to `width`: where the picture ends, which is less than where planes end that were made wider. The
        last load may begin before where the one before it ended; what is there is not added again."""
        _ = source
        whole = width // count * count
        for strip in range(out.shape[1]):
            top = strip * 16
            bottom = min(top + 16, plane.shape[0])
            for start in range(0, width, count):
                # The last load ends where the planes end; its first columns were counted before.
                x = min(start, max(0, plane.shape[1] - count))
                peak = load(plane, top, x, count)
                dark = nothing(peak)
                zeros = nothing(widen(peak))
                summed, difference, across, down, down_on = zeros, zeros, zeros, zeros, zeros
                for edge in range(top, bottom, 8):
                    above = load(plane, max(edge - 1, 0), x, count)
                    for y in range(edge, min(edge + 8, bottom)):
                        fetch_ahead(plane, y + 16, x)
                        fetch_ahead(before, y + 16, x)
                        pixels = load(plane, y, x, count)
                        left = load(plane, y, x - 1, count) if x else shifted_right(pixels)
                        step = widen(apart(pixels, above))
                        summed += widen(pixels)
                        difference += widen(apart(pixels, load(before, y, x, count)))
                        across += widen(apart(pixels, left))
                        down += step
                        if y == edge:
                            down_on += step
                        dark += at_most(pixels, level)
                        peak = larger(peak, pixels)
                        above = pixels
                if start < whole:
                    for k in range(count // 16):
                        tile = x // 16 + k
                        across_on = total(cut(across, k, 16), 8)
                        on = total(cut(down_on, k, 16), 1)
                        out[0, strip, tile] = total(cut(summed, k, 16), 1)
                        out[1, strip, tile] = total(cut(difference, k, 16), 1)
                        out[2, strip, tile] = total(cut(dark, k, 16), 1)
                        out[3, strip, tile] = largest(cut(peak, k, 16))
                        out[4, strip, tile] = across_on
                        out[5, strip, tile] = total(cut(across, k, 16), 1) - across_on
                        out[6, strip, tile] = on
                        out[7, strip, tile] = total(cut(down, k, 16), 1) - on
                else:
                    out[:8, strip, whole // 16 :] = 0
                    for column in range(whole, width):
                        k, tile = column - x, column // 16
                        on = lane(down_on, k)
                        out[0, strip, tile] += lane(summed, k)
                        out[1, strip, tile] += lane(difference, k)
                        out[2, strip, tile] += lane(dark, k)
                        out[3, strip, tile] = max(out[3, strip, tile], lane(peak, k))
                        out[5 if column % 8 else 4, strip, tile] += lane(across, k)
                        out[6, strip, tile] += on
                        out[7, strip, tile] += lane(down, k) - on
            if count == 32:
                sides_by_32(plane, strip, low, high, width // 16 * 16, out[8, strip], out[9, strip])
            else:
                sides_by_16(plane, strip, low, high, width // 16 * 16, out[8, strip], out[9, strip])

    return columns
