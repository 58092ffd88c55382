"""Frames by hand, and what is measured of them."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from monitor.measure import PictureMeter, level
from monitor.media.timeline import Timeline
from monitor.records import Frame, FrameBatch, Readings, Reason

ORIGIN = Timeline().begin(0, 0.0)


def frame(luma: Any, pts: int = 0, chroma: int = 128, size: tuple[int, int] = (144, 256), **more: Any) -> Frame:
    bits = more.get("bit_depth", 8)
    dtype = np.uint8 if bits == 8 else np.uint16
    planes = [np.broadcast_to(np.asarray(luma, dtype), size).copy()]
    half = (-(-size[0] // 2), -(-size[1] // 2))
    planes += [np.full(half, chroma << (bits - 8), dtype)] * 2
    settings = {"bit_depth": 8, "full_range": False, "pixel_format": "yuv420p"} | more
    return Frame(pts=pts, duration=1, arrived_at=float("nan"), planes=tuple(planes), owner=None, **settings)


def readings(*frames: Frame, previous: Frame | None = None) -> Readings:
    return PictureMeter().measure(FrameBatch("s", "video", 0, Fraction(1, 25), "full", previous, frames), ORIGIN)


def value(of: Readings, name: str, row: int = 0) -> float:
    return float(of.values[name][row])


def test_means_are_in_8_bit_levels_whatever_the_depth() -> None:
    assert value(readings(frame(100)), "luma") == 100
    assert value(readings(frame(400, bit_depth=10)), "luma") == 100
    aligned = frame(400 << 6, bit_depth=10, msb_aligned=True, pixel_format="p010le")
    aligned = replace(aligned, planes=(aligned.planes[0], *(p << 6 for p in aligned.planes[1:])))
    assert value(readings(aligned), "luma") == 100
    assert value(readings(aligned), "chroma_offset") == 0


def test_the_first_frame_has_no_difference_and_says_why() -> None:
    first = readings(frame(10), frame(14, pts=1))
    assert np.isnan(first.values["difference"][0])
    assert first.reason.tolist() == [Reason.NO_PREVIOUS, Reason.MEASURED]
    luma, all_pixels = 144 * 256, 144 * 256 * 1.5
    assert value(first, "difference", 1) == pytest.approx(4 * luma / all_pixels)
    assert value(first, "moving", 1) == 4
    assert first.since_previous_s.tolist()[1] == pytest.approx(0.04)


def test_frames_of_another_size_are_not_compared() -> None:
    after = readings(frame(10, size=(90, 160)), previous=frame(10))
    assert np.isnan(after.values["difference"][0])
    assert after.reason[0] == Reason.NO_PREVIOUS


def test_chroma_counts_in_the_difference_and_tells_green_from_black() -> None:
    green = readings(frame(0, chroma=0, pts=1), previous=frame(0))
    assert value(green, "chroma_offset") == 128
    assert value(green, "difference") == pytest.approx(128 / 3)


def test_moving_is_the_place_that_moves_most() -> None:
    still = np.full((144, 256), 100)
    clock = still.copy()
    clock[:16, :16] = 180
    moved = readings(frame(clock, pts=1), previous=frame(still))
    assert value(moved, "moving") == 80
    assert value(moved, "difference") < 0.4
    assert moved.grids["difference"][0, 0, 0] == 255
    assert moved.grids["mean"][0, 0, 0] == 180
    assert moved.grids["mean"][0, 5, 5] == 100


def test_dark_knows_limited_from_full_range_and_the_depth() -> None:
    assert level(frame(0), 0.1) == 37
    assert level(frame(0, full_range=True), 0.1) == 25
    assert level(frame(0, bit_depth=10), 0.1) == 151
    assert value(readings(frame(30)), "dark") == 1
    assert value(readings(frame(30, full_range=True)), "dark") == 0


def test_bars_are_what_is_dark_throughout_from_an_edge() -> None:
    picture = np.full((160, 256), 16)
    picture[32:144, 64:] = 120
    bars = readings(frame(picture, size=(160, 256)))
    assert [value(bars, f"bar_{side}") for side in ("top", "bottom", "left", "right")] == pytest.approx(
        [0.2, 0.1, 0.25, 0]
    )
    assert value(bars, "lit") == pytest.approx(float((bars.grids["mean"] > 20).mean()), abs=0.05)
    assert [value(readings(frame(16)), f"bar_{side}") for side in ("top", "left")] == [1, 1]


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (16, 16), (17, 33), (1080, 8)])
def test_tiny_pictures(size: tuple[int, int]) -> None:
    tiny = readings(frame(77, size=size, pts=1), previous=frame(70, size=size))
    assert value(tiny, "luma") == 77
    assert value(tiny, "moving") == 7
    assert (tiny.grids["mean"] == 77).all()


def test_drift_adds_up_what_creeps_and_starts_anew_when_it_is_seen() -> None:
    """Each frame is 0.2 levels from the one before: two of them are beyond -60 dB, and the second is the reference."""
    grey = [frame(np.where(np.arange(256) < 256 * 0.3 * n, 101, 100), pts=n) for n in range(4)]
    crept = readings(*grey)
    assert crept.values["difference"][1:].tolist() == pytest.approx([0.2] * 3, abs=0.01)
    assert crept.values["drift"][1:].tolist() == pytest.approx([0.2, 0.4, 0.2], abs=0.01)
