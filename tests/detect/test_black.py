"""Black, and what only looks like it."""

from __future__ import annotations

import numpy as np
from builders import inputs, run, spans, video

from monitor.detect.black import Black
from monitor.settings import FAST

BLACK = {"luma": 16.5, "dark": 1.0, "lit": 0.0, "bar_top": 1.0, "bar_bottom": 1.0, "bar_left": 1.0, "bar_right": 1.0}


def test_black_opens_and_closes() -> None:
    found = run(Black(FAST), inputs(video(10), video(50, 0.4, **BLACK), video(25, 2.4)))
    assert spans(found) == [("video", 0.4, None), ("video", 0.4, 2.4)]
    assert found[1].evidence == {"dark_ratio": 1.0, "lit_ratio": 0.0}


def test_a_channel_logo_does_not_hide_black() -> None:
    assert run(Black(FAST), inputs(video(50, **(BLACK | {"dark": 0.99, "lit": 3 / 144}))))


def test_credits_are_not_black() -> None:
    """White text on black: FFmpeg's blackdetect, which counts pixels alone, calls it black."""
    assert run(Black(FAST), inputs(video(100, **(BLACK | {"dark": 0.985, "lit": 0.2})))) == []


def test_green_of_a_decoder_that_lost_everything_is_not_black() -> None:
    """Y = U = V = 0 is a bright green, with the darkest luma there is."""
    assert run(Black(FAST), inputs(video(100, **(BLACK | {"chroma_offset": 128.0})))) == []


def test_bars_do_not_dilute_a_small_dark_picture() -> None:
    """A window of a ninth of the picture, with a lamp in it: 98.9 % of all pixels are dark, 90 % of the window's."""
    bars = {"bar_top": 1 / 3, "bar_bottom": 1 / 3, "bar_left": 1 / 3, "bar_right": 1 / 3}
    bright = video(50, **bars, dark=8 / 9 + 0.3 / 9, lit=0.1)
    lamp = video(100, 2.0, **bars, dark=8 / 9 + 0.9 / 9, lit=1 / 144)
    assert run(Black(FAST), inputs(bright, lamp)) == []
    blind = FAST.model_copy(update={"black": FAST.black.model_copy(update={"ignore_bars": False})})
    assert run(Black(blind), inputs(bright, lamp))
    assert run(Black(FAST), inputs(bright, video(100, 2.0, **BLACK)))


def test_frames_that_were_not_measured_say_nothing() -> None:
    assert run(Black(FAST), inputs(video(100, **(BLACK | {"dark": np.nan})))) == []
