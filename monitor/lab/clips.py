"""Recorded clips of a chosen codec, size and length, as a streaming service would encode them: what is timed.

Real content where there is a file of it (scaled to the size, shown at the rate, begun again where it is too short);
without one, pictures and sound of a made scene, which are easier to code than most programmes.
"""

from __future__ import annotations

import math
import os
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import av.error
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.video.frame import PictureType, VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from monitor.errors import SettingsError
from monitor.lab.scenes import RATE, Scene

BLOCK = 1024
"""Samples in an AAC frame."""
SOUND_BIT_RATE = 128_000
KEY_S = 2
"""Key frames are this far apart."""
MILLISECOND = 1e-3
MAX_SCENE = (1920, 1080)
"""Made scenes beyond this size are scaled up from it."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a codec is encoded. `share`: its bit rate by that of H.264."""

    encoder: str
    share: float
    container: str
    options: dict[str, str]


ENCODINGS = {
    "h264": Encoding("libx264", 1.0, "mpegts", {"preset": "medium"}),
    "hevc": Encoding("libx265", 0.6, "mpegts", {"preset": "fast", "x265-params": "log-level=error"}),
    "av1": Encoding("libsvtav1", 0.6, "mp4", {"preset": "8"}),
    "mpeg2video": Encoding("mpeg2video", 3.0, "mpegts", {"bf": "2"}),
}
SIZES = {"480p": (854, 480), "720p": (1280, 720), "1080p": (1920, 1080), "2160p": (3840, 2160)}

_PIXELS = [854 * 480, 1280 * 720, 1920 * 1080, 3840 * 2160]
_BIT_RATES = [1.5e6, 3e6, 5e6, 14e6]
"""H.264 at 30 pictures a second, by size."""


def bit_rate(codec: str, width: int, height: int, fps: int) -> int:
    """Bit/s of the picture of a stream as it is usually sent: between the usual sizes by the logarithm of the pixels,
    below and above them by the pixels; by the square root of the pictures per second."""
    pixels = width * height
    usual = float(np.exp(np.interp(math.log(pixels), np.log(_PIXELS), np.log(_BIT_RATES))))
    usual *= min(pixels / _PIXELS[0], 1.0) * max(pixels / _PIXELS[-1], 1.0)
    return round(usual * math.sqrt(fps / 30) * ENCODINGS[codec].share)


def sides(text: str) -> tuple[int, int]:
    """Width and height as a person gives them, "640x360". Raises SettingsError."""
    width, cross, height = text.partition("x")
    if not (cross and width.isdecimal() and height.isdecimal()):
        raise SettingsError(f"--size {text}: must be two whole numbers, as in 640x360")
    return int(width), int(height)


def suffix(codec: str) -> str:
    """How the name of a clip of this codec ends."""
    return ".mp4" if ENCODINGS[codec].container == "mp4" else ".ts"


def make_clip(
    path: Path, codec: str, width: int, height: int, fps: int, seconds: float, source: Path | None = None
) -> Path:
    """Encode a clip of `seconds` at `path`: `codec` of ENCODINGS at a usual bit rate, and AAC stereo.

    `width`, `height`: even. `source`: a file with a picture; its shape is stretched to the size. Uses all cores.
    Raises SettingsError if the source has no picture or cannot be read, or the encoder does not take the size or rate.
    """
    with closing(pictures_of(source, width, height, fps)) as pictures, closing(sound_of(source)) as blocks:
        return write_clip(path, codec, width, height, fps, seconds, pictures, blocks, str(source or ""))


