"""Seams that come and go while all moves; and edges that stand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from builders import FPS, cut, inputs, run, spans, video

from monitor.detect.tearing import Tearing
from monitor.records import GRID, Detection, Readings

EVERY = 5
"""Frames from sample to sample: a fifth of a second."""


def samples(seams: Any, mean: Any = None) -> Readings:
    """Frames of which every fifth is looked at for seams, with these."""
    n = len(seams) * EVERY
    seam = np.full(n, np.nan)
    seam[::EVERY] = seams
    return video(n, seam=seam, mean=mean)


def found(readings: Readings, *more: Readings) -> list[Detection]:
    return run(Tearing, inputs(readings), *(inputs(part) for part in more), inputs(ended=True))


WHOLE = [0.5, 1.2, 0.8, 0.3, 1.0, 0.6, 0.9, 1.1, 0.5, 0.7]
TORN = [*WHOLE, 9.0, 7.0, 12.0, 0.4, 0.8, 8.0, 5.0, *WHOLE]


def test_seams_that_come_at_once_are_torn_pictures() -> None:
    """Samples in which nothing moved across the line do not end it."""
    detections = found(samples(TORN))
    assert spans(detections[-1:]) == [("video", pytest.approx(1.9, abs=0.1), pytest.approx(3.2 + 0.8, abs=0.3))]
    assert detections[-1].evidence["seam"] == 12.0


def test_one_torn_picture_is_not_told() -> None:
    assert not found(samples([*WHOLE, 9.0, 7.0, *WHOLE]))


def test_what_is_always_there_is_normal() -> None:
    """A picture of two halves, with motion in both: from the start, or from a cut on."""
    halves = [9.0, 7.0, 12.0, 8.0, 9.5, 11.0, 8.5, 10.0, 7.5, 12.5]
    assert not found(samples(halves))
    other = np.random.default_rng(1).integers(16, 235, GRID)
    assert not found(samples(WHOLE), video_after(samples(halves, mean=other), len(WHOLE)))


def video_after(readings: Readings, samples_before: int) -> Readings:
    readings.t_s[:] += samples_before * EVERY / FPS
    return readings


def test_the_stream_says_how_large_a_seam_is_usual() -> None:
    assert not found(samples([4.0, 5.0, 4.5, 5.0, 4.0, 4.2, 5.1, 4.9, 6.0, 5.5, 6.2, 5.8, 6.1]))


@pytest.mark.parametrize("size", [1, 13, 20])
def test_any_split_decides_the_same(size: int) -> None:
    whole = samples(TORN)
    parts = [inputs(cut(whole, k, min(k + size, len(whole)))) for k in range(0, len(whole), size)]
    assert run(Tearing, *parts, inputs(ended=True)) == found(whole)
