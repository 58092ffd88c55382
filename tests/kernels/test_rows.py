"""Seams equal their NumPy definition, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from tiles import DEPTHS, Plane, padded

from monitor.errors import KernelError
from monitor.kernels import SEAMS, row_steps, seams


def define_seams(plane: Plane, previous: Plane, unit: int) -> list[list[int]]:
    """The truth: what the seams of a plane are."""
    height, width = plane.shape
    width = width // 32 * 32 or width
    p, q = plane[:, :width].astype(np.int64), previous[:, :width].astype(np.int64)
    if height < 11:
        return []

    def apart(a: NDArray[np.int64], b: NDArray[np.int64]) -> int:
        return int(np.abs(a - b).sum())

    step = [apart(p[y], p[max(y - 1, 0)]) for y in range(height)]
    nearer = [step[y] - min(apart(p[y], q[max(y - 1, 0)]), apart(q[y], p[max(y - 1, 0)])) for y in range(height)]
    change = [apart(p[y], q[y]) for y in range(height)]
    found = {
        y: min(part[y] - max(part[y - 1], part[y + 1]) for part in (step, nearer))
        for y in range(5, height - 4)
        if min(change[y - 5], change[y + 4]) >= 0.5 * width * unit
    }

    def was_there(y: int) -> bool:
        pairs = [(other, other - 1) for other in range(1, height) if 0 < abs(other - y) <= height // 12]
        pairs += [(y + 1, y - 1), (y, y - 2)]
        apart_from = min(apart(p[y], q[a]) + apart(p[y - 1], q[b]) for a, b in pairs)
        return apart_from < min(apart(p[y], q[y]) + apart(p[y - 1], q[y - 1]), step[y] * 7 // 8)

    def is_broad(y: int) -> bool:
        block = max(1, min(32, width // 8))

        def of_columns(a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.int64]:
            return np.asarray(np.abs(a - b)).reshape(-1, width // block, block).sum(axis=(0, 2))

        near = [(p[y - 5 : y - 1], q[y - 5 : y - 1]), (p[y + 1 : y + 5], q[y + 1 : y + 5])]
        moves = np.minimum(*(of_columns(a, b) for a, b in near)) >= 4 * block * unit
        beside = np.maximum(of_columns(p[y - 1], p[y - 2]), of_columns(p[y + 1], p[y]))
        before = np.minimum(of_columns(p[y], q[y - 1]), of_columns(q[y], p[y - 1]))
        stands = of_columns(p[y], p[y - 1]) - np.maximum(beside, before) >= block * unit
        both = int((stands & moves).sum())
        return both >= 0.25 * len(moves) and both >= 0.4 * moves.sum()

    largest = sorted((y for y in found if found[y] > 0), key=lambda y: -found[y])[:6]
    return [[y, found[y]] for y in largest if is_broad(y) and not was_there(y)][:SEAMS]


def scene(size: tuple[int, int], dtype: type, bits: int, shift: int = 0, torn: int = 0, bars: int = 0) -> Plane:
    """Large shapes with steep sides before bars of so many levels, moved by `shift` pixels both ways; above the row
    `torn`, three times as far."""
    y, x = np.indices(size)
    away = np.where(y < torn, 3 * shift, shift)
    x = x + away
    levels = 70 + 50 * np.sign(np.sin(x / 7) + np.sin((y + shift) / 9)) + bars * ((y + shift) // 13 % 2)
    return np.asarray(np.rint(levels * 2 ** (bits - 8)), dtype)


@pytest.mark.parametrize("size", [(1, 1), (10, 40), (11, 40), (48, 33), (60, 64), (90, 250)])
@pytest.mark.parametrize(("dtype", "bits"), DEPTHS)
@pytest.mark.parametrize("torn", [0, 24, 40])
def test_seams_equal_the_definition(size: tuple[int, int], dtype: type, bits: int, torn: int) -> None:
    rng = np.random.default_rng(5)
    for shift in (1, 4):
        noise = rng.integers(0, 3, size) * 2 ** (bits - 8)
        plane = padded((scene(size, dtype, bits, 2 * shift, torn, bars=80) + noise).astype(dtype), 13)
        previous = padded(scene(size, dtype, bits, shift, bars=80), 5)
        unit = 2 ** (bits - 8)
        assert seams(plane, previous, unit).tolist() == define_seams(plane, previous, unit)


def test_the_line_of_a_tear_is_a_seam_and_an_edge_that_moves_is_none() -> None:
    size = (90, 250)
    before, torn = scene(size, np.uint8, 8, 4), scene(size, np.uint8, 8, 8, torn=40)
    assert seams(torn, before, 1)[0, 0] == 40
    walls = scene(size, np.uint8, 8) // 8

    def roof(row: int) -> Plane:
        return np.where(np.arange(90)[:, None] < row, 200, 50).astype(np.uint8) + np.roll(walls, row, axis=0)

    for down in (1, 2, 5):
        assert len(seams(roof(40 + down), roof(40), 1)) == 0
    between = ((roof(40).astype(np.int64) + roof(41)) // 2).astype(np.uint8)
    assert len(seams(roof(40), between, 1)) == 0, "half a row"


def test_a_thing_that_moves_across_the_picture_has_no_seam() -> None:
    before = scene((90, 256), np.uint8, 8, 4)
    for width, found in ((50, 0), (160, 1)):
        now = scene((90, 256), np.uint8, 8, 8)
        now[40:, 40 : 40 + width] = scene((90, 256), np.uint8, 8, 32)[40:, 40 : 40 + width]
        assert (seams(now, before, 1)[:, 0] == 40).sum() == found, width


def test_planes_that_are_not_alike_are_refused() -> None:
    plane = np.zeros((40, 40), np.uint8)
    for other in (np.zeros((40, 41), np.uint8), np.zeros((40, 40), np.uint16)):
        with pytest.raises(KernelError, match="must be alike"):
            seams(plane, other, 1)
    with pytest.raises(KernelError, match="must be uint8 or uint16"):
        row_steps(plane.astype(np.float32), plane.astype(np.float32))
