"""Damage followed row by row. What it is told by is tested with its detector; here, what the loop itself promises."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from monitor.kernels.damage import (
    CLOSED,
    OPENED,
    OPENED_GRAVE,
    PARAMETERS,
    PLACES,
    TOLD,
    Memory,
    _follow,
    compile_all,
    follow_damage,
    no_damage,
)
from monitor.settings import BlockCorruptionSettings

SETTINGS = BlockCorruptionSettings()
GIVEN = np.array([float(getattr(SETTINGS, name)) for name in PARAMETERS])
CODE, FROM, UNTIL = (1 + TOLD.index(name) for name in ("code", "from_s", "until_s"))


def rows(n: int, start: float = 0.0, tiles: float = 920) -> NDArray[np.float64]:
    table = np.zeros((n, 7))
    table[:, 0], table[:, 1], table[:, 3], table[:, 6] = start + np.arange(n) / 25, 1 / 25, 2, tiles
    return table


def maps(n: int, *spans: tuple[int, int], height: int = 6) -> list[NDArray[np.uint8]]:
    """Sides in a row of places in these frames, and a picture that changes a little."""
    found = [np.zeros((n, PLACES), np.uint8) for _ in range(3)]
    for first, last in spans:
        found[0][first:last, 40:50] = height
    found[2][:] = 20
    return found


def told(out: NDArray[np.float64]) -> list[tuple[int, int, int]]:
    """Row, code, and first row of the damage, for each that tells something."""
    return [(int(n), int(out[n, CODE]), round(out[n, FROM] * 25)) for n in np.flatnonzero(out[:, CODE])]


def test_damage_opens_when_it_has_lasted_and_closes_when_it_has_stayed_away() -> None:
    out = follow_damage(rows(200), maps(200, (120, 150)), no_damage(), GIVEN)
    opened, closed = told(out)
    assert opened == (124, OPENED_GRAVE, 120)
    assert closed == (150 + 8, CLOSED, 120)
    assert out[closed[0], UNTIL] == pytest.approx(150 / 25)
    assert np.flatnonzero(out[:, 0]).tolist() == list(range(120, 150))


def test_an_edge_that_wanders_from_off_sides_to_sides_is_no_damage() -> None:
    """A roof in a pan: it comes over the lines beside the grid first."""
    given = maps(300, (160, 172))
    assert [code for _, code, _ in told(follow_damage(rows(300), given, no_damage(), GIVEN))] == [OPENED_GRAVE, CLOSED]
    given[1][140:152, 40:50] = 8
    assert told(follow_damage(rows(300), given, no_damage(), GIVEN)) == []


def test_what_is_beside_the_grid_in_another_scene_hides_no_damage() -> None:
    given = maps(600, (450, 510))
    given[1][400:] = 2
    given[2][400] = 255
    assert [code for _, code, _ in told(follow_damage(rows(600), given, no_damage(), GIVEN))] == [OPENED_GRAVE, CLOSED]


def test_any_split_remembers_and_tells_the_same() -> None:
    """Bit for bit."""
    rng = np.random.default_rng(4)
    table, given = rows(400), maps(400, (120, 150), (260, 300))
    table[[170, 262, 263], 4] = 1
    table[::50, 2] = 1
    given[0] += rng.integers(0, 2, given[0].shape).astype(np.uint8)
    given[1] += rng.integers(0, 2, given[0].shape).astype(np.uint8)

    def run(edges: list[int]) -> tuple[NDArray[np.float64], Memory]:
        memory = no_damage()
        parts = [
            follow_damage(table[a:b], [np.ascontiguousarray(m[a:b]) for m in given], memory, GIVEN)
            for a, b in pairwise(edges)
        ]
        return np.concatenate(parts), memory

    whole, kept = run([0, 400])
    assert len(told(whole)) >= 4, "else nothing was tried"
    for edges in ([0, 1, 100, 121, 122, 149, 261, 400], list(range(401))):
        split, also = run(edges)
        assert np.array_equal(split, whole)
        assert all(np.array_equal(a, b, equal_nan=a.dtype.kind == "f") for a, b in zip(also, kept, strict=True))


@pytest.mark.parametrize("change", ["hole", "back", "size"])
def test_after_a_hole_and_with_another_picture_nothing_is_known(change: str) -> None:
    """What was open is over, and what stands out from there on may be in the picture."""
    table = rows(300)
    if change == "size":
        table[150:, 6] = 3600
    else:
        table[150:, 0] += 5 if change == "hole" else -5
    out = follow_damage(table, maps(300, (120, 300)), no_damage(), GIVEN)
    assert told(out) == [(124, OPENED_GRAVE, 120), (150, CLOSED, 120)]


def test_small_damage_is_told_and_later_that_it_is_grave() -> None:
    given = maps(200, (120, 150), height=1)
    given[0][120:150, :40] = np.where(np.arange(30)[:, None] < 10, 0, 3)
    table = rows(200)
    table[120:123, 4], table[150, 2] = 1, 1
    codes = [
        code
        for _, code, _ in told(
            follow_damage(table, given, no_damage(), np.where(np.array(PARAMETERS) == "grave_area", 0.25, GIVEN))
        )
    ]
    assert codes == [OPENED, 2, CLOSED]


def test_what_is_compiled_is_all_that_is_ever_used() -> None:
    compile_all()
    before = len(_follow.signatures)
    follow_damage(rows(3), maps(3), no_damage(), GIVEN)
    assert len(_follow.signatures) == before
