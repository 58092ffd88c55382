"""When the events of a clip are. Owns the distances between them; what suits a defect is asked of the defect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from monitor.errors import SettingsError
from monitor.lab.second.pictures import Clip, Span

LEAD_S = 4.0
REST_S = 4.0
TAIL_S = 2.0
SHORTEST_S = 1.5
LONGEST_S = 5.0
LEAST_S = LEAD_S + SHORTEST_S + TAIL_S

# A frame's worth, so that rounding to frames never makes a distance shorter than promised.
_HAIR_S = 1e-6

Suits = Callable[[Span], bool]


class Named(Protocol):
    """What has the name of the source that it was read from."""

    @property
    def name(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Axis:
    """What events are placed on: `steps` frames or samples, `rate` of them a second; and how many seconds one lasts."""

    name: str
    steps: int
    rate: int
    shortest_s: float = SHORTEST_S
    longest_s: float = LONGEST_S


def _propose(axis: Axis, count: int, dice: np.random.Generator) -> tuple[Span, ...] | None:
    distances_s = (LEAD_S, REST_S, TAIL_S, axis.shortest_s, axis.longest_s)
    lead, rest, tail, shortest, longest = (int(np.ceil(seconds * axis.rate - _HAIR_S)) for seconds in distances_s)
    room = axis.steps - lead - tail - rest * (count - 1)
    if room < shortest * count:
        return None
    lengths = dice.integers(shortest, min(longest, room // count) + 1, size=count)
    slack = np.sort(dice.integers(0, room - int(lengths.sum()) + 1, size=count))
    starts = lead + slack + np.concatenate(([0], np.cumsum(lengths)[:-1])) + rest * np.arange(count)
    return tuple(Span(int(start), int(start + length)) for start, length in zip(starts, lengths, strict=True))


def choose(clip: Clip, dice: np.random.Generator, suits: Suits, needs: str, tries: int = 400) -> tuple[Span, ...]:
    """Two spans at random that suit the defect, or one where two find no place.

    `needs` says in words what a span must show; `tries`: proposals before giving up, fewer where asking costs.
    Raises SettingsError where no span of the clip shows it.
    """
    return choose_on(Axis(clip.name, len(clip.frames), clip.fps), dice, suits, needs, tries)


def choose_on(axis: Axis, dice: np.random.Generator, suits: Suits, needs: str, tries: int = 400) -> tuple[Span, ...]:
    """The same on any axis."""
    for count in (2, 1):
        for _ in range(tries):
            spans = _propose(axis, count, dice)
            if spans is None:
                break
            if all(suits(span) for span in spans):
                return spans
    raise unsuited(axis, needs)


def unsuited(source: Named, needs: str) -> SettingsError:
    """The error of a source in which this defect would not be noticed, or that has it already."""
    return SettingsError(f"source {source.name} does not suit: {needs}; take another source, or another seed")
