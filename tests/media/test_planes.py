"""Planes are the decoder's own memory and hold exactly what was encoded, in every format and at odd sizes."""

from __future__ import annotations

import gc
import io
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction

import av
import numpy as np
import pytest
from av.video.frame import supported_np_pix_fmts
from av.video.reformatter import ColorRange, VideoReformatter
from footage import play

from monitor.media.planes import layout_of, picture

PLANAR = [
    f"yuv{alpha}{chroma}p{depth}"
    for alpha in ("", "a")
    for chroma in ("420", "422", "444")
    for depth in ("", "9le", "10le", "12le", "14le", "16le")
    if not alpha or depth in ("", "10le", "16le")
]
GREY = ["gray", "gray9le", "gray10le", "gray12le", "gray14le", "gray16le"]
SEMI = ["nv12", "nv21", "nv16", "nv24", "nv42", "p010le", "p012le", "p016le", "p210le", "p216le", "p410le", "p416le"]
SIZES = [(1, 1), (35, 17), (64, 48), (130, 6)]
MSB = {"p010le": 10, "p012le": 12, "p016le": 16, "p210le": 10, "p216le": 16, "p410le": 10, "p416le": 16}


def bits_of(name: str) -> int:
    return MSB.get(name) or max(part.bits for part in av.VideoFormat(name).components)


def filled(name: str, size: tuple[int, int], seed: int = 0) -> tuple[av.VideoFrame, list[np.ndarray]]:
    """A frame of random pixels, and the Y, U and V that it holds, written row by row with the padding in between."""
    draw = np.random.default_rng(seed)
    frame = av.VideoFrame(*size, name)
    wide, bits = bits_of(name) > 8, bits_of(name)
    truth: list[np.ndarray] = []
    for plane in frame.planes:
        samples = plane.width * (2 if len(frame.planes) == 2 and len(truth) else 1)
        pixels = draw.integers(0, 2**bits, (plane.height, samples)).astype(np.uint16 if wide else np.uint8)
        pixels <<= 16 - bits if name in MSB else 0
        rows = np.full((plane.height, plane.line_size), 0xA5, np.uint8)
        raw = pixels.view(np.uint8).reshape(plane.height, -1)
        rows[:, : raw.shape[1]] = raw
        plane.update(rows)
        truth.append(pixels)
    if len(frame.planes) == 2:
        u, v = truth[1][:, 0::2], truth[1][:, 1::2]
        truth = [truth[0], v, u] if name in ("nv21", "nv42") else [truth[0], u, v]
    return frame, truth[:3]


def lossless(frame: av.VideoFrame, codec: str) -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format="nut") as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = frame.width, frame.height, frame.format.name
        frame.pts, frame.time_base = 0, Fraction(1, 25)
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


@pytest.mark.parametrize("codec", ["ffv1", "rawvideo"])
@pytest.mark.parametrize("name", [*PLANAR, *GREY])
def test_what_was_encoded_comes_out(name: str, codec: str) -> None:
    for seed, size in enumerate(SIZES):
        if codec == "ffv1" and size == (1, 1) and name.startswith("yuv"):
            continue  # FFmpeg's encoder refuses it.
        source, truth = filled(name, size, seed)
        (frame,) = play(lossless(source, codec)).frames
        assert frame.pixel_format == name
        assert (frame.bit_depth, frame.msb_aligned, frame.full_range) == (bits_of(name), False, False)
        assert len(frame.planes) == len(truth)
        for plane, pixels in zip(frame.planes, truth, strict=True):
            np.testing.assert_array_equal(plane, pixels)


@pytest.mark.parametrize("name", [*PLANAR, *GREY, *SEMI])
def test_nothing_is_copied(name: str) -> None:
    for size in SIZES:
        frame, truth = filled(name, size)
        seen = picture(frame, VideoReformatter())
        assert seen.owner is frame
        assert (seen.layout.bits, seen.layout.msb_aligned) == (bits_of(name), name in MSB)
        first = [plane.buffer_ptr for plane in frame.planes]
        spans = [(start, start + plane.buffer_size) for start, plane in zip(first, frame.planes, strict=True)]
        for plane, pixels in zip(seen.planes, truth, strict=True):
            np.testing.assert_array_equal(plane, pixels)
            assert not plane.flags.writeable
            address = plane.__array_interface__["data"][0]
            assert any(start <= address < end for start, end in spans)
        assert seen.planes[0].__array_interface__["data"][0] == first[0]


@pytest.mark.parametrize("name", ["yuv420p", "yuv420p10le", "yuvj420p", "yuv444p", "nv12", *GREY])
def test_the_same_as_pyav(name: str) -> None:
    assert name in supported_np_pix_fmts
    frame, _ = filled(name, (64, 48))
    planes = picture(frame, VideoReformatter()).planes
    if name == "nv12":
        planes = (planes[0], np.stack(planes[1:], axis=-1))
    ours = np.concatenate([plane.ravel() for plane in planes])
    np.testing.assert_array_equal(ours, frame.to_ndarray().ravel())


