from __future__ import annotations

import numpy as np
import pytest
from second_clips import FPS, FRAMES, HEIGHT, WIDTH

from monitor.errors import SettingsError
from monitor.lab.second import transit
from monitor.lab.second.pictures import Clip, Event, Plane
from monitor.lab.second.stream import FORMATS, Recipe, decoded, encoded


def damaged(sound: bytes, clip: Clip) -> tuple[bytes, tuple[Event, ...], tuple[Event, ...]]:
    """Some damage that a try finds: at this size a picture has few bytes to lose."""
    for seed in range(8):
        dice = np.random.default_rng(seed)
        try:
            return transit.damaged(sound, clip, "strong", dice, lambda file, groups: decoded(file, FPS, groups))
        except SettingsError:
            continue
    pytest.fail("no damage in 8 tries")


def share(first: Plane, second: Plane) -> float:
    """By the words of the definition, block by block."""
    corners = [(y, x) for y in range(0, HEIGHT, 16) for x in range(0, WIDTH, 16)]
    both = [(first[y : y + 16, x : x + 16].astype(int), second[y : y + 16, x : x + 16]) for y, x in corners]
    return float(np.mean([np.abs(one - other).mean() > 6 for one, other in both]))


@pytest.mark.parametrize("suffix", FORMATS)
def test_truth_of_a_damaged_file_is_the_difference_of_the_decodes(suffix: str, clean: Clip) -> None:
    sound = encoded(clean.frames, clean, Recipe(FORMATS[suffix], "libx264", 400_000, 2))
    worse, events, besides = damaged(sound, clean)
    before, after = decoded(sound, FPS), decoded(worse, FPS)
    shares = np.array([share(before[at], after[at]) if at in after else 0.0 for at in range(FRAMES)])
    inside = np.zeros(FRAMES, dtype=bool)
    for event in events:
        assert min(shares[event.span.start], shares[event.span.end - 1]) >= 0.01
        assert len(event.span.frames) >= 3
        assert event.unit == "encoded"
        inside[event.span.start : event.span.end] = True
    assert shares[~inside].max() < 0.01
    assert [event.span.start for event in besides] == np.flatnonzero((shares > 0) & ~inside).tolist()
    assert len(worse) > 0.9 * len(sound)
