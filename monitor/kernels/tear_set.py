"""The loops behind `seams`, which says what they give."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from monitor.kernels import lanes
from monitor.kernels.lanes import apart, eights, load, nothing, total, widen


def rows_eights_kernel() -> Any:
    """For bytes, where there are `eights`, and whole columns of 32."""
    source = lanes.SOURCE

    @nb.njit(cache=True, nogil=True)
    def rows_by_eights(plane, before, whole, out):  # type: ignore[no-untyped-def]
        _ = source
        for y in range(plane.shape[0]):
            up = max(y - 1, 0)
            first = load(plane, y, 0, 32)
            step = eights(first, first)
            change, late, early = step, step, step
            for x in range(0, whole, 32):
                pixels, above = load(plane, y, x, 32), load(plane, up, x, 32)
                earlier = load(before, y, x, 32)
                step += eights(pixels, above)
                change += eights(pixels, earlier)
                late += eights(pixels, load(before, up, x, 32))
                early += eights(earlier, above)
            out[0, y], out[1, y] = total(step, 1), total(change, 1)
            out[2, y], out[3, y] = total(late, 1), total(early, 1)

    return rows_by_eights


def rows_kernel(count: int) -> Any:
    """For pixels that are taken `count` at a time."""
    # The sums of so many loads fit into a lane of twice the bits of a pixel.
    stretch = 128 * count
    source = lanes.SOURCE

    @nb.njit(cache=True, nogil=True)
    def rows(plane, before, whole, width, out):  # type: ignore[no-untyped-def]
        """The columns up to `whole`, a multiple of `count`, many at a time; those up to `width`, one by one."""
        _ = source
        out[:] = 0
        for y in range(plane.shape[0]):
            up = max(y - 1, 0)
            for start in range(0, whole, stretch):
                step = nothing(widen(load(plane, y, start, count)))
                change, late, early = step, step, step
                for x in range(start, min(start + stretch, whole), count):
                    pixels, above = load(plane, y, x, count), load(plane, up, x, count)
                    earlier = load(before, y, x, count)
                    step += widen(apart(pixels, above))
                    change += widen(apart(pixels, earlier))
                    late += widen(apart(pixels, load(before, up, x, count)))
                    early += widen(apart(earlier, above))
                out[0, y] += total(step, 1)
                out[1, y] += total(change, 1)
                out[2, y] += total(late, 1)
                out[3, y] += total(early, 1)
            for x in range(whole, width):
                pixel, above = np.int64(plane[y, x]), np.int64(plane[up, x])
                earlier = np.int64(before[y, x])
                out[0, y] += abs(pixel - above)
                out[1, y] += abs(pixel - earlier)
                out[2, y] += abs(pixel - np.int64(before[up, x]))
                out[3, y] += abs(earlier - above)

    return rows


def moved_kernel(count: int) -> Any:
    """For pixels that are taken `count` at a time."""
    stretch = 128 * count
    source = lanes.SOURCE
    nowhere = np.int64(2**61)

    @nb.njit(cache=True, nogil=True)
    def moved(plane, before, y, step, reach, whole, width, sums):  # type: ignore[no-untyped-def]
        """Whether the step from row y - 1 to y, which is `step` in all, was in the picture before: at another row,
        at most `reach` away, or at this one, but spread over two, as an edge between two rows is. Where it was, rows
        y - 1 and y differ less from what they were than from what is at their own place now, and by less than 7/8 of
        the step. `sums`: int64 [2, 2 * reach + 3], to work in."""
        _ = source
        middle = reach + 1
        for k in range(2):
            row = y - 1 + k
            for n in range(2 * reach + 3):
                other = row + n - middle
                if not 0 <= other < plane.shape[0]:
                    sums[k, n] = nowhere
                    continue
                found = np.int64(0)
                for start in range(0, whole, stretch):
                    some = nothing(widen(load(plane, row, start, count)))
                    for x in range(start, min(start + stretch, whole), count):
                        some += widen(apart(load(plane, row, x, count), load(before, other, x, count)))
                    found += total(some, 1)
                for x in range(whole, width):
                    found += abs(np.int64(plane[row, x]) - np.int64(before[other, x]))
                sums[k, n] = found
        least = min(sums[0, middle] + sums[1, middle], step * 7 // 8)
        was = min(sums[0, middle] + sums[1, middle + 1], sums[0, middle - 1] + sums[1, middle])
        for n in range(1, 2 * reach + 2):
            if n != middle:
                was = min(was, sums[0, n] + sums[1, n])
        return was < least

    return moved


@nb.njit(cache=True, nogil=True)
def is_broad(plane, before, y, width, near, unit, broad, wide):  # type: ignore[no-untyped-def]
    """Whether the step from row y - 1 to y shows across the picture. It shows in a column of 32 pixels (an eighth of
    the picture, where that is less) where it is larger than the steps next to it, and than from one of the two rows to
    the other in the picture before, by a level for each pixel. Only columns that move on both sides count: that change
    by a level for each pixel of `near` rows above and below, but for the two at the step. It has to show in the share
    `broad` of those, which are the share `wide` of all."""
    block = max(1, min(32, width // 8))
    moving, standing = 0, 0
    for left in range(0, width - block + 1, block):
        step, above, below = np.int64(0), np.int64(0), np.int64(0)
        late, early, up, down = np.int64(0), np.int64(0), np.int64(0), np.int64(0)
        for x in range(left, left + block):
            pixel, over = np.int64(plane[y, x]), np.int64(plane[y - 1, x])
            step += abs(pixel - over)
            above += abs(over - np.int64(plane[y - 2, x]))
            below += abs(np.int64(plane[y + 1, x]) - pixel)
            late += abs(pixel - np.int64(before[y - 1, x]))
            early += abs(np.int64(before[y, x]) - over)
        for k in range(1, near + 1):
            for x in range(left, left + block):
                up += abs(np.int64(plane[y - 1 - k, x]) - np.int64(before[y - 1 - k, x]))
                down += abs(np.int64(plane[y + k, x]) - np.int64(before[y + k, x]))
        if min(up, down) >= near * block * unit:
            moving += 1
            standing += step - max(above, below, min(late, early)) >= block * unit
    return standing >= wide * (width // block) and standing >= broad * moving
