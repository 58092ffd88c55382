"""Sums of chroma by tiles equal their NumPy definition, bit for bit, by every loop that there is for it."""

from __future__ import annotations

import numpy as np
import pytest
from tiles import DEPTHS, SIZES, Plane, contents, padded

from monitor.kernels import CHROMA_TILE, chroma_tiles, picture


def define(plane: Plane, previous: Plane) -> tuple[np.ndarray, int]:
    starts = [np.arange(0, length, CHROMA_TILE) for length in plane.shape]
    p = plane.astype(np.int64)
    tiles = np.add.reduceat(np.add.reduceat(p, starts[0], axis=0), starts[1], axis=1)
    return tiles, int(np.abs(p - previous).sum())


def equal(plane: Plane, previous: Plane) -> None:
    found, truth = chroma_tiles(plane, previous), define(plane, previous)
    assert np.array_equal(found[0], truth[0])
    assert found[1] == truth[1]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("dtype", "bits"), DEPTHS)
@pytest.mark.parametrize(("now", "before"), [("noise", "noise"), ("white", "black"), ("checkerboard", "white")])
def test_chroma_tiles_equal_the_definition(
    size: tuple[int, int], dtype: type, bits: int, now: str, before: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plane = padded(contents(now, size, dtype, bits), 13)
    previous = padded(contents(before, size, dtype, bits)[::-1].copy(), 5)
    for sizes in {(), picture.EIGHTS[-1:], picture.EIGHTS}:  # ... and what other machines take for bytes.
        monkeypatch.setattr(picture, "EIGHTS", sizes)
        equal(plane, previous)


def test_interleaved_chroma_is_read_rightly() -> None:
    both = np.random.default_rng(1).integers(0, 256, (20, 140), dtype=np.uint8)
    equal(both[:, 0::2], both[:, 1::2])
    equal(both[:, 0::2], np.ascontiguousarray(both[:, 1::2]))
