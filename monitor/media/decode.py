"""Packets -> frame batches, sound blocks and events. Passive: no thread, no clock of its own, never reads the source.

Owns the decoders of one opened source, what stands between a packet and its frames, and the events of format, decoding
and timestamps. Does not own what a jump is (`continuity`), where pixels lie (`planes`), or scale sound (`sound`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal, NamedTuple, TypeAlias

import av.error
import av.packet
import av.stream
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.format import Flags
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from monitor.media.continuity import Continuity, Follower
from monitor.media.planes import Picture, picture
from monitor.media.sound import channel_names, samples_of
from monitor.media.source import TimedPacket, Track
from monitor.media.timeline import Timeline
from monitor.records import Depth, Event, EventKind, Frame, FrameBatch, SoundBlock

MAX_FRAMES = 1
"""Most frames of a batch. Each frame held is decoder memory (30 would raise a 720p decoder from 23 to 104 MB), and a
frame is cheapest to measure while it is still in the cache. More would be for meters in another process."""

PATIENCE = 600
"""Pictures are not decoded before the first key frame: no damage, but a join in mid-GOP. A stream that marks none in so
many packets (20 s) is decoded all the same."""

BEHIND_S = 0.8
"""A decoder of MPEG-2 systems holds up to a second."""

_WAITING = 256
"""Packets without a frame so far that are remembered: more than any decoder holds."""

_SKIP: dict[Depth, Literal["NONE", "NONREF", "NONKEY"]] = {"full": "NONE", "nonref": "NONREF", "key": "NONKEY"}

_SILENT = ("hevc",)
"""Decoders that say nothing of a picture they lose (seen: 25 of 99 packets): counted by what does not come out."""

_CODED = (1, 2, 3)
"""FFmpeg's picture types I, P and B."""

Decoded: TypeAlias = FrameBatch | SoundBlock | Event
_Context: TypeAlias = VideoCodecContext | AudioCodecContext


class _Sent(NamedTuple):
    """What is known of a packet when its frame comes out of the decoder, some packets later."""

    epoch: int
    arrived_at: float
    duration: int


@dataclass(slots=True)
class _Decoding:
    """One track: its decoder, what is in it, and what came out last."""

    track: Track
    context: _Context | None
    rate: Fraction | None
    sent: dict[int, _Sent] = field(default_factory=dict)
    packets: int = 0
    started: bool = False
    arrived_at: float = float("nan")
    next_pts: int | None = None
    last_out: tuple[int, int] | None = None
    format_key: tuple[object, ...] | None = None
    format: str = ""
    channels: tuple[str, ...] = ()
    previous: Frame | None = None
    frames: list[Frame] = field(default_factory=list)
    frames_epoch: int = 0
    reformatter: VideoReformatter = field(default_factory=VideoReformatter)

    usual_duration: int = 0
    """Ticks of one picture at the average rate; 0 if that is not known."""
    seconds: float = 0.0
    """Of a tick."""

    def __post_init__(self) -> None:
        self.usual_duration = round(1 / (self.rate * self.track.time_base)) if self.rate else 0
        self.seconds = float(self.track.time_base)


