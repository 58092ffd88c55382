"""Decoded pictures as NumPy views of the decoder's own memory. Owns how pixel formats lie in memory.

Planar and semi-planar YUV and grey, little endian, 8 to 16 bits, are looked at where they lie. All else is converted
once to planar YUV 4:4:4: packed YUV, big endian and pictures stored bottom up in the range they have, RGB in all its
forms to limited range.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, VideoReformatter
from numpy.typing import NDArray

_PLANAR = re.compile(r"yuva?(j?)4(?:20|22|44)p(?:(9|10|12|14|16)le)?")
_GREY = re.compile(r"gray(?:(9|10|12|14|16)le)?")
_SEMI = re.compile(r"nv(12|16|24|21|42)|p[024](10|12|16)le")
_SWAPPED = ("21", "42")
"""NV21 and NV42 have V before U."""
_MONO = ("monow", "monob")
"""One bit per pixel becomes 0 or 255."""


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


@dataclass(frozen=True, slots=True)
class Picture:
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


def picture(frame: VideoFrame, reformatter: VideoReformatter) -> Picture:
    """The planes of a decoded frame; `reformatter` is used, and keeps its tables, where they must be converted.

    Raises av.error.FFmpegError or ValueError if FFmpeg cannot convert this format.
    """
    source = frame.format.name
    layout = layout_of(source)
    full = layout.full_range or frame.color_range == ColorRange.JPEG
    if not layout.views or any(plane.line_size < 0 for plane in frame.planes):
        wanted = "yuv444p" if layout.bits <= 8 else "yuv444p10le"
        full = not layout.rgb and (full or source in _MONO)
        given = ColorRange.JPEG if full else ColorRange.MPEG
        frame = reformatter.reformat(frame, format=wanted, src_color_range=given, dst_color_range=given, threads=1)
        layout = layout_of(wanted)
    return Picture(_views(frame, layout), frame, layout, full, source)


def _views(frame: VideoFrame, layout: PixelLayout) -> tuple[NDArray[Any], ...]:
    dtype = np.dtype(np.uint8 if layout.bits <= 8 else np.dtype("<u2"))
    luma = (frame.height, frame.width)
    chroma = (frame.format.chroma_height(), frame.format.chroma_width())
    planes = frame.planes
    views = []
    for place, (index, first, step) in enumerate(layout.views):
        plane = planes[index]
        view: NDArray[Any] = np.ndarray(
            chroma if place else luma,
            dtype,
            buffer=memoryview(plane),
            offset=first * dtype.itemsize,
            strides=(plane.line_size, step * dtype.itemsize),
        )
        view.flags.writeable = False  # The decoder predicts from this memory.
        views.append(view)
    return tuple(views)
