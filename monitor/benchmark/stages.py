"""Where the monitor's CPU beyond bare decoding goes: stage by stage, and kernel by kernel."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain, islice, pairwise

import numpy as np

from monitor.audio import HOPS_PER_SECOND, ROWS_PER_SECOND, SoundMeter, partners
from monitor.benchmark.watching import monitor_cpu_s, timed_packets, watched
from monitor.columns import form_of, levels_of, tile_pixels
from monitor.detect import DetectorStates, Inputs, panel
from monitor.errors import SourceError
from monitor.incidents import IncidentState, gather
from monitor.kernels import (
    FAST,
    HOPS,
    TICKS,
    chroma_tiles,
    fast_tiles,
    k_weighting,
    moment_state,
    slow_tiles,
    sound_moments,
    sound_rows,
    sound_state,
)
from monitor.kernels import summarise as kernel_summarise
from monitor.lab.yardsticks import Clip, bare_decode
from monitor.measure import SLOW_S, PictureMeter
from monitor.media.decode import Decoder
from monitor.media.source import open_input
from monitor.pipeline import Outcome
from monitor.recorded import PACKETS_AT_A_TIME
from monitor.records import GRID, Frame, FrameBatch, SoundBlock
from monitor.settings import DEFAULT

BARE = "bare decoding"
WHOLE = "monitor, all of it"
KERNEL_FRAMES = 24
"""Frames of a clip that its kernels are timed on: more than fit into a cache, so that none is timed too well."""
KERNEL_S = 0.3
"""Each kernel is timed for at least so long, and so many passes."""
KERNEL_PASSES = 5
KERNEL_SOUND_S = 1.0
KERNEL_MEDIA_S = 10.0
"""So much of a clip is searched for frames and sound to time kernels on."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One part of the cost of a clip. `share`: of bare decoding, 1 = as much as that; medians over the rounds."""

    what: str
    name: str
    ms_per_frame: float
    share: float


@dataclass(frozen=True, slots=True)
class KernelTime:
    """One kernel on real frames of a clip. `calls_per_s`: how often it runs per second of stream, at least."""

    what: str
    width: int
    height: int
    kernel: str
    ms_per_call: float
    calls_per_s: float
    ms_per_frame: float


def stages(clip: Clip, rounds: int, limit_s: float = math.inf) -> list[Stage]:
    """The stages of a clip's cost, bare decoding first and the whole last. The kernels must be warm.

    The bookkeeping is what reading and `Decoder.decode` take beyond bare decoding; the meters are timed around their
    calls; the detectors and incidents on the readings that they were shown; the rest is what remains of the whole
    (arrivals, coverage, lists), and noise. Raises SourceError if the clip cannot be read.
    """
    outcomes = list(watched(clip, limit_s))
    frames = 0
    found: list[dict[str, float]] = []
    for _ in range(rounds):
        decoded = bare_decode(clip, limit_s)
        bare, frames = decoded.cpu_s, decoded.frames
        decoding, picture, sound = _split(clip, limit_s)
        judging = _judging(outcomes)
        whole = monitor_cpu_s(clip, limit_s)
        found.append(
            {
                BARE: bare,
                "reading, bookkeeping of the decoder": decoding - bare,
                "picture meter": picture,
                "sound meter": sound,
                "detectors and incidents": judging,
                "the rest, and noise": whole - decoding - picture - sound - judging,
                WHOLE: whole,
            }
        )
    return [
        Stage(
            clip.path.name,
            name,
            statistics.median(times[name] for times in found) / frames * 1000,
            statistics.median(times[name] / times[BARE] for times in found),
        )
        for name in found[0]
    ]


def kernel_times(clip: Clip) -> list[KernelTime]:
    """What each kernel takes on the first frames and the first sound of a clip. The kernels must be warm.

    Raises SourceError if the clip cannot be read.
    """
    frames, sound = _content(clip)
    if not frames:
        raise SourceError(f"{clip.path}: no picture of it can be decoded")
    pairs = list(pairwise(frames)) or [(frames[0], frames[0])]
    levels, full = levels_of(form_of(frames[0])), tile_pixels(*frames[0].size)
    maximum, dark = FAST.index("maximum"), FAST.index("dark")
    tiles = [fast_tiles(now.planes[0], before.planes[0], levels.dark, levels.unit) for before, now in pairs]
    chroma = [both for before, now in pairs for both in zip(now.planes[1:], before.planes[1:], strict=True)]

    def fast() -> None:
        for before, now in pairs:
            fast_tiles(now.planes[0], before.planes[0], levels.dark, levels.unit)

    def slow() -> None:
        for frame in frames:
            slow_tiles(frame.planes[0], levels.unit, levels.shift, levels.count)

    def sums() -> None:
        for now, before in chroma:
            chroma_tiles(now, before)

    def places() -> None:
        for each in tiles:
            kernel_summarise(each, full, maximum, dark, GRID)

    found = [
        _time(clip, "fast_tiles", fast, len(pairs), clip.fps),
        _time(clip, "slow_tiles", slow, len(frames), 1 / SLOW_S),
        _time(clip, "summarise", places, len(tiles), clip.fps),
    ]
    if chroma:
        found.insert(2, _time(clip, "chroma_tiles", sums, len(chroma), clip.fps * len(chroma) / len(pairs)))
    if sound:
        found += _sound_times(clip, sound)
    return found


