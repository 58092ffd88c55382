"""The slow set equals its NumPy definition, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
from tiles import DEPTHS, SIZES, contents, define_slow, padded, same

from monitor.errors import KernelError
from monitor.kernels import SLOW, slow_tiles


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("dtype", "bits"), DEPTHS)
@pytest.mark.parametrize("content", ["noise", "soft", "checkerboard", "lines", "white", "black"])
def test_slow_tiles_equal_the_definition(size: tuple[int, int], dtype: type, bits: int, content: str) -> None:
    plane = padded(contents(content, size, dtype, bits), 7)
    unit = 1 << (bits - 8)
    tiles, phases, histogram = slow_tiles(plane, unit, 0, 2**bits)
    truth, truth_phases, truth_histogram = define_slow(plane, unit, 0, 2**bits)
    same(tiles, truth, SLOW)
    assert np.array_equal(phases, truth_phases)
    assert np.array_equal(histogram, truth_histogram)


def test_pixels_beyond_their_depth_are_counted_as_the_brightest() -> None:
    histogram = slow_tiles(np.full((4, 9), 40_000, np.uint16), 4, 2, 1024)[2]
    assert histogram[1023] == 18, "of two lines in four"


def test_a_histogram_of_levels_in_the_high_bits() -> None:
    """P010: ten bits, above six that are zero."""
    levels = np.random.default_rng(3).integers(0, 1024, (33, 50))
    histogram = slow_tiles((levels << 6).astype(np.uint16), 4 << 6, 6, 1024)[2]
    assert np.array_equal(histogram, np.bincount(levels[np.arange(33) % 4 < 2].ravel(), minlength=1024))


def test_a_histogram_too_short_for_a_byte_is_refused() -> None:
    with pytest.raises(KernelError, match="255 levels: must be at least 256"):
        slow_tiles(np.zeros((4, 4), np.uint8), 1, 0, 255)
