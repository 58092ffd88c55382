from __future__ import annotations

import numpy as np
from second_clips import HEIGHT

from monitor.lab.second.graph import filtered
from monitor.lab.second.lettering import logo, ticker_top, with_text, with_ticker, written
from monitor.lab.second.pictures import Clip


def test_letters_are_three_dots_wide_and_five_high() -> None:
    assert written("HI", 2).shape == (10, 16)
    assert written("I", 1).tolist() == [[1, 1, 1, 0], [0, 1, 0, 0], [0, 1, 0, 0], [0, 1, 0, 0], [1, 1, 1, 0]]


def test_text_fits_the_picture(clean: Clip) -> None:
    ground = np.full_like(clean.frames[0], 50)
    card = with_text(ground, ("PROGRAMME WILL", "RESUME SHORTLY"), 220)
    assert 0.02 < (card[:HEIGHT] == 220).mean() < 0.4
    assert not (card[:, [0, -1]] == 220).any()


def test_logo_is_small(clean: Clip) -> None:
    (shown,) = filtered(clean.frames[:1], *logo(clean))
    assert 0 < (shown[:HEIGHT] != clean.luma(0)).mean() < 0.02


def test_ticker_runs_at_the_foot_alone(clean: Clip) -> None:
    first, second = with_ticker(clean, [clean.frames[0]] * 2)
    changed = (first[:HEIGHT] != second[:HEIGHT]).any(axis=1)
    assert not changed[: ticker_top(clean)].any()
    assert changed[ticker_top(clean) :].any()
