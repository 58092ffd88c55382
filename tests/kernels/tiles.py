"""What the integers of the picture kernels are, in plain NumPy, and planes to try them on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from monitor.kernels import TILE

SIZES = [
    (1, 1),
    (1, 40),
    (2, 3),
    (3, 2),
    (16, 16),
    (17, 33),
    (31, 32),
    (35, 17),
    (70, 64),
    (144, 176),
    (67, 250),
    (2, 8200),
]
DEPTHS = [(np.uint8, 8), (np.uint16, 10), (np.uint16, 16)]
Plane = NDArray[np.generic]
ROWS = (1, 6, 9, 14)
"""Of a tile, on which its left side is looked at."""


def tiled(values: NDArray[np.int64], how: str = "sum") -> NDArray[np.int64]:
    """One number per tile of 16 x 16 of values given per pixel."""
    starts = [np.arange(0, length, TILE) for length in values.shape]
    reduce = {"sum": np.add, "max": np.maximum, "min": np.minimum}[how]
    return reduce.reduceat(reduce.reduceat(values, starts[0], axis=0), starts[1], axis=1)


def neighbour(p: NDArray[np.int64], dy: int, dx: int) -> NDArray[np.int64]:
    """For each pixel its neighbour; itself where there is none."""
    height, width = p.shape
    y, x = np.indices(p.shape)
    inside = (y + dy >= 0) & (y + dy < height) & (x + dx >= 0) & (x + dx < width)
    return np.where(inside, p[np.clip(y + dy, 0, height - 1), np.clip(x + dx, 0, width - 1)], p)


def outstanding(p: NDArray[np.int64], dy: int, dx: int) -> NDArray[np.int64]:
    """By how much each pixel stands out against the one at (-dy, -dx); far below 0 where a pixel for it is missing."""
    before, far, beyond = neighbour(p, -dy, -dx), neighbour(p, -2 * dy, -2 * dx), neighbour(p, dy, dx)
    out = np.abs(p - before) - np.maximum(np.abs(before - far), np.abs(beyond - p))
    out[: 2 * dy], out[:, : 2 * dx] = -(2**20), -(2**20)
    out[p.shape[0] - dy :], out[:, p.shape[1] - dx :] = -(2**20), -(2**20)
    return out


def define_sides(plane: Plane, unit: int) -> NDArray[np.int64]:
    """The truth: what `sides` and `off_sides` are."""
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


def define_fast(plane: Plane, previous: Plane, dark: int, unit: int) -> NDArray[np.int64]:
    """The truth: what each integer of FAST is."""
    p, before = plane.astype(np.int64), previous.astype(np.int64)
    y, x = np.indices(p.shape)
    across, down = np.abs(p - neighbour(p, 0, -1)), np.abs(p - neighbour(p, -1, 0))
    return np.stack(
        [
            tiled(p),
            tiled(np.abs(p - before)),
            tiled((p <= dark).astype(np.int64)),
            tiled(p, "max"),
            tiled(across * (x % 8 == 0)),
            tiled(across * (x % 8 != 0)),
            tiled(down * (y % 8 == 0)),
            tiled(down * (y % 8 != 0)),
            *define_sides(plane, unit),
        ]
    )


def define_slow(
    plane: Plane, unit: int, shift: int, levels: int = 256
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The truth: what each integer of SLOW is."""
    p = plane.astype(np.int64)
    y, x = np.indices(p.shape)
    left, up, down, right = (neighbour(p, *d) for d in ((0, -1), (-1, 0), (1, 0), (0, 1)))
    between_lines = (y > 0) & (y < p.shape[0] - 1)
    inner = between_lines & (x > 0) & (x < p.shape[1] - 1)
    corners = sum(neighbour(p, dy, dx) for dy in (-1, 1) for dx in (-1, 1))
    change = np.maximum(np.abs(p - left), np.abs(p - up))
    corner = (y > 0) & (x > 0)
    sums = [
        p * p,
        None,
        np.abs(left + up + down + right - 4 * p) * inner,
        np.abs(corners - 2 * (left + up + down + right) + 4 * p) * inner,
        np.maximum(0, np.maximum(p - np.maximum(up, down), np.minimum(up, down) - p)) * between_lines,
        np.abs(p - neighbour(p, -2, 0)) * (y > 1),
        (change < unit) & corner,
        (change >= unit) & (change < 2 * unit) & corner,
    ]
    out = np.stack([tiled(p, "min") if part is None else tiled(part.astype(np.int64)) for part in sums])
    phases = np.array(
        [
            [np.abs(p - left)[x % 8 == k].sum() for k in range(8)],
            [np.abs(p - up)[y % 8 == k].sum() for k in range(8)],
        ]
    )
    return out, phases, np.bincount(np.minimum(p >> shift, levels - 1)[y % 4 < 2], minlength=levels)


def contents(name: str, size: tuple[int, int], dtype: type, bits: int) -> Plane:
    top = 2**bits - 1
    rng = np.random.default_rng([len(name), *size])
    if name == "noise":
        return rng.integers(0, top + 1, size).astype(dtype)
    if name == "soft":
        return (top // 2 + np.add.outer(np.arange(size[0]) // 3, np.arange(size[1]) // 5) % 4).astype(dtype)
    if name == "checkerboard":
        return (np.indices(size).sum(axis=0) % 2 * top).astype(dtype)
    if name == "lines":
        return (np.indices(size)[0] % 2 * top).astype(dtype)
    return np.full(size, {"black": 0, "white": top}[name], dtype)


def padded(plane: Plane, by: int) -> Plane:
    """The same picture with rows that are longer in memory, and nonsense in between."""
    whole = np.full((plane.shape[0], plane.shape[1] + by), np.iinfo(plane.dtype).max, plane.dtype)
    whole[:, : plane.shape[1]] = plane
    return whole[:, : plane.shape[1]]


def same(found: NDArray[np.int64], truth: NDArray[np.int64], names: tuple[str, ...]) -> None:
    for name, a, b in zip(names, found, truth, strict=True):
        assert np.array_equal(a, b), f"{name} differs in {np.argwhere(a != b)[:3].tolist()}"
