"""Sides of tiles that stand out equal their NumPy definition, bit for bit, and are those of blocks made up."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from tiles import DEPTHS, SIZES, Plane, contents, neighbour, padded

from monitor.errors import KernelError
from monitor.kernels import side_tiles

ROWS = (1, 6, 9, 14)


def outstanding(p: NDArray[np.int64], dy: int, dx: int) -> NDArray[np.int64]:
    """By how much each pixel stands out against the one at (-dy, -dx); far below 0 where a pixel for it is missing."""
    before, far, beyond = neighbour(p, -dy, -dx), neighbour(p, -2 * dy, -2 * dx), neighbour(p, dy, dx)
    out = np.abs(p - before) - np.maximum(np.abs(before - far), np.abs(beyond - p))
    out[: 2 * dy], out[:, : 2 * dx] = -(2**20), -(2**20)
    out[p.shape[0] - dy :], out[:, p.shape[1] - dx :] = -(2**20), -(2**20)
    return out


def define(plane: Plane, unit: int) -> NDArray[np.int64]:
    """The truth: what each integer of `side_tiles` is."""
    p = plane.astype(np.int64)
    height, width = p.shape
    down, across = outstanding(p, 1, 0), outstanding(p, 0, 1)
    out = np.zeros((2, -(-height // 16), -(-width // 16)), np.int64)
    for r in range(height // 16):
        for c in range(width // 16):
            for k, line in ((0, 0), (1, 4), (1, 12)):
                for least in (4 * unit, 8 * unit):
                    upper = down[16 * r + line, 16 * c : 16 * c + 16] > least
                    left = [across[16 * r + row, 16 * c + line] > least for row in ROWS]
                    out[k, r, c] += int(upper.sum() >= 12) + int(all(left))
    return out


def blocks(size: tuple[int, int], shift: int, dtype: type, bits: int) -> Plane:
    """Squares of 4, 8 or 16 pixels, each of one level, as a lost stretch of a stream leaves them, from `shift` on."""
    rng = np.random.default_rng([*size, shift])
    levels = rng.integers(0, 2**bits, (size[0] // 4 + 8, size[1] // 4 + 8))
    levels = np.where(
        rng.random(levels.shape) < 0.5,
        np.repeat(np.repeat(levels[::4, ::4], 4, 0), 4, 1)[: levels.shape[0], : levels.shape[1]],
        levels,
    )
    return np.repeat(np.repeat(levels, 4, 0), 4, 1)[shift : size[0] + shift, shift : size[1] + shift].astype(dtype)


@pytest.mark.parametrize("size", [*SIZES, (64, 48), (33, 80)])
@pytest.mark.parametrize(("dtype", "bits"), DEPTHS)
@pytest.mark.parametrize("content", ["noise", "soft", "checkerboard", "lines", "blocks", "shifted"])
def test_sides_equal_the_definition(size: tuple[int, int], dtype: type, bits: int, content: str) -> None:
    shifts = {"blocks": 0, "shifted": 3}
    plane = blocks(size, shifts[content], dtype, bits) if content in shifts else contents(content, size, dtype, bits)
    unit = 2 ** (bits - 8)
    truth = define(plane, unit)
    assert np.array_equal(side_tiles(padded(plane, 13), unit), truth)
    assert np.array_equal(side_tiles(np.repeat(plane, 2, axis=1)[:, ::2], unit), truth), "rows of interleaved pixels"
    if content == "blocks" and size == (64, 48):
        assert truth[0].sum() > 20, "else nothing was tried"


def test_a_step_counts_by_its_height_and_only_where_it_is_one() -> None:
    plane = np.full((48, 96), 100, np.uint8)
    plane[16:32, 32:48] = 106
    plane[16:32, 64:80] = 112
    on, off = side_tiles(plane, 1)
    assert on.tolist() == [[0] * 6, [0, 0, 2, 1, 4, 2], [0, 0, 1, 0, 2, 0]]
    assert not off.any()
    assert not side_tiles(np.repeat(np.arange(96)[None] * 2, 48, axis=0).astype(np.uint8), 1).any(), "a slope is none"
    moved = side_tiles(np.roll(plane, (4, 4), (0, 1)), 1)
    assert not moved[0].any(), "beside the grid it tells of the picture"
    assert int(moved[1].sum()) == 6


@pytest.mark.parametrize("unit", [0, 32])
def test_a_unit_that_no_pixel_has_room_for_is_refused(unit: int) -> None:
    with pytest.raises(KernelError, match="unit"):
        side_tiles(np.zeros((16, 16), np.uint8), unit)
