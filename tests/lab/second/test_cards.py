from __future__ import annotations

import numpy as np
from second_clips import FRAMES, HEIGHT, WIDTH, first_made, made_of

from monitor.lab.second.pictures import Clip

MIDDLE = slice(HEIGHT // 4, HEIGHT * 3 // 4), slice(WIDTH // 4, WIDTH * 3 // 4)


def test_black_is_black_and_nothing_else_is(clean: Clip) -> None:
    for seed in range(6):
        made = made_of(clean, "black", "strong", seed)
        assert made
        middle = [frame[MIDDLE].mean() for frame in made.frames]
        inside = {at for event in made.events for at in event.span.frames}
        assert max(middle[at] for at in inside) < 17.5
        assert min(middle[at] for at in range(FRAMES) if at not in inside) > 17.5


def test_solid_color_is_flat_when_strong_and_uneven_when_weak(clean: Clip) -> None:
    for strength, low, high in (("strong", 0.0, 0.0), ("middle", 0.8, 2.5), ("weak", 3.0, 6.0)):
        (event, *_) = first_made(clean, "solid_color", strength).events
        assert low <= event.amount <= high


def test_pattern_covers_the_picture_with_one_card(clean: Clip) -> None:
    for seed in range(8):
        made = made_of(clean, "test_pattern", "strong", seed)
        assert made
        first, second = (made.frames[event.span.start] for event in made.events)
        assert np.abs(first[MIDDLE].astype(int) - second[MIDDLE]).mean() < 1


def test_snow_changes_wholly_from_picture_to_picture(clean: Clip) -> None:
    made = first_made(clean, "snow", "strong")
    at = made.events[0].span.start + 3
    now, before = (made.frames[number][:HEIGHT].astype(float) for number in (at, at - 1))
    assert abs(np.corrcoef(now.ravel(), before.ravel())[0, 1]) < 0.1
    assert now.std() > 30
