"""Real clips made small once, so that each test of the second generator decodes little."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from second_clips import FPS, FRAMES, HEIGHT, WIDTH

from monitor.lab.second.pictures import Clip
from monitor.lab.second.programme import Programme, hear
from monitor.lab.second.source import read
from monitor.lab.second.stream import Recipe, encoded


@pytest.fixture(scope="session")
def source(media: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real clip made small: motion, sky, detail, sound."""
    clip = read(media / "driving_30s.webm", WIDTH, HEIGHT, FPS, FRAMES, np.random.default_rng(5))
    path = tmp_path_factory.mktemp("second") / "small.mp4"
    path.write_bytes(encoded(clip.frames, clip, Recipe("mp4", "libx264", 1_500_000, 2)))
    return path


@pytest.fixture(scope="session")
def clean(source: Path) -> Clip:
    return read(source, WIDTH, HEIGHT, FPS, FRAMES, np.random.default_rng(0))


@pytest.fixture(scope="session")
def evenly_lit(media: Path) -> Clip:
    """Without the sun in the picture, which is out of range by itself."""
    return read(media / "frog_handheld.mp4", WIDTH, HEIGHT, FPS, FRAMES, np.random.default_rng(0))


@pytest.fixture(scope="session")
def talk(media: Path) -> Programme:
    """People talking, nearly the same in both channels; 6 s in a loop."""
    return hear(media / "friday_bw_film_talk.mp4", 20.0, np.random.default_rng(1))


@pytest.fixture(scope="session")
def trailer(media: Path) -> Programme:
    """Loud and wide."""
    return hear(media / "sintel_trailer_480p.mp4", 20.0, np.random.default_rng(2))


@pytest.fixture(scope="session")
def studio(media: Path) -> Programme:
    """Speech with quiet pauses."""
    return hear(media / "cast_talk_720p.ts", 20.0, np.random.default_rng(3))
