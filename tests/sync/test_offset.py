"""How far two streams are apart: curves and maps by hand, moved, sampled at other times, and made worse."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.records import PLACES
from monitor.sync import PicturePrint, SoundPrint, picture_offset, sound_offset

REACH_S = 2.2


def curve(t: np.ndarray, seed: int = 1) -> np.ndarray:
    """A level over time, as of speech: it can be asked for at any moment."""
    rng = np.random.default_rng(seed)
    knots = np.arange(-10, 60, 0.07)
    return np.interp(t, knots, rng.uniform(-50, -10, len(knots)))


def sound(
    first: float, seconds: float, late: float, seed: int = 1, gain: float = 0.0, noise: float = 0.0
) -> SoundPrint:
    t = first + np.arange(0, seconds, 0.01)
    level = curve(t - late, seed) + gain + np.random.default_rng(9).normal(0, noise, len(t))
    return SoundPrint(t, np.maximum(level, -60).astype(np.float32))


def pictures(first: float, seconds: float, fps: float, late: float, seed: int = 1, crop: int = 0) -> PicturePrint:
    """Blobs that wander over the map."""
    rng = np.random.default_rng(seed)
    t = first + np.arange(0, seconds, 1 / fps)
    y, x = np.mgrid[:9, :16]
    knots = np.arange(-10, 60, 0.6)
    maps = np.full((len(t), 9, 16), 60.0)
    for _ in range(4):
        cy, cx = (np.interp(t - late, knots, rng.uniform(0, size, len(knots))) for size in (9, 16))
        maps += 80 * np.exp(-((y - cy[:, None, None]) ** 2 + (x - cx[:, None, None] - crop) ** 2) / 6)
    return PicturePrint(t, np.clip(maps, 16, 235).astype(np.uint8).reshape(len(t), PLACES))


@pytest.mark.parametrize("late", [-1.93, -0.5, -0.037, 0.0, 0.0042, 0.25, 1.234, 1.99])
def test_sound_is_found_to_5_ms(late: float) -> None:
    found = sound_offset(sound(0, 20, 0), sound(0.0037, 20, late, gain=-9, noise=1.5), 0.0, REACH_S)
    assert found is not None
    assert found.seconds == pytest.approx(late, abs=0.005)
    assert found.likeness > 0.7
    assert found.doubt < 0.6


@pytest.mark.parametrize("late", [-1.9, -0.3, 0.0, 0.011, 0.7, 1.77])
@pytest.mark.parametrize("fps", [25, 30, 50, 12.5])
def test_pictures_are_found_to_half_of_one(late: float, fps: float) -> None:
    found = picture_offset(pictures(0, 20, 25, 0), pictures(0.013, 20, fps, late), 0.0, REACH_S)
    assert found is not None
    assert found.seconds == pytest.approx(late, abs=0.5 / min(fps, 25))
    assert found.likeness > 0.7


def test_a_crop_moves_nothing() -> None:
    found = picture_offset(pictures(0, 20, 25, 0), pictures(0, 20, 25, 0.4, crop=1), 0.0, REACH_S)
    assert found is not None
    assert found.seconds == pytest.approx(0.4, abs=0.02)


def test_around_an_expected_offset() -> None:
    found = sound_offset(sound(0, 20, 0), sound(30, 20, 30.4), 30.0, 1.0)
    assert found is not None
    assert found.seconds == pytest.approx(30.4, abs=0.005)


def test_other_programmes_are_not_alike() -> None:
    for seed in range(2, 8):
        heard = sound_offset(sound(0, 20, 0), sound(0, 20, 0, seed), 0.0, REACH_S)
        seen = picture_offset(pictures(0, 20, 25, 0), pictures(0, 20, 25, 0, seed), 0.0, REACH_S)
        assert heard is not None
        assert seen is not None
        assert heard.likeness < 0.5
        assert seen.likeness < 0.5


def test_too_little_silence_stills_and_holes_say_nothing() -> None:
    empty = SoundPrint(np.empty(0), np.empty(0, np.float32))
    flat = SoundPrint(np.arange(0, 20, 0.01), np.full(2000, -60, np.float32))
    still = PicturePrint(np.arange(0, 20, 0.04), np.full((500, PLACES), 90, np.uint8))
    assert sound_offset(sound(0, 3, 0), sound(0, 20, 0), 0.0, REACH_S) is None
    assert sound_offset(empty, sound(0, 20, 0), 0.0, REACH_S) is None
    assert sound_offset(flat, sound(0, 20, 0), 0.0, REACH_S) is None
    assert picture_offset(still, pictures(0, 20, 25, 0), 0.0, REACH_S) is None
    broken = sound(0, 20, 0)
    keep = (broken.t_s < 14) | (broken.t_s > 16)
    broken = SoundPrint(broken.t_s[keep], broken.level_db[keep])
    assert sound_offset(broken, sound(0, 20, 0), 0.0, REACH_S) is None, "only 4 s since the hole"
