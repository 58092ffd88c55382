"""The loops behind `picture.chroma_tiles`, which says what they give."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from monitor.kernels import lanes
from monitor.kernels.lanes import (
    apart,
    between,
    cut,
    eights,
    fetch_ahead,
    inverted,
    lane,
    load,
    nothing,
    total,
    widen,
)


def chroma_eights_kernel(count: int) -> Any:
    """For bytes, `count` at a time, where there are `eights` of so many."""
    source = lanes.SOURCE

    @nb.njit(cache=True)  # So short that to give Python's lock away, and wait for it again, costs more.
    def by_eights(plane, before, out):  # type: ignore[no-untyped-def]
        """A plane of which at least `count` columns are in whole tiles, as in the fast set. The sum of differences."""
        _ = source
        height, width = plane.shape
        whole = width // 8 * 8
        loads = -(-whole // count)
        first = load(plane, 0, 0, count)
        zeros = eights(first, first)
        counted = between(inverted(nothing(first)), count - (width - whole), count - 1)
        difference = zeros
        for strip in range(out.shape[0]):
            for k in range(loads + (whole < width)):
                beyond = k == loads
                x = width - count if beyond else min(k * count, whole - count)
                summed, moved = zeros, zeros
                for y in range(strip * 8, min(strip * 8 + 8, height)):
                    fetch_ahead(plane, y + 8, x)
                    fetch_ahead(before, y + 8, x)
                    pixels, earlier = load(plane, y, x, count), load(before, y, x, count)
                    if beyond:
                        pixels, earlier = pixels & counted, earlier & counted
                    summed += eights(pixels, nothing(pixels))
                    moved += eights(pixels, earlier)
                if beyond:
                    out[strip, whole // 8] = total(summed, 1)
                    difference += moved
                else:
                    for j in range(count // 8):
                        out[strip, x // 8 + j] = lane(summed, j)
                    difference += between(moved, (k * count - x) // 8, count // 8)
        return total(difference, 1)

    return by_eights


def chroma_columns_kernel(count: int) -> Any:
    """For any pixels, `count` at a time."""
    source = lanes.SOURCE

    @nb.njit(cache=True)
    def columns(plane, before, whole, out):  # type: ignore[no-untyped-def]
        """The columns up to `whole`, a multiple of `count` above 0. The sum of differences in them."""
        _ = source
        changed = np.int64(0)
        for strip in range(out.shape[0]):
            for x in range(0, whole, count):
                summed = nothing(widen(load(plane, 0, 0, count)))
                difference = summed
                for y in range(strip * 8, min(strip * 8 + 8, plane.shape[0])):
                    fetch_ahead(plane, y + 8, x)
                    fetch_ahead(before, y + 8, x)
                    pixels = load(plane, y, x, count)
                    summed += widen(pixels)
                    difference += widen(apart(pixels, load(before, y, x, count)))
                changed += total(difference, 1)
                for k in range(count // 8):
                    out[strip, x // 8 + k] = total(cut(summed, k, 8), 1)
        return changed

    return columns


@nb.njit(cache=True)
def chroma_rest(plane, before, whole, out):  # type: ignore[no-untyped-def]
    """The columns from `whole` on, a multiple of 8, one pixel at a time: the last ones, or pixels that lie apart."""
    out[:, whole // 8 :] = 0
    changed = np.int64(0)
    for y in range(plane.shape[0]):
        for x in range(whole, plane.shape[1]):
            pixel = np.int64(plane[y, x])
            out[y // 8, x // 8] += pixel
            changed += abs(pixel - np.int64(before[y, x]))
    return changed
