"""The reduction of tiles to numbers of a picture and of its grid equals its NumPy definition, bit for bit."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from monitor.kernels import Summary, grid, places, summarise

Tiles = NDArray[np.int32]
Integers = NDArray[np.int64]

SUM, FULL, MAXIMUM = range(3)
"""What the statistics of these tests are: a plain sum, the one that can fill a tile, the maximum."""

SIZES = [(1, 1), (1, 16), (9, 1), (2, 3), (8, 15), (9, 16), (10, 17), (17, 31), (18, 32), (45, 80), (68, 120)]
GRIDS = [(9, 16), (1, 1), (3, 2)]


def define(tiles: Tiles, full: Integers, maxima: int, filled: int, places: tuple[int, int]) -> Summary:
    """The truth. A place has the tiles from its own first one up to the next place's, and one in any case."""
    tiles = tiles.astype(np.int64)
    k, *size = tiles.shape
    spans = []
    for length, count in zip(size, places, strict=True):
        starts = [i * length // count for i in range(count + 1)]
        spans.append([slice(a, max(b, a + 1)) for a, b in pairwise(starts)])
    reduce = [np.max if i == maxima else np.sum for i in range(k)]
    cells = [[[reduce[i](tiles[i, rows, columns]) for columns in spans[1]] for rows in spans[0]] for i in range(k)]
    is_full = tiles[filled] == full
    margins = []
    for lines in (is_full, is_full[::-1], is_full.T, is_full.T[::-1]):
        whole = lines.all(axis=1)
        margins.append(len(whole) if whole.all() else int(whole.argmin()))
    return Summary(np.array([reduce[i](tiles[i]) for i in range(k)]), np.array(cells), np.array(margins))


def same(found: Summary, truth: Summary) -> None:
    for name, a, b in zip(Summary._fields, found, truth, strict=True):
        np.testing.assert_array_equal(a, b, err_msg=name)


def picture(is_full: NDArray[np.bool_]) -> tuple[Tiles, Integers]:
    """Tiles whose second statistic equals the pixels of a tile where they are to be full; and those pixels.

    The first is so large that its sums need more bits than a tile has."""
    rng = np.random.default_rng([*is_full.shape, int(is_full.sum())])
    full = np.full(is_full.shape, 256)
    full[-1] -= 100
    full[:, -1] -= 10
    large = rng.integers(2**30, 2**31, is_full.shape)
    return np.stack([large, full - ~is_full, rng.integers(0, 2**16, is_full.shape)]).astype(np.int32), full


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("places", GRIDS)
def test_a_summary_equals_the_definition(size: tuple[int, int], places: tuple[int, int]) -> None:
    tiles, full = picture(np.random.default_rng(size).random(size) < 0.5)
    same(summarise(tiles, full, MAXIMUM, FULL, places), define(tiles, full, MAXIMUM, FULL, places))


@pytest.mark.parametrize("size", SIZES)
def test_each_tile_is_in_one_place_where_there_are_enough_of_them(size: tuple[int, int]) -> None:
    tiles, full = picture(np.zeros(size, np.bool_))
    found = summarise(tiles, full, MAXIMUM, FULL, (9, 16))
    assert found.totals.tolist() == [tiles[SUM].sum(), tiles[FULL].sum(), tiles[MAXIMUM].max()]
    assert found.cells[MAXIMUM].max() == found.totals[MAXIMUM]
    if size[0] >= 9 and size[1] >= 16:
        assert found.cells[SUM].sum() == found.totals[SUM]
    else:
        assert (found.cells[FULL] > 0).all(), "places share tiles, none is empty"


@pytest.mark.parametrize("maxima", [0, 1, 2])
@pytest.mark.parametrize("filled", [0, 1, 2])
def test_which_statistic_is_the_maximum_and_which_one_fills_are_free(maxima: int, filled: int) -> None:
    tiles, full = picture(np.random.default_rng(3).random((20, 33)) < 0.5)
    tiles[filled] = np.where(np.arange(20)[:, None] < 4, full, tiles[filled])
    found = summarise(tiles, full, maxima, filled, (9, 16))
    same(found, define(tiles, full, maxima, filled, (9, 16)))
    assert found.margins[0] >= 4


@pytest.mark.parametrize(
    ("where", "margins"),
    [
        (np.s_[:0, :0], [0, 0, 0, 0]),
        (np.s_[:, :], [6, 6, 7, 7]),
        (np.s_[:2, :], [2, 0, 0, 0]),
        (np.s_[-3:, :], [0, 3, 0, 0]),
        (np.s_[:, :4], [0, 0, 4, 0]),
        (np.s_[:, -1:], [0, 0, 0, 1]),
        (np.s_[1:, 1:], [0, 0, 0, 0]),
        (np.s_[1:, :], [0, 5, 0, 0]),
        (np.s_[:, 1:], [0, 0, 0, 6]),
    ],
    ids=["nothing", "everything", "top", "bottom", "left", "right", "but a corner", "but the top", "but the left"],
)
def test_margins_of_one_side(where: tuple[slice, slice], margins: list[int]) -> None:
    is_full = np.zeros((6, 7), np.bool_)
    is_full[where] = True
    assert summarise(*picture(is_full), MAXIMUM, FULL, (9, 16)).margins.tolist() == margins


def test_margins_of_all_sides_at_once_and_of_what_is_inside() -> None:
    """Letterbox and pillarbox together; a full tile inside belongs to no margin."""
    is_full = np.ones((12, 20), np.bool_)
    is_full[2:9, 4:19] = False
    is_full[4:6, 7:9] = True
    assert summarise(*picture(is_full), MAXIMUM, FULL, (9, 16)).margins.tolist() == [2, 3, 4, 1]


def test_one_tile_that_is_not_full_ends_a_margin() -> None:
    is_full = np.ones((6, 7), np.bool_)
    is_full[2, 5] = False
    assert summarise(*picture(is_full), MAXIMUM, FULL, (9, 16)).margins.tolist() == [2, 3, 5, 1]


@given(st.data(), st.tuples(st.integers(1, 6), st.integers(1, 6)))
def test_margins_of_any_picture(data: st.DataObject, size: tuple[int, int]) -> None:
    empty = data.draw(st.sets(st.tuples(*(st.integers(0, length - 1) for length in size)), max_size=3))
    is_full = np.ones(size, np.bool_)
    for place in empty:
        is_full[place] = False
    tiles, full = picture(is_full)
    same(summarise(tiles, full, MAXIMUM, FULL, (3, 2)), define(tiles, full, MAXIMUM, FULL, (3, 2)))


def test_a_tile_with_more_than_its_pixels_is_not_full() -> None:
    tiles, full = picture(np.ones((3, 3), np.bool_))
    tiles[FULL, 1] += 1
    assert summarise(tiles, full, MAXIMUM, FULL, (9, 16)).margins.tolist() == [1, 1, 0, 0]


def test_what_is_compiled_is_all_that_is_ever_used() -> None:
    grid.compile_all()
    before = len(grid._summarise.signatures)
    for size in SIZES:
        summarise(*picture(np.ones(size, np.bool_)), MAXIMUM, FULL, (9, 16))
    assert len(grid._summarise.signatures) == before


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("shape", GRIDS)
def test_places_are_the_cells_of_a_summary(size: tuple[int, int], shape: tuple[int, int]) -> None:
    tiles, full = picture(np.random.default_rng(3).random(size) < 0.5)
    truth = define(tiles, full, MAXIMUM, FULL, shape)
    cells, total = places(tiles[SUM], shape)
    assert np.array_equal(cells, truth.cells[SUM])
    assert total == truth.totals[SUM]
