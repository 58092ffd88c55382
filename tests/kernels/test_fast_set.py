"""The fast set equals its NumPy definition, bit for bit, by every loop that there is for it."""

from __future__ import annotations

import time

import numpy as np
import pytest
from tiles import DEPTHS, SIZES, contents, define_fast, padded, same

from monitor.kernels import FAST, fast_set, fast_tiles, lanes, picture, plane_sums


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("dtype", "bits"), DEPTHS)
@pytest.mark.parametrize(
    ("now", "before"), [("noise", "noise"), ("white", "black"), ("black", "white"), ("checkerboard", "white")]
)
def test_fast_tiles_equal_the_definition(
    size: tuple[int, int], dtype: type, bits: int, now: str, before: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plane = padded(contents(now, size, dtype, bits), 13)
    previous = padded(contents(before, size, dtype, bits)[::-1].copy(), 5)
    dark, unit = 2**bits // 7, 2 ** (bits - 8)
    truth = define_fast(plane, previous, dark, unit)
    for sizes in {(), picture.EIGHTS[-1:], picture.EIGHTS}:  # ... and what other machines take for bytes.
        monkeypatch.setattr(picture, "EIGHTS", sizes)
        same(fast_tiles(plane, previous, dark, unit), truth, FAST)
    a, b = plane.astype(np.int64), previous.astype(np.int64)
    assert plane_sums(plane, previous) == (a.sum(), np.abs(a - b).sum())


@pytest.mark.skipif(not picture.EIGHTS, reason="this machine has no instruction for it (AVX2)")
@pytest.mark.parametrize(("width", "count"), [(1, 0), (47, 32), (31, 0), (32, 32), (63, 32), (64, 64), (8000, 64)])
def test_a_picture_goes_by_as_many_bytes_as_it_has_in_whole_tiles(width: int, count: int) -> None:
    """Narrower loads for narrower pictures; what none of them fits into goes another way."""
    most = max(picture.EIGHTS)
    assert picture._by_eights(np.zeros((20, width), np.uint8), 16) == min(count, most)
    assert picture._by_eights(np.zeros((20, width), np.uint16), 16) == 0


def test_a_kernel_is_compiled_anew_when_its_operations_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    """numba's cache looks at the file of the kernel alone."""

    def misses() -> int:
        kernel = fast_set.columns_kernel(32)
        plane = np.zeros((4, 40), np.uint8)
        kernel(plane, plane, 1, 4, 8, 40, np.zeros((len(FAST), 1, 3), np.int32))
        return sum(kernel.stats.cache_misses.values())

    misses()
    assert misses() == 0
    monkeypatch.setattr(lanes, "SOURCE", time.monotonic_ns() % 2**31)
    assert misses() == 1