def _split(clip: Clip, limit_s: float) -> tuple[float, float, float]:
    """CPU seconds of a pass through decoder and meters, as a pipeline does it: decoding, picture meter, sound meter."""
    clock = time.process_time
    in_picture = in_sound = 0.0
    began = clock()
    with open_input(clip.stream, DEFAULT.source) as source:
        decoder = Decoder(clip.stream.id, source.tracks, "full", None)
        picture, sound = PictureMeter(), SoundMeter()
        packets = timed_packets(source, clip, limit_s)
        drained = False
        while not drained:
            some = list(islice(packets, PACKETS_AT_A_TIME))
            drained = not some
            for item in decoder.flush() if drained else decoder.decode(some):
                start = clock()
                if isinstance(item, FrameBatch):
                    picture.add(item, decoder.timeline)
                    in_picture += clock() - start
                elif isinstance(item, SoundBlock):
                    sound.add(item, decoder.timeline)
                    in_sound += clock() - start
            start = clock()
            picture.take()
            between = clock()
            sound.take(drained)
            in_picture, in_sound = in_picture + between - start, in_sound + clock() - between
        decoder.close()
    return clock() - began - in_picture - in_sound, in_picture, in_sound


def _judging(outcomes: Sequence[Outcome]) -> float:
    """CPU seconds of detectors and incidents on what a pipeline has shown them, in the same steps."""
    began = time.process_time()
    which = panel(DEFAULT)
    states: DetectorStates = {}
    incident = IncidentState()
    covered_s = 0.0
    for n, outcome in enumerate(outcomes, start=1):
        video = tuple(rows for rows in outcome.readings if rows.track == "video")
        audio = tuple(rows for rows in outcome.readings if rows.track != "video")
        ended = n == len(outcomes)
        states, detections = which.step(states, Inputs("", "file", video, audio, tuple(outcome.events), ended=ended))
        covered_s = max([covered_s, *(float(rows.t_s[-1]) for rows in outcome.readings)])
        incident, _ = gather(incident, detections, covered_s, ended)
    return time.process_time() - began


def _content(clip: Clip) -> tuple[list[Frame], list[SoundBlock]]:
    """The first frames of a clip that are alike, and the first sound of one track."""
    frames: list[Frame] = []
    sound: list[SoundBlock] = []
    heard_s = 0.0 if len(clip.tracks) > 1 else math.inf
    with open_input(clip.stream, DEFAULT.source) as source:
        decoder = Decoder(clip.stream.id, source.tracks, "full", None)
        packets = timed_packets(source, clip, KERNEL_MEDIA_S)
        for item in chain(decoder.decode(packets), decoder.flush()):
            if isinstance(item, FrameBatch) and len(frames) < KERNEL_FRAMES:
                first = (frames or item.frames)[0]
                frames += [f for f in item.frames if (f.pixel_format, f.size) == (first.pixel_format, first.size)]
            elif isinstance(item, SoundBlock):
                start = (sound or [item])[0]
                if (item.track, item.rate, item.layout) == (start.track, start.rate, start.layout):
                    sound.append(item)
                    heard_s += item.samples.shape[1] / item.rate
            if len(frames) >= KERNEL_FRAMES and heard_s >= KERNEL_SOUND_S:
                break
        decoder.close()
    return frames, sound


def _sound_times(clip: Clip, sound: Sequence[SoundBlock]) -> list[KernelTime]:
    first = sound[0]
    samples = np.concatenate([block.samples for block in sound], axis=1)
    count = max(samples.shape[1] * ROWS_PER_SECOND // first.rate, 1)
    hops = np.arange(count * HOPS + 1, dtype=np.int64)
    edges = np.minimum(hops * first.rate // HOPS_PER_SECOND, samples.shape[1])
    weighting, pairs = k_weighting(first.rate), partners(first.channels)

    def rows() -> None:
        sound_rows(samples, edges, pairs, weighting, sound_state(len(first.channels)))

    ticks = np.arange(count * TICKS + 1, dtype=np.int64)
    bounds = np.minimum(ticks * first.rate // (ROWS_PER_SECOND * TICKS), samples.shape[1])

    def moments() -> None:
        sound_moments(samples, bounds, moment_state(len(first.channels)))

    channels = f"({len(first.channels)} ch)"
    return [
        _time(clip, f"sound_rows {channels}", rows, count, ROWS_PER_SECOND),
        _time(clip, f"sound_moments {channels}", moments, count, ROWS_PER_SECOND),
    ]


def _time(clip: Clip, kernel: str, work: Callable[[], None], calls: int, calls_per_s: float) -> KernelTime:
    """Time `work`, which calls the kernel so often; the median of its passes."""
    work()
    passes: list[float] = []
    while sum(passes) < KERNEL_S or len(passes) < KERNEL_PASSES:
        began = time.process_time()
        work()
        passes.append(time.process_time() - began)
    ms = statistics.median(passes) / calls * 1000
    return KernelTime(clip.path.name, clip.width, clip.height, kernel, ms, calls_per_s, ms * calls_per_s / clip.fps)
