"""Which detection is which defect: one to one, by how far they overlap in time. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from monitor.lab.truth import Truth
from monitor.records import Severity

LEAST_OVERLAP = 0.5
"""Intersection over union from which on a detection is taken for a defect."""


@dataclass(frozen=True, slots=True)
class Found:
    """What somebody found in a clip, in seconds from its first picture. `end_s` None: still there at the clip's end.

    `told_s`: how much of the clip had been sent when it was told first. `area`: share of the picture, where it is said.
    """

    kind: str
    start_s: float
    end_s: float | None
    told_s: float
    severity: Severity = "major"
    area: float | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """A defect and the detection of it. `end_s`: of the detection."""

    truth: Truth
    found: Found
    end_s: float

    @property
    def delay_s(self) -> float:
        """From the defect's first picture to when it was told."""
        return self.found.told_s - self.truth.start_s

    @property
    def edges_s(self) -> tuple[float, float]:
        """How far the detection's start and end are from the defect's."""
        return abs(self.found.start_s - self.truth.start_s), abs(self.end_s - self.truth.end_s)


@dataclass(frozen=True, slots=True)
class Matched:
    """What came of the defects and detections of one clip."""

    pairs: tuple[Pair, ...]
    misses: tuple[Truth, ...]
    extras: tuple[Found, ...]


def match(truths: Sequence[Truth], found: Sequence[Found], clip_s: float) -> Matched:
    """Pair defects and detections of one kind in one clip of `clip_s` seconds, from the best overlap down."""
    ends = [clip_s if each.end_s is None else each.end_s for each in found]
    overlaps = [
        (overlap(truth.start_s, truth.end_s, each.start_s, end_s), t, f)
        for t, truth in enumerate(truths)
        for f, (each, end_s) in enumerate(zip(found, ends, strict=True))
    ]
    mine: dict[int, int] = {}
    for share, t, f in sorted(overlaps, key=lambda each: (-each[0], each[1:])):
        if share >= LEAST_OVERLAP and t not in mine and f not in mine.values():
            mine[t] = f
    return Matched(
        pairs=tuple(Pair(truths[t], found[f], ends[f]) for t, f in sorted(mine.items())),
        misses=tuple(truth for t, truth in enumerate(truths) if t not in mine),
        extras=tuple(each for f, each in enumerate(found) if f not in mine.values()),
    )


def overlap(start_s: float, end_s: float, other_start_s: float, other_end_s: float) -> float:
    """Intersection over union of two spans."""
    both = min(end_s, other_end_s) - max(start_s, other_start_s)
    whole = max(end_s, other_end_s) - min(start_s, other_start_s)
    return max(both, 0.0) / whole if whole > 0 else 0.0