def write_clip(
    path: Path,
    codec: str,
    width: int,
    height: int,
    fps: int,
    seconds: float,
    pictures: Iterable[VideoFrame],
    blocks: Iterator[AudioFrame],
    source: str = "",
    **options: str,
) -> Path:
    """Encode pictures of this size and blocks of sound, as `make_clip` does those of a file. `options`: of the encoder,
    other than usual."""
    if codec not in ENCODINGS:
        raise SettingsError(f"codec {codec!r}: cannot be made; choose from {', '.join(ENCODINGS)}")
    if width % 2 or height % 2:
        raise SettingsError(f"size {width}x{height}: cannot be made; width and height must be even")
    encoding, rate = ENCODINGS[codec], bit_rate(codec, width, height, fps)
    held = {"b": str(rate), "maxrate": str(rate * 5 // 4), "bufsize": str(rate * 2), "g": str(KEY_S * fps)}
    if codec == "av1":
        del held["maxrate"], held["bufsize"]  # This encoder knows them for constant quality only.
    os.environ.setdefault("SVT_LOG", "1")  # Errors only: the AV1 encoder writes to standard error, past every callback.
    try:
        with av.open(str(path), "w", format=encoding.container) as out:
            picture = out.add_stream(encoding.encoder, rate=fps, options=held | encoding.options | options)
            if not isinstance(picture, VideoStream):
                raise TypeError(f"{encoding.encoder} gave a {picture.type} stream, must be video")
            picture.width, picture.height, picture.pix_fmt = width, height, "yuv420p"
            picture.codec_context.thread_count = 0
            sound = out.add_stream("aac", rate=RATE, layout="stereo")
            sound.bit_rate = SOUND_BIT_RATE
            played = 0
            for n, frame in zip(range(math.ceil(seconds * fps)), pictures, strict=False):
                frame.pts, frame.time_base, frame.pict_type = n, Fraction(1, fps), PictureType.NONE
                out.mux(picture.encode(frame))
                while played * fps <= n * RATE:
                    block = next(blocks)
                    block.pts, block.time_base = played, Fraction(1, RATE)
                    out.mux(sound.encode(block))
                    played += BLOCK
            out.mux(picture.encode(None))
            out.mux(sound.encode(None))
    except (av.error.FFmpegError, OSError) as error:
        made = f"{codec} {width}x{height} at {fps} fps cannot be made"
        made += f" of {source}: {error}; give another file" if source else f": {error}"
        raise SettingsError(f"{path.name}: {made}") from None
    return path


def pictures_of(source: Path | None, width: int, height: int, fps: int) -> Generator[VideoFrame]:
    """Pictures of this size without end: of the source, again and again, or of a scene."""
    reformatter = VideoReformatter()
    if source is None:
        size = min((width, height), MAX_SCENE)
        scene = Scene("sports", *size, fps, seed=1)
        n = 0
        while True:
            frame = VideoFrame.from_ndarray(scene.picture(n), format="yuv420p")
            yield reformatter.reformat(frame, width, height)
            n += 1
    while True:
        shown = 0
        with av.open(f"file:{source}", metadata_errors="replace") as container:
            if not container.streams.video:
                raise SettingsError(f"{source}: holds no picture to make clips of; give a file that does")
            native = container.streams.video[0]
            native.thread_type = "AUTO"
            first_s: float | None = None
            for frame in container.decode(native):
                at_s = frame.time
                if at_s is None or math.isnan(at_s):
                    continue
                first_s = at_s if first_s is None else first_s
                while shown / fps <= at_s - first_s + MILLISECOND:  # As exact as times are in WebM and FLV.
                    yield reformatter.reformat(frame, width, height, format="yuv420p")
                    shown += 1
        if not shown:
            raise SettingsError(f"{source}: no picture of it can be decoded; give another file")


def heard_in(source: Path) -> Generator[AudioFrame]:
    """The sound of a file once, as stereo blocks of BLOCK samples; nothing where it has none. Raises SettingsError
    where it cannot be decoded."""
    with av.open(f"file:{source}", metadata_errors="replace") as container:
        if container.streams.audio:
            resampler = AudioResampler("fltp", "stereo", RATE, frame_size=BLOCK)
            try:
                for frame in container.decode(container.streams.audio[0]):
                    yield from resampler.resample(frame)
            except av.error.FFmpegError as error:
                raise SettingsError(f"{source}: its sound cannot be decoded: {error}; give another file") from None


def sound_of(source: Path | None) -> Generator[AudioFrame]:
    """Stereo blocks of BLOCK samples without end: of the source, again and again, or of a scene where it has none."""
    heard = source is not None
    while heard and source is not None:
        heard = False
        for block in heard_in(source):
            heard = True
            yield block
    scene = Scene("sports", 64, 64, 25, seed=1)
    at = 0
    while True:
        block = AudioFrame.from_ndarray(scene.sound(at, BLOCK), format="fltp", layout="stereo")
        block.sample_rate = RATE
        yield block
        at += BLOCK