def test_full_range() -> None:
    jpeg, _ = filled("yuvj420p", (64, 48))
    assert picture(jpeg, VideoReformatter()).full_range
    tagged, _ = filled("yuv420p", (64, 48))
    assert not picture(tagged, VideoReformatter()).full_range
    tagged.color_range = ColorRange.JPEG
    assert picture(tagged, VideoReformatter()).full_range


def white(name: str, range_: ColorRange) -> av.VideoFrame:
    """A white picture in this format and range."""
    frame = av.VideoFrame(36, 18, "yuv444p")
    for plane, value in zip(frame.planes, (255 if range_ == ColorRange.JPEG else 235, 128, 128), strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    frame.color_range = range_
    made = frame.reformat(format=name, src_color_range=range_, dst_color_range=range_)
    made.color_range = range_
    return made


@pytest.mark.parametrize("name", ["rgb24", "bgra", "gbrp", "gbrp10le", "rgb48le", "x2rgb10le", "gbrpf32le"])
def test_rgb_becomes_full_range(name: str) -> None:
    seen = picture(white(name, ColorRange.MPEG), VideoReformatter())
    bits = 8 if bits_of(name) <= 8 else 10
    assert (seen.layout.name, seen.full_range) == ("yuv444p" if bits == 8 else "yuv444p10le", True)
    assert seen.source_format == name
    assert [int(np.median(plane)) for plane in seen.planes] == pytest.approx(
        [2**bits - 1, 128 << bits - 8, 128 << bits - 8], abs=2
    )


@pytest.mark.parametrize("range_", [ColorRange.MPEG, ColorRange.JPEG])
@pytest.mark.parametrize("name", ["yuyv422", "uyvy422", "yuv411p", "yuv440p", "yuv420p10be", "yuv444p10msble", "ya8"])
def test_other_layouts_keep_their_range(name: str, range_: ColorRange) -> None:
    seen = picture(white(name, range_), VideoReformatter())
    assert seen.full_range == (range_ == ColorRange.JPEG)
    assert seen.owner.width == 36
    top = 255 if range_ == ColorRange.JPEG else 235
    assert float(np.median(seen.planes[0])) / 2 ** (seen.layout.bits - 8) == pytest.approx(top, abs=1)


def test_one_bit_is_black_and_white() -> None:
    seen = picture(white("monow", ColorRange.MPEG), VideoReformatter())
    assert seen.full_range
    assert int(seen.planes[0][5, 5]) == 255


def bottom_up() -> tuple[av.VideoFrame, list[np.ndarray]]:
    """A picture whose rows go backwards in memory, and its planes before it was flipped."""
    graph = av.filter.Graph()
    source = graph.add_buffer(width=64, height=48, format=av.VideoFormat("yuv420p"), time_base=Fraction(1, 25))
    flip, sink = graph.add("vflip"), graph.add("buffersink")
    source.link_to(flip)
    flip.link_to(sink)
    graph.configure()
    frame, truth = filled("yuv420p", (64, 48))
    frame.pts, frame.time_base = 0, Fraction(1, 25)
    graph.push(frame)
    flipped = graph.pull()
    assert flipped.planes[0].line_size < 0, "else this shows nothing"
    return flipped, truth


def test_bottom_up_pictures_come_out_the_right_way_up() -> None:
    flipped, truth = bottom_up()
    seen = picture(flipped, VideoReformatter())
    np.testing.assert_array_equal(seen.planes[0], truth[0][::-1])


@pytest.mark.parametrize("name", ["yuv420p", "nv12", "gray10le", "rgb24", "yuyv422", "yuv420p10be", "bottom up"])
def test_what_is_converted_is_converted_aside(name: str) -> None:
    told: list[str] = []

    @contextmanager
    def aside() -> Iterator[None]:
        told.append("in")
        yield
        told.append("out")

    class Reformatter:
        def reformat(self, frame: av.VideoFrame, **how: object) -> av.VideoFrame:
            told.append("converts")
            return VideoReformatter().reformat(frame, **how)

    frame = bottom_up()[0] if name == "bottom up" else white(name, ColorRange.MPEG)
    seen = picture(frame, Reformatter(), aside)  # type: ignore[arg-type]
    assert told == ([] if seen.owner is frame else ["in", "converts", "out"])
    assert (seen.owner is frame) == (name in ("yuv420p", "nv12", "gray10le"))


def test_big_endian_is_not_taken_for_little() -> None:
    for name in ("yuv420p10be", "gray16be", "p010be", "nv20be"):
        assert not layout_of(name).views


def test_planes_outlive_the_decoder() -> None:
    source, truth = filled("yuv420p", (64, 48))
    (frame,) = play(lossless(source, "ffv1")).frames
    gc.collect()
    np.testing.assert_array_equal(frame.planes[0], truth[0])
