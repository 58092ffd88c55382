"""Black, one colour, snow, test patterns, and what only looks like them."""

from __future__ import annotations

import numpy as np
import pytest
from builders import inputs, run, spans, together, video

from monitor.detect.shown import Black, Snow, SolidColor, TestPattern
from monitor.records import GRID
from monitor.settings import DEFAULT, FAST

BLACK = {"luma": 16.5, "dark": 1.0, "lit": 0.0, "bar_top": 1.0, "bar_bottom": 1.0, "bar_left": 1.0, "bar_right": 1.0}


def test_black_opens_and_closes() -> None:
    found = run(Black, inputs(video(10), video(50, 0.4, **BLACK), video(25, 2.4)))
    assert spans(found) == [("video", 0.4, None), ("video", 0.4, 2.4)]
    assert found[1].evidence == {"dark_ratio": 1.0, "lit_ratio": 0.0}


def test_a_channel_logo_does_not_hide_black() -> None:
    assert run(Black, inputs(video(50, **(BLACK | {"dark": 0.99, "lit": 3 / 144}))))


def test_credits_are_not_black() -> None:
    """White text on black: FFmpeg's blackdetect, which counts pixels alone, calls it black."""
    assert run(Black, inputs(video(100, **(BLACK | {"dark": 0.985, "lit": 0.2})))) == []


def test_green_of_a_decoder_that_lost_everything_is_not_black() -> None:
    """Y = U = V = 0 is a bright green, with the darkest luma there is."""
    assert run(Black, inputs(video(100, **(BLACK | {"chroma_offset": 128.0})))) == []


def test_bars_do_not_dilute_a_small_dark_picture() -> None:
    """A window of a ninth of the picture, with a lamp in it: 98.9 % of all pixels are dark, 90 % of the window's."""
    bars = {"bar_top": 1 / 3, "bar_bottom": 1 / 3, "bar_left": 1 / 3, "bar_right": 1 / 3}
    bright = video(50, **bars, dark=8 / 9 + 0.3 / 9, lit=0.1)
    lamp = video(100, 2.0, **bars, dark=8 / 9 + 0.9 / 9, lit=1 / 144)
    assert run(Black, inputs(bright, lamp)) == []
    blind = FAST.model_copy(update={"black": FAST.black.model_copy(update={"ignore_bars": False})})
    assert run(Black, inputs(bright, lamp), profile=blind)
    assert run(Black, inputs(bright, video(100, 2.0, **BLACK)))


def test_frames_that_were_not_measured_say_nothing() -> None:
    assert run(Black, inputs(video(100, **(BLACK | {"dark": np.nan})))) == []


SOLID = {"mean": 41, "gradient_x": 0.5, "gradient_y": 0.5, "grids": {"u": 240, "v": 110}}


def test_one_colour_is_told_and_black_is_not_one() -> None:
    found = run(SolidColor, inputs(video(10), video(50, 0.4, **SOLID), video(25, 2.4)))
    assert spans(found) == [("video", 0.4, None), ("video", 0.4, 2.4)]
    assert run(SolidColor, inputs(video(50, **(SOLID | BLACK)))) == []
    assert run(Black, inputs(video(50, **SOLID))) == []


def test_one_colour_may_have_a_logo_and_noise_but_no_texture() -> None:
    logo = np.full(GRID, 41)
    logo[0, 14:] = 180
    assert run(SolidColor, inputs(video(50, **(SOLID | {"mean": logo}))))
    assert run(SolidColor, inputs(video(50, **(SOLID | {"gradient_x": 3.0, "gradient_y": 3.0}))))
    assert run(SolidColor, inputs(video(50, **(SOLID | {"gradient_x": 5.0, "gradient_y": 5.0})))) == []
    assert run(SolidColor, inputs(video(50, **(SOLID | {"grids": {"u": COLUMNS_OF_COLOUR, "v": 110}})))) == []


COLUMNS_OF_COLOUR = np.broadcast_to(np.repeat([90, 128, 160, 200], 4), GRID)
SNOW = {"mean": 110, "gradient_x": 30.0, "gradient_y": 30.0, "grids": {"difference": 255}}


def test_snow_is_grave_once_a_frame_shows_it_in_full() -> None:
    found = run(Snow, inputs(video(10), video(50, 0.4, **SNOW), video(25, 2.4)))
    assert spans(found) == [("video", 0.4, None), ("video", 0.4, 2.4)]
    assert {d.severity for d in found} == {"major"}
    sea = run(Snow, inputs(video(50, **(SNOW | {"gradient_x": 6.0, "gradient_y": 6.0})), video(25, 2.0)))
    assert {d.severity for d in sea} == {"minor"}


