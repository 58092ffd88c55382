"""Open a stream of any supported protocol and read its packets, with time-outs that fire.

Owns what is opened and which tracks are watched. Does not decode, and does not open a lost source again: it says that
it is lost (`SourceError`) and why. Credentials of a URL go to FFmpeg and into no message.
"""

from __future__ import annotations

import errno
import math
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from types import TracebackType
from typing import BinaryIO, Literal, Self, TypeAlias

import av
import av.container
import av.error
import av.logging
import av.packet
import av.stream
from av.audio.stream import AudioStream
from av.codec.context import CodecContext
from av.stream import Discard, Disposition
from av.video.stream import VideoStream

from monitor.errors import SourceError
from monitor.media.address import ENDLESS, SCHEMES, Place, check_file, check_url, options, path_of
from monitor.media.bridge import BRIDGED_SCHEMES, FileReader, Reader, bridge, is_dash
from monitor.media.ladder import Candidate, choose
from monitor.records import Stream
from monitor.settings import SourceSettings

# FFmpeg's messages go nowhere: PyAV's own callback in Python can deadlock while a decoder ends, FFmpeg's default one
# writes to the terminal. `None` is a callback in C that does nothing; what failed is in the exception.
av.logging.set_level(None)

__all__ = ["SCHEMES", "Input", "TimedPacket", "Track", "check_url", "open_input"]

RAW = {"aac", "ac3", "ac4", "eac3", "dts", "dtshd", "loas", "mlp", "truehd"}
RAW |= {"h264", "hevc", "vvc", "obu", "m4v", "mpegvideo"}
"""Formats that do not say how long they are: what FFmpeg says of them is a guess, by the bit rate of the beginning."""
COVER = Disposition.attached_pic | Disposition.timed_thumbnails

_ERRORS = (av.error.FFmpegError, OSError, ValueError)

TimedPacket: TypeAlias = "tuple[Track, av.packet.Packet[av.stream.Stream], float]"
"""A packet, the track it belongs to, and the UTC time right after it was read."""


@dataclass(frozen=True, slots=True)
class Track:
    """One track that is watched. Everything but `native` is a copy and stays valid after the source is closed.

    `name`: "video", "audio:0", "audio:1", ... `index`: its place in the container. `time_base`: seconds per tick of
    its packets' timestamps. `start_s`: first timestamp in seconds where the container knows it.
    `description`: for people and events, as "h264 1280x720 25 fps yuv420p". `width`, `height` in pixels, `fps`: of a
    picture track where the container says; else 0.
    """

    name: str
    index: int
    kind: Literal["video", "audio"]
    codec: str
    time_base: Fraction
    start_s: float | None
    description: str
    native: av.stream.Stream = field(repr=False, compare=False)
    width: int = 0
    height: int = 0
    fps: float = 0.0


