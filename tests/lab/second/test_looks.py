from __future__ import annotations

import numpy as np
import pytest
from second_clips import HEIGHT, first_made, made_of

from monitor.lab.second.pictures import Clip
from monitor.lab.truth import STRENGTHS, Strength


def test_blur_takes_steepness(clean: Clip) -> None:
    made = first_made(clean, "blur", "weak")
    at = made.events[0].span.start
    before, after = (
        np.abs(np.diff(frames[at][:HEIGHT].astype(int), axis=1)).mean() for frames in (clean.frames, made.frames)
    )
    assert after < 0.8 * before


@pytest.mark.parametrize(("strength", "low", "high"), [("weak", 5, 9), ("middle", 8, 14), ("strong", 12, 22)])
def test_noise_is_as_strong_as_it_says(strength: Strength, low: float, high: float, clean: Clip) -> None:
    made = first_made(clean, "noise", strength)
    for event in made.events:
        added = [(made.frames[at][:HEIGHT] - 1.0 * clean.luma(at)).std() for at in event.span.frames]
        assert low < np.mean(added) < high
        assert event.amount == pytest.approx(np.mean(added), rel=0.01)


def test_banding_leaves_few_levels(clean: Clip) -> None:
    made = first_made(clean, "banding", "strong")
    event = made.events[0]
    assert len(np.unique(made.frames[event.span.start][:HEIGHT])) <= 256 // event.amount + 1


def test_levels_grow_with_strength(evenly_lit: Clip) -> None:
    amounts = []
    for strength in STRENGTHS:
        made = first_made(evenly_lit, "levels", strength)
        amounts.append(np.mean([event.amount for event in made.events]))
        assert all(event.amount == pytest.approx(100 * event.area) for event in made.events)
    assert amounts == sorted(amounts)
    assert amounts[0] > 4


def test_bars_are_black_and_as_large_as_they_say(clean: Clip) -> None:
    for seed in range(8):
        made = made_of(clean, "letterbox", "middle", seed)
        if not made:
            continue
        event = made.events[0]
        luma = made.frames[event.span.start][:HEIGHT]
        black = luma == 16
        bars = max(black.all(axis=1).mean(), black.all(axis=0).mean())
        assert bars == pytest.approx(event.area, abs=0.03)
