from __future__ import annotations

import numpy as np
import pytest
from second_clips import FPS, FRAMES, clip_of

from monitor.errors import SettingsError
from monitor.lab.second.places import LEAD_S, LONGEST_S, REST_S, SHORTEST_S, TAIL_S, choose

CLIP = clip_of(np.full((108, 192), 90))


def test_distances_are_kept() -> None:
    for seed in range(50):
        spans = choose(CLIP, np.random.default_rng(seed), lambda _: True, "nothing")
        assert len(spans) == 2
        assert spans[0].start >= LEAD_S * FPS
        assert spans[1].start - spans[0].end >= REST_S * FPS
        assert spans[1].end <= FRAMES - TAIL_S * FPS
        assert all(SHORTEST_S * FPS <= len(span.frames) <= LONGEST_S * FPS for span in spans)


def test_one_where_two_find_no_place() -> None:
    spans = choose(CLIP, np.random.default_rng(0), lambda span: span.start < 120, "an early start")
    assert len(spans) == 1


def test_the_error_says_what_is_missing() -> None:
    with pytest.raises(SettingsError, match="source still does not suit: no snow in it"):
        choose(CLIP, np.random.default_rng(0), lambda _: False, "no snow in it")
