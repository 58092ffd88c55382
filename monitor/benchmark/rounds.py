"""Each clip against its yardsticks, several times over, so that a noisy minute hits all alike."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from monitor.benchmark.machine import memory_mib
from monitor.benchmark.watching import monitor_cpu_s
from monitor.errors import SourceError
from monitor.lab.yardsticks import Clip, Spent, bare_decode, ffmpeg_chain, ffmpeg_program

WARM_S = 2.0
"""So much of each clip goes through the monitor before anything is timed."""


@dataclass(frozen=True, slots=True)
class Row:
    """What one clip cost. All `_cpu_s` are CPU seconds for the same `media_s` seconds of it, medians over the rounds; a
    ratio is the monitor's CPU seconds over the other's, the median of the ratios within a round. None: not measured.

    `streams_per_core`: how many such streams one core watches in real time. `memory_mib`: see `machine.memory_mib`.
    `note`: why FFmpeg's filters were not measured, though they should have been.
    """

    what: str
    codec: str
    width: int
    height: int
    fps: float
    frames: int
    media_s: float
    rounds: int
    decode_cpu_s: float
    monitor_cpu_s: float
    ffmpeg_cpu_s: float | None
    ffmpeg_program_cpu_s: float | None
    ratio_to_decode: float
    ratio_to_decode_min: float
    ratio_to_decode_max: float
    ratio_to_ffmpeg: float | None
    ratio_to_ffmpeg_program: float | None
    streams_per_core: float
    memory_mib: float | None
    note: str = ""


@dataclass(slots=True)
class _Times:
    """CPU seconds of one clip, one entry per round; those of FFmpeg with the monitor's in the same round."""

    decode: list[Spent] = field(default_factory=list)
    monitor: list[float] = field(default_factory=list)
    chain: list[tuple[float, float]] = field(default_factory=list)
    program: list[tuple[float, float]] = field(default_factory=list)
    note: str = ""


def measure(
    clips: Sequence[Clip],
    rounds: int,
    ffmpeg_rounds: int,
    limit_s: float,
    tell: Callable[[str], None],
) -> list[Row]:
    """Measure the first `limit_s` seconds of each clip (inf: all of it) in `rounds` rounds; FFmpeg's filters, which are
    slow, only in the first `ffmpeg_rounds` of them. The kernels must be warm. `tell` takes lines about the progress.

    Raises SourceError if a clip cannot be read.
    """
    times = [_Times() for _ in clips]
    memory: list[float | None] = []
    for clip in clips:
        tell(f"memory: {clip.path.name}")
        memory.append(memory_mib(clip, limit_s))
        monitor_cpu_s(clip, min(WARM_S, limit_s))
    for n in range(rounds):
        for clip, found in zip(clips, times, strict=True):
            tell(f"round {n + 1} of {rounds}: {clip.path.name}")
            _round(clip, found, n, n < ffmpeg_rounds, limit_s)
    return [_row(*each) for each in zip(clips, times, memory, strict=True)]


def _round(clip: Clip, found: _Times, n: int, with_ffmpeg: bool, limit_s: float) -> None:
    """One round of one clip. Decoding and monitor change places from round to round."""
    if n % 2:
        found.monitor.append(monitor_cpu_s(clip, limit_s))
        found.decode.append(bare_decode(clip, limit_s))
    else:
        found.decode.append(bare_decode(clip, limit_s))
        found.monitor.append(monitor_cpu_s(clip, limit_s))
    if not with_ffmpeg or found.note:
        return
    try:
        found.chain.append((ffmpeg_chain(clip, limit_s).cpu_s, found.monitor[-1]))
        program = ffmpeg_program(clip, limit_s)
        if program is not None:
            found.program.append((program, found.monitor[-1]))
    except SourceError as error:
        found.note = str(error)


def _row(clip: Clip, found: _Times, memory: float | None) -> Row:
    ratios = [ours / theirs.cpu_s for ours, theirs in zip(found.monitor, found.decode, strict=True)]
    monitor = statistics.median(found.monitor)
    media_s = found.decode[0].media_s
    return Row(
        what=clip.path.name,
        codec=clip.codec,
        width=clip.width,
        height=clip.height,
        fps=round(clip.fps, 3),
        frames=found.decode[0].frames,
        media_s=media_s,
        rounds=len(found.monitor),
        decode_cpu_s=statistics.median(spent.cpu_s for spent in found.decode),
        monitor_cpu_s=monitor,
        ffmpeg_cpu_s=_median([theirs for theirs, _ in found.chain]),
        ffmpeg_program_cpu_s=_median([theirs for theirs, _ in found.program]),
        ratio_to_decode=statistics.median(ratios),
        ratio_to_decode_min=min(ratios),
        ratio_to_decode_max=max(ratios),
        ratio_to_ffmpeg=_median([ours / theirs for theirs, ours in found.chain]),
        ratio_to_ffmpeg_program=_median([ours / theirs for theirs, ours in found.program]),
        streams_per_core=media_s / monitor,
        memory_mib=memory,
        note=found.note,
    )


def _median(values: list[float]) -> float | None:
    return statistics.median(values) if values else None
