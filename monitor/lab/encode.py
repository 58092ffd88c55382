"""A recipe -> MPEG-TS in pieces, with the recipe's defects inside. Knows media time only: no clock, no socket.

H.264 and AAC in one transport stream, whatever way it leaves. Key frames are forced at fixed media times, so that the
same stream can be cut into HLS segments there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction

import av
import numpy as np
from av.audio.stream import AudioStream
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream
from numpy.typing import NDArray

from monitor.lab.packets import CLOCK, damage, key_cuts, shift
from monitor.lab.scenes import RATE, Plane, Scene, black_pictures
from monitor.lab.schedule import DAMAGE_SHARE, Recipe

ZERO_PTS_S = 3600
"""Media second 0 has this timestamp: room before it for what an HLS playlist already holds, and for jumps back."""
SEGMENT_S = 2
"""Key frames of an HLS stream are this far apart, and so are its segments."""
GOP_S = 1
"""Key frames of all others."""
BLOCK = 1024
"""Samples in an AAC frame."""
X264 = {
    "preset": "ultrafast",
    "tune": "zerolatency",
    "crf": "27",
    "g": "100000",
    "sc_threshold": "0",
    "forced-idr": "1",
}
MPEGTS = {"max_interleave_delta": "1", "flush_packets": "1", "pes_payload_size": "0"}
"""Out as soon as it is in: by default the muxer waits up to 10 s for a track that is lost."""
KEY, ANY = 1, 0
"""Picture types (AV_PICTURE_TYPE_I and _NONE) as PyAV takes them."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Whole MPEG-TS packets. `key_s`: the media second of the key frame that it begins with, if it does."""

    data: bytes = field(repr=False)
    key_s: float | None


class Maker:
    """Makes one stream piece by piece. It begins at media second `from_s` (not above 0, before it nothing is wrong)."""

    def __init__(self, recipe: Recipe, from_s: float = 0.0) -> None:
        self.recipe = recipe
        self._written = bytearray()
        self._container = av.open(_Collector(self._written), "w", format="mpegts", container_options=MPEGTS)
        video = self._container.add_stream("libx264", rate=recipe.fps)
        self._video: VideoStream = video
        self._sound: AudioStream = self._container.add_stream("aac", rate=RATE, layout="stereo")
        self._sound.bit_rate = 96_000
        self._sound.options = {"aac_coder": "fast"}
        self._sizes = {False: _Canvas(recipe, (recipe.width, recipe.height), video.codec_context)}
        if any(recipe.of("format_change")):
            small = (recipe.width * 2 // 3 // 2 * 2, recipe.height * 2 // 3 // 2 * 2)
            second = av.CodecContext.create("libx264", "w")
            if not isinstance(second, VideoCodecContext):
                raise TypeError(f"libx264 gave a {type(second).__name__}, must be a video encoder")
            self._sizes[True] = _Canvas(recipe, small, second)
        self._frame = math.ceil(from_s * recipe.fps)
        self._block = math.ceil(from_s * RATE / BLOCK)
        self._gop = recipe.fps * (SEGMENT_S if recipe.transport == "hls" else GOP_S)
        self._force_key = True
        self._was_small = False
        self._keys: list[float] = []
        self._rng = np.random.default_rng([recipe.seed, 2])
        self._jumps = tuple(
            (round((ZERO_PTS_S + plan.start_s) * CLOCK), round(plan.amount * CLOCK))
            for plan in recipe.of("timestamp_jump")
        )

    @property
    def due_s(self) -> float:
        """The media second of the next picture."""
        return self._frame / self.recipe.fps

    def advance(self, until_s: float) -> list[Piece]:
        """All pictures that begin before media second `until_s`, and the sound before them."""
        pieces: list[Piece] = []
        while self.due_s < until_s:
            pieces += self._step()
        return pieces

    def finish(self) -> list[Piece]:
        """What the muxer still holds; nothing can be made afterwards."""
        self._container.close()
        return self._collect(self.due_s)

    def _step(self) -> list[Piece]:
        """One picture and the sound that is due by then; nothing while the sender is paused."""
        t = self.due_s
        while self._block * BLOCK / RATE <= t:
            self._play(self._block * BLOCK / RATE)
            self._block += 1
        if self.recipe.paused(t):
            self._force_key = True
        else:
            self._show(t)
        self._frame += 1
        return self._collect(t)

    def _show(self, t: float) -> None:
        recipe, small = self.recipe, self.recipe.small(t)
        canvas = self._sizes[small]
        if recipe.now(t, "black"):
            canvas.draw_black(self._frame)
        elif frozen := recipe.now(t, "freeze"):
            canvas.draw(math.ceil(frozen.start_s * recipe.fps))
        else:
            canvas.draw(self._frame)
        key = self._force_key or small != self._was_small or self._frame % self._gop == 0
        if key:
            self._keys.append(t)
        self._force_key, self._was_small = False, small
        for packet in canvas.encode(self._frame, key):
            packet.stream = self._video
            self._container.mux(packet)

    def _play(self, t: float) -> None:
        if self.recipe.paused(t):
            return
        first = self._block * BLOCK
        samples = self._samples(first)
        sound = av.AudioFrame.from_ndarray(samples, format="fltp", layout="stereo")
        sound.sample_rate, sound.time_base = RATE, Fraction(1, RATE)
        sound.pts = first + ZERO_PTS_S * RATE
        for packet in self._sound.encode(sound):
            at = float((packet.pts or 0) * packet.time_base) - ZERO_PTS_S
            if not self.recipe.now(at, "track_loss"):
                self._container.mux(packet)

    def _samples(self, first: int) -> NDArray[np.float32]:
        """One AAC frame of sound from sample `first` on, with the planned silence in it, exact to the sample."""
        samples = self._sizes[False].scene.sound(first, BLOCK)
        for plan in self.recipe.of("silence"):
            start = max(math.ceil(plan.start_s * RATE) - first, 0)
            end = min(math.ceil(plan.end_s * RATE) - first, BLOCK)
            if start < end:
                samples[list(plan.channels or (0, 1)), start:end] = 0
        return samples

    def _collect(self, t: float) -> list[Piece]:
        """What the muxer has written since the last time, cut at key frames, then damaged and shifted as planned."""
        data = bytes(self._written)
        self._written.clear()
        if not data:
            return []
        cuts = key_cuts(data)
        hurt = self.recipe.now(t, "decode_error")
        pieces = []
        for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True):
            if start == end:
                continue
            part = data[start:end]
            if hurt:
                part = damage(part, hurt.amount or DAMAGE_SHARE, self._rng)
            key_s = self._keys.pop(0) if start in cuts else None
            pieces.append(Piece(shift(part, self._jumps), key_s))
        return pieces