class Decoder:
    """Decoders for the watched tracks of one opened Input. One caller at a time; make a new one at each reconnect.

    `timeline`: what the watch had so far (None: it begins); this source is a new epoch on it, whose earliest time is at
    `resume_at_s`. The attribute of that name is the latest one; it goes into checkpoints.
    `aside`: entered while a picture is decoded or converted, which takes long and does without Python.
    At depth `key`, a key frame comes out with its own packet, not with those that follow.
    """

    def __init__(
        self,
        stream: str,
        tracks: Sequence[Track],
        depth: Depth,
        timeline: Timeline | None,
        resume_at_s: float = 0.0,
        aside: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._stream = stream
        self._aside = aside
        self._depth: Depth = depth
        self._tracks = {track.name: _decoding(track, depth) for track in tracks}
        followers = {track.name: _follower(track) for track in tracks}
        self._continuity = Continuity(followers, timeline, resume_at_s, self._held)
        self._reached: dict[str, tuple[int, float]] = {}
        self._behind_from_s = -math.inf

    @property
    def timeline(self) -> Timeline:
        """The timeline with the epochs of this source."""
        return self._continuity.timeline

    def decode(self, packets: Iterable[TimedPacket]) -> Iterator[Decoded]:
        """What comes out of these packets: pictures and sound each in the order of presentation, events between them.

        Packets come in the order of arrival with the UTC time of it (NaN for files). Packets that cannot be decoded are
        `decode_error` events; decoding goes on with the next one. Nothing that came out is held back at the end.
        """
        for track, packet, arrived_at in packets:
            yield from self._packet(self._tracks[track.name], packet, arrived_at)
        for state in self._tracks.values():
            yield from self._batch(state)

    def flush(self) -> Iterator[Decoded]:
        """What the decoders still hold, at the end of a source. No packets after this."""
        for state in self._tracks.values():
            if state.context is not None and state.started:
                yield from self._frames(state, None, state.arrived_at)
            for pts in sorted(state.sent):
                yield from self._lost(state, pts)
            yield from self._batch(state)

    def close(self) -> None:
        """Free the decoders and their frames. May be called again."""
        self._tracks.clear()

    def _held(self) -> Iterator[int]:
        """Epochs of packets that are in the decoders, and of frames that are not handed out."""
        for state in self._tracks.values():
            yield from (sent.epoch for sent in state.sent.values())
            yield state.frames_epoch

    def _packet(
        self, state: _Decoding, packet: av.packet.Packet[av.stream.Stream], arrived_at: float
    ) -> Iterator[Decoded]:
        name = state.track.name
        dts, pts = self._continuity.unwrap(name, packet.dts, packet.pts)
        duration = packet.duration or state.usual_duration
        key = pts if pts is not None else dts
        jump = self._continuity.follow(name, dts, pts, duration, arrived_at)
        epoch = self._continuity.epoch(name)
        if jump is not None:
            yield from self._batch(state)
            detail = f"expected {jump.expected_s:.3f} s, got {jump.got_s:.3f} s"
            yield self._event(state, "timestamp_jump", epoch, key, arrived_at, jump.seconds, detail)
        yield from self._interleaving(state, epoch, dts if dts is not None else pts, arrived_at)
        state.packets += 1
        state.arrived_at = arrived_at
        video = state.track.kind == "video"
        if video and not state.started and not packet.is_keyframe and state.packets <= PATIENCE:
            return
        state.started = True
        if video and self._depth == "key" and not packet.is_keyframe:
            return
        packet.dts, packet.pts = dts, pts
        if key is not None:
            state.sent[key] = _Sent(epoch, arrived_at, packet.duration or 0)
            if len(state.sent) > _WAITING:
                del state.sent[next(iter(state.sent))]
        yield from self._frames(state, packet, arrived_at)

    def _interleaving(self, state: _Decoding, epoch: int, ticks: int | None, arrived_at: float) -> Iterator[Decoded]:
        """How far a track lies behind another in the stream: told once a second of it, from BEHIND_S on."""
        if ticks is None:
            return
        name, at_s = state.track.name, ticks * state.seconds
        self._reached[name] = (epoch, at_s)
        if len(self._reached) < 2:
            return
        behind_s = max(t_s for number, t_s in self._reached.values() if number == epoch) - at_s
        if behind_s >= BEHIND_S and not 0 <= at_s - self._behind_from_s < 1:
            self._behind_from_s = at_s
            yield self._event(state, "interleaving", epoch, ticks, arrived_at, behind_s, "")

    def _frames(
        self, state: _Decoding, packet: av.packet.Packet[av.stream.Stream] | None, arrived_at: float
    ) -> Iterator[Decoded]:
        """Decode one packet, or drain the decoder (None)."""
        context = state.context
        frames: list[VideoFrame | AudioFrame] = []
        reason = "no decoder for this codec" if context is None else ""
        if context is not None:
            try:
                if state.track.kind == "video":
                    with self._aside():
                        frames.extend(context.decode(packet))
                else:
                    frames.extend(context.decode(packet))
                if self._depth == "key" and state.track.kind == "video" and packet is not None:
                    # The decoder would hold a key frame until two or more later ones: seconds behind.
                    frames.extend(context.decode(None))
            except av.error.FFmpegError as error:
                reason = error.strerror or type(error).__name__
            if self._depth == "key" and state.track.kind == "video":
                context.flush_buffers()
        for frame in frames:
            if isinstance(frame, AudioFrame):
                yield from self._sound(state, frame)
            else:
                yield from self._picture(state, frame)
        if reason:
            pts = None if packet is None else packet.pts if packet.pts is not None else packet.dts
            state.sent.pop(-1 if pts is None else pts, None)
            epoch = self._continuity.epoch(state.track.name)
            yield self._event(state, "decode_error", epoch, pts, arrived_at, 1.0, f"{state.track.codec}: {reason}")

    def _picture(self, state: _Decoding, frame: VideoFrame) -> Iterator[Decoded]:
        pts, sent = self._placed(state, frame)
        duration = frame.duration or sent.duration or state.usual_duration
        state.next_pts = pts + duration
        for lost in sorted(key for key, other in state.sent.items() if other.epoch == sent.epoch and key < pts):
            yield from self._lost(state, lost)
        state.last_out = (sent.epoch, pts)
        try:
            seen = picture(frame, state.reformatter, self._aside)
        except (av.error.FFmpegError, ValueError) as error:
            detail = f"pixel format {frame.format.name} cannot be converted: {error}"
            yield self._event(state, "decode_error", sent.epoch, pts, sent.arrived_at, 1.0, detail)
            return
        key = (frame.width, frame.height, seen.source_format, seen.layout.bits, seen.full_range)
        if key != state.format_key:
            yield from self._batch(state)
            yield self._format(state, key, _describe_picture(state, frame, seen), sent, pts)
            state.previous = None
        if sent.epoch != state.frames_epoch:
            yield from self._batch(state)
            state.previous, state.frames_epoch = None, sent.epoch
        if frame.is_corrupt:
            detail = f"{state.track.codec}: damaged picture, concealed"
            yield self._event(state, "decode_error", sent.epoch, pts, sent.arrived_at, 1.0, detail)
        state.frames.append(
            Frame(
                pts=pts,
                duration=duration,
                arrived_at=sent.arrived_at,
                planes=seen.planes,
                owner=seen.owner,
                pixel_format=seen.layout.name,
                bit_depth=seen.layout.bits,
                full_range=seen.full_range,
                transfer=frame.color_trc,
                interlaced=frame.interlaced_frame,
                key=frame.key_frame,
                corrupt=frame.is_corrupt,
                coded=int(frame.pict_type) if frame.pict_type in _CODED else 0,
                msb_aligned=seen.layout.msb_aligned,
            )
        )
        if len(state.frames) >= MAX_FRAMES:
            yield from self._batch(state)

    def _sound(self, state: _Decoding, frame: AudioFrame) -> Iterator[Decoded]:
        if not frame.samples:
            return
        pts, sent = self._placed(state, frame)
        base = state.track.time_base
        state.next_pts = pts + round(frame.samples * base.denominator / (frame.rate * base.numerator))
        key = (frame.rate, frame.layout.name)
        if key != state.format_key:
            state.channels = channel_names(frame.layout)
            words = f"{frame.rate} Hz {frame.layout.name} {frame.format.name} {state.track.codec}"
            yield self._format(state, key, words, sent, pts)
        if frame.is_corrupt:
            detail = f"{state.track.codec}: damaged sound, concealed"
            yield self._event(state, "decode_error", sent.epoch, pts, sent.arrived_at, 1.0, detail)
        yield SoundBlock(
            stream=self._stream,
            track=state.track.name,
            epoch=sent.epoch,
            pts=pts,
            time_base=state.track.time_base,
            arrived_at=sent.arrived_at,
            rate=frame.rate,
            layout=frame.layout.name,
            channels=state.channels,
            samples=samples_of(frame),
            corrupt=frame.is_corrupt,
        )

    def _placed(self, state: _Decoding, frame: VideoFrame | AudioFrame) -> tuple[int, _Sent]:
        """The timestamp of a frame, and the packet that it came in."""
        pts = frame.pts if frame.pts is not None else frame.dts
        if pts is None:
            pts = state.next_pts or 0
        sent = state.sent.pop(pts, None)
        if sent is None:
            sent = _Sent(self._continuity.epoch(state.track.name), state.arrived_at, 0)
        return pts, sent

    def _lost(self, state: _Decoding, pts: int) -> Iterator[Event]:
        """A packet that gave no picture though later ones did. Those before the first picture lead in, and are none."""
        sent = state.sent.pop(pts)
        after = state.last_out is not None and state.last_out[0] == sent.epoch
        if after and state.track.codec in _SILENT and self._depth == "full":
            detail = f"{state.track.codec}: no picture came of this packet"
            yield self._event(state, "decode_error", sent.epoch, pts, sent.arrived_at, 1.0, detail)

    def _format(self, state: _Decoding, key: tuple[object, ...], words: str, sent: _Sent, pts: int) -> Event:
        """The event of a track's first format, or of another one."""
        kind: EventKind = "format" if state.format_key is None else "format_change"
        detail = words if state.format_key is None else f"{state.format} -> {words}"
        state.format_key, state.format = key, words
        return self._event(state, kind, sent.epoch, pts, sent.arrived_at, 0.0, detail)

    def _batch(self, state: _Decoding) -> Iterator[FrameBatch]:
        """The pictures gathered so far, if any."""
        if not state.frames:
            return
        frames, previous = tuple(state.frames), state.previous
        state.frames, state.previous = [], frames[-1]
        yield FrameBatch(
            self._stream, state.track.name, state.frames_epoch, state.track.time_base, self._depth, previous, frames
        )

    def _event(
        self, state: _Decoding, kind: EventKind, epoch: int, pts: int | None, at: float, value: float, detail: str
    ) -> Event:
        ticks = pts if pts is not None else state.next_pts or 0
        t_s = self.timeline.seconds(epoch, ticks, state.track.time_base)
        return Event(self._stream, state.track.name, epoch, t_s, at, kind, value, detail, pts)


def _decoding(track: Track, depth: Depth) -> _Decoding:
    """A decoder for a track: one thread, so that a stream costs one core at most and frames come out at once."""
    native = track.native
    rate = (native.average_rate or native.guessed_rate) if isinstance(native, VideoStream) else None
    context = native.codec_context
    if not isinstance(context, VideoCodecContext | AudioCodecContext):
        return _Decoding(track, None, rate)
    context.thread_count = 1
    context.thread_type = "NONE"
    if track.kind == "video":
        context.skip_frame = _SKIP[depth]
    return _Decoding(track, context, rate)


def _follower(track: Track) -> Follower:
    jumps = Flags.ts_discont in Flags(track.native.container.format.flags)
    return Follower(track.kind, track.time_base, track.start_s, paced=track.kind == "video" and not jumps)


def _describe_picture(state: _Decoding, frame: VideoFrame, seen: Picture) -> str:
    """A picture's format in words: "1280x720 yuv420p 8-bit limited sar 1:1 25 fps h264"."""
    words = [f"{frame.width}x{frame.height}", seen.source_format]
    if seen.layout.name != seen.source_format:
        words.append(f"as {seen.layout.name}")
    words += [f"{seen.layout.bits}-bit", "full" if seen.full_range else "limited"]
    shape = state.context.sample_aspect_ratio if isinstance(state.context, VideoCodecContext) else None
    words += [f"sar {shape.numerator}:{shape.denominator}"] if shape else []
    words += [f"{round(float(state.rate), 3):g} fps"] if state.rate else []
    words += [f"rotated {frame.rotation}"] if frame.rotation else []
    return " ".join([*words, state.track.codec])
