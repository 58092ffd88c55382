"""What maps of colour are taken for; the kinds that come of it are in test_shown."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from builders import cut, video
from hypothesis import given
from hypothesis import strategies as st

from monitor.detect.look import Look, LookState, Viewer, are_bars, are_patches, are_ramps, ground
from monitor.records import GRID, Readings
from monitor.settings import FAST


def stripes(*colors: tuple[int, int, int]) -> np.ndarray:
    """Upright stripes of these colours as maps [3, 9, 16]."""
    places = [colors[k * len(colors) // GRID[1]] for k in range(GRID[1])]
    return np.repeat(np.array(places, np.int16).T[:, None], GRID[0], axis=1)


SMPTE = stripes((180, 128, 128), (162, 44, 142), (131, 156, 44), (112, 72, 58), (84, 184, 198), (65, 100, 212))


def is_bars(maps: np.ndarray) -> bool:
    return bool(are_bars(maps[None])[0])


def test_stripes_of_colours_are_bars_whichever_way_they_run() -> None:
    assert is_bars(SMPTE)
    level = np.stack([np.repeat([c], GRID[1], axis=0).T for c in np.repeat([[81, 90, 240]], 9, axis=0).T])
    level[:, 3:6] = np.array([145, 54, 34])[:, None, None]
    level[:, 6:] = np.array([41, 240, 110])[:, None, None]
    assert is_bars(level)


def test_a_lower_part_of_other_patches_does_not_matter() -> None:
    bars = SMPTE.copy()
    bars[:, 6:] = np.random.default_rng(0).integers(16, 235, bars[:, 6:].shape)
    assert is_bars(bars)


def test_frames_are_judged_one_by_one() -> None:
    level = np.ascontiguousarray(np.zeros((3, *GRID), np.int16) + 128)
    assert are_bars(np.stack([level, SMPTE, level, SMPTE])).tolist() == [False, True, False, True]


@pytest.mark.parametrize("seed", range(5))
def test_no_picture_is_bars(seed: int) -> None:
    rng = np.random.default_rng(seed)
    assert not is_bars(rng.integers(16, 235, (3, *GRID)).astype(np.int16))
    assert not is_bars(stripes((180, 128, 128), (120, 128, 128), (60, 128, 128), (20, 128, 128)))


def test_what_crosses_a_stripe_does_not_matter_but_one_ground_with_things_on_it_is_no_bars() -> None:
    crossed = SMPTE.copy()
    for column in range(GRID[1]):
        crossed[:, column % 5, column] = 128  # A line across the card.
    assert is_bars(crossed)
    wall = np.zeros((3, *GRID), np.int16) + np.array([78, 192, 68])[:, None, None]
    wall[:, :, 13:] = np.random.default_rng(1).integers(30, 200, (3, GRID[0], 3))
    assert not is_bars(wall)
    wall[:, :, 13:] = stripes((20, 128, 128), (160, 120, 140), (20, 128, 128))[:, :, ::6][:, :, :3]
    assert not is_bars(wall), "a door"


def test_more_crosses_a_card_that_was_seen() -> None:
    """A test card with a clock, a rainbow and a noisy square that wander over it."""
    crossed = SMPTE.copy()
    crossed[:, :3, :6] = 128
    crossed[:, 5:8, 8:12] = np.random.default_rng(3).integers(30, 200, (3, 3, 4))
    assert not is_bars(crossed)
    assert are_bars(crossed[None], seen=True)[0]


def test_ramps_of_several_colours_are_a_pattern_and_one_ground_that_grows_lighter_is_none() -> None:
    across = np.arange(GRID[1])
    to = np.repeat([[81, 90, 240], [145, 54, 34], [41, 240, 110]], 3, axis=0)
    ramps = np.stack([[16, 128, 128] + across[:, None] * (row - [16, 128, 128]) / 15 for row in to])
    maps = np.rint(ramps).astype(np.int16).transpose(2, 0, 1)
    assert are_ramps(maps[None])[0]
    ground = np.repeat(maps[:, :1], GRID[0], axis=1)
    assert not are_ramps(ground[None])[0]
    crossed = maps.copy()
    crossed[:, :, 7] = 200
    assert not are_ramps(crossed[None])[0]


def test_many_flat_colours_are_a_chart_and_a_few_are_a_drawing() -> None:
    rng = np.random.default_rng(4)
    patches = rng.integers(40, 220, (3, 4, 6))
    chart = np.repeat(np.repeat(patches, (3, 2, 2, 2), axis=1), (3, 3, 3, 3, 2, 2), axis=2).astype(np.int16)
    assert are_patches(chart[None])[0]
    drawing = chart.copy()
    drawing[:, :, :7] = np.array([150, 70, 180])[:, None, None]
    assert not are_patches(drawing[None])[0], "one ground"
    grey = chart.copy()
    grey[1:] = 128
    assert not are_patches(grey[None])[0]
    card = {"mean": chart[0], "grids": {"u": chart[1], "v": chart[2]}, "contrast": 50.0}
    for flat, look in ((0.95, Look.CHART), (0.5, Look.PICTURE)):
        seen = video(50, flat=flat, noise=0.1, **card)
        assert (Viewer(FAST).view(LookState(), seen)[1].values["shown"][25:] == look).all()
    moving = np.repeat(chart[None, 0], 50, axis=0)
    for n in range(50):
        moving[n, 4, n // 5 : n // 5 + 4] = 230  # A figure.
    seen = video(50, flat=0.95, noise=0.1, **card | {"mean": moving})
    assert not (Viewer(FAST).view(LookState(), seen)[1].values["shown"] >= Look.CHART).any()


@pytest.mark.parametrize(("rows", "columns"), [(3, 6), (4, 6), (5, 8), (6, 10)])
def test_charts_may_have_any_number_of_patches(rows: int, columns: int) -> None:
    fine = np.random.default_rng(rows).integers(40, 220, (3, rows, columns)).repeat(9, axis=1).repeat(16, axis=2)
    chart = np.rint(fine.reshape(3, 9, rows, 16, columns).mean(axis=(2, 4))).astype(np.int16)
    assert are_patches(chart[None])[0]


def test_bars_with_parts_that_move_stand_since_the_cut() -> None:
    """A test card with a clock, a bouncing square and noise: more than a running count."""
    rng, n = np.random.default_rng(2), 60
    grids = [np.repeat(SMPTE[None, k], n, axis=0) for k in range(3)]
    grids[0][:, 6:8, :14] = rng.integers(20, 200, (n, 2, 14))
    card = {"mean": grids[0], "grids": {"u": grids[1], "v": grids[2]}, "flat": 0.6, "contrast": 50.0}
    state, _ = Viewer(FAST).view(LookState(), video(25))
    state, seen = Viewer(FAST).view(state, video(n, 1.0, **card))
    assert (seen.values["shown"] == Look.BARS).mean() > 0.9
    assert seen.values["stands_s"][-1] == pytest.approx((n - 1) / 25, abs=0.05)
    photographs = rng.integers(16, 235, (n, *GRID))
    _, seen = Viewer(FAST).view(state, video(n, 1.0 + n / 25, mean=photographs))
    assert not (seen.values["shown"] == Look.BARS).any()


def ramps() -> np.ndarray:
    """Maps [3, 9, 16] of a ramp of luma above one of each plane of chroma."""
    maps = np.full((3, *GRID), 128, np.int16)
    for k in range(3):
        maps[k, 3 * k : 3 * k + 3] = np.linspace(20, 230, GRID[1])
    return maps


def test_ramps_are_a_test_pattern_whichever_way_they_run_and_a_lit_room_is_none() -> None:
    assert are_ramps(ramps()[None]).tolist() == [True]
    upright = np.full((3, *GRID), 128, np.int16)
    upright[0] = np.linspace(16, 235, GRID[0])[:, None]
    assert are_ramps(upright[None]).tolist() == [True]
    room = ramps()
    room[0] = np.linspace(60, 180, GRID[1])  # 120 levels from the window to the far wall.
    waves = ramps()
    waves[:, :, ::4] = 60
    step = np.full((3, *GRID), 128, np.int16)
    step[0] = np.where(np.arange(GRID[0]) < 5, 225, 50)[:, None]  # A white sky above a dark wood.
    assert are_ramps(np.stack([room, waves, step, SMPTE])).tolist() == [False] * 4
    card = {"mean": ramps()[0], "grids": {"u": ramps()[1], "v": ramps()[2]}, "contrast": 50.0}
    _, seen = Viewer(FAST).view(LookState(), video(50, **card))
    assert (seen.values["shown"] == Look.BARS).all()


def test_a_card_once_seen_may_be_crossed_by_more_than_one_that_begins() -> None:
    rng, n = np.random.default_rng(4), 50
    u, v = (np.repeat(plane[None], n, axis=0) for plane in SMPTE[1:])
    still = {"mean": np.repeat(SMPTE[None, 0], n, axis=0), "grids": {"u": u, "v": v}, "contrast": 50.0}
    crossed = still | {"mean": still["mean"] + 8 * (rng.random((n, *GRID)) < 0.3)}
    state, _ = Viewer(FAST).view(LookState(), video(n, **still))
    _, goes_on = Viewer(FAST).view(state, video(n, 2.0, **crossed))
    assert (goes_on.values["shown"] == Look.BARS).mean() > 0.9
    assert are_bars(np.stack([crossed["mean"], u, v], axis=1)).mean() < 0.5, "one by one"


def test_snow_begins_with_more_than_noise_on_one_colour_has() -> None:
    viewer = Viewer(FAST)
    _, colour = viewer.view(LookState(), video(20, mean=145, gradient_x=5.0, gradient_y=5.0))
    assert not (colour.values["shown"] == Look.SNOW).any()
    state, snow = viewer.view(LookState(), video(20, mean=145, gradient_x=7.0, gradient_y=7.0))
    assert (snow.values["shown"] == Look.SNOW).all()
    _, goes_on = viewer.view(state, video(100, 0.8, mean=145, gradient_x=5.0, gradient_y=5.0))
    assert (goes_on.values["shown"] == Look.SNOW).all(), "from there on, less is enough"


def test_snow_with_a_picture_under_it_goes_on_as_mud_and_noise_on_a_dark_picture_is_none() -> None:
    left = np.linspace(80, 120, 144).reshape(GRID)
    steep = {"mean": left, "gradient_x": 20.0, "gradient_y": 20.0, "luma": 100.0}
    mud = {"mean": left, "gradient_x": 5.0, "gradient_y": 5.0, "luma": 100.0}

    def shown(*parts: Readings) -> list[bool]:
        state, found = LookState(), []
        for part in parts:
            state, seen = Viewer(FAST).view(state, part)
            found.append(bool((seen.values["shown"][1:] == Look.SNOW).all()))
        return found

    before, snow = video(10), video(10, 0.4, grids={"difference": 8 * 20}, **steep)
    assert shown(before, snow, video(100, 0.8, grids={"difference": 8 * 8}, **mud)) == [False, True, True]
    assert shown(before, video(100, 0.4, grids={"difference": 8 * 8}, **mud)) == [False, False]
    dark = steep | {"mean": left - 70, "luma": 30.0}
    assert shown(before, video(10, 0.4, grids={"difference": 8 * 20}, **dark)) == [False, False]
    apart = {"mean": np.linspace(60, 160, 144).reshape(GRID)}
    snow = video(10, 0.4, grids={"difference": 8 * 20}, **steep | apart)
    assert shown(before, snow, video(100, 0.8, grids={"difference": 8 * 8}, **mud | apart)) == [False, True, False]


def test_it_does_not_snow_in_a_tiny_picture() -> None:
    """A place of its map is a pixel or two: texture, and no mean of it."""
    seen = video(20, mean=145, gradient_x=30.0, gradient_y=30.0, tiles=12.0)
    assert not (Viewer(FAST).view(LookState(), seen)[1].values["shown"] == Look.SNOW).any()


def test_the_ground_is_what_most_places_show() -> None:
    card = np.full((3, *GRID), 100, np.int16)
    card[0, :3] = 200
    assert ground(card) == pytest.approx(6 / 9)


def moving_card(n: int) -> np.ndarray:
    """Luma of bars with parts that change from frame to frame."""
    luma = np.repeat(SMPTE[None, 0], n, axis=0)
    luma[:, 6:8, :14] = np.random.default_rng(n).integers(20, 200, (n, 2, 14))
    return luma


LOOKS = {
    "moving": {},
    "black": {"dark": 1.0, "lit": 0.0, "bar_top": 1.0, "bar_bottom": 1.0, "bar_left": 1.0, "bar_right": 1.0},
    "snow": {"mean": 110, "gradient_x": 30.0, "gradient_y": 30.0},
    "mud": {"mean": 110, "gradient_x": 1.0, "gradient_y": 1.0},
    "bars": {"mean": SMPTE[0], "grids": {"u": SMPTE[1], "v": SMPTE[2]}, "flat": 0.95, "contrast": 50.0},
    "crossed": {"mean": SMPTE[0], "grids": {"u": SMPTE[1], "v": SMPTE[2]}, "flat": np.nan, "contrast": np.nan},
    "glitch": {"mean": SMPTE[0], "grids": {"u": SMPTE[1], "v": SMPTE[2]}, "flat": np.nan, "contrast": np.nan},
    "waits": {"mean": SMPTE[0], "grids": {"u": SMPTE[1], "v": SMPTE[2]}, "flat": np.nan, "contrast": np.nan},
}


@given(
    runs=st.lists(st.tuples(st.sampled_from(sorted(LOOKS)), st.integers(1, 20)), min_size=1, max_size=8), data=st.data()
)
def test_any_split_gives_the_same_looks(runs: list[tuple[str, int]], data: st.DataObject) -> None:
    viewer, at, whole_state, wholes = Viewer(FAST), 0, LookState(), []
    state, split = LookState(), []
    for name, n in runs:
        part = video(n, at / 25, **LOOKS[name])
        if name == "bars":
            part.grids["mean"][:] = moving_card(n)
        if name == "crossed":
            across = np.random.default_rng(n).random((n, *GRID)) < 0.3
            part.grids["mean"][:] += (8 * across * (np.arange(9) < 5)[:, None]).astype(np.uint8)
        if name == "glitch":  # One frame in three.
            part.grids["mean"][::3, :3, :14] = np.random.default_rng(n).integers(16, 200, (len(range(0, n, 3)), 3, 14))
        edges = sorted(data.draw(st.sets(st.integers(1, n), max_size=3)) | {0, n})
        whole_state, seen = viewer.view(whole_state, part)
        wholes.append(seen)
        for a, b in itertools.pairwise(edges):
            state, seen = viewer.view(state, cut(part, a, b))
            split.append(seen)
        at += n
    for name in ("shown", "stands_s", "spread"):
        one, two = (np.concatenate([r.values[name] for r in some]) for some in (wholes, split))
        np.testing.assert_array_equal(one, two, name)
    assert repr(state) == repr(whole_state)