def test_snow_of_large_grains_or_over_a_picture_seethes() -> None:
    """Means differ from place to place, and from frame to frame by less than the pixels do."""
    mean = np.arange(60, 204).reshape(GRID) + np.random.default_rng(1).integers(-4, 5, (50, *GRID))
    grids = {"difference": np.full(GRID, 8 * 25)}
    seething = video(50, mean=mean, grids=grids, gradient_x=15.0, gradient_y=15.0)
    assert spans(run(Snow, inputs(seething, video(25, 2.0))))[-1] == ("video", 0.04, 2.0)
    lights = np.where(np.arange(50) % 2, 0, 50)[:, None, None]
    flashes = video(50, mean=np.arange(60, 204).reshape(GRID) + lights, grids=grids)
    assert not run(Snow, inputs(flashes), inputs(ended=True))
    still = video(50, mean=mean, grids={"difference": np.full(GRID, 8 * 4)}, gradient_x=15.0, gradient_y=15.0)
    assert not run(Snow, inputs(still), inputs(ended=True))


def test_snow_goes_on_as_mud_for_a_moment_only() -> None:
    mud = SNOW | {"gradient_x": 1.0, "gradient_y": 1.0}
    parts = [video(1, k * 0.4, **SNOW) if n == 0 else video(9, k * 0.4 + 0.04, **mud) for k in range(5) for n in (0, 1)]
    assert spans(run(Snow, inputs(*parts, video(25, 2.0))))[-1] == ("video", 0.0, 2.0)
    later = video(50, 2.0, **mud)
    assert spans(run(Snow, inputs(*parts, later)))[-1] == ("video", 0.0, pytest.approx(1.6 + 2.0, abs=0.05))
    other = video(50, 2.0, **(mud | {"luma": 30.0}))
    assert spans(run(Snow, inputs(*parts, other)))[-1] == ("video", 0.0, 2.0)


BARS = {"mean": 100, "grids": {"u": COLUMNS_OF_COLOUR, "v": COLUMNS_OF_COLOUR[:, ::-1]}, "flat": 0.95, "contrast": 50.0}


def test_colour_bars_began_when_they_came_though_the_slow_set_was_due_later() -> None:
    late = np.full(100, np.nan)
    late[10::12] = 0.95
    shown = video(100, 0.4, **(BARS | {"flat": late}))
    found = run(TestPattern, inputs(video(10), shown, video(25, 4.4)), profile=SOONER)
    assert [(d.start_s, d.end_s, d.severity) for d in found] == [
        (pytest.approx(0.4), None, "minor"),
        (pytest.approx(0.4), None, "major"),
        (pytest.approx(0.4), pytest.approx(4.4), "major"),
    ]


def test_what_a_decoder_made_up_is_no_card() -> None:
    """Of a cartoon: flat patches, which stand until pictures can be decoded again."""
    sides = np.zeros(GRID)
    sides[3:8, 2:12] = 3
    damaged = BARS | {"coded": 2, "grids": {"sides": sides, **BARS["grids"]}}  # type: ignore[dict-item]
    made_up = video(50, 0.4, **(damaged | {"corrupt": 1.0}))
    assert run(TestPattern, inputs(video(10), made_up, video(25, 2.4)), inputs(ended=True)) == []
    shown = video(50, 0.4, **BARS), video(25, 2.4, **(damaged | {"corrupt": 1.0})), video(50, 3.4, **BARS, key=1.0)
    found = run(TestPattern, inputs(video(10), *shown, video(25, 5.4)), inputs(ended=True))
    assert spans(found)[-1] == ("video", 0.4, 5.4), "a card that is damaged for a second is one"


def test_any_split_sees_the_same_card_after_damage_and_in_it() -> None:
    sides = np.zeros(GRID)
    sides[3:8, 2:12] = 3
    damaged = BARS | {"coded": 2, "corrupt": 1.0, "grids": {"sides": sides, **BARS["grids"]}}  # type: ignore[dict-item]
    other = damaged | {"mean": np.arange(60, 204).reshape(GRID)[::-1]}
    repaired = video(1, 3.0, **BARS, key=1.0), video(49, 3.04, **BARS)
    parts = (video(10), video(25, 0.4, **damaged), video(1, 1.4, **BARS, key=1.0), video(24, 1.44, **BARS))
    parts += (video(15, 2.4, **other), *repaired, video(25, 5.0))
    whole = run(TestPattern, *(inputs(part) for part in parts), inputs(ended=True), profile=SOONER)
    joined = run(TestPattern, inputs(*parts), inputs(ended=True), profile=SOONER)
    assert whole == joined != []
    assert whole == run(TestPattern, inputs(together(parts)), inputs(ended=True), profile=SOONER)


