"""Small media by recipe, damage to it, and a Decoder run over it, for the tests of decoding."""

from __future__ import annotations

import io
import math
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np

from monitor.media.decode import Decoder
from monitor.media.source import TimedPacket, Track
from monitor.media.timeline import Timeline
from monitor.records import Depth, Event, Frame, FrameBatch, SoundBlock

FPS = 25
RATE = 48000
PACKET = 188
X264 = {"preset": "veryfast", "g": "25", "bf": "2"}


def scene(i: int, size: tuple[int, int] = (320, 180)) -> av.VideoFrame:
    """A moving picture with texture, so that damage to it matters."""
    width, height = size
    y, x = np.mgrid[0:height, 0:width]
    luma = (128 + 60 * np.sin((x + i * 4) / 17) + 40 * np.cos((y - i * 3) / 11)).astype(np.uint8)
    frame = av.VideoFrame(width, height, "yuv420p")
    for plane, pixels in zip(frame.planes, (luma, luma[::2, ::2], luma[1::2, 1::2]), strict=True):
        rows = np.zeros((plane.height, plane.line_size), np.uint8)
        rows[:, : pixels.shape[1]] = pixels
        plane.update(rows)
    frame.pts, frame.time_base = i, Fraction(1, FPS)
    return frame


def tone(first: int, n: int, layout: str = "stereo") -> av.AudioFrame:
    """n samples of another sine per channel, packed floats."""
    channels = av.AudioLayout(layout).nb_channels
    t = (first + np.arange(n)) / RATE
    waves = np.stack([0.5 * np.sin(2 * np.pi * (200 + 100 * k) * t) for k in range(channels)]).astype(np.float32)
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(waves.T.reshape(1, -1)), format="flt", layout=layout)
    frame.rate, frame.pts, frame.time_base = RATE, first, Fraction(1, RATE)
    return frame


@dataclass(frozen=True)
class Recipe:
    """What to encode: seconds of picture (codec None: none) and sound."""

    seconds: float = 4.0
    codec: str | None = "libx264"
    options: Mapping[str, str] = field(default_factory=lambda: X264)
    size: tuple[int, int] = (320, 180)
    pixel_format: str = "yuv420p"
    sound: str | None = None
    layout: str = "stereo"
    container: str = "mpegts"
    start_s: float = 0.0
    missing: tuple[tuple[float, float], ...] = ()
    """From, to: pictures left out."""


_made: dict[str, bytes] = {}


def make(recipe: Recipe) -> bytes:
    """Encode and mux, once per recipe; `start_s` moves all timestamps."""
    if (known := _made.get(repr(recipe))) is None:
        known = _made[repr(recipe)] = _encoded(recipe)
    return known


def _encoded(recipe: Recipe) -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format=recipe.container) as container:
        streams: list[tuple[Any, Iterator[Any]]] = []
        if recipe.codec is not None:
            video = container.add_stream(recipe.codec, rate=FPS, options=dict(recipe.options))
            (video.width, video.height), video.pix_fmt = recipe.size, recipe.pixel_format
            shown = [i for i in range(round(recipe.seconds * FPS)) if not _left_out(i / FPS, recipe.missing)]
            streams.append((video, (scene(i, recipe.size) for i in shown)))
        if recipe.sound is not None:
            audio = container.add_stream(recipe.sound, rate=RATE, layout=recipe.layout)
            firsts = range(0, round(recipe.seconds * RATE), 960)
            streams.append((audio, (tone(first, 960, recipe.layout) for first in firsts)))
        for packet in _in_order(streams):
            shift = round(Fraction(recipe.start_s) / packet.time_base)
            packet.dts, packet.pts = packet.dts + shift, packet.pts + shift
            container.mux(packet)
    return out.getvalue()


def _left_out(t: float, missing: tuple[tuple[float, float], ...]) -> bool:
    return any(start <= t < end for start, end in missing)


def _in_order(streams: Sequence[tuple[Any, Iterator[Any]]]) -> list[Any]:
    packets = []
    for stream, frames in streams:
        for frame in [*frames, None]:
            packets.extend(stream.encode(frame))
    return sorted(packets, key=lambda packet: packet.dts * packet.time_base)


