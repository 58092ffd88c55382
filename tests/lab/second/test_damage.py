from __future__ import annotations

import numpy as np
import pytest
from second_clips import first_made

from monitor.lab.second.damage import Wrong, runs, wrong
from monitor.lab.second.pictures import Clip, Span
from monitor.lab.truth import Strength


@pytest.mark.parametrize(("strength", "low", "high"), [("middle", 0.07, 0.2), ("strong", 0.2, 0.6)])
def test_baked_damage_is_as_large_as_its_strength_and_clear(
    strength: Strength, low: float, high: float, clean: Clip
) -> None:
    for event in first_made(clean, "block_corruption", strength).events:
        assert low <= event.area <= high
        assert event.amount >= 12
        assert len(event.span.frames) >= 5
        assert event.unit == "baked"


def test_gaps_of_up_to_five_are_joined() -> None:
    shown = {at: Wrong(0.02 if at in (3, 9, 16) else 0.0, 20.0, 0.01) for at in range(20)}
    assert runs(shown, 0.01) == [Span(3, 10), Span(16, 17)]


def test_moved_texture_is_wrong_and_does_not_glare() -> None:
    texture = np.tile(np.array([60, 90], dtype=np.uint8), (64, 32))
    moved = wrong(texture, np.roll(texture, 1, axis=1))
    assert (moved.share, moved.levels, moved.glaring) == (1.0, 30.0, 0.0)
    assert wrong(texture, texture + np.uint8(30)).glaring == 1.0
