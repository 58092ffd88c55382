"""The picture kernels equal their NumPy definitions, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from monitor.errors import KernelError
from monitor.kernels import PICTURE_COLUMNS, TILE, picture_tiles, plane_sums

SIZES = [(1, 1), (1, 40), (16, 16), (17, 33), (35, 17), (144, 176), (540, 963)]


def define(plane: NDArray[np.generic], previous: NDArray[np.generic], dark: int) -> NDArray[np.int64]:
    """The truth: what each integer is."""
    rows, columns = -(-plane.shape[0] // TILE), -(-plane.shape[1] // TILE)
    out = np.zeros((len(PICTURE_COLUMNS), rows, columns), np.int64)
    for y in range(rows):
        for x in range(columns):
            cut = np.s_[y * TILE : (y + 1) * TILE, x * TILE : (x + 1) * TILE]
            a, b = plane[cut].astype(np.int64), previous[cut].astype(np.int64)
            out[:, y, x] = a.sum(), np.abs(a - b).sum(), (a <= dark).sum(), a.max()
    return out


def contents(name: str, size: tuple[int, int], dtype: type, top: int) -> NDArray[np.generic]:
    rng = np.random.default_rng(hash((name, size)) % 2**32)
    if name == "noise":
        return rng.integers(0, top + 1, size).astype(dtype)
    if name == "checkerboard":
        return (np.indices(size).sum(axis=0) % 2 * top).astype(dtype)
    return np.full(size, {"black": 0, "white": top}[name], dtype)


def padded(plane: NDArray[np.generic], by: int) -> NDArray[np.generic]:
    """The same picture with rows that are longer in memory, and nonsense in between."""
    whole = np.full((plane.shape[0], plane.shape[1] + by), np.iinfo(plane.dtype).max, plane.dtype)
    whole[:, : plane.shape[1]] = plane
    return whole[:, : plane.shape[1]]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("dtype", "top"), [(np.uint8, 255), (np.uint16, 1023), (np.uint16, 65535)])
@pytest.mark.parametrize(
    ("now", "before"), [("noise", "noise"), ("white", "black"), ("black", "white"), ("checkerboard", "white")]
)
def test_tiles_equal_the_definition(size: tuple[int, int], dtype: type, top: int, now: str, before: str) -> None:
    plane = padded(contents(now, size, dtype, top), 13)
    previous = padded(contents(before, size, dtype, top)[::-1].copy(), 5)
    dark = top // 7
    assert np.array_equal(picture_tiles(plane, previous, dark), define(plane, previous, dark))
    a, b = plane.astype(np.int64), previous.astype(np.int64)
    assert plane_sums(plane, previous) == (a.sum(), np.abs(a - b).sum())


def test_interleaved_chroma_is_read_rightly() -> None:
    both = np.random.default_rng(1).integers(0, 256, (20, 60), dtype=np.uint8)
    u, v = both[:, 0::2], both[:, 1::2]
    assert plane_sums(u, v) == (int(u.sum()), int(np.abs(u.astype(int) - v).sum()))


def test_nothing_is_read_beyond_the_last_row() -> None:
    """The last row of a padded plane may end with the memory."""
    memory = np.arange(3 * 40 - 10, dtype=np.uint8)
    plane = np.lib.stride_tricks.as_strided(memory, (3, 30), (40, 1))
    assert picture_tiles(plane, plane, 0)[0].sum() == plane.sum(dtype=np.int64)


@pytest.mark.parametrize(
    ("plane", "previous"),
    [
        (np.zeros((4, 4), np.uint8), np.zeros((4, 5), np.uint8)),
        (np.zeros((4, 4), np.uint8), np.zeros((4, 4), np.uint16)),
        (np.zeros((4, 4), np.float32), np.zeros((4, 4), np.float32)),
    ],
)
def test_planes_that_cannot_be_compared_are_refused(plane: NDArray[np.generic], previous: NDArray[np.generic]) -> None:
    with pytest.raises(KernelError, match="must be"):
        picture_tiles(plane, previous, 0)
