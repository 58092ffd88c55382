"""One case, from making it to what was found in it; one clean clip: what a worker process does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from monitor.errors import SettingsError, SourceError
from monitor.lab.defects.footage import Size
from monitor.lab.truth import REFERENCE, SUFFIX, Case, Strength, Truth, read_case
from monitor.scoring.generators import maker
from monitor.scoring.material import Source
from monitor.scoring.watched import Watched, watch, watch_ffmpeg
from monitor.settings import Profile

By = Literal["monitor", "ffmpeg"]


@dataclass(frozen=True, slots=True)
class Request:
    """A clip to be made: everything that it depends on."""

    generator: str
    kind: str
    strength: Strength
    source: Source
    seed: int
    size: Size

    @property
    def name(self) -> str:
        """A file name that no other request has."""
        size = f"{self.size.width}x{self.size.height}-{self.size.fps}fps-{self.size.seconds:g}s"
        clip = self.source.name.replace("/", "__")
        return f"{self.generator}-{self.kind}-{self.strength}-{clip}-{self.seed}-{size}.ts"

    def __str__(self) -> str:
        return f"{self.generator} {self.kind} {self.strength} of {self.source.name}, seed {self.seed}"


@dataclass(frozen=True, slots=True)
class Watching:
    """How clips are watched. `ffmpeg`: kinds that FFmpeg's filters are asked for, too."""

    profile: Profile
    ffmpeg: tuple[str, ...] = ()

    def __call__(self, clip: Path) -> dict[By, Watched]:
        """What each of the two finds. Raises SourceError, SettingsError if the clip cannot be read."""
        found: dict[By, Watched] = {"monitor": watch(clip, self.profile)}
        if self.ffmpeg:
            found["ffmpeg"] = watch_ffmpeg(clip, self.ffmpeg, self.profile)
        return found


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a request. `refused`: why the clip was not made; then there is nothing else."""

    request: Request
    refused: str = ""
    truths: tuple[Truth, ...] = ()
    seen: Mapping[By, Watched] = field(default_factory=dict)
    slight: tuple[Truth, ...] = ()


@dataclass(frozen=True, slots=True)
class Clean:
    """What was found in a clean clip. `problem`: why it could not be watched; then there is nothing else."""

    clip: Path
    problem: str = ""
    seen: Mapping[By, Watched] = field(default_factory=dict)


def try_case(request: Request, watching: Watching, folder: Path, keep: bool) -> Tried:
    """Make a clip in a folder, or take the one that was kept there, watch it, and delete it unless it is to be kept."""
    clip = folder / request.name
    try:
        case = _kept(clip, request)
        if case is None:
            make = maker(request.generator)
            case = make(request.kind, request.strength, request.source.path, clip, request.seed, request.size)
        if not case.truths:
            return Tried(request, refused="made without a defect")
        return Tried(request, "", case.truths, watching(clip), case.slight)
    except SettingsError as error:
        return Tried(request, refused=str(error))
    except Exception as error:
        error.add_note(f"in the case {request}")
        raise
    finally:
        if not keep:
            clip.unlink(missing_ok=True)
            for suffix in (SUFFIX, REFERENCE):
                clip.with_name(clip.name + suffix).unlink(missing_ok=True)


def try_clean(clip: Path, watching: Watching) -> Clean:
    """Watch a clean clip to its end."""
    try:
        return Clean(clip, "", watching(clip))
    except (SourceError, SettingsError) as error:
        return Clean(clip, problem=str(error))


def _kept(clip: Path, request: Request) -> Case | None:
    """The case of a clip that is there already, if it is the one that is asked for."""
    if not clip.is_file():
        return None
    try:
        case = read_case(clip)
    except SettingsError:
        return None
    made = (case.kind, case.strength, case.seed, case.made_from)
    return case if made == (request.kind, request.strength, request.seed, request.source.path.name) else None
