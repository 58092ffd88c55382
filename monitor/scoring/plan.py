"""What is scored: kinds, strengths, clips and seeds; and which case is made next until there are enough events."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from monitor.detect import KINDS as DETECTED
from monitor.errors import SettingsError
from monitor.lab.defects.footage import Size
from monitor.lab.defects.make import LEAST_S, USUAL
from monitor.lab.truth import STRENGTHS, Strength
from monitor.scoring.cases import Request, Tried
from monitor.scoring.generators import GENERATORS, makeable
from monitor.scoring.material import USES, Source, Use
from monitor.settings import Profile

FIRST_SEED: dict[Use, int] = {"tuning": 0, "reporting": 10_000}
SEEDS = 10_000
"""Seeds of each use."""
EXPECTED = 2
"""Events of a case, mostly: so many are counted on from each that is being made."""
ROUNDS = 2
LEAST_REFUSALS = 6
"""A line is given up after as many refusals in a row as go twice over all its clips, and at least so many."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What one run scores. Raises SettingsError for what cannot be.

    `kinds` (none: all that are detected and can be made), `strengths`, `generators`: by name. `events`: at least so
    many of each kind and generator, shared among the strengths. `split`, `clean`: see `material.gather`. `keep`: a
    folder where made clips stay.
    """

    media: Path
    profile: Profile
    use: Use = "reporting"
    kinds: tuple[str, ...] = ()
    strengths: tuple[str, ...] = STRENGTHS
    generators: tuple[str, ...] = ("lab",)
    events: int = 60
    size: Size = USUAL
    split: Path | None = None
    clean: tuple[Path, ...] = ()
    keep: Path | None = None
    workers: int = 1

    def __post_init__(self) -> None:
        for name, value, least, most in (("--events", self.events, 1, 5000), ("--workers", self.workers, 1, 1024)):
            if not least <= value <= most:
                raise SettingsError(f"{name} {value}: must be from {least} to {most}")
        if self.size.seconds < LEAST_S:
            raise SettingsError(f"--seconds {self.size.seconds:g}: must be {LEAST_S:g} or more, to hold two defects")
        _check("--use", (self.use,), USES)
        _check("--strengths", self.strengths, STRENGTHS)
        _check("--generators", self.generators, GENERATORS)
        made = dict.fromkeys(kind for generator in self.generators for kind in makeable(generator))
        both = tuple(kind for kind in made if kind in DETECTED)
        if unseen := [kind for kind in self.kinds if kind in made and kind not in DETECTED]:
            raise SettingsError(
                f"--kinds {','.join(unseen)}: no detector is registered for it; choose from {', '.join(both)}"
            )
        if self.kinds:
            _check("--kinds", self.kinds, both)
        for name, chosen in (
            ("kinds", self.kinds or both),
            ("strengths", self.strengths),
            ("generators", self.generators),
        ):
            object.__setattr__(self, name, tuple(dict.fromkeys(chosen)))
        if self.keep is not None and not (self.keep.is_dir() or self.keep.parent.is_dir()):
            raise SettingsError(f"--keep {self.keep}: its folder {self.keep.parent} is not there; make it first")

    @property
    def seeds(self) -> range:
        """The seeds of its use."""
        return range(FIRST_SEED[self.use], FIRST_SEED[self.use] + SEEDS)

    def lines(self, sources: Sequence[Source]) -> list[Line]:
        """One for each kind, strength and generator that makes this kind."""
        want = math.ceil(self.events / len(self.strengths))
        found = []
        for generator in self.generators:
            made = makeable(generator)
            for kind in self.kinds:
                for strength in STRENGTHS:
                    if kind in made and strength in self.strengths:
                        # Others begin with another clip, so that a short run has many of them.
                        first = (made.index(kind) + STRENGTHS.index(strength)) % len(sources)
                        turned = (*sources[first:], *sources[:first])
                        found.append(Line(generator, kind, strength, want, turned, self.seeds, self.size))
        return found


def _check(name: str, given: Iterable[str], known: Sequence[str]) -> None:
    given = list(given)
    if unknown := [each for each in given if each not in known]:
        raise SettingsError(f"{name} {','.join(unknown)}: not known; choose from {', '.join(known)}")
    if not given:
        raise SettingsError(f"{name}: names nothing; choose from {', '.join(known)}")


@dataclass(slots=True)
class Line:
    """The cases of one kind, strength and generator, until there are `want` events.

    The cases stand in a fixed order, clip after clip, each with the next seed, and the result is the shortest beginning
    of it that has enough: the same, however many are made at once and whichever is done first.
    """

    generator: str
    kind: str
    strength: Strength
    want: int
    sources: Sequence[Source]
    seeds: range
    size: Size
    asked: int = 0
    _tried: dict[int, Tried] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.generator} {self.kind} {self.strength}"

    def next(self) -> Request | None:
        """What to make next; None while enough is being made, and when there is nothing more to make."""
        waiting = self.asked - len(self._tried)
        counted = sum(len(tried.truths) for tried in self._tried.values()) + EXPECTED * waiting
        if counted >= self.want or self.ended or self.asked >= len(self.seeds):
            return None
        source, seed = self.sources[self.asked % len(self.sources)], self.seeds[self.asked]
        self.asked += 1
        return Request(self.generator, self.kind, self.strength, source, seed, self.size)

    def take(self, tried: Tried) -> None:
        """What came of a request."""
        self._tried[self.seeds.index(tried.request.seed)] = tried

    @property
    def cases(self) -> list[Tried]:
        """The cases that count: in their order, up to the last that is needed, without those that were refused."""
        return [tried for tried in self._counted() if not tried.refused]

    @property
    def events(self) -> int:
        """How many defects there are in them."""
        return sum(len(tried.truths) for tried in self.cases)

    @property
    def ended(self) -> bool:
        """Whether nothing more is needed, or there is no hope."""
        return self.events >= self.want or _refused_in_a_row(self._counted()) >= self._most_refusals

    @property
    def shortfall(self) -> str:
        """Once all is done: why there are fewer events than wanted; nothing if there are enough."""
        if self.events >= self.want:
            return ""
        refusals = [tried for tried in self._counted() if tried.refused]
        last = f"; the last refusal: {refusals[-1].request.source.name}: {refusals[-1].refused}" if refusals else ""
        return f"{self}: {self.events} of {self.want} events, {len(refusals)} cases refused{last}"

    @property
    def _most_refusals(self) -> int:
        return max(ROUNDS * len(self.sources), LEAST_REFUSALS)

    def _counted(self) -> list[Tried]:
        found: list[Tried] = []
        events = 0
        for n in range(self.asked):
            if n not in self._tried or events >= self.want or _refused_in_a_row(found) >= self._most_refusals:
                break
            found.append(self._tried[n])
            events += len(self._tried[n].truths)
        return found


def _refused_in_a_row(tried: Sequence[Tried]) -> int:
    """How many of the last were refused."""
    return next((n for n, each in enumerate(reversed(tried)) if not each.refused), len(tried))
