from __future__ import annotations

import numpy as np
import pytest
from scene import moving

from monitor.errors import SettingsError
from monitor.lab.defects import timing
from monitor.lab.defects.footage import Footage


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_a_freeze_repeats_its_first_picture() -> None:
    before, after = moving(), moving()
    assert timing.freeze(after, 5, 12, 1.0, rng()) == 1.0
    assert (after.whole[5:12] == before.whole[5]).all()
    assert (after.whole[:6] == before.whole[:6]).all()
    assert (after.whole[12:] == before.whole[12:]).all()


def test_under_a_window_that_stands_a_ticker_runs() -> None:
    footage = moving()
    timing.ticker(footage, 0.75, rng())
    assert timing.freeze(footage, 5, 12, 0.75, rng()) == 0.75
    rows = 72
    assert (footage.luma[5:12, :rows] == footage.luma[5, :rows]).all()
    assert all((footage.luma[n, rows:] != footage.luma[n - 1, rows:]).any() for n in range(6, 12))


@pytest.mark.parametrize("seed", range(4))
def test_a_stutter_repeats_and_catches_up(seed: int) -> None:
    before, after = moving(4), moving(4)
    timing.stutter(after, 5, 35, 4.0, rng(seed))
    repeated = [(after.whole[n] == after.whole[n - 1]).all() for n in range(1, 40)]
    caught_up = [(after.whole[n] == before.whole[n]).all() for n in range(40)]
    assert 8 <= sum(repeated) <= 24
    assert not any(repeated[:5])
    assert not any(repeated[35:])
    assert all(caught_up[35:])
    assert sum(caught_up[5:35]) >= 6


def test_of_what_judders_by_itself_no_stutter_is_made() -> None:
    footage = moving(4)
    footage.whole[4::5] = footage.whole[3::5][: len(footage.whole[4::5])]  # Every fifth picture is held.
    with pytest.raises(SettingsError, match="held by themselves"):
        timing.stutter(footage, 5, 35, 4.0, rng())


def test_no_tear_is_made_where_it_would_not_show() -> None:
    footage = moving()
    footage.whole[:] = footage.whole[:1]  # Nothing moves.
    with pytest.raises(SettingsError, match="no line across which a tear steps"):
        timing.tearing(footage, 6, 10, 2.0, rng())


def test_above_the_tear_is_what_was() -> None:
    before, after = moving(), moving()
    timing.tearing(after, 6, 10, 2.0, rng())
    for n in range(6, 10):
        old = (after.luma[n] == before.luma[n - 2]).all(axis=1)
        new = (after.luma[n] == before.luma[n]).all(axis=1)
        line = int(np.argmin(old))
        assert 0.15 * 96 < line < 0.85 * 96
        assert new[line:].all()


def test_every_other_line_is_of_another_moment() -> None:
    before, after = moving(), moving()
    timing.combing(after, 6, 10, 1.0, rng())
    lines = [(after.luma[8, k::2] == before.luma[7, k::2]).all() for k in (0, 1)]
    assert sum(lines) == 1


@pytest.mark.parametrize("seed", range(6))
def test_flashes_come_as_often_as_said(seed: int) -> None:
    footage = Footage(np.full((60, 144, 128), 110, np.uint8), 30)
    area = timing.flashing(footage, 0, 60, 3.0, rng(seed))
    bright = footage.luma.reshape(60, -1).max(axis=1).astype(int)
    changes = np.count_nonzero(np.abs(np.diff(bright)) > 20) if bright.std() else 0
    low = footage.luma.reshape(60, -1).min(axis=1).astype(int)
    assert max(changes, np.count_nonzero(np.abs(np.diff(low)) > 20)) == 11
    assert 0.3 < area <= 1