class Input:
    """An open source: its watched tracks, and their packets. Close it, or use it as a context manager.

    `live`: it has no known end. `duration_s`: None if not known. `description`: container and tracks, for people.
    One thread reads packets; another may decode those already read. `Track.native` of a closed source must not be
    touched: its memory is gone (packets, frames and codec contexts made from it are not).
    """

    def __init__(
        self, container: av.container.InputContainer, tracks: tuple[Track, ...], place: Place, reader: Reader | None
    ) -> None:
        self.tracks = tracks
        self.duration_s = reader.duration_s if reader is not None else None
        if container.duration is not None and container.duration > 0 and container.format.name not in RAW:
            self.duration_s = container.duration / 1e6
        self._hls = container.format.name.startswith("hls")
        bounded = self.duration_s is not None or (not self._hls and container.size > 0)
        self.live = place.scheme in ENDLESS or not (bounded or (place.scheme == "file" and not self._hls))
        watched = {track.index for track in tracks}
        left = [_describe(s) for s in container.streams if s.index not in watched]
        self.description = f"{container.format.name}: " + ", ".join(track.description for track in tracks)
        self.description += f"; not watched: {', '.join(left)}" if left else ""
        self._container = container
        self._place = place
        self._reader = reader
        self._reading = threading.Lock()
        self._closed = False

    def packets(self) -> Iterator[TimedPacket]:
        """Packets of the watched tracks in the order of arrival. Ends where a recorded source ends, or when closed.

        Raises SourceError with the reason when the source fails, gives nothing for longer than it may, or, being
        live, ends.
        """
        by_index = {track.index: track for track in self.tracks}
        demuxed = self._demux()
        while True:
            started = time.monotonic()
            failure: str | None = None
            packet = None
            with self._reading:
                if self._closed:
                    return
                try:
                    packet = next(demuxed, None)
                except IndexError:
                    # PyAV flushes streams that appeared after opening, which its own table does not have: the end.
                    packet = None
                except BlockingIOError:
                    demuxed = self._demux()
                    if time.monotonic() - started < self._place.read_s:
                        continue
                    failure = "has nothing to read"
                except _ERRORS as error:
                    failure = _reason(error, self._place.read_s)
            arrived_at = time.time()
            waited_s = time.monotonic() - started
            # An HLS read that was interrupted gives the last frames it has, then an end like any other (seen).
            if self._reader is not None and self._reader.failure:
                raise self._place.lost(self._reader.failure)
            if (waited_s >= self._place.read_s and (packet is None or self._hls)) or (
                failure and waited_s >= self._place.request_s
            ):
                raise self._place.lost(f"gave nothing for {waited_s:.1f} s")
            if failure is not None:
                raise self._place.lost(failure)
            if packet is None:
                if self.live:
                    raise self._place.lost("ended: the sender closed it, or cannot be reached any more")
                return
            if packet.size:
                yield by_index[packet.stream_index], packet, arrived_at

    def close(self) -> None:
        """Free the container and end the bridging program, if there is one. May be called again.

        If another thread is in the middle of a read, waits for it: at most the read time-out, at once with a bridge.
        """
        if self._reader is not None:
            self._reader.close()
        with self._reading:
            self._closed = True
            self._container.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _demux(self) -> Iterator[av.packet.Packet[av.stream.Stream]]:
        return self._container.demux(*(track.native for track in self.tracks))


def open_input(stream: Stream, settings: SourceSettings, file: BinaryIO | None = None) -> Input:
    """Open `stream.url` (a URL, or the path of a file) and choose the tracks to watch; the others are not fetched.

    `file`: a seekable binary object with the content, for sources that the caller opens; it stays the caller's.
    Takes at most about twice `settings.open_timeout_s`. Raises SourceError with the redacted URL and the reason.
    """
    place = Place.of(stream, settings, opened=file is not None)
    reader = _reader(stream, settings, place, file)
    limits = (place.open_s, None if math.isinf(place.read_s) else place.read_s)
    target = f"file:{path_of(stream.url)}" if place.scheme == "file" else stream.url
    container: av.container.InputContainer | None = None
    started = time.monotonic()
    try:
        container = av.open(
            target if reader is None else reader,
            "r",
            format="nut" if reader is not None and reader.is_nut else None,
            options=options(place, stream.headers, stream.user_agent),
            metadata_errors="replace",
            timeout=limits,
        )
        return Input(container, _tracks(container, stream.rendition), place, reader)
    except SourceError as error:
        failure = str(error)
    except _ERRORS as error:
        failure = _reason(error, place.open_s)
    took_s = time.monotonic() - started
    if container is not None:
        container.close()
    if reader is not None:
        failure = reader.failure or failure
        reader.close()
    elif took_s >= min(place.open_s, place.request_s):
        failure = f"did not open within {took_s:.1f} s: {failure}"
    # Raised here, not in a handler: the error of FFmpeg has the URL in it with all its credentials.
    raise place.lost(failure)


def _reader(stream: Stream, settings: SourceSettings, place: Place, file: BinaryIO | None) -> Reader | None:
    """What to read through where FFmpeg does not open the source by itself. Raises SourceError."""
    if file is not None:
        return FileReader(file)
    if place.scheme == "file":
        check_file(path_of(stream.url), place)
    if place.scheme not in BRIDGED_SCHEMES and not is_dash(stream.url):
        return None
    try:
        return bridge(stream, settings)
    except SourceError as error:
        failure = str(error)
    raise place.lost(failure)


