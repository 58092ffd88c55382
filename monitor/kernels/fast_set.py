"""The loops behind `picture.fast_tiles`, which says what they give."""

from __future__ import annotations

from typing import Any

import numba as nb

from monitor.kernels import lanes
from monitor.kernels.lanes import (
    apart,
    at_most,
    cut,
    eighths,
    eights,
    fetch_ahead,
    lane,
    larger,
    largest,
    load,
    nothing,
    shifted_right,
    total,
    widen,
)


def eights_kernel() -> Any:
    """For bytes, where there are `eights`: a 1080p picture takes two thirds of the time of `columns_kernel`."""
    source = lanes.SOURCE

    @nb.njit(cache=True, nogil=True)
    def by_eights(plane, before, level, whole, out):  # type: ignore[no-untyped-def]
        """The columns up to `whole`, a multiple of 32. What is off the grid is everything less what is on it."""
        _ = source
        for strip in range(out.shape[1]):
            top = strip * 16
            for x in range(0, whole, 32):
                peak = load(plane, top, x, 32)
                dark = nothing(peak)
                zeros = eights(peak, peak)
                summed, difference, across, across_on, down, down_on = zeros, zeros, zeros, zeros, zeros, zeros
                above = load(plane, max(top - 1, 0), x, 32)
                for y in range(top, min(top + 16, plane.shape[0])):
                    fetch_ahead(plane, y + 16, x)
                    fetch_ahead(before, y + 16, x)
                    pixels = load(plane, y, x, 32)
                    left = load(plane, y, x - 1, 32) if x else shifted_right(pixels)
                    step = eights(pixels, above)
                    summed += eights(pixels, nothing(pixels))
                    difference += eights(pixels, load(before, y, x, 32))
                    across += eights(pixels, left)
                    across_on += eights(eighths(pixels), eighths(left))
                    down += step
                    if y % 8 == 0:
                        down_on += step
                    dark += at_most(pixels, level)
                    peak = larger(peak, pixels)
                    above = pixels
                darks = eights(dark, nothing(dark))
                for k in range(2):
                    tile = x // 16 + k
                    on, below_on = total(cut(across_on, k, 2), 1), total(cut(down_on, k, 2), 1)
                    out[0, strip, tile] = total(cut(summed, k, 2), 1)
                    out[1, strip, tile] = total(cut(difference, k, 2), 1)
                    out[2, strip, tile] = total(cut(darks, k, 2), 1)
                    out[3, strip, tile] = largest(cut(peak, k, 16))
                    out[4, strip, tile] = on
                    out[5, strip, tile] = total(cut(across, k, 2), 1) - on
                    out[6, strip, tile] = below_on
                    out[7, strip, tile] = total(cut(down, k, 2), 1) - below_on

    return by_eights


def columns_kernel(count: int) -> Any:
    """For any pixels, `count` at a time, and any width: sums in every column of a tile, added up at its end."""

    source = lanes.SOURCE

    # No jitted function may be in the closure: numba's cache would never find this kernel again.
    @nb.njit(cache=True, nogil=True)
    def columns(plane, before, level, first, width, out):  # type: ignore[no-untyped-def]
        """Columns from `first` on, a multiple of `count`, to `width`: where the picture ends, which is less than where
        planes end that were made wider. The last load may begin before `first`; what is there is not added again."""
        _ = source
        whole = width // count * count
        for strip in range(out.shape[1]):
            top = strip * 16
            bottom = min(top + 16, plane.shape[0])
            for start in range(first, width, count):
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
                    out[:, strip, whole // 16 :] = 0
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

    return columns
