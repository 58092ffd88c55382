"""Bars that were not there before."""

from __future__ import annotations

import pytest
from builders import cut, inputs, run, spans, video

from monitor.detect.letterbox import Letterbox
from monitor.settings import FAST

BARRED = {"bar_top": 0.13, "bar_bottom": 0.13}
STRICT = FAST.model_copy(update={"letterbox": FAST.letterbox.model_copy(update={"max_bars": 0.1})})


def test_bars_that_come_are_told_and_go() -> None:
    found = run(Letterbox, inputs(video(50), video(50, 2.0, **BARRED), video(25, 4.0)))
    assert spans(found) == [("video", 2.0, None), ("video", 2.0, 4.0)]
    assert found[-1].evidence["bars"] == pytest.approx(0.26)
    pillars = video(50, 2.0, bar_left=0.12, bar_right=0.13)
    assert spans(run(Letterbox, inputs(video(50), pillars, video(25, 4.0))))[-1] == ("video", 2.0, 4.0)


def test_bars_that_were_always_there_are_the_shape_of_the_picture() -> None:
    assert run(Letterbox, inputs(video(200, **BARRED))) == []
    assert run(Letterbox, inputs(video(200, **BARRED)), profile=STRICT)


def test_wider_bars_than_before_are_told() -> None:
    wider = video(50, 2.0, bar_top=0.2, bar_bottom=0.2)
    assert run(Letterbox, inputs(video(50, **BARRED), wider))


def test_one_dark_margin_is_no_bar() -> None:
    assert run(Letterbox, inputs(video(50), video(100, 2.0, bar_top=0.2))) == []
    assert run(Letterbox, inputs(video(50), video(100, 2.0, bar_top=0.3, bar_bottom=0.13))) == []


def test_black_is_no_bar() -> None:
    black = {"dark": 1.0, "lit": 0.0, "bar_top": 1.0, "bar_bottom": 1.0, "bar_left": 1.0, "bar_right": 1.0}
    assert run(Letterbox, inputs(video(50), video(100, 2.0, **black), video(50, 6.0))) == []


def test_bars_that_stay_become_the_shape_of_the_picture() -> None:
    found = run(Letterbox, inputs(video(50), video(25 * 90, 2.0, **BARRED)))
    assert len(found) == 2
    assert 60 <= found[-1].end_s <= 75


def test_snow_over_bars_does_not_make_them_new() -> None:
    film = video(100, bar_top=0.12, bar_bottom=0.12)
    snow = video(50, 4.0, mean=100, gradient_x=30.0, gradient_y=30.0, grids={"difference": 200})
    again = video(200, 6.0, bar_top=0.12, bar_bottom=0.12)
    assert not run(Letterbox, inputs(film), inputs(snow), inputs(again), inputs(ended=True))


def test_a_card_that_is_not_known_for_one_yet_does_not_make_bars_new() -> None:
    """Colour bars are known once the slow set is due, up to half a second after they came."""
    film = {"bar_top": 0.12, "bar_bottom": 0.12}
    assert not run(Letterbox, inputs(video(100, **film), video(12, 4.0), video(200, 4.48, **film)), inputs(ended=True))
    assert run(Letterbox, inputs(video(100, **film), video(60, 4.0), video(200, 6.4, **film)), inputs(ended=True))


@pytest.mark.parametrize("size", [1, 7, 40])
def test_any_split_decides_the_same(size: int) -> None:
    parts = [video(100, **BARRED), video(60, 4.0), video(90, 6.4, **BARRED)]
    split = [cut(part, k, min(k + size, len(part))) for part in parts for k in range(0, len(part), size)]
    whole = run(Letterbox, inputs(*parts), inputs(ended=True))
    assert whole == run(Letterbox, *(inputs(part) for part in split), inputs(ended=True)) != []


def test_the_first_bars_of_a_stream_are_its_shape() -> None:
    """A trailer that fades in from black: nothing is known from before."""
    black = {"dark": 1.0, "lit": 0.0, "bar_top": 1.0, "bar_bottom": 1.0, "bar_left": 1.0, "bar_right": 1.0}
    assert run(Letterbox, inputs(video(1, **black), video(100, 0.04, **BARRED)), inputs(ended=True)) == []
