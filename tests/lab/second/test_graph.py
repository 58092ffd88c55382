from __future__ import annotations

import numpy as np

from monitor.lab.second.graph import filtered, flat, joined, sourced
from monitor.lab.second.pictures import Clip


def test_pictures_pass_unchanged_and_in_order(clean: Clip) -> None:
    passed = filtered(clean.frames[:20], "null")
    assert len(passed) == 20
    assert all(np.array_equal(one, other) for one, other in zip(passed, clean.frames, strict=False))


def test_filters_that_look_ahead_give_all_pictures(clean: Clip) -> None:
    assert len(filtered(clean.frames[:20], "shuffleframes=1 0")) == 20


def test_two_inputs_meet_picture_by_picture(clean: Clip) -> None:
    black = flat(clean.width, clean.height, 5, 16)
    shown = joined(clean.frames[:5], black, "blend=all_mode=normal:all_opacity=0")
    assert all(np.array_equal(one, other) for one, other in zip(shown, black, strict=True))


def test_sources_have_the_asked_size() -> None:
    assert [picture.shape for picture in sourced("pal75bars=size=96x64:rate=25", 2)] == [(96, 96)] * 2
