"""Frames by hand, and what is measured of them."""

from __future__ import annotations

import gc
import math
import weakref
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

import av
import numpy as np
import pytest
from av.video.reformatter import VideoReformatter
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.columns import FAST_COLUMNS, SEAM_COLUMNS, SLOW_COLUMNS, form_of, levels_of
from monitor.measure import SEAM_S, STILL, PictureMeter
from monitor.media.planes import picture
from monitor.media.timeline import Timeline
from monitor.records import Frame, FrameBatch, Readings, Reason

ORIGIN = Timeline().begin(0, 0.0)
COMPARED = ("difference", "drift", "moving")


def frame(luma: Any, pts: int = 0, chroma: int = 128, size: tuple[int, int] = (144, 256), **more: Any) -> Frame:
    bits = more.get("bit_depth", 8)
    dtype = np.uint8 if bits == 8 else np.uint16
    planes = [np.broadcast_to(np.asarray(luma, dtype), size).copy()]
    half = (-(-size[0] // 2), -(-size[1] // 2))
    planes += [np.full(half, chroma << (bits - 8), dtype)] * 2
    settings = {"bit_depth": 8, "full_range": False, "pixel_format": "yuv420p"} | more
    return Frame(pts=pts, duration=1, arrived_at=float("nan"), planes=tuple(planes), owner=None, **settings)


def readings(*frames: Frame, previous: Frame | None = None) -> Readings:
    meter = PictureMeter()
    meter.add(FrameBatch("s", "video", 0, Fraction(1, 25), "full", previous, frames), ORIGIN)
    return meter.take()[0]


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
    assert first.reason.tolist() == [Reason.NO_PREVIOUS, Reason.NOT_DUE]
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


def test_what_the_stream_says_of_a_picture_is_told() -> None:
    said = readings(frame(100, key=True), frame(100, 1, interlaced=True))
    assert said.values["key"].tolist() == [1, 0]
    assert said.values["interlaced"].tolist() == [0, 1]


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
    assert levels_of(form_of(frame(0))).dark == 37
    assert levels_of(form_of(frame(0, full_range=True))).dark == 25
    assert levels_of(form_of(frame(0, bit_depth=10))).dark == 151
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


def batch(frames: Sequence[Frame], previous: Frame | None = None, base: Fraction = Fraction(1, 25)) -> FrameBatch:
    return FrameBatch("s", "video", 0, base, "full", previous, tuple(frames))


def joined(parts: Sequence[Readings]) -> dict[str, np.ndarray]:
    """All rows of some readings, column by column."""
    names = ("pts", "t_s", "duration_s", "since_previous_s", "reason")
    grids = [{f"grid {name}": grid for name, grid in part.grids.items()} for part in parts]
    rows = [{name: getattr(r, name) for name in names} | dict(r.values) | g for r, g in zip(parts, grids, strict=True)]
    return {name: np.concatenate([part[name] for part in rows]) for name in rows[0]}


def measured(
    frames: Sequence[Frame], base: Fraction, cuts: Sequence[tuple[int, bool]] = (), begins: Fraction = Fraction(0)
) -> dict[str, np.ndarray]:
    """All rows of frames in batches that end at `cuts`; readings are taken there where true."""
    meter, found, done = PictureMeter(), [], 0
    for end, taken in [*cuts, (len(frames), True)]:
        meter.add(batch(frames[done:end], frames[done - 1] if done else None, base), Timeline().begin(begins, 0))
        found += meter.take() if taken else []
        done = end
    return joined(found)


@given(
    st.lists(st.integers(1, 60_000), min_size=1, max_size=12),
    st.sampled_from([Fraction(1, 90_000), Fraction(1, 1000), Fraction(1001, 30_000)]),
    st.integers(-(10**6), 10**10),
)
@example([1] * 51, Fraction(1, 25), 0)
def test_the_slow_set_comes_with_the_first_frame_at_or_after_each_half_second(
    steps: list[int], base: Fraction, start: int
) -> None:
    """... by the exact time, wherever raw timestamps begin and however uneven they are; each row says so."""
    pts = np.cumsum([start, *steps]).tolist()
    rows = measured([frame(90, pts=n, size=(16, 16)) for n in pts], base, begins=start * base)
    times = [(n - start) * base for n in pts]
    due = [True] + [math.floor(2 * b) > math.floor(2 * a) for a, b in pairwise(times)]
    for name in SLOW_COLUMNS:
        assert (~np.isnan(rows[name])).tolist() == due, name
    seams = [math.floor(b / Fraction(SEAM_S)) > math.floor(a / Fraction(SEAM_S)) for a, b in pairwise(times)]
    for name in SEAM_COLUMNS:
        assert (~np.isnan(rows[name])).tolist() == [False, *seams], name
    for name in FAST_COLUMNS:
        assert np.isnan(rows[name]).tolist() == [name in COMPARED] + [False] * len(steps), name
    reasons = [Reason.MEASURED if yes else Reason.NOT_DUE for yes in due[1:]]
    assert rows["reason"].tolist() == [Reason.NO_PREVIOUS, *reasons]


def test_the_slow_set_comes_after_a_gap_and_a_change_of_size_range_or_format() -> None:
    """These are compared with no frame before; the levels are those of the frame's own format."""
    small: dict[str, Any] = {"size": (90, 160)}
    full = small | {"full_range": True}
    deep = small | {"bit_depth": 10, "pixel_format": "yuv420p10le", "luma": 236 << 2}
    kinds = [{}, {}, small, full, full, deep, small | {"pixel_format": "gray"}, small, small, small]
    shown = [frame(pts=n, **{"luma": 236, **kind}) for n, kind in enumerate(kinds, 1)]
    shown[6] = replace(shown[6], planes=shown[6].planes[:1])
    meter = PictureMeter()
    meter.add(batch(shown[:8], previous=frame(200)), ORIGIN)
    meter.add(batch(shown[8:]), ORIGIN)  # After a gap.
    rows = joined(meter.take())
    anew = [False, False, True, True, False, True, True, True, True, False]
    assert rows["pts"].tolist() == list(range(1, 11))
    assert (~np.isnan(rows["contrast"])).tolist() == anew
    for name in COMPARED:
        assert np.isnan(rows[name]).tolist() == anew
    assert rows["reason"].tolist() == [Reason.NO_PREVIOUS if new else Reason.NOT_DUE for new in anew]
    assert rows["over"][[2, 3, 5, 6, 8]].tolist() == [1, 0, 1, 1, 1]
    assert np.flatnonzero(np.isnan(rows["since_previous_s"])).tolist() == [8]


def footage() -> list[Frame]:
    """24 frames, 10 a second: they creep, stand, jump; then another size; then another range."""
    rng = np.random.default_rng(11)
    luma = rng.integers(40, 200, (40, 56))
    frames = []
    for n in range(24):
        if n in (7, 8, 19):
            luma = rng.integers(40, 200, luma.shape)
        elif n == 12:
            luma = rng.integers(40, 200, (24, 24))
        elif n % 4:
            luma = luma + (rng.random(luma.shape) < 0.15)
        frames.append(frame(luma, pts=n, size=luma.shape, full_range=n >= 17, key=n % 5 == 0))
    return frames


def test_drift_is_the_distance_from_the_last_picture_that_was_seen_to_differ() -> None:
    shown = footage()
    rows = measured(shown, Fraction(1, 10))
    reference, changed = shown[0], 0
    for n, now in enumerate(shown):
        if n in (0, 12, 17):
            assert np.isnan(rows["drift"][n])
            reference = now
            continue
        apart = [np.abs(a.astype(int) - b).ravel() for a, b in zip(now.planes, reference.planes, strict=True)]
        assert rows["drift"][n] == pytest.approx(np.concatenate(apart).mean())
        if rows["drift"][n] > STILL:
            reference, changed = now, changed + 1
    assert 5 < changed < 20, "else this test shows little"


@given(st.dictionaries(st.integers(1, 23), st.booleans()))
def test_any_cut_into_batches_and_takes_gives_the_same_rows(cuts: dict[int, bool]) -> None:
    shown = footage()
    whole, parts = (measured(shown, Fraction(1, 10), some) for some in ([], sorted(cuts.items())))
    for name, column in whole.items():
        assert column.tobytes() == parts[name].tobytes(), name


def decoded(luma: np.ndarray, name: str, u: int = 128, v: int = 128) -> Frame:
    """A picture as FFmpeg would give it in this format, taken in as decoded ones are."""
    made = av.VideoFrame(luma.shape[1], luma.shape[0], name)
    bits = 16 if name == "p010le" else made.format.components[0].bits
    if made.format.is_rgb:
        rgb = np.stack([luma * 257 if bits == 16 else luma] * 3, axis=-1)
        made = av.VideoFrame.from_ndarray(rgb.astype(np.uint16 if bits == 16 else np.uint8), format=name)
    for index, plane in enumerate(made.planes if not made.format.is_rgb else ()):
        chroma = np.tile([u, v], plane.width) if len(made.planes) == 2 else np.full(plane.width, (0, u, v)[index])
        levels = np.tile(chroma, (plane.height, 1)) if index else luma
        raw = (levels << (bits - 8)).astype(np.uint8 if bits == 8 else np.uint16).view(np.uint8)
        rows = np.full((plane.height, plane.line_size), 0xA5, np.uint8)
        rows[:, : raw.shape[1]] = raw
        plane.update(rows)
    seen = picture(made, VideoReformatter())
    name, bits, aligned = seen.layout.name, seen.layout.bits, seen.layout.msb_aligned
    return Frame(25, 1, math.nan, seen.planes, seen.owner, name, bits, seen.full_range, msb_aligned=aligned)


@pytest.mark.parametrize("name", ["gray", "gray16le", "yuv422p", "yuv444p", "yuv422p10le", "nv12", "nv16", "p010le"])
def test_a_picture_measures_the_same_in_every_layout(name: str) -> None:
    """Luma wherever it lies; chroma where there is as much of it, side by side or one after the other."""
    luma = np.random.default_rng(6).integers(0, 256, (34, 70))
    plain, other = (
        readings(decoded(luma, of, 100, 170), previous=decoded(luma[::-1], of, 90, 175)) for of in ("yuv420p", name)
    )
    chroma = () if name in ("nv12", "p010le") else ("difference", "drift", "u", "v", "chroma_offset")
    for column in plain.values.keys() - chroma:
        np.testing.assert_array_equal(plain.values[column], other.values[column], column)
    assert value(other, "chroma_offset") == (0 if name.startswith("gray") else 42)


@pytest.mark.parametrize("name", ["rgb24", "gbrp", "rgb48le"])
def test_rgb_is_measured_as_luma_of_full_range(name: str) -> None:
    grey = np.random.default_rng(6).integers(0, 4, (34, 70))
    plain, other = readings(frame(85 * grey, size=grey.shape, full_range=True)), readings(decoded(85 * grey, name))
    for column in ("luma", "sharpness", "contrast", "under", "over", "crushed", "blown"):
        assert value(other, column) == pytest.approx(value(plain, column), rel=0.01)
    assert value(other, "chroma_offset") <= 0.25


class Owner:
    """Stands for a decoder's picture."""


@pytest.mark.parametrize(
    "take",
    [True, False],
)
@pytest.mark.parametrize(("lumas", "reference"), [([50] * 6, 0), ([50, 60, 70, 80, 90, 90], 4)])
def test_a_meter_holds_no_frame_but_the_reference(lumas: list[int], reference: int, take: bool) -> None:
    """Six frames in batches of two. Before their readings are taken, and after."""
    owners = [Owner() for _ in lumas]
    frames = [replace(frame(luma, n, size=(16, 16)), owner=owners[n]) for n, luma in enumerate(lumas)]
    meter = PictureMeter()
    for n in range(0, 6, 2):
        meter.add(batch(frames[n : n + 2], frames[n - 1] if n else None), ORIGIN)
    if take:
        meter.take()
    alive = [weakref.ref(owner) for owner in owners]
    del frames, owners
    gc.collect()
    assert [n for n, owner in enumerate(alive) if owner() is not None] == [reference]
