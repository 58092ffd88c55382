"""Open a stream of any supported protocol and read its packets, with time-outs that fire.

Owns what is opened and which tracks are watched. Does not decode, and does not open a lost source again: it says that
it is lost (`SourceError`) and why.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from types import TracebackType
from typing import BinaryIO, Literal, Self

import av
import av.container
import av.packet
import av.stream

from monitor.errors import SettingsError, SourceError
from monitor.records import Stream
from monitor.settings import SourceSettings

SCHEMES = ("file", "http", "https", "udp", "tcp", "rtp", "rtmp", "rtmps", "rtsp", "srt", "rist")


@dataclass(frozen=True, slots=True)
class Track:
    """One track that is watched. Everything but `native` is a copy and stays valid after the source is closed.

    `name`: "video", "audio:0", "audio:1", ... `index`: its place in the container. `time_base`: seconds per tick of
    its packets' timestamps. `start_s`: first timestamp in seconds where the container knows it.
    `description`: for people and events, as "h264 1280x720 25 fps yuv420p".
    """

    name: str
    index: int
    kind: Literal["video", "audio"]
    codec: str
    time_base: Fraction
    start_s: float | None
    description: str
    native: av.stream.Stream = field(repr=False, compare=False)


class Input:
    """An open source: its watched tracks, and their packets. Close it, or use it as a context manager.

    One thread reads packets; another may decode those already read. Close only when no thread reads any more, and do
    not touch `Track.native` of a closed source: its memory is gone (codec contexts made from it are not).
    """

    tracks: tuple[Track, ...]
    live: bool
    duration_s: float | None
    description: str

    def packets(self) -> Iterator[tuple[Track, av.packet.Packet[av.stream.Stream], float]]:
        """Packets of the watched tracks in the order of arrival, each with the UTC time right after it was read."""
        raise NotImplementedError

    def close(self) -> None:
        """Free the container and end the bridging program, if there is one. May be called again."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_input(stream: Stream, settings: SourceSettings, file: BinaryIO | None = None) -> Input:
    """Open `stream.url` (or `file`, a seekable object with its content) and choose the tracks to watch."""
    raise NotImplementedError


def check_url(url: str) -> None:
    """Refuse a URL whose scheme is missing or not supported."""
    raise NotImplementedError
