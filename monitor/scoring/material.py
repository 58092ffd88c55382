"""Which clips thresholds are fitted on and which only report: told apart by name, once and for all."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal, get_args

from pydantic import ConfigDict, ValidationError

from monitor.catalog import MEDIA_SUFFIXES
from monitor.errors import SettingsError
from monitor.lab.yardsticks import probe
from monitor.settings import Section, explain

Use = Literal["tuning", "reporting"]
USES: tuple[Use, ...] = get_args(Use)

SHIPPED = Path(__file__).with_name("split.toml")
BESIDE = "split.toml"
"""A folder of clips may say itself what its clips are for."""


class Split(Section):
    """What clips are for, by their names: of the file, of its path below the folder, or patterns of these.

    `only_clean`: no defects are made of them, but false alarms are counted on them. A clip that stands in neither of
    the first two belongs to one of them by its name (see `part`).
    """

    model_config = ConfigDict(strict=False)  # TOML has lists, and no tuples.

    tuning: tuple[str, ...] = ()
    reporting: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    only_clean: tuple[str, ...] = ()

    @classmethod
    def load(cls, path: Path) -> Split:
        """Read a TOML file. Raises SettingsError naming file, key, rule and remedy."""
        try:
            split = cls.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise SettingsError(f"split {path}: cannot be read as TOML: {error}; mend the file") from None
        except ValidationError as error:
            raise SettingsError(f"split {path}: {explain(error)}") from None
        twice = set(split.tuning) & set(split.reporting)
        if twice:
            raise SettingsError(
                f"split {path}: {', '.join(sorted(twice))} stand in tuning and in reporting; take them out of one"
            )
        return split

    def says(self, name: str) -> bool:
        """Whether it says anything of a clip."""
        return any(_among(name, names) for names in (self.tuning, self.reporting, self.ignore, self.only_clean))

    def unknown(self, names: Iterable[str]) -> list[str]:
        """What it names that is not among these clips."""
        said = (*self.tuning, *self.reporting, *self.ignore, *self.only_clean)
        names = list(names)
        return [entry for entry in dict.fromkeys(said) if not any(_among(name, (entry,)) for name in names)]


def part(name: str, split: Split) -> Use | None:
    """What a clip is for; None: ignored. Where the split does not say: by the name of its file without suffix, the
    same everywhere and for ever."""
    if _among(name, split.ignore):
        return None
    if _among(name, split.tuning):
        return "tuning"
    if _among(name, split.reporting):
        return "reporting"
    digest = hashlib.blake2b(Path(name).stem.encode(), digest_size=1).digest()
    return "reporting" if digest[0] % 2 else "tuning"


@dataclass(frozen=True, slots=True)
class Source:
    """A clip to make defects of. `name`: its path below the folder."""

    path: Path
    name: str


@dataclass(frozen=True, slots=True)
class Material:
    """Clips of one part: to make defects of, and clean ones. `notes`: what was left out, and why."""

    sources: tuple[Source, ...]
    clean: tuple[Path, ...]
    notes: tuple[str, ...]


def gather(media: Path, use: Use, split: Path | None, clean: Sequence[Path]) -> Material:
    """The clips of a folder for one use. `split`: a file that says what they are for (None: one in the folder, if
    there is one, and the one that comes with the package). `clean`: folders and files of clean material for the same
    use, by the same rules (none: the clips of `media`).

    Raises SettingsError for what is not there, and where nothing is left.
    """
    if not media.is_dir():
        raise SettingsError(f"--media {media}: no such folder; name a folder of clips")
    beside = media / BESIDE if split is None and (media / BESIDE).is_file() else split
    given = Split() if beside is None else Split.load(beside)
    shipped = Split.load(SHIPPED)
    left: list[str] = []
    skipped: list[str] = []

    def usable(root: Path, path: Path) -> str | None:
        """The name of a clip that is for this use."""
        name = path.relative_to(root).as_posix() if path != root else path.name
        meant_for = part(name, given if given.says(name) else shipped)
        if meant_for is not None and path.suffix.lower() not in MEDIA_SUFFIXES:
            skipped.append(f"{name} (no media file)")
        elif meant_for != use:
            left.append(name)
        else:
            try:
                probe(path)
            except SettingsError as error:
                skipped.append(f"{name} ({error})")
            else:
                return name
        return None

    files = _files(media)
    named = [(path, name) for path in files if (name := usable(media, path)) is not None]
    sources = tuple(Source(path, name) for path, name in named if not _only_clean(name, given, shipped))
    if not sources:
        raise SettingsError(f"--media {media}: no clip for {use} in it; {_reasons(left, skipped)}")
    found = tuple(path for path, _ in named)
    if clean:
        found = tuple(dict.fromkeys(path for place in clean for path in _clean(place, usable)))
        if not found:
            raise SettingsError(
                f"--clean {' '.join(map(str, clean))}: no clip for {use} in it; {_reasons(left, skipped)}"
            )
    notes = [f"skipped: {each}" for each in skipped]
    names = [path.relative_to(media).as_posix() for path in files]
    notes += [f"{beside} names {entry}, which is not there" for entry in given.unknown(names)]
    return Material(sources, found, tuple(notes))


def _only_clean(name: str, given: Split, shipped: Split) -> bool:
    return _among(name, (given if given.says(name) else shipped).only_clean)


def _clean(place: Path, usable: Callable[[Path, Path], str | None]) -> list[Path]:
    if not place.exists():
        raise SettingsError(f"--clean {place}: no such file or folder; correct it")
    files = _files(place) if place.is_dir() else [place]
    return [path for path in files if usable(place, path) is not None]


def _files(folder: Path) -> list[Path]:
    """All files below a folder that could be clips."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != BESIDE)


def _reasons(left: Sequence[str], skipped: Sequence[str]) -> str:
    """Why nothing is left, and the remedy."""
    said = [f"{len(left)} are for the other use, or ignored"] if left else []
    said += [f"{len(skipped)} are no clips: {'; '.join(skipped[:3])}"] if skipped else []
    return f"{', '.join(said) or 'it is empty'}; add clips, or say with --split what each is for"


def _among(name: str, patterns: Iterable[str]) -> bool:
    """Whether a name below a folder, or its last part, is one of these, or fits one."""
    last = name.rsplit("/", 1)[-1]
    return any(each in (name, last) or fnmatchcase(name, each) or fnmatchcase(last, each) for each in patterns)
