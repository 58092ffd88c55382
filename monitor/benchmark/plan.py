"""What one run measures: given clips as they are, or clips made for it; and the run itself."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from monitor.benchmark.crowd import Crowd, crowd
from monitor.benchmark.machine import machine
from monitor.benchmark.report import Report
from monitor.benchmark.rounds import measure
from monitor.benchmark.stages import Stage, kernel_times, stages
from monitor.errors import SettingsError
from monitor.kernels import warm_up
from monitor.lab.clips import ENCODINGS, SIZES, make_clip, suffix
from monitor.lab.yardsticks import Clip, probe

MADE_FPS = 30
MADE_S = 10.0
"""Length of made clips where nothing else is said."""
QUICK_SIZES = ("480p", "720p", "1080p")
CROWD_ROUNDS = 5
"""Many streams at once take long: so many rounds of them at most."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure. Raises SettingsError for what cannot be.

    `media`: clips, measured as they are; with `matrix`, what clips of every codec and size are made of (at most one).
    Without any, clips are made of lab scenes. `seconds`: how long made clips are, and how much of given ones is
    measured (None: 10 s of made ones, all of given ones). `rounds`, `ffmpeg_rounds`: see `rounds.measure`. `streams`:
    measure so many of each clip in one process too (0: do not). `profile`: tell where the time goes.
    """

    media: tuple[Path, ...] = ()
    matrix: bool = False
    seconds: float | None = None
    rounds: int = 5
    ffmpeg_rounds: int = 1
    streams: int = 0
    profile: bool = False

    def __post_init__(self) -> None:
        if self.seconds is not None and not 0.5 <= self.seconds <= 86_400:
            raise SettingsError(f"--seconds {self.seconds:g}: must be from 0.5 to 86400")
        for name, value, least, most in (
            ("--rounds", self.rounds, 1, 1000),
            ("--ffmpeg-rounds", self.ffmpeg_rounds, 0, 1000),
            ("--streams", self.streams, 0, 10_000),
        ):
            if not least <= value <= most:
                raise SettingsError(f"{name} {value}: must be from {least} to {most}")
        if self.matrix and len(self.media) > 1:
            raise SettingsError("--matrix with several files: clips are made of one; name one file, or none")


def run(plan: Plan, tell: Callable[[str], None]) -> Report:
    """Make what must be made, and measure. `tell` takes lines about the progress.

    Raises SettingsError for a file that is no clip or cannot be made into one, SourceError for one that breaks off.
    """
    notes: list[str] = []
    given = [probe(path) for path in plan.media]
    with ExitStack() as held:
        clips, limit_s = given, math.inf if plan.seconds is None else plan.seconds
        if plan.matrix or not given:
            folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="monitor-bench-")))
            clips, limit_s = _made(plan, folder, tell), math.inf
            content = (
                f"of {plan.media[0].name}" if plan.media else "of lab scenes, which are easier to decode than most"
            )
            notes.append(f"clips made {content}")
        tell("compiling the kernels")
        warm_up()
        rows = measure(clips, plan.rounds, plan.ffmpeg_rounds, limit_s, tell)
        notes += [f"not measured: {row.note}" for row in rows if row.note]
        parts: list[Stage] = []
        crowds: list[Crowd] = []
        for clip in clips:
            if plan.profile:
                tell(f"profile: {clip.path.name}")
                parts += stages(clip, plan.rounds, limit_s)
            if plan.streams:
                tell(f"{plan.streams} streams: {clip.path.name}")
                crowds.append(crowd(clip, plan.streams, min(plan.rounds, CROWD_ROUNDS), limit_s))
        tell("kernels")
        kernels = [time for clip in _one_of_each_size(clips) for time in kernel_times(clip)]
    return Report(machine(), rows, kernels, parts, crowds, notes)


def _made(plan: Plan, folder: Path, tell: Callable[[str], None]) -> list[Clip]:
    wanted = [(c, s) for c in ENCODINGS for s in SIZES] if plan.matrix else [("h264", s) for s in QUICK_SIZES]
    source = plan.media[0] if plan.media else None
    seconds = plan.seconds or MADE_S
    clips = []
    for codec, size in wanted:
        path = folder / f"{codec}_{size}{suffix(codec)}"
        tell(f"making {path.name}, {seconds:g} s")
        clips.append(probe(make_clip(path, codec, *SIZES[size], MADE_FPS, seconds, source)))
    return clips


def _one_of_each_size(clips: Iterable[Clip]) -> list[Clip]:
    """Kernels see pixels, not codecs."""
    found: dict[tuple[int, int], Clip] = {}
    for clip in clips:
        found.setdefault((clip.width, clip.height), clip)
    return list(found.values())
