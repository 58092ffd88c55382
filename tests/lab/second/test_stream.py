from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from second_clips import FPS

from monitor.lab.second.pictures import Clip, Span
from monitor.lab.second.source import read
from monitor.lab.second.stream import Recipe, decoded, encoded, recipe


def test_a_quarter_of_the_seeds_is_hevc_at_common_rates() -> None:
    recipes = [recipe(Path("a.ts"), np.random.default_rng([seed, 1]), 640 * 360 * 25) for seed in range(200)]
    assert 0.15 < np.mean([how.codec == "libx265" for how in recipes]) < 0.35
    assert all(800_000 <= how.rate <= 1_200_000 for how in recipes)


def test_groups_alone_decode_as_in_the_whole(clean: Clip) -> None:
    file = encoded(clean.frames[:150], clean, Recipe("mpegts", "libx264", 300_000, 2))
    whole, part = decoded(file, FPS), decoded(file, FPS, Span(50, 100))
    assert sorted(part) == list(range(50, 100))
    assert all(np.array_equal(whole[at], part[at]) for at in part)


@pytest.mark.parametrize("size", [(160, 90), (176, 100)])
def test_sizes_at_which_x264_was_unsteady(size: tuple[int, int], source: Path) -> None:
    clip = read(source, *size, FPS, 60, np.random.default_rng(0))
    ballast = [np.full(1_000_000 * (number + 1), number, dtype=np.uint8) for number in range(4)]
    files = {encoded(clip.frames, clip, Recipe("mpegts", "libx264", 300_000, 2)) for _ in ballast}
    assert len(files) == 1