def flipped(data: bytes, count: int, seed: int = 3) -> bytes:
    """Bytes turned over in the payload of transport packets, after the first quarter."""
    draw, damaged = random.Random(seed), bytearray(data)
    packets = len(data) // PACKET
    for _ in range(count):
        damaged[draw.randrange(packets // 4, packets) * PACKET + draw.randrange(30, PACKET)] ^= 0xFF
    return bytes(damaged)


def thinned(data: bytes, share: float, seed: int = 5) -> bytes:
    """A share of the transport packets is lost, after the first quarter."""
    draw = random.Random(seed)
    packets = [data[i : i + PACKET] for i in range(0, len(data), PACKET)]
    return b"".join(p for i, p in enumerate(packets) if i < len(packets) // 4 or draw.random() >= share)


def joined_late(data: bytes, share: float) -> bytes:
    """As a receiver gets it that comes in later; the tables at the start are kept."""
    packets = len(data) // PACKET
    return data[: 3 * PACKET] + data[round(packets * share) * PACKET :]


def tracks_of(container: Any) -> tuple[Track, ...]:
    """All tracks of picture and sound."""
    tracks: list[Track] = []
    for native in container.streams:
        if native.type not in ("video", "audio"):
            continue
        sounds = sum(track.kind == "audio" for track in tracks)
        name = "video" if native.type == "video" else f"audio:{sounds}"
        start = None if native.start_time is None else float(native.start_time * native.time_base)
        codec = native.codec_context.codec.canonical_name
        tracks.append(Track(name, native.index, native.type, codec, native.time_base, start, "", native))
    return tuple(tracks)


@dataclass
class Played:
    """Everything that came out of a Decoder."""

    timeline: Timeline
    batches: list[FrameBatch] = field(default_factory=list)
    blocks: list[SoundBlock] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    packets: int = 0

    @property
    def frames(self) -> list[Frame]:
        return [frame for batch in self.batches for frame in batch.frames]

    @property
    def times(self) -> list[float]:
        """Media time of each frame."""
        return [self.timeline.seconds(b.epoch, f.pts, b.time_base) for b in self.batches for f in b.frames]

    @property
    def sound_times(self) -> list[float]:
        return [self.timeline.seconds(b.epoch, b.pts, b.time_base) for b in self.blocks]

    def of(self, kind: str) -> list[Event]:
        return [event for event in self.events if event.kind == kind]


def no_clock(track: Track, packet: Any) -> float:
    """Files have no time of arrival."""
    return math.nan


def play(
    source: bytes | Path,
    depth: Depth = "full",
    at: int = 16,
    arrives: Callable[[Track, Any], float] = no_clock,
    before: Timeline | None = None,
    resume_at_s: float = 0.0,
    changed: Callable[[Iterable[TimedPacket]], Iterable[TimedPacket]] = lambda packets: packets,
    pixels: bool = True,
) -> Played:
    """Decode a source, `at` so many packets at a time. Without `pixels`, frames are kept but not what is on them."""
    with av.open(io.BytesIO(source) if isinstance(source, bytes) else str(source)) as container:
        tracks = tracks_of(container)
        by_index = {track.index: track for track in tracks}
        decoder = Decoder("s", tracks, depth, before, resume_at_s)
        played = Played(decoder.timeline)
        waiting: list[TimedPacket] = []

        def take(items: Iterable[FrameBatch | SoundBlock | Event]) -> None:
            for item in items:
                if isinstance(item, FrameBatch):
                    played.batches.append(item if pixels else _emptied(item))
                elif isinstance(item, SoundBlock):
                    played.blocks.append(item)
                else:
                    played.events.append(item)

        demuxed = container.demux([track.native for track in tracks])
        timed = ((by_index[p.stream_index], p, arrives(by_index[p.stream_index], p)) for p in demuxed if p.size)
        for item in changed(timed):
            played.packets += 1
            waiting.append(item)
            if len(waiting) >= at:
                take(decoder.decode(waiting))
                waiting = []
        take(decoder.decode(waiting))
        take(decoder.flush())
        played.timeline = decoder.timeline
        decoder.close()
    return played


NOTHING = (np.zeros((1, 1), np.uint8),)


def _emptied(batch: FrameBatch) -> FrameBatch:
    """A batch that holds no decoder memory: a long clip would take gigabytes."""
    frames = tuple(replace(frame, planes=NOTHING, owner=None) for frame in batch.frames)
    return replace(batch, frames=frames, previous=None)


def steps(times: list[float]) -> list[float]:
    """From each time to the next."""
    return [b - a for a, b in pairwise(times)]
