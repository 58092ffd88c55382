"""Seams that come and go while all moves; and edges that stand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from builders import FPS, cut, inputs, run, spans, video

from monitor.columns import SEAM_COLUMNS
from monitor.detect.tearing import Tearing
from monitor.records import GRID, Detection, Readings

EVERY = 5
"""Frames from sample to sample: a fifth of a second."""


def samples(seams: Any, mean: Any = None, at: Any = None) -> Readings:
    """Frames of which every fifth is looked at for seams, with these; where they are: anywhere."""
    n = len(seams) * EVERY
    columns = {name: np.full(n, np.nan) for name in SEAM_COLUMNS}
    for column in columns.values():
        column[::EVERY] = 0.0
    columns["seam"][::EVERY] = seams
    columns["seam_at"][::EVERY] = np.random.default_rng(2).uniform(0, 1, len(seams)) if at is None else at
    return video(n, mean=mean, **columns)


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
    """From the start on; and the first sample after a cut is of two scenes."""
    halves = [9.0, 7.0, 12.0, 8.0, 9.5, 11.0, 8.5, 10.0, 7.5, 12.5]
    assert not found(samples(halves))
    assert not found(samples(halves, at=0.5))
    other = np.random.default_rng(1).integers(16, 235, GRID)
    scenes = [samples(WHOLE[:5])]
    for n in range(1, 5):
        scenes.append(video_after(samples([9.0, 0.5, 0.9], mean=other if n % 2 else None), 2 + 3 * n))
    assert not found(*scenes)


def test_seams_on_one_line_are_told_where_one_sample_would_not_be() -> None:
    """Each as large as twice the usual; the same anywhere are none."""
    seams = [*WHOLE * 2, *[2.2] * 20, *WHOLE]
    at = np.random.default_rng(2).uniform(0, 1, len(seams))
    assert not found(samples(seams, at=at))
    for speed in (0.0, 0.04):
        at[20:40] = 0.2 + speed * np.arange(20) * EVERY / FPS
        detections = found(samples(seams, at=at))
        assert spans(detections[-1:]) == [("video", pytest.approx(20 * 0.2, abs=0.4), pytest.approx(8.0, abs=0.4))]


def test_what_goes_on_for_minutes_is_normal() -> None:
    detections = found(samples([*WHOLE * 2, *[9.0, 8.0, 10.0, 7.0] * 200]))
    assert detections[-1].end_s == pytest.approx(4.0 + 660 * EVERY / FPS, abs=1.0)


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
