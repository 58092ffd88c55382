"""What the monitor's cost is held against: decoding and nothing else, and FFmpeg's own filters over the same clip.

Owns what a yardstick does and how it is timed. All times are CPU seconds, user and system, of the whole process
(`time.process_time`): a helper thread that a decoder starts is counted with it, a wait or a busy neighbour is not.
Opening and reading the file are counted too, as they are for the monitor. One thread each.
"""

from __future__ import annotations

import math
import resource
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise, takewhile
from pathlib import Path
from typing import Any

import av
import av.error
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.container import InputContainer
from av.filter import Graph
from av.filter.context import FilterContext
from av.stream import Discard
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from monitor.errors import SettingsError, SourceError
from monitor.media.source import open_input
from monitor.pipeline import MAX_HOLE_S
from monitor.records import Stream
from monitor.settings import DEFAULT

PICTURE_CHAIN = ("freezedetect", "blackdetect", "signalstats", "blockdetect", "blurdetect", "idet")
SOUND_CHAIN = ("silencedetect", "ebur128", "astats")
"""FFmpeg's filters that look for what the monitor looks for, each with its defaults."""
USUAL_FPS = 25.0
"""Pictures per second of a clip that does not say."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A recorded file. `codec` by FFmpeg's name; `tracks`: places in the container of the picture and of its sound, as
    the monitor chooses them."""

    path: Path
    codec: str
    width: int
    height: int
    fps: float
    tracks: tuple[int, ...]

    @property
    def stream(self) -> Stream:
        """The clip as something to watch."""
        return Stream(id=str(self.path), url=str(self.path))


@dataclass(frozen=True, slots=True)
class Spent:
    """What a pass over a clip cost: CPU seconds; and how much it was: pictures, seconds of media."""

    cpu_s: float
    frames: int
    media_s: float


class Within:
    """Tells which packets of a clip are within its first `limit_s` seconds, by the picture's decoding timestamps, or
    by its rate where it has none: the same packets for everything that is measured. inf: all."""

    def __init__(self, clip: Clip, limit_s: float) -> None:
        self._picture, self._limit_s, self._end = clip.tracks[0], limit_s, math.nan
        self._untimed, self._most = 0, limit_s * clip.fps

    def __call__(self, packet: av.Packet[Any]) -> bool:
        if packet.stream_index != self._picture:
            return True
        if packet.dts is None:
            self._untimed += 1
            return self._untimed <= self._most
        if math.isnan(self._end):
            self._end = packet.dts + self._limit_s / float(packet.time_base)
        return packet.dts < self._end


def probe(path: Path) -> Clip:
    """What a file holds. Raises SettingsError if it cannot be opened or has no picture."""
    try:
        with open_input(Stream(id=str(path), url=str(path)), DEFAULT.source) as source:
            picture = source.tracks[0]
            if picture.kind != "video":
                raise SettingsError(f"{path}: holds no picture ({source.description}); give a file that does")
            tracks = tuple(track.index for track in source.tracks)
            return Clip(path, picture.codec, picture.width, picture.height, picture.fps or USUAL_FPS, tracks)
    except SourceError as error:
        raise SettingsError(f"{error}; give a file that can be read") from None


def bare_decode(clip: Clip, limit_s: float = math.inf) -> Spent:
    """Decode the first `limit_s` seconds of picture and sound and do nothing with them.

    Raises SourceError where the file cannot be read on; packets that cannot be decoded are passed over.
    """
    counted = _Counted(clip, limit_s)
    began = time.process_time()
    for index, frames in decoded(clip, limit_s):
        counted.add(index, frames)
    return counted.spent(time.process_time() - began)


def ffmpeg_chain(clip: Clip, limit_s: float = math.inf) -> Spent:
    """Decode and send every picture through PICTURE_CHAIN, all sound through SOUND_CHAIN, in PyAV's own filter graph.

    Raises SourceError where the file cannot be read on, or the filters do not take what is in it.
    """
    counted = _Counted(clip, limit_s)
    began = time.process_time()
    chains = {index: Chain(PICTURE_CHAIN, SOUND_CHAIN) for index in clip.tracks}
    for index, frames in decoded(clip, limit_s):
        counted.add(index, frames)
        for frame in frames:
            try:
                chains[index].take(frame)
            except (av.error.FFmpegError, ValueError) as error:
                raise SourceError(f"{clip.path}: FFmpeg's filters do not take it: {error}") from None
    return counted.spent(time.process_time() - began)


