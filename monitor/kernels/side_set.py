"""The loops behind the sides in `picture.fast_tiles`, which says what they are: strip by strip, for the kernels of the
fast set, while what they have read is in the cache."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from monitor.kernels import lanes
from monitor.kernels.lanes import apart, beyond, larger, load, moved_in_fours, nothing, set_bits, shifted_right


def sides_kernel(count: int) -> Any:
    """For whole tiles, `count` pixels at a time. The last load may begin before where the one before it ended: what is
    there comes out the same again."""
    source = lanes.SOURCE
    # Lane 2 of each four is the first pixel beyond a line: at x % 16 == 0, and at 4 and 12.
    on_x, off_x = np.uint64(0x0004), np.uint64(0x4040)
    any_x = np.uint64(0x4044_4044_4044_4044 & (2**count - 1))
    tile_of_bits, word = np.uint64(0xFFFF), np.uint64(16)
    per_load = count // 16

    @nb.njit(cache=True, nogil=True)
    def sides(plane, strip, low, high, width, on, off):  # type: ignore[no-untyped-def]
        """Of one strip, which is all there if it is to have any: the columns up to `width`, a multiple of 16, in a
        plane at least as wide as a load, made so if need be. `on`, `off`: a number for each tile of the strip."""
        _ = source
        on[:], off[:] = 0, 0
        top = strip * 16
        if top + 16 > plane.shape[0]:
            return
        for start in range(0, width, count):
            x = max(0, min(start, width - count))
            weak, strong = any_x, any_x
            for k in range(4):
                y = top + (1, 6, 9, 14)[k]
                pixels = load(plane, y, x - 2, count) if x else shifted_right(shifted_right(load(plane, y, 0, count)))
                step = apart(pixels, moved_in_fours(pixels, True))
                beside = larger(moved_in_fours(step, True), moved_in_fours(step, False))
                weak &= beyond(step, beside, low)
                if not weak:
                    break
                strong &= beyond(step, beside, high)
            strong &= weak
            tiles = min(per_load, width // 16)
            for k in range(tiles):
                tile = x // 16 + k
                left, firm = weak >> (word * np.uint64(k)), strong >> (word * np.uint64(k))
                on[tile] = set_bits(left & on_x) + set_bits(firm & on_x)
                off[tile] = set_bits(left & off_x) + set_bits(firm & off_x)
            for k in range(3):
                y = top + (0, 4, 12)[k]
                if y:
                    above, pixels = load(plane, y - 1, x, count), load(plane, y, x, count)
                    step = apart(pixels, above)
                    if set_bits(beyond(step, nothing(step), low)) < 12:
                        continue  # Nothing beside it can be less than nothing.
                    far, after = load(plane, y - 2, x, count), load(plane, y + 1, x, count)
                    beside = larger(apart(above, far), apart(after, pixels))
                    weak = beyond(step, beside, low)
                    if weak:
                        strong = beyond(step, beside, high)
                        for j in range(tiles):
                            shift = word * np.uint64(j)
                            stands = np.int32(set_bits((weak >> shift) & tile_of_bits) >= 12)
                            stands += np.int32(set_bits((strong >> shift) & tile_of_bits) >= 12)
                            if k:
                                off[x // 16 + j] += stands
                            else:
                                on[x // 16 + j] += stands

    return sides


sides_by_64, sides_by_32, sides_by_16 = (sides_kernel(count) for count in (64, 32, 16))
