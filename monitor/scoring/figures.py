"""From what was made and what was found to one row per kind, strength, generator and finder. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from monitor.lab.truth import STRENGTHS
from monitor.records import Severity
from monitor.scoring.cases import By, Clean, Tried
from monitor.scoring.generators import amount
from monitor.scoring.matching import Found, Matched, match
from monitor.scoring.watched import YARDSTICKS

ALL = "all"
ALARMING: tuple[Severity, ...] = ("major", "critical")
"""A detection of these in clean material is a false alarm; of others, it is counted apart."""
CONFIDENCE = 0.95
VARIED = ("block_corruption",)
"""Kinds that are made in more than one way, each of which has its own rows: the unit of the truth says which."""
NEAR = 2.0
"""An area is right within this factor."""


@dataclass(frozen=True, slots=True)
class Row:
    """How well a kind is found. None: there is nothing to tell it from. `variant`: how it was made, where there is more
    than one way.

    `false_alarms_per_stream_hour`, `minor_...`: on clean clips, by severity; `false_alarm_upper_95`: the rate that the
    true one is below with 95 % (exact, Poisson). `elsewhere`: detections of this kind per stream-hour in clips with
    other defects, some of which are rightly of this kind too. `delay_*`: from the first picture of a defect to when it
    was told. `edge_*_frames`: how far starts and ends are off. `area_within_2`: share of the events found that take a
    part of the picture, of which the detection says how much, within a factor of 2.
    """

    kind: str
    variant: str
    generator: str
    by: By
    strength: str
    amount: float | None
    unit: str
    events: int
    precision: float | None
    recall: float | None
    f1: float | None
    misses: int
    extras: int
    false_alarms_per_stream_hour: float | None
    false_alarm_upper_95: float | None
    minor_alarms_per_stream_hour: float | None
    elsewhere: float | None
    delay_p50_s: float | None
    delay_p95_s: float | None
    edge_p50_frames: float | None
    edge_p95_frames: float | None
    area_within_2: float | None


@dataclass(frozen=True, slots=True)
class Alarms:
    """Detections of a kind in so many hours, where there should be none."""

    alarms: int
    minor: int
    hours: float


def score(cases: Sequence[Tried], clean: Sequence[Clean]) -> list[Row]:
    """The rows: a kind's generators, of each the monitor and FFmpeg where it has a filter, of each every strength and
    all of them together."""
    rows: list[Row] = []
    for kind in dict.fromkeys(case.request.kind for case in cases):
        for generator in dict.fromkeys(case.request.generator for case in cases):
            made = [case for case in cases if case.request.generator == generator]
            mine = [case for case in made if case.request.kind == kind]
            for variant in sorted({_variant(case) for case in mine}):
                these = [case for case in mine if _variant(case) == variant]
                for by in finders(kind):
                    rows += _rows(by, these, alarms(clean, kind, by), elsewhere(made, kind, by))
    return rows


def _variant(case: Tried) -> str:
    return case.truths[0].unit if case.request.kind in VARIED and case.truths else ""


def _rows(by: By, cases: Sequence[Tried], false: Alarms, other: float | None) -> list[Row]:
    """Of every strength, and of all of them together."""
    found = []
    for strength in (*STRENGTHS, ALL):
        chosen = [case for case in cases if strength in (ALL, case.request.strength)]
        if chosen:
            found.append(_row(by, strength, chosen, false, other))
    return found


def finders(kind: str) -> tuple[By, ...]:
    """Who looks for a kind."""
    return ("monitor", "ffmpeg") if kind in YARDSTICKS else ("monitor",)


def matched(case: Tried, by: By) -> Matched:
    """The defects of a case and what was found of its kind."""
    if by not in case.seen:
        return Matched((), case.truths, ())
    seen = case.seen[by]
    found = [each for each in seen.found if each.kind == case.request.kind]
    return match(case.truths, found, seen.media_s, case.slight)


def alarms(clean: Iterable[Clean], kind: str, by: By) -> Alarms:
    """What was found of a kind in clean clips."""
    seen = [each.seen[by] for each in clean if by in each.seen]
    found = [each for watched in seen for each in watched.found if each.kind == kind]
    alarming = sum(is_alarm(each) for each in found)
    return Alarms(alarming, len(found) - alarming, sum(watched.media_s for watched in seen) / 3600)


def is_alarm(found: Found) -> bool:
    """Whether somebody would be called for it."""
    return found.severity in ALARMING


def elsewhere(cases: Iterable[Tried], kind: str, by: By) -> float | None:
    """Detections of a kind per hour in the cases of other kinds."""
    seen = [case.seen[by] for case in cases if case.request.kind != kind and by in case.seen]
    hours = sum(watched.media_s for watched in seen) / 3600
    return sum(each.kind == kind for watched in seen for each in watched.found) / hours if hours else None


def upper_rate(events: int, hours: float, confidence: float = CONFIDENCE) -> float:
    """The rate per hour that the true one is below with this confidence, after so many events in so many hours: at it,
    as few as that are seen with the probability that remains (Garwood, exact for a Poisson process)."""
    low, high = 0.0, events + 10.0 * math.sqrt(events + 1.0) + 10.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_most(events, middle) > 1 - confidence else (low, middle)
    return high / hours if hours > 0 else math.inf


def _at_most(events: int, mean: float) -> float:
    """Probability of so many events or fewer."""
    if mean == 0:
        return 1.0
    return math.fsum(math.exp(n * math.log(mean) - mean - math.lgamma(n + 1)) for n in range(events + 1))


def _row(by: By, strength: str, cases: Sequence[Tried], false: Alarms, other: float | None) -> Row:
    """Of cases of one kind, variant and generator."""
    kind, generator = cases[0].request.kind, cases[0].request.generator
    found = [(matched(case, by), case) for case in cases]
    pairs = [pair for each, _ in found for pair in each.pairs]
    misses, extras = sum(len(each.misses) for each, _ in found), sum(len(each.extras) for each, _ in found)
    fps = [case.seen[by].fps for each, case in found for _ in each.pairs]
    edges = [edge_s * rate for pair, rate in zip(pairs, fps, strict=True) for edge_s in pair.edges_s]
    delays = [pair.delay_s for pair in pairs]
    areas = [
        1 / NEAR <= pair.found.area / pair.truth.area <= NEAR
        for pair in pairs
        if pair.found.area is not None and pair.truth.area < 1
    ]
    hours = false.hours
    strong, unit = amount(generator, kind, strength, [truth for case in cases for truth in case.truths])
    return Row(
        kind=kind,
        variant=_variant(cases[0]),
        generator=generator,
        by=by,
        strength=strength,
        amount=strong,
        unit=unit,
        events=len(pairs) + misses,
        precision=_share(len(pairs), len(pairs) + extras),
        recall=_share(len(pairs), len(pairs) + misses),
        f1=_share(2 * len(pairs), 2 * len(pairs) + misses + extras),
        misses=misses,
        extras=extras,
        false_alarms_per_stream_hour=false.alarms / hours if hours else None,
        false_alarm_upper_95=upper_rate(false.alarms, hours) if hours else None,
        minor_alarms_per_stream_hour=false.minor / hours if hours else None,
        elsewhere=other,
        delay_p50_s=_quantile(delays, 0.5),
        delay_p95_s=_quantile(delays, 0.95),
        edge_p50_frames=_quantile(edges, 0.5),
        edge_p95_frames=_quantile(edges, 0.95),
        area_within_2=_share(sum(areas), len(areas)),
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _quantile(values: Sequence[float], share: float) -> float | None:
    return float(np.quantile(values, share)) if values else None