def _tracks(container: av.container.InputContainer, rendition: str | None) -> tuple[Track, ...]:
    """The tracks to watch; all others are discarded. Raises SourceError if there is none."""
    candidates = [c for native in container.streams if (c := _candidate(native)) is not None]
    if not candidates:
        there = ", ".join(_describe(native) for native in container.streams) or "nothing"
        raise SourceError(f"has no picture and no sound that can be watched; there is: {there}")
    chosen = choose(candidates, rendition)
    watched = {candidate.index for candidate in chosen}
    for native in container.streams:
        native.discard = Discard.default if native.index in watched else Discard.all
    sounds = 0
    tracks = []
    for candidate in chosen:
        native = container.streams[candidate.index]
        name = "video"
        if candidate.kind == "audio":
            name, sounds = f"audio:{sounds}", sounds + 1
        base = native.time_base or Fraction(1, 1_000_000)
        start_s = None if native.start_time is None else float(native.start_time * base)
        codec = native.codec_context.codec.canonical_name
        track = Track(name, native.index, candidate.kind, codec, base, start_s, _describe(native), native)
        if isinstance(native, VideoStream):
            rate = native.average_rate or native.guessed_rate or 0
            track = replace(track, width=native.width, height=native.height, fps=float(rate))
        tracks.append(track)
    return tuple(tracks)


def _candidate(native: av.stream.Stream) -> Candidate | None:
    """What can be watched: it has a decoder, a size or a rate, and is no cover picture. Of sound of which nothing has
    come yet the rate is not known, and it may be all that is wrong: it is watched, too; but HLS lists what it does not
    fetch."""
    context = _context(native)
    if context is None:
        return None
    variant = native.metadata.get("variant_bitrate", "")
    known = Candidate(
        native.index,
        "audio",
        id=native.id,
        bit_rate=context.bit_rate or 0,
        variant=int(variant) if variant.isdecimal() else None,
        language=native.language,
        label=native.metadata.get("comment"),
    )
    if isinstance(native, VideoStream) and native.width and native.height and not native.disposition & COVER:
        return replace(known, kind="video", width=native.width, height=native.height)
    if isinstance(native, AudioStream) and ((native.rate and native.codec_context.channels) or not variant):
        return known
    return None


def _context(native: av.stream.Stream) -> CodecContext | None:
    """The codec of a track; PyAV's stubs do not say that there may be none."""
    return native.codec_context


def _describe(native: av.stream.Stream) -> str:
    """A track in a few words: "h264 1280x720 25 fps yuv420p", "aac 48000 Hz stereo", "subtitle"."""
    context = _context(native)
    if context is None:
        return f"{native.type} without a decoder"
    name = context.codec.canonical_name  # "mp3", whichever decoder was built in
    if isinstance(native, VideoStream):
        rate = native.average_rate or native.guessed_rate
        words = [context.codec.canonical_name, f"{native.width}x{native.height}" if native.width else "without a size"]
        words += [f"{round(float(rate), 3):g} fps"] if rate else []
        words += [native.pix_fmt] if native.pix_fmt else []
        return " ".join([*words, "(cover picture)"] if native.disposition & COVER else words)
    if isinstance(native, AudioStream):
        return f"{name} {native.rate} Hz {native.layout.name}" if native.rate else f"{name} without a rate"
    return f"{native.type} {name}"


def _reason(error: Exception, limit_s: float) -> str:
    """Why FFmpeg failed, in a line; without the URL that it puts behind. `limit_s`: how long it was let run."""
    if isinstance(error, av.error.InvalidDataError):
        return f"is not media that can be read: {error.strerror}"
    if isinstance(error, av.error.ExitError):
        return f"gave nothing for {limit_s:g} s"
    said = str(getattr(error, "strerror", None) or error)
    return f"broke off: {said}" if getattr(error, "errno", None) == errno.EIO else said
