"""Pictures and sound -> H.264 and AAC or AC-3 in MPEG-TS: one run of encoders and a muxer. Knows no recipe.

A sender that pauses closes its run and begins another one afterwards: what encoders and muxer still hold goes out
before the pause, as from any real sender, and not seconds later with old timestamps.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Literal

import av
import numpy as np
from av.audio.stream import AudioStream
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream
from numpy.typing import NDArray

from monitor.lab.scenes import RATE, Plane

ZERO_PTS_S = 3600
"""Media second 0 has this timestamp: room before it for what an HLS playlist already holds, and for jumps back."""
Sound = Literal["aac", "ac3"]
BLOCKS: dict[Sound, int] = {"aac": 1024, "ac3": 1536}
"""Samples in a frame."""
X264 = {
    "preset": "ultrafast",
    "tune": "zerolatency",
    "crf": "25",
    "deblock": "0:0",
    "g": "100000",
    "sc_threshold": "0",
    "forced-idr": "1",
}
"""Key frames only where they are asked for; blocks smoothed, as senders do that mean well."""
MPEGTS = {"max_interleave_delta": "1", "flush_packets": "1", "pes_payload_size": "0"}
"""Out as soon as it is in: by default the muxer waits up to 10 s for a track that is lost."""
AAC: dict[str, object] = {"aac_coder": "fast", "aac_tns": "0", "aac_pns": "0", "aac_is": "0", "aac_ms": "0"}
"""Sound took as much time as pictures: without its finer tools half of that, of which AC-3 takes a third."""
BIT_RATES: dict[Sound, int] = {"aac": 64_000, "ac3": 96_000}
KEY, ANY = 1, 0
"""Picture types (AV_PICTURE_TYPE_I and _NONE) as PyAV takes them."""

SoundPackets = Sequence["av.Packet[AudioStream]"]


class Coder:
    """One run. Pictures may have any of the `sizes` (width, height); each has an encoder, all write into one track."""

    def __init__(self, sizes: Sequence[tuple[int, int]], fps: int, sound: Sound = "aac") -> None:
        self.block = BLOCKS[sound]
        """Samples that `play` takes."""
        self._written = bytearray()
        self._container = av.open(_Collector(self._written), "w", format="mpegts", container_options=MPEGTS)
        self._video: VideoStream = self._container.add_stream("libx264", rate=fps)
        self._sound: AudioStream = self._container.add_stream(sound, rate=RATE, layout="stereo")
        self._sound.bit_rate = BIT_RATES[sound]
        if sound == "aac":
            self._sound.options = dict(AAC)
        self._encoders = {sizes[0]: _PictureEncoder(self._video.codec_context, sizes[0], fps)}
        for size in sizes[1:]:
            encoder = av.CodecContext.create("libx264", "w")
            if not isinstance(encoder, VideoCodecContext):
                raise TypeError(f"libx264 gave a {type(encoder).__name__}, must be a video encoder")
            self._encoders[size] = _PictureEncoder(encoder, size, fps)

    def show(self, size: tuple[int, int], picture: Plane, n: int, key: bool) -> None:
        """Send a picture (as `Scene.picture` gives it) as number `n` of the stream."""
        for packet in self._encoders[size].encode(picture, n, key):
            packet.stream = self._video
            self._container.mux(packet)

    def play(self, samples: NDArray[np.float32], first: int) -> SoundPackets:
        """Encode a block of samples [2, block] from sample `first` of the stream on; what comes out is for `send`."""
        sound = av.AudioFrame.from_ndarray(samples, format="fltp", layout="stereo")
        sound.sample_rate, sound.time_base = RATE, Fraction(1, RATE)
        sound.pts = first + ZERO_PTS_S * RATE
        return self._sound.encode(sound)

    def rest(self) -> SoundPackets:
        """The sound that the encoder still holds."""
        return self._sound.encode(None)

    def send(self, packet: av.Packet[AudioStream]) -> None:
        """Send encoded sound."""
        self._container.mux(packet)

    def close(self) -> None:
        """End the run; `take` gives what was still held."""
        self._container.close()

    def take(self) -> bytes:
        """The MPEG-TS since the last time."""
        data = bytes(self._written)
        self._written.clear()
        return data


class _PictureEncoder:
    """Pictures of one size."""

    def __init__(self, encoder: VideoCodecContext, size: tuple[int, int], fps: int) -> None:
        self._encoder = encoder
        self._time_base = Fraction(1, fps)
        self._zero = ZERO_PTS_S * fps
        encoder.width, encoder.height, encoder.pix_fmt = *size, "yuv420p"
        encoder.time_base, encoder.framerate = self._time_base, Fraction(fps)
        encoder.thread_count = 1
        encoder.options = X264
        self._picture = av.VideoFrame(*size, "yuv420p")

    def encode(self, whole: Plane, n: int, key: bool) -> list[av.Packet[VideoStream]]:
        flat, at = whole.reshape(-1), 0
        for plane in self._picture.planes:
            pixels = flat[at : at + plane.width * plane.height].reshape(plane.height, plane.width)
            rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
            rows[: plane.height, : plane.width] = pixels
            at += pixels.size
        self._picture.pts, self._picture.time_base = n + self._zero, self._time_base
        self._picture.pict_type = KEY if key else ANY
        return self._encoder.encode(self._picture)


class _Collector:
    """The file that the muxer writes into."""

    def __init__(self, written: bytearray) -> None:
        self._written = written

    def write(self, data: bytes) -> int:
        """Keep it."""
        self._written += data
        return len(data)
