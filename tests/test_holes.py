"""Sound of a recording that is not there for a while."""

from __future__ import annotations

import numpy as np
import pytest
from timed import readings

from monitor.holes import Hole, Holes
from monitor.records import Readings


def sound(first: float, last: float, track: str = "audio:0") -> Readings:
    return readings(np.arange(first, last, 0.1).round(3), None, track, 0.1)


def pictures(first: float, last: float) -> Readings:
    return readings(np.arange(first, last, 0.04).round(3))


def came(*parts: Readings) -> list[tuple[str, float, float]]:
    holes = Holes()
    return [(hole.track, round(hole.start_s, 3), round(hole.end_s, 3)) for part in parts for hole in holes.came(part)]


HOLE = ("audio:0", 4.0, 7.0)


@pytest.mark.parametrize(
    "parts",
    [
        (pictures(0, 8), sound(0, 4), sound(7, 8)),
        (sound(0, 4), pictures(0, 8), sound(7, 8)),
        (sound(0, 4), sound(7, 8), pictures(0, 8)),
        (sound(0, 4), sound(7, 8), pictures(0, 4), pictures(4, 8)),
        (readings([3.8, 3.9, 7.0], None, "audio:0", 0.1), sound(0, 8, "audio:1")),
    ],
)
def test_a_hole_is_known_whatever_comes_first(parts: tuple[Readings, ...]) -> None:
    assert came(*parts) == [HOLE]


def test_where_nothing_goes_on_over_it_the_clock_jumped() -> None:
    assert came(pictures(0, 4), sound(0, 4), pictures(7, 9), sound(7, 9)) == []
    assert came(pictures(0, 4.2), sound(0, 4), sound(7, 9), pictures(6.9, 9)) == [], "a little apart"
    assert came(sound(0, 4), sound(7, 9)) == [], "nothing but this track"


def test_short_ones_and_pictures_that_stand_for_long_are_none() -> None:
    assert came(pictures(0, 8), sound(0, 4), sound(4.9, 8)) == []
    assert came(sound(0, 8), pictures(0, 2), pictures(6, 8)) == []
    assert came(pictures(0, 8), sound(3, 8)) == [], "how late it begins is told elsewhere"


def test_several_and_what_comes_twice() -> None:
    found = came(pictures(0, 30), sound(0, 4), sound(7, 9), sound(8, 9), sound(12, 13))
    assert found == [HOLE, ("audio:0", 9.0, 12.0)]
    assert Hole("audio:0", 4.0, 7.0) == HOLE


def test_little_is_kept_of_hours() -> None:
    holes = Holes()
    for second in range(0, 7200, 2):
        holes.came(sound(second, second + 0.5))
    assert sum(len(kept) for kept in holes._there.values()) + len(holes._asked) < 1000
