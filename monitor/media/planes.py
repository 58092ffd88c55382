"""Decoded pictures as NumPy views of the decoder's own memory. Owns how pixel formats lie in memory.

Planar and semi-planar YUV and grey, little endian, 8 to 16 bits, are looked at where they lie. All else is converted
once to planar YUV 4:4:4: packed YUV, big endian and pictures stored bottom up in the range they have; RGB, which has
no range but the full one, in that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from av.video.reformatter import ColorRange, VideoReformatter
from numpy.typing import NDArray

_PLANAR = re.compile(r"yuva?(j?)4(?:20|22|44)p(?:(9|10|12|14|16)le)?")
_GREY = re.compile(r"gray(?:(9|10|12|14|16)le)?")
_SEMI = re.compile(r"nv(12|16|24|21|42)|p[024](10|12|16)le")
_SWAPPED = ("21", "42")
"""NV21 and NV42 have V before U."""
_MONO = ("monow", "monob")
"""One bit per pixel becomes 0 or 255."""
_BYTES, _WORDS = np.dtype(np.uint8), np.dtype("<u2")


@dataclass(frozen=True, slots=True)
class PixelLayout:
    """How the pixels of one format lie. `views`: per plane of ours (Y, U, V): which plane of the decoder's, the first
    sample, and the step from sample to sample; empty where there is nothing to look at without conversion."""

    name: str
    bits: int
    msb_aligned: bool = False
    full_range: bool = False
    rgb: bool = False
    views: tuple[tuple[int, int, int], ...] = ()

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of a sample."""
        return _BYTES if self.bits <= 8 else _WORDS


class Picture(NamedTuple):
    """Planes of one picture, [height, width] each, read-only; `owner` keeps their memory alive.

    `source_format` is the decoder's, `layout` what the planes are in; they differ where it was converted.
    """

    planes: tuple[NDArray[Any], ...]
    owner: VideoFrame
    layout: PixelLayout
    full_range: bool
    source_format: str


@lru_cache(maxsize=256)
def layout_of(pixel_format: str) -> PixelLayout:
    """The layout of a pixel format by FFmpeg's name."""
    if match := _PLANAR.fullmatch(pixel_format):
        views = ((0, 0, 1), (1, 0, 1), (2, 0, 1))
        return PixelLayout(pixel_format, int(match[2] or 8), full_range=bool(match[1]), views=views)
    if match := _GREY.fullmatch(pixel_format):
        return PixelLayout(pixel_format, int(match[1] or 8), views=((0, 0, 1),))
    if match := _SEMI.fullmatch(pixel_format):
        u, v = (1, 0) if match[1] in _SWAPPED else (0, 1)
        views = ((0, 0, 1), (1, u, 2), (1, v, 2))
        return PixelLayout(pixel_format, int(match[2] or 8), msb_aligned=match[2] is not None, views=views)
    known = VideoFormat(pixel_format)
    rgb = known.is_rgb or known.has_palette or known.is_bayer or pixel_format.startswith("xyz")
    return PixelLayout(pixel_format, max((part.bits for part in known.components), default=8), rgb=rgb)


def picture(
    frame: VideoFrame,
    reformatter: VideoReformatter,
    aside: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> Picture:
    """The planes of a decoded frame; `reformatter` is used, and keeps its tables, where they must be converted.

    `aside`: entered while they are (not otherwise), which takes long and does without Python.
    Raises av.error.FFmpegError or ValueError if FFmpeg cannot convert this format.
    """
    source = frame.format.name
    layout = layout_of(source)
    full = layout.full_range or frame.color_range == ColorRange.JPEG
    planes = frame.planes if layout.views else ()
    if not planes or min(plane.line_size for plane in planes) < 0:
        wanted = "yuv444p" if layout.bits <= 8 else "yuv444p10le"
        full = full or layout.rgb or source in _MONO
        given = ColorRange.JPEG if full else ColorRange.MPEG
        with aside():
            frame = reformatter.reformat(frame, format=wanted, src_color_range=given, dst_color_range=given, threads=1)
        layout, planes = layout_of(wanted), frame.planes
    return Picture(_views(frame, layout, planes), frame, layout, full, source)


def _views(frame: VideoFrame, layout: PixelLayout, planes: Sequence[VideoPlane]) -> tuple[NDArray[Any], ...]:
    dtype = layout.dtype
    shape = (frame.height, frame.width)
    chroma = (frame.format.chroma_height(), frame.format.chroma_width())
    views = []
    for index, first, step in layout.views:
        plane = planes[index]
        strides = (plane.line_size, step * dtype.itemsize)
        view: NDArray[Any] = np.ndarray(shape, dtype, memoryview(plane), first * dtype.itemsize, strides)
        view.setflags(write=False)  # The decoder predicts from this memory.
        views.append(view)
        shape = chroma
    return tuple(views)
