"""The loops behind `picture.row_steps`, which says what they give."""

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
