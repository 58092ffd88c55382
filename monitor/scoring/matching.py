"""Which detection is which defect: one to one, by how far they overlap in time. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from monitor.lab.truth import Truth
from monitor.records import Severity

LEAST_OVERLAP = 0.5
"""Intersection over union from which on a detection is taken for a defect."""

LEAST_AGREEMENT_MS, AGREEMENT = 20.0, 0.1
"""So far, or by this share, the sizes of a defect and a detection may differ."""


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
    amount: float | None = None
    """How large, where that has a sign: it must be the defect's."""


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


def match(truths: Sequence[Truth], found: Sequence[Found], clip_s: float, slight: Sequence[Truth] = ()) -> Matched:
    """Pair defects and detections of one kind in one clip of `clip_s` seconds, from the best overlap down.

    `slight`: what is wrong besides, but less than is asked for. Its time counts neither for nor against a detection:
    not into the union with a defect, up to as much as the defect lasts; and a detection that lies in it by half is no
    extra.
    """
    ends = [clip_s if each.end_s is None else each.end_s for each in found]
    spans = [(each.start_s, end_s) for each, end_s in zip(found, ends, strict=True)]
    beside = [(each.start_s, each.end_s) for each in slight]
    overlaps = [
        (overlap(truth.start_s, truth.end_s, *span, _within(*span, beside)), t, f)
        for t, truth in enumerate(truths)
        for f, span in enumerate(spans)
    ]
    mine: dict[int, int] = {}
    for share, t, f in sorted(overlaps, key=lambda each: (-each[0], each[1:])):
        if share >= LEAST_OVERLAP and t not in mine and f not in mine.values() and _agree(truths[t], found[f]):
            mine[t] = f
    left = [f for f in range(len(found)) if f not in mine.values()]
    return Matched(
        pairs=tuple(Pair(truths[t], found[f], ends[f]) for t, f in sorted(mine.items())),
        misses=tuple(truth for t, truth in enumerate(truths) if t not in mine),
        extras=tuple(found[f] for f in left if not _mostly_within(*spans[f], beside)),
    )


def _agree(truth: Truth, found: Found) -> bool:
    """Whether they are as large, and of the same sign, where that is told."""
    if found.amount is None or truth.unit != "ms":
        return True
    return abs(found.amount - truth.amount) <= max(LEAST_AGREEMENT_MS, AGREEMENT * abs(truth.amount))


def overlap(start_s: float, end_s: float, other_start_s: float, other_end_s: float, uncounted_s: float = 0.0) -> float:
    """Intersection over union of two spans; so much of the union does not count, which lies outside the first, but no
    more than that lasts."""
    both = min(end_s, other_end_s) - max(start_s, other_start_s)
    whole = max(end_s, other_end_s) - min(start_s, other_start_s) - min(uncounted_s, end_s - start_s)
    return max(both, 0.0) / whole if whole > 0 else 0.0


def _within(start_s: float, end_s: float, spans: Sequence[tuple[float, float]]) -> float:
    """How much of a span lies in some that do not overlap."""
    return sum(max(0.0, min(end_s, b) - max(start_s, a)) for a, b in spans)


def _mostly_within(start_s: float, end_s: float, spans: Sequence[tuple[float, float]]) -> bool:
    if start_s == end_s:
        return any(a <= start_s <= b for a, b in spans)
    return _within(start_s, end_s, spans) >= LEAST_OVERLAP * (end_s - start_s)
