"""A stretch of pictures and sound in memory: what defects are made in. Reads any clip, writes a stream."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import av.error
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from monitor.errors import SettingsError
from monitor.lab.clips import BLOCK, KEY_S, SOUND_BIT_RATE, pictures_of, sound_of
from monitor.lab.scenes import RATE

Plane = NDArray[np.uint8]
Samples = NDArray[np.float32]

MAX_BYTES = 3 * 2**30
"""All pictures of a stretch are in memory at once."""

ENCODERS = {
    "h264": ("libx264", {"preset": "veryfast", "threads": "1"}),
    "hevc": ("libx265", {"preset": "ultrafast", "x265-params": "log-level=error:pools=none:frame-threads=1:bframes=2"}),
}
"""One thread: the same pictures give the same bytes."""


@dataclass(frozen=True, slots=True)
class SoundEncoder:
    """FFmpeg's name of an encoder, its samples in a frame and their format, and bit/s of a stereo stream."""

    name: str
    block: int
    form: str
    bit_rate: int


SOUND_ENCODERS = {
    "aac": SoundEncoder("aac", BLOCK, "fltp", SOUND_BIT_RATE),
    "ac3": SoundEncoder("ac3", 1536, "fltp", 192_000),
    "opus": SoundEncoder("libopus", 960, "flt", 96_000),
}


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height in pixels (even), pictures per second, seconds."""

    width: int = 640
    height: int = 360
    fps: int = 25
    seconds: float = 20.0

    def __post_init__(self) -> None:
        if self.width % 2 or self.height % 2 or min(self.width, self.height) < 64:
            raise SettingsError(f"size {self.width}x{self.height}: width and height must be even, and 64 or more")
        if not 5 <= self.fps <= 60:
            raise SettingsError(f"{self.fps} pictures a second: must be from 5 to 60")
        if not 1 <= self.seconds <= 600 or self.width * self.height * 1.5 * self.frames > MAX_BYTES:
            raise SettingsError(
                f"{self.seconds} s of {self.width}x{self.height} at {self.fps} pictures a second: must be 1 to 600 s, "
                f"and {MAX_BYTES >> 30} GiB at most; make a smaller or a shorter clip"
            )

    @property
    def frames(self) -> int:
        """How many pictures."""
        return round(self.seconds * self.fps)


def size_of(source: Path | None, width: int = 640, height: int = 360, seconds: float = 20.0) -> Size:
    """A size with the clip's own pictures per second (20 to 60), so that none has to be repeated or left out.
    Raises SettingsError if it cannot be read."""
    if source is None:
        return Size(width, height, seconds=seconds)
    try:
        with av.open(f"file:{source}", metadata_errors="replace") as container:
            rate = container.streams.video[0].average_rate if container.streams.video else None
    except (av.error.FFmpegError, OSError) as error:
        raise SettingsError(f"{source}: cannot be read: {error}; give another file") from None
    return Size(width, height, min(max(round(rate or 25), 20), 60), seconds)


class Footage:
    """Pictures as 8-bit yuv420p, limited range: `whole` uint8 [n, height * 3 // 2, width], luma, then U, then V."""

    def __init__(self, whole: Plane, fps: int) -> None:
        self.whole = whole
        self.fps = fps
        self.height, self.width = whole.shape[1] * 2 // 3, whole.shape[2]

    def __len__(self) -> int:
        return len(self.whole)

    @property
    def luma(self) -> Plane:
        """uint8 [n, height, width]: a view."""
        return self.whole[:, : self.height]

    def chroma(self, n: int) -> tuple[Plane, Plane]:
        """U and V of picture `n`, [height / 2, width / 2]: views."""
        return chroma_of(self.whole[n])

    def moved(self, part: float = 1.0) -> NDArray[np.float64]:
        """Mean absolute luma difference of each picture to the one before, in the upper `part` of it; 0 for the
        first."""
        found = np.zeros(len(self))
        seen = self.luma[:, : round(self.height * part) : 2, ::2]
        for n in range(1, len(self)):
            found[n] = np.abs(seen[n].astype(np.int16) - seen[n - 1]).mean()
        return found


def chroma_of(picture: Plane) -> tuple[Plane, Plane]:
    """U and V of a picture [height * 3 // 2, width]: views [height / 2, width / 2]."""
    height, width = picture.shape[0] * 2 // 3, picture.shape[1]
    flat = picture.reshape(-1)[height * width :].reshape(2, height // 2, width // 2)
    return flat[0], flat[1]


def read(source: Path | None, size: Size) -> Footage:
    """The first pictures of a clip, scaled to the size and shown at its rate; begun again where it is too short.
    Raises SettingsError if it has no picture, or cannot be read."""
    whole = np.empty((size.frames, size.height * 3 // 2, size.width), np.uint8)
    try:
        with closing(pictures_of(source, size.width, size.height, size.fps)) as pictures:
            for n, frame in enumerate(islice(pictures, size.frames)):
                whole[n] = frame.to_ndarray(format="yuv420p")
    except (av.error.FFmpegError, OSError) as error:
        raise SettingsError(f"{source}: cannot be read: {error}; give another file") from None
    return Footage(whole, size.fps)


def write(footage: Footage, out: Path, codec: str, bit_rate: int, sound: Path | None) -> Path:
    """Encode as a stream: `codec` of ENCODERS, AAC stereo from the clip `sound`; MPEG-TS or, for .mp4, MP4."""
    with closing(sound_of(sound)) as blocks:
        return _write(footage, out, codec, bit_rate, blocks, "aac")


def write_sounding(footage: Footage, out: Path, codec: str, bit_rate: int, samples: Samples, sound_codec: str) -> Path:
    """The same with these samples, float32 [2, n] at 48 kHz, by one of SOUND_ENCODERS: as long as the pictures."""
    return _write(footage, out, codec, bit_rate, _blocks(samples, sound_codec), sound_codec)


def heard(source: Path | None, seconds: float) -> Samples:
    """The sound of a clip as float32 [2, n] at 48 kHz, begun again where it is too short; of a scene where it has none.
    Raises SettingsError where it cannot be decoded."""
    wanted = round(seconds * RATE)
    with closing(sound_of(source)) as blocks:
        parts = [next(blocks).to_ndarray() for _ in range(-(-wanted // BLOCK) + 1)]
    return np.ascontiguousarray(np.concatenate(parts, axis=1)[:, :wanted], np.float32)


def _blocks(samples: Samples, sound_codec: str) -> Iterator[AudioFrame]:
    """Frames for an encoder; silence after the last sample."""
    encoder = SOUND_ENCODERS[sound_codec]
    at = 0
    while True:
        part = samples[:, at : at + encoder.block]
        part = np.pad(part, ((0, 0), (0, encoder.block - part.shape[1])))
        packed = part if encoder.form == "fltp" else part.T.reshape(1, -1)
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(packed), format=encoder.form, layout="stereo")
        frame.sample_rate = RATE
        yield frame
        at += encoder.block


def _write(
    footage: Footage, out: Path, codec: str, bit_rate: int, blocks: Iterator[AudioFrame], sound_codec: str
) -> Path:
    name, options = ENCODERS[codec]
    rate = {"b": str(bit_rate), "maxrate": str(bit_rate * 5 // 4), "bufsize": str(bit_rate * 2)}
    form = "mp4" if out.suffix == ".mp4" else "mpegts"
    encoder = SOUND_ENCODERS[sound_codec]
    with av.open(str(out), "w", format=form) as container:
        gop = {"g": str(KEY_S * footage.fps)}
        picture = container.add_stream(name, rate=footage.fps, options=options | rate | gop)
        if not isinstance(picture, VideoStream):
            raise TypeError(f"{name} gave a {picture.type} stream, must be video")
        picture.width, picture.height, picture.pix_fmt = footage.width, footage.height, "yuv420p"
        heard = container.add_stream(encoder.name, rate=RATE, layout="stereo")
        if not isinstance(heard, AudioStream):
            raise TypeError(f"{encoder.name} gave a {heard.type} stream, must be audio")
        heard.bit_rate = encoder.bit_rate
        played = 0
        for n, frame in enumerate(_frames(footage)):
            container.mux(picture.encode(frame))
            while played * footage.fps <= n * RATE:
                container.mux(heard.encode(_at(next(blocks), played)))
                played += encoder.block
        container.mux(picture.encode(None))
        container.mux(heard.encode(None))
    return out


def decoded(clip: Path) -> dict[int, Plane]:
    """What a decoder makes of a clip's pictures, with its concealment: by pts."""
    found: dict[int, Plane] = {}
    with av.open(f"file:{clip}") as container:
        native = container.streams.video[0]
        context = native.codec_context
        assert isinstance(context, VideoCodecContext)
        context.thread_count = 1
        for packet in container.demux(native):
            try:
                frames = packet.decode()
            except av.error.FFmpegError:
                continue
            for frame in frames:
                if isinstance(frame, VideoFrame) and frame.pts is not None:
                    found[frame.pts] = np.asarray(frame.to_ndarray(format="yuv420p"), np.uint8)
    return found


def _frames(footage: Footage) -> Iterator[VideoFrame]:
    for n, whole in enumerate(footage.whole):
        frame = VideoFrame.from_ndarray(whole, format="yuv420p")
        frame.pts, frame.time_base, frame.pict_type = n, Fraction(1, footage.fps), PictureType.NONE
        yield frame


def _at(block: AudioFrame, sample: int) -> AudioFrame:
    block.pts, block.time_base = sample, Fraction(1, RATE)
    return block


def seconds_of(frames: int, fps: int) -> float:
    """When picture number `frames` is shown, rounded to the microsecond."""
    return math.floor(frames / fps * 1e6 + 0.5) / 1e6
