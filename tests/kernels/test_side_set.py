"""Sides of tiles that stand out equal their NumPy definition, bit for bit, and are those of blocks made up."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from tiles import DEPTHS, SIZES, Plane, contents, define_sides, padded

from monitor.kernels import FAST, fast_tiles, picture


def sides(plane: Plane, unit: int) -> NDArray[np.int32]:
    """Those on the grid and those beside it, as the fast set gives them."""
    return fast_tiles(plane, plane, 0, unit)[FAST.index("sides") :]


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
def test_sides_equal_the_definition(
    size: tuple[int, int], dtype: type, bits: int, content: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shifts = {"blocks": 0, "shifted": 3}
    plane = blocks(size, shifts[content], dtype, bits) if content in shifts else contents(content, size, dtype, bits)
    unit = 2 ** (bits - 8)
    truth = define_sides(plane, unit)
    for sizes in {(), picture.EIGHTS[-1:], picture.EIGHTS}:  # ... and what other machines take for bytes.
        monkeypatch.setattr(picture, "EIGHTS", sizes)
        assert np.array_equal(sides(padded(plane, 13), unit), truth)
        assert np.array_equal(sides(np.repeat(plane, 2, axis=1)[:, ::2], unit), truth), "rows of interleaved pixels"
    if content == "blocks" and size == (64, 48):
        assert truth[0].sum() > 20, "else nothing was tried"


def test_a_step_counts_by_its_height_and_only_where_it_is_one() -> None:
    plane = np.full((48, 96), 100, np.uint8)
    plane[16:32, 32:48] = 106
    plane[16:32, 64:80] = 112
    on, off = sides(plane, 1)
    assert on.tolist() == [[0] * 6, [0, 0, 2, 1, 4, 2], [0, 0, 1, 0, 2, 0]]
    assert not off.any()
    assert not sides(np.repeat(np.arange(96)[None] * 2, 48, axis=0).astype(np.uint8), 1).any(), "a slope is none"
    moved = sides(np.roll(plane, (4, 4), (0, 1)), 1)
    assert not moved[0].any(), "beside the grid it tells of the picture"
    assert int(moved[1].sum()) == 6