def ffmpeg_program(clip: Clip, limit_s: float = math.inf) -> float | None:
    """CPU seconds of the `ffmpeg` program over the same chains and the first `limit_s` seconds, one thread for decoding
    and one for filters. None where there is no such program; SourceError with its words where it fails.

    Reads the CPU of children that have ended: no other may end meanwhile.
    """
    program = shutil.which("ffmpeg")
    if program is None:
        return None
    command = [program, "-nostdin", "-v", "error", "-threads", "1", "-filter_threads", "1"]
    command += [] if math.isinf(limit_s) else ["-t", f"{limit_s:g}"]
    command += ["-i", f"file:{clip.path}"]
    for index in clip.tracks:
        command += ["-map", f"0:{index}"]
    command += ["-vf", ",".join(PICTURE_CHAIN)]
    command += ["-af", ",".join(SOUND_CHAIN)] if len(clip.tracks) > 1 else []
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([*command, "-threads", "1", "-f", "null", "-"], capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise SourceError(f"{clip.path}: the ffmpeg program ended with status {done.returncode}: {said}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def versions() -> dict[str, str]:
    """Versions of what decodes: PyAV, the FFmpeg in it, and the `ffmpeg` program ("none" where there is none)."""
    program = shutil.which("ffmpeg")
    said = "none"
    if program is not None:
        words = subprocess.run([program, "-version"], capture_output=True, text=True, check=False).stdout.split()
        said = words[2] if len(words) > 2 else "unknown"
    return {"pyav": av.__version__, "ffmpeg_in_pyav": av.ffmpeg_version_info, "ffmpeg_program": said}


@dataclass(slots=True)
class _Counted:
    """Pictures that came out, by their timestamps."""

    clip: Clip
    limit_s: float
    pts: list[int | None] = field(default_factory=list)
    tick_s: float = 0.0

    def add(self, index: int, frames: list[VideoFrame | AudioFrame]) -> None:
        if index == self.clip.tracks[0] and frames:
            self.pts += [frame.pts for frame in frames]
            self.tick_s = self.tick_s or float(frames[0].time_base or 0)

    def spent(self, cpu_s: float) -> Spent:
        """A picture lasts until the next one; where that cannot be told (no timestamp, a jump), as long as usual."""
        if not self.pts:
            part = "it" if math.isinf(self.limit_s) else f"its first {self.limit_s:g} s"
            raise SourceError(f"{self.clip.path}: no picture of {part} can be decoded; give another clip")
        usual_s = 1 / self.clip.fps
        media_s = usual_s
        for now, then in pairwise(self.pts):
            lasts_s = 0.0 if now is None or then is None else (then - now) * self.tick_s
            media_s += lasts_s if 0 < lasts_s <= MAX_HOLE_S else usual_s
        return Spent(cpu_s, len(self.pts), media_s)


def decoded(clip: Clip, limit_s: float = math.inf) -> Iterator[tuple[int, list[VideoFrame | AudioFrame]]]:
    """Place of a track, and what came out of its decoder, one thread each. Packets that cannot be decoded are passed
    over. Raises SourceError where the file cannot be read on."""
    try:
        with av.open(f"file:{clip.path}", metadata_errors="replace") as container:
            contexts = _contexts(container, clip)
            streams = [container.streams[index] for index in clip.tracks]
            for other in container.streams:
                other.discard = Discard.default if other.index in clip.tracks else Discard.all
            for packet in takewhile(Within(clip, limit_s), container.demux(*streams)):
                if packet.size:
                    yield packet.stream_index, _decode(contexts[packet.stream_index], packet)
            for index, context in contexts.items():
                yield index, _decode(context, None)
    except (av.error.FFmpegError, OSError) as error:
        raise SourceError(f"{clip.path}: cannot be read: {error}") from None


def _contexts(container: InputContainer, clip: Clip) -> dict[int, VideoCodecContext | AudioCodecContext]:
    """The decoders of the watched tracks, one thread each."""
    found: dict[int, VideoCodecContext | AudioCodecContext] = {}
    for index in clip.tracks:
        context = container.streams[index].codec_context
        if isinstance(context, VideoCodecContext | AudioCodecContext):
            context.thread_count = 1
            context.thread_type = "NONE"
            found[index] = context
    return found


def _decode(
    context: VideoCodecContext | AudioCodecContext, packet: av.Packet[Any] | None
) -> list[VideoFrame | AudioFrame]:
    try:
        return [*context.decode(packet)]
    except av.error.FFmpegError:
        return []


@dataclass(slots=True)
class Chain:
    """A graph of filters, each as FFmpeg writes it ("freezedetect=d=0.5"), for frames of one format; another format
    gets another graph."""

    picture: tuple[str, ...]
    sound: tuple[str, ...] = ()
    made_for: tuple[object, ...] = ()
    graph: Graph = field(default_factory=Graph)
    sink: FilterContext | None = None

    def take(self, frame: VideoFrame | AudioFrame) -> list[VideoFrame | AudioFrame]:
        """Send one frame through; what comes out."""
        if isinstance(frame, VideoFrame):
            shape: tuple[object, ...] = (frame.width, frame.height, frame.format.name)
        else:
            shape = (frame.rate, frame.layout.name, frame.format.name)
        if shape != self.made_for:
            self._make(frame)
            self.made_for = shape
        self.graph.push(frame)
        return self._pulled()

    def rest(self) -> list[VideoFrame | AudioFrame]:
        """What the filters held back; no frame may follow."""
        if self.sink is None:
            return []
        self.graph.push(None)
        return self._pulled()

    def _pulled(self) -> list[VideoFrame | AudioFrame]:
        found: list[VideoFrame | AudioFrame] = []
        try:
            while self.sink is not None:
                frame = self.sink.pull()
                if isinstance(frame, VideoFrame | AudioFrame):
                    found.append(frame)
        except (BlockingIOError, EOFError):
            pass
        return found

    def _make(self, frame: VideoFrame | AudioFrame) -> None:
        self.graph = Graph()
        self.graph.threads = 1
        if isinstance(frame, VideoFrame):
            names, sink = self.picture, "buffersink"
            first = self.graph.add_buffer(
                width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base
            )
        else:
            names, sink = self.sound, "abuffersink"
            first = self.graph.add_abuffer(
                sample_rate=frame.rate, format=frame.format, layout=frame.layout, time_base=frame.time_base
            )
        self.sink = self.graph.add(sink)
        self.graph.link_nodes(first, *(self.graph.add(*name.split("=", 1)) for name in names), self.sink)
        self.graph.configure()
