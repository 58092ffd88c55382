from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from second_clips import FPS, FRAMES, HEIGHT, WIDTH

from monitor.errors import SettingsError
from monitor.lab.second.pictures import Clip
from monitor.lab.second.source import SOUND_RATE, read


def test_short_sources_are_looped_with_their_sound(source: Path, clean: Clip) -> None:
    long = read(source, WIDTH, HEIGHT, FPS, FRAMES + 30, np.random.default_rng(0))
    assert len(long.frames) == FRAMES + 30
    assert np.array_equal(long.frames[FRAMES], clean.frames[0])
    assert long.sound.shape == (2, round((FRAMES + 30) / FPS * SOUND_RATE))
    assert np.abs(long.sound).max() > 0.01


def test_fast_sources_lose_pictures_evenly(source: Path, clean: Clip) -> None:
    half = read(source, WIDTH, HEIGHT, 12, 100, np.random.default_rng(0))
    found = [next(at for at, frame in enumerate(clean.frames) if np.array_equal(frame, one)) for one in half.frames[:5]]
    assert np.diff(found).tolist() == [2, 2, 2, 2]


def test_sources_without_sound_are_silent(media: Path) -> None:
    clip = read(media / "bottles_static_cam.mp4", WIDTH, HEIGHT, FPS, 30, np.random.default_rng(0))
    assert clip.sound.shape == (2, round(30 / FPS * SOUND_RATE))
    assert not clip.sound.any()


def test_sources_without_a_picture_are_refused(media: Path) -> None:
    with pytest.raises(SettingsError, match="has no picture"):
        read(media / "sine_discont_0_mono_440hz.wav", WIDTH, HEIGHT, FPS, 30, np.random.default_rng(0))