class _Canvas:
    """Pictures of one size on their way into one encoder."""

    def __init__(self, recipe: Recipe, size: tuple[int, int], encoder: VideoCodecContext) -> None:
        self.scene = Scene(recipe.programme, *size, recipe.fps, recipe.seed)
        self._black = black_pictures(*size) if any(recipe.of("black")) else ()
        self._encoder = encoder
        encoder.width, encoder.height, encoder.pix_fmt = *size, "yuv420p"
        encoder.time_base = Fraction(1, recipe.fps)
        encoder.framerate = Fraction(recipe.fps)
        encoder.thread_count = 1
        encoder.options = X264
        self._picture = av.VideoFrame(*size, "yuv420p")
        self._time_base = Fraction(1, recipe.fps)
        self._zero = ZERO_PTS_S * recipe.fps
        self._drawn: int | None = None

    def draw(self, n: int) -> None:
        """Put picture `n` of the scene on the canvas; once only while it is frozen."""
        if n != self._drawn:
            self._fill(self.scene.picture(n))
            self._drawn = n

    def draw_black(self, n: int) -> None:
        """Put a black picture on the canvas."""
        self._fill(self._black[n % len(self._black)])
        self._drawn = None

    def encode(self, n: int, key: bool) -> list[av.Packet[VideoStream]]:
        """The canvas as picture `n` of the stream."""
        picture = self._picture
        picture.pts, picture.time_base = n + self._zero, self._time_base
        picture.pict_type = KEY if key else ANY
        return self._encoder.encode(picture)

    def _fill(self, whole: Plane) -> None:
        flat, at = whole.reshape(-1), 0
        for plane in self._picture.planes:
            pixels = flat[at : at + plane.width * plane.height].reshape(plane.height, plane.width)
            rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
            rows[: plane.height, : plane.width] = pixels
            at += pixels.size


class _Collector:
    """The file that the muxer writes into."""

    def __init__(self, written: bytearray) -> None:
        self._written = written

    def write(self, data: bytes) -> int:
        """Keep it."""
        self._written += data
        return len(data)


def render(recipe: Recipe, seconds: float) -> bytes:
    """The first `seconds` of a recipe as one MPEG-TS, as fast as the machine can: what a perfect network delivers."""
    maker = Maker(recipe)
    return b"".join(piece.data for piece in maker.advance(seconds) + maker.finish())
