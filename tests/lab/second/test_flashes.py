from __future__ import annotations

import numpy as np
from second_clips import FPS, HEIGHT, made_of

from monitor.lab.second.pictures import Clip


def test_flashes_are_faster_than_three_a_second(clean: Clip) -> None:
    for seed in range(6):
        made = made_of(clean, "flashing", "strong", seed)
        if not made:
            continue
        for event in made.events:
            lit = [not np.array_equal(made.frames[at], clean.frames[at]) for at in event.span.frames]
            turns = int(np.count_nonzero(np.diff(lit)))
            assert turns / 2 / (len(lit) / FPS) > 2.8
            assert event.amount > 3
            assert lit[0]
            assert lit[-1]


def test_weak_ones_cover_two_fifths(clean: Clip) -> None:
    made = next(made for seed in range(6) if (made := made_of(clean, "flashing", "weak", seed)))
    event = made.events[0]
    changed = made.frames[event.span.start][:HEIGHT] != clean.luma(event.span.start)
    box = np.ix_(changed.any(axis=1), changed.any(axis=0))
    assert abs(changed[box].size / changed.size - event.area) < 0.05
    assert 0.3 < event.area < 0.5
