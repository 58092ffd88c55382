from __future__ import annotations

import numpy as np
import pytest
from second_clips import clip_of

from monitor.lab.second.pictures import Span, block_means, motion, replaced, wrong_share


def test_blocks_at_the_edge_are_smaller_not_darker() -> None:
    plane = np.full((40, 24), 7, dtype=np.int16)
    assert block_means(plane).tolist() == [[7, 7], [7, 7], [7, 7]]


def test_share_of_wrong_blocks() -> None:
    first = np.zeros((32, 32), dtype=np.uint8)
    second = first.copy()
    second[:16, :16] = 7
    second[16:, 16:] = 6
    assert wrong_share(first, second) == 0.25


def test_motion_of_a_still_is_nothing() -> None:
    assert not motion(clip_of(np.full((108, 192), 90), 5)).any()


def test_as_many_pictures_as_frames() -> None:
    frames = clip_of(np.full((108, 192), 90), 5).frames
    with pytest.raises(ValueError, match="1 pictures for 2 frames"):
        replaced(frames, Span(1, 3), frames[:1])