def test_a_card_that_was_damaged_before_it_was_told_began_when_it_came() -> None:
    """Not seen for longer than what is a hole."""
    sides = np.zeros(GRID)
    sides[3:8, 2:12] = 3
    damaged = BARS | {"coded": 2, "corrupt": 1.0, "grids": {"sides": sides, **BARS["grids"]}}  # type: ignore[dict-item]
    parts = video(10), video(15, 0.4, **BARS), video(75, 1.0, **damaged), video(1, 4.0, **BARS, key=1.0)
    parts += video(150, 4.04, **BARS), video(25, 10.04)
    found = run(TestPattern, inputs(*parts), inputs(ended=True), profile=DEFAULT)
    assert spans(found)[-1] == ("video", pytest.approx(0.4, abs=0.05), pytest.approx(10.04, abs=0.05))


def test_a_programme_that_comes_back_damaged_is_no_card() -> None:
    sides = np.zeros(GRID)
    sides[3:8, 2:12] = 3
    back = {"coded": 2, "corrupt": 1.0, "grids": {"sides": sides}}
    found = run(TestPattern, inputs(video(10), video(50, 0.4, **BARS), video(50, 2.4, **back)))  # type: ignore[arg-type]
    assert spans(found)[-1] == ("video", 0.4, 2.4)


def test_what_now_and_then_hides_a_card_makes_it_no_longer() -> None:
    """Twelve places have changed, and another twelve do in each second frame: each time it stands anew."""
    mean = np.full((10, *GRID), 100)
    mean[:, 2, :12] = 120
    mean[::2, 5, :12] = 120
    flaps = video(10, 1.6, **(BARS | {"mean": mean}))
    first = video(1, 1.56, **(BARS | {"mean": np.where(np.arange(9)[:, None] == 2, mean[1], 100)}))
    found = run(TestPattern, inputs(video(10), video(29, 0.4, **BARS), first, flaps, video(25, 2.0)), profile=SOONER)
    assert spans(found)[-1][:2] == ("video", 0.4)
    assert {d.severity for d in found} == {"minor"}, "1.6 s, and not five times as long"


SOONER = FAST.model_copy(update={"test_pattern": FAST.test_pattern.model_copy(update={"grave_s": 2.0})})


def test_a_slate_is_minor_and_what_came_to_rest_is_none() -> None:
    ground = np.full(GRID, 60)
    ground[3:5, 3:12] = 90
    slate = {"mean": ground, "flat": 0.95, "contrast": 20.0}
    found = run(TestPattern, inputs(video(10), video(400, 0.4, **slate)), inputs(ended=True), profile=SOONER)
    assert {d.severity for d in found} == {"minor"}
    nearly = ground.copy()
    nearly[6] += 20  # A crawl of 16 places that stops: no cut.
    assert run(TestPattern, inputs(video(10, mean=nearly), video(1, 0.4), video(50, 0.44, **slate)))
    noisy = slate | {"flat": 0.1, "noise": 1.5, "gradient_x": 4.0, "gradient_y": 4.0}
    assert run(TestPattern, inputs(video(10), video(50, 0.4, **noisy)), inputs(ended=True)) != []
    assert run(TestPattern, inputs(video(10), video(50, 0.4, **(noisy | {"noise": 0.3}))), inputs(ended=True)) == []
    lawn = noisy | {"gradient_x": 8.0, "gradient_y": 8.0}
    assert run(TestPattern, inputs(video(10), video(50, 0.4, **lawn)), inputs(ended=True)) == [], "texture, not noise"
    moving = [video(1, 0.04 * n, mean=np.roll(nearly, 3 * n, axis=1)) for n in range(10)]
    assert run(TestPattern, inputs(*moving, video(50, 0.4, **slate))) == []


def test_a_picture_of_many_colours_is_no_test_pattern() -> None:
    assert run(TestPattern, inputs(video(100, flat=0.3, contrast=50.0, grids={"u": COLUMNS_OF_COLOUR}))) == []
