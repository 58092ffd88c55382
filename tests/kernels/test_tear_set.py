"""Sums over rows equal their NumPy definition, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
from tiles import DEPTHS, SIZES, contents, padded

from monitor.kernels import row_steps


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("dtype", "bits"), DEPTHS)
@pytest.mark.parametrize(("now", "before"), [("noise", "noise"), ("lines", "white"), ("checkerboard", "white")])
def test_row_steps_equal_the_definition(size: tuple[int, int], dtype: type, bits: int, now: str, before: str) -> None:
    plane = padded(contents(now, size, dtype, bits), 13)
    previous = padded(contents(before, size, dtype, bits)[::-1].copy(), 5)
    width = size[1] // 32 * 32 or size[1]
    p, q = plane[:, :width].astype(np.int64), previous[:, :width].astype(np.int64)
    above, above_before = np.concatenate((p[:1], p[:-1])), np.concatenate((q[:1], q[:-1]))
    pairs = ((p, above), (p, q), (p, above_before), (q, above))
    truth = [np.abs(a - b).sum(axis=1) for a, b in pairs]
    assert np.array_equal(row_steps(plane, previous), truth)
