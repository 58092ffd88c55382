"""Steps from row to row equal their NumPy definition, bit for bit."""

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
    p, q = plane.astype(np.int64), previous.astype(np.int64)
    truth = np.zeros((3, size[0]), np.int64)
    for row, (lower, upper) in enumerate(((p, p), (p, q), (q, p))):
        truth[row, 1:] = np.abs(lower[1:] - upper[:-1]).sum(axis=1)
    assert np.array_equal(row_steps(plane, previous), truth)


def test_the_row_at_a_seam_is_nearer_to_the_picture_before() -> None:
    field = np.random.default_rng(2).integers(0, 256, (40, 60)).astype(float)
    field = (np.roll(field, 1, 0) + field + np.roll(field, -1, 0)) / 3  # Rows are like their neighbours.
    first, second = field[:, :50].astype(np.uint8), field[:, 10:].astype(np.uint8)
    torn = second.copy()
    torn[:17] = first[:17]
    step, late, early = row_steps(torn, first)
    assert int((step - np.minimum(late, early)).argmax()) == 17
