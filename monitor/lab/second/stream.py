"""Pictures and sound as a stream, and back. Owns codecs, rates and containers; the same bytes for the same input."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream

from monitor.errors import SettingsError
from monitor.lab.second.passage import X264_STEADY
from monitor.lab.second.pictures import Clip, Picture, Plane, Sound, Span
from monitor.lab.second.source import SOUND_RATE

FORMATS = {".ts": "mpegts", ".mp4": "mp4"}

_SOUND_FRAME = 1024
_LAYOUTS = {2: "stereo", 6: "5.1"}
_SOUND_RATES = {
    2: {
        "aac": (96_000, 128_000, 192_000),
        "ac3": (192_000, 256_000),
        "libopus": (96_000, 128_000),
        "mp2": (192_000, 256_000),
    },
    6: {"aac": (320_000,), "ac3": (384_000, 448_000)},
}
# FFmpeg's AAC encoder turns down what passes 95 % of full scale; that of MP2 takes integers.
_CUTTING = ("aac", "mp2")
# Where an encoder would take integers first, which cut what passes full scale.
_SAMPLES = {"libopus": "flt"}
_HEVC_SHARE = 0.25
# Of a clip of 640 x 360 at 25 pictures a second; the range of streaming ladders at that size.
_RATES = (800_000, 1_200_000)
_RATES_OF = 640 * 360 * 25


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a clip is encoded. `rate`: bits a second of the picture."""

    container: str
    codec: str
    rate: int
    b_frames: int


@dataclass(frozen=True, slots=True)
class SoundRecipe:
    """How the sound is encoded. `rate`: bits a second."""

    codec: str
    rate: int


USUAL_SOUND = SoundRecipe("aac", 96_000)


def sound_recipe(channels: int, dice: np.random.Generator, over: bool = False) -> SoundRecipe:
    """One at random of those that television and streaming use for so many channels (2 or 6). `over`: the sound passes
    full scale, and its codec must let it."""
    codecs = [codec for codec in _SOUND_RATES[channels] if codec not in _CUTTING or not over]
    codec = codecs[int(dice.integers(len(codecs)))]
    rates = _SOUND_RATES[channels][codec]
    return SoundRecipe(codec, rates[int(dice.integers(len(rates)))])


def recipe(out: Path, dice: np.random.Generator, pixels_per_s: int, richer: float = 1.0) -> Recipe:
    """A recipe at random for a file of this name; `richer`: how many times the common rate.

    Raises SettingsError for a suffix that is not `.ts` or `.mp4`.
    """
    if out.suffix not in FORMATS:
        raise SettingsError(f"out {out}: suffix {out.suffix!r} is none of {', '.join(FORMATS)}; name the file so")
    hevc = dice.random() < _HEVC_SHARE
    # Small pictures need more bits a pixel: the exponent of the common rule for ladders.
    rate = dice.uniform(*_RATES) * (pixels_per_s / _RATES_OF) ** 0.75 * richer
    return Recipe(FORMATS[out.suffix], "libx265" if hevc else "libx264", round(rate), int(dice.integers(2, 4)))


def _options(how: Recipe, fps: int) -> dict[str, str]:
    gop = 2 * fps
    limits = f"vbv-maxrate={how.rate * 5 // 4000}:vbv-bufsize={how.rate * 2 // 1000}"
    if how.codec == "libx264":
        return {
            "preset": "veryfast",
            "g": str(gop),
            "bf": str(how.b_frames),
            "x264-params": f"{limits}:{X264_STEADY}:open-gop=0",
        }
    quiet = "log-level=error:pools=none:frame-threads=1:wpp=0:open-gop=0"
    return {"preset": "ultrafast", "x265-params": f"{limits}:{quiet}:keyint={gop}:bframes={how.b_frames}"}


def _video(container: OutputContainer, how: Recipe, clip: Clip) -> VideoStream:
    stream = container.add_stream(how.codec, rate=clip.fps, options=_options(how, clip.fps))
    assert isinstance(stream, VideoStream)
    stream.width, stream.height, stream.pix_fmt = clip.width, clip.height, "yuv420p"
    stream.bit_rate = how.rate
    stream.codec_context.thread_count = 1
    stream.codec_context.color_range = 1
    return stream


def _sound_frame(sound: Sound, start: int) -> av.AudioFrame:
    piece = np.ascontiguousarray(sound[:, start : start + _SOUND_FRAME])
    frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout=_LAYOUTS[len(sound)])
    frame.sample_rate, frame.pts, frame.time_base = SOUND_RATE, start, Fraction(1, SOUND_RATE)
    return frame


def encoded(frames: Sequence[Picture], clip: Clip, how: Recipe, heard_as: SoundRecipe = USUAL_SOUND) -> bytes:
    """The file: these pictures with the clip's sound."""
    file = io.BytesIO()
    with av.open(file, "w", format=how.container) as container:
        video = _video(container, how, clip)
        sound = container.add_stream(heard_as.codec, rate=SOUND_RATE, layout=_LAYOUTS[len(clip.sound)])
        assert isinstance(sound, AudioStream)
        sound.bit_rate = heard_as.rate
        if heard_as.codec in _SAMPLES:
            sound.codec_context.format = _SAMPLES[heard_as.codec]
        heard = 0
        for number, picture in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, clip.fps)
            container.mux(video.encode(frame))
            # Little by little beside the pictures, or the muxer would have to hold all of one of them back.
            while heard < min(clip.sound.shape[1], (number + 1) * SOUND_RATE // clip.fps):
                container.mux(sound.encode(_sound_frame(clip.sound, heard)))
                heard += _SOUND_FRAME
        container.mux(video.encode())
        container.mux(sound.encode())
    return file.getvalue()


def decoded(file: bytes, fps: int, groups: Span | None = None) -> dict[int, Plane]:
    """Luma of every picture that a decoder gives of a file, damaged or not, by its number in the clip.

    FFmpeg's own concealment as it is by default, one thread. The file's first picture must be sound. `groups`: whole
    groups of pictures, to decode nothing else.
    """
    lumas: dict[int, Plane] = {}
    with av.open(io.BytesIO(file), "r", metadata_errors="replace") as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        first: float | None = None
        for packet in container.demux(stream):
            if packet.pts is not None:
                time = float(packet.pts * packet.time_base)
                first = time if first is None else first
                if groups and round((time - first) * fps) not in groups.frames:
                    continue
            for frame in _frames(packet):
                if frame.time is not None and first is not None:
                    lumas[round((frame.time - first) * fps)] = _luma(frame)
    return lumas


def _frames(packet: av.Packet[VideoStream]) -> list[av.VideoFrame]:
    try:
        return packet.decode()
    except av.error.InvalidDataError:
        return []


def _luma(frame: av.VideoFrame) -> Plane:
    plane = frame.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
    return np.array(rows[:, : plane.width])
