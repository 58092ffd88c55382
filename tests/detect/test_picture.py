"""Where the active picture lies, and how long frames last."""

from __future__ import annotations

import numpy as np
import pytest
from builders import video

from monitor.detect.picture import BUCKET_S, BarsState, BlackPicture, durations
from monitor.settings import BlackSettings

LETTERBOX = {"bar_top": 0.12, "bar_bottom": 0.12}


def test_bars_are_the_narrowest_margins_of_lit_pictures() -> None:
    picture = BlackPicture(BlackSettings())
    night = video(25, bar_top=0.5, bar_bottom=0.3, dark=0.9)
    day = video(25, 1.0, **LETTERBOX, dark=0.3)
    state, _, ratio = picture.judge(BarsState(), night)
    assert ratio[-1] == pytest.approx((0.9 - 0.8) / 0.2)
    state, _, ratio = picture.judge(state, day)
    assert ratio[-1] == pytest.approx((0.3 - 0.24) / 0.76)


def test_bars_are_forgotten_after_a_minute() -> None:
    picture = BlackPicture(BlackSettings())
    state, _, _ = picture.judge(BarsState(), video(25, dark=0.5))
    state, _, ratio = picture.judge(state, video(25, 59.0, **LETTERBOX, dark=0.5))
    assert ratio[-1] == pytest.approx(0.5)
    state, _, ratio = picture.judge(state, video(25, 61.0, **LETTERBOX, dark=0.5))
    assert ratio[-1] == pytest.approx((0.5 - 0.24) / 0.76)
    assert len(state.buckets) <= 60 / BUCKET_S


def test_frames_of_unknown_length_last_as_long_as_from_the_one_before() -> None:
    frames = video(4)
    object.__setattr__(frames, "duration_s", np.array([0.04, 0.0, 0.0, 0.0]))
    object.__setattr__(frames, "since_previous_s", np.array([np.nan, 0.5, np.nan, 9.0], np.float32))
    assert durations(frames).tolist() == pytest.approx([0.04, 0.5, 0.0, 1.0])
