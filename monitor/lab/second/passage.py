"""A stretch of pictures through a codec of its own, as through a contribution link, before the programme's encoder."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import av
from av.video.codeccontext import VideoCodecContext

from monitor.lab.second.graph import picture_of
from monitor.lab.second.pictures import Picture

# No MPEG-4 part 2: what its decoder in PyAV 18.1 gives hangs on memory that nothing was written to.
# With AVX-512 the x264 of PyAV 18.1 decides by memory that nothing was written to: 12 runs gave up to 11 files.
X264_STEADY = "threads=1:asm=avx2" if platform.machine() in ("x86_64", "AMD64") else "threads=1"


@dataclass(frozen=True, slots=True)
class Coded:
    """A coded picture: its bytes, and the number of the picture in its stretch."""

    data: bytes
    pts: int
    dts: int


def coded(pictures: Sequence[Picture], codec: str, options: Mapping[str, str], fps: int) -> list[Coded]:
    """The pictures as coded pictures, in the order of decoding, with parameters in band."""
    context = av.CodecContext.create(codec, "w")
    assert isinstance(context, VideoCodecContext)
    context.height, context.width = pictures[0].shape[0] * 2 // 3, pictures[0].shape[1]
    context.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    context.time_base, context.framerate = Fraction(1, fps), Fraction(fps)
    context.thread_count = 1
    context.options = dict(options)
    packets = []
    for number, picture in enumerate(pictures):
        frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
        if codec == "mjpeg":
            frame = frame.reformat(format="yuvj420p", src_color_range="MPEG", dst_color_range="JPEG")
        frame.pts, frame.time_base = number, Fraction(1, fps)
        packets += context.encode(frame)
    packets += context.encode(None)
    return [Coded(bytes(packet), packet.pts or 0, packet.dts or 0) for packet in packets]


def shown(packets: Sequence[Coded], codec: str) -> dict[int, Picture]:
    """What a decoder makes of coded pictures, damaged or not, by number; one that it does not give is not there."""
    context = av.CodecContext.create(codec, "r")
    assert isinstance(context, VideoCodecContext)
    context.thread_count = 1
    pictures: dict[int, Picture] = {}
    for coded_picture in (*packets, None):
        packet = None
        if coded_picture is not None:
            packet = av.Packet(coded_picture.data)
            packet.pts, packet.dts = coded_picture.pts, coded_picture.dts
        try:
            frames = context.decode(packet)
        except av.error.InvalidDataError:
            continue
        for frame in frames:
            if frame.pts is not None:
                pictures[frame.pts] = picture_of(frame.reformat(format="yuv420p", dst_color_range="MPEG"))
    return pictures
