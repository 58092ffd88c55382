"""Programmes that move and sound, the same again for the same seed."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from reading import motion

from monitor.lab.scenes import RATE, Scene, black_pictures
from monitor.lab.schedule import Programme

PROGRAMMES = get_args(Programme)
SIZE = (160, 90)


@pytest.mark.parametrize("programme", PROGRAMMES)
def test_pictures_move_and_are_lit(programme: Programme) -> None:
    scene = Scene(programme, *SIZE, 25, seed=3)
    luma = [scene.picture(n)[:90] for n in range(-10, 100)]
    # Small figures at the turning point of their way may stand for a picture or two, as in any cartoon.
    assert motion(luma)[:105].reshape(-1, 5).max(axis=1).min() > 0.1
    assert min(float(np.mean(picture > 40)) for picture in luma) > 0.4
    assert max(int(picture.max()) for picture in luma) <= 235


@pytest.mark.parametrize("programme", PROGRAMMES)
def test_the_same_seed_gives_the_same(programme: Programme) -> None:
    one, same, other = (Scene(programme, *SIZE, 25, seed) for seed in (3, 3, 4))
    for n in (0, 7, 500):
        assert np.array_equal(one.picture(n), same.picture(n))
        assert not np.array_equal(one.picture(n), other.picture(n))
    assert np.array_equal(one.sound(777, 100), same.sound(777, 100))


@pytest.mark.parametrize("programme", PROGRAMMES)
def test_sound_is_loud_without_long_pauses(programme: Programme) -> None:
    scene = Scene(programme, *SIZE, 25, seed=3)
    sound = scene.sound(-RATE, 20 * RATE)
    assert sound.shape == (2, 20 * RATE)
    assert sound.dtype == np.float32
    assert 0.3 < np.abs(sound).max() <= 0.4
    # Any second of it is heard in both channels.
    assert np.abs(sound).reshape(2, 20, RATE).max(axis=2).min() > 0.01
    assert np.array_equal(sound[:, 5000:6000], scene.sound(5000 - RATE, 1000))


def test_black_has_noise_but_no_light() -> None:
    pictures = black_pictures(*SIZE)
    luma = [picture[:90] for picture in pictures]
    assert max(int(picture.max()) for picture in luma) <= 18
    assert motion(luma).min() > 0.3
    assert all((picture[90:] == 128).all() for picture in pictures)
