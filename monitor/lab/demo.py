"""The demonstration's streams, and how well their defects were found: scheduled, found, delay.

The defects of the full minute are longer than the minimum durations of the `default` profile; those of a shorter run
shrink with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import get_args

from monitor.lab.encode import SEGMENT_S
from monitor.lab.schedule import Kind, Planned, Recipe, Transport
from monitor.records import Detection

FULL_S = 60.0
DEMO: tuple[Recipe, ...] = (
    Recipe("news-hls", "news", "hls", seed=1, planned=(Planned("black", 9, 17), Planned("silence", 27, 38))),
    Recipe("film-hls", "film", "hls", seed=2, planned=(Planned("freeze", 12, 24),)),
    Recipe("sports-hls", "sports", "hls", seed=3, planned=(Planned("no_input", 14, 26), Planned("stall", 36, 45))),
    Recipe(
        "cartoon-udp",
        "cartoon",
        "udp",
        seed=4,
        planned=(Planned("decode_error", 12, 17), Planned("timestamp_jump", 32, 33, amount=20)),
    ),
    Recipe(
        "talk-tcp",
        "news",
        "tcp",
        seed=5,
        planned=(Planned("channel_loss", 10, 21, channels=(1,)), Planned("format_change", 34, 35)),
    ),
    Recipe("arena-udp", "sports", "udp", seed=6, planned=(Planned("stall", 13, 21), Planned("track_loss", 33, 43))),
    Recipe("clean-http", "film", "http", seed=7),
)
"""Seven small streams for a minute: each kind of defect once, and one clean."""

COMPANIONS: Mapping[Kind, frozenset[str]] = {
    "no_input": frozenset({"stall"}),
    "stall": frozenset({"no_input"}),
    "decode_error": frozenset({"block_corruption"}),
}
"""What a defect may rightly show as besides its own kind: a reader cannot tell a sender that stalls from one that is
away, only how long it lasts; and damage is seen in the picture too."""
EARLY_S = 1.5
"""A detection may begin this long before its schedule: pictures are grouped, media time and clock differ a little."""
LATE_S: Mapping[Transport, float] = {"hls": 5.0 * SEGMENT_S, "http": 3.0, "tcp": 3.0, "udp": 3.0}
"""... and this long after it. An HLS reader starts three segments behind, and a segment is there once complete."""


@dataclass(frozen=True, slots=True)
class Row:
    """A scheduled defect and what was found of it. `_at` is UTC; `delay_s`: from its start until it was told."""

    stream: str
    kind: Kind
    start_at: float
    end_at: float
    found_at: float | None
    """Where the detection begins; None: not found."""
    found_kind: str | None
    """The detection's own kind: a companion (`COMPANIONS`) counts where the scheduled kind itself was not seen."""
    delay_s: float | None


@dataclass(frozen=True, slots=True)
class Score:
    """All scheduled defects, in the order of their recipes, and the detections that no schedule explains."""

    rows: tuple[Row, ...]
    unexpected: tuple[Detection, ...]
    beside: tuple[Detection, ...]
    """Minor ones of kinds that are never scheduled: pictures encoded as cheaply as these get worse at times."""


def demo_recipes(duration_s: float) -> tuple[Recipe, ...]:
    """The demonstration for a run of so many seconds: `DEMO` with all times scaled."""
    factor = duration_s / FULL_S
    return tuple(
        replace(
            recipe,
            planned=tuple(
                replace(plan, start_s=plan.start_s * factor, end_s=plan.end_s * factor) for plan in recipe.planned
            ),
        )
        for recipe in DEMO
    )


def score(recipes: Sequence[Recipe], found: Sequence[Detection], started_at: Callable[[str], float]) -> Score:
    """Hold what was found (all revisions, in any order) against what was scheduled.

    `started_at`: UTC of media second 0 of a stream (`LiveLab.started_at`). A detection belongs to a scheduled defect of
    its stream and kind (or a companion) if it begins while that lasts, within `EARLY_S` and `LATE_S`; to the nearest
    one if there are several. Of those that belong, the earliest of the kind itself, else the earliest companion, is
    what was found, and none is unexpected.
    """
    scheduled = [(recipe, plan, started_at(recipe.id) + plan.start_s) for recipe in recipes for plan in recipe.planned]
    belonging: list[list[tuple[float, Detection]]] = [[] for _ in scheduled]
    unexpected, beside = [], []
    for each in _merged(found):
        fits = [
            (each.kind != plan.kind, abs(each.start_at - start_at), index)
            for index, (recipe, plan, start_at) in enumerate(scheduled)
            if each.start_at is not None and each.stream == recipe.id and _explains(recipe, plan, start_at, each)
        ]
        if fits and each.start_at is not None:
            belonging[min(fits)[2]].append((each.start_at, each))
        elif each.kind in get_args(Kind) or each.severity not in ("info", "minor"):
            unexpected.append(each)
        else:
            beside.append(each)
    rows = tuple(
        _row(recipe.id, plan, start_at, mine)
        for (recipe, plan, start_at), mine in zip(scheduled, belonging, strict=True)
    )
    return Score(rows, tuple(unexpected), tuple(beside))


def _explains(recipe: Recipe, plan: Planned, start_at: float, each: Detection) -> bool:
    """Whether a detection of the same stream can come from this scheduled defect."""
    if each.start_at is None or each.kind not in {plan.kind, *COMPANIONS.get(plan.kind, ())}:
        return False
    end_at = start_at + plan.end_s - plan.start_s
    return start_at - EARLY_S <= each.start_at <= end_at + LATE_S[recipe.transport]


def _row(stream: str, plan: Planned, start_at: float, mine: Sequence[tuple[float, Detection]]) -> Row:
    end_at = start_at + plan.end_s - plan.start_s
    if not mine:
        return Row(stream, plan.kind, start_at, end_at, None, None, None)
    found_at, best = min(mine, key=lambda pair: (pair[1].kind != plan.kind, pair[0]))
    delay_s = None if best.seen_at is None else best.seen_at - start_at
    return Row(stream, plan.kind, start_at, end_at, found_at, best.kind, delay_s)


def _merged(found: Sequence[Detection]) -> list[Detection]:
    """One row per detection: its last revision, with the time when it was first told."""
    last: dict[str, Detection] = {}
    first_seen: dict[str, float] = {}
    for each in sorted(found, key=lambda each: each.revision):
        last[each.detection_id] = each
        if each.seen_at is not None:
            first_seen.setdefault(each.detection_id, each.seen_at)
    return [replace(each, seen_at=first_seen.get(name)) for name, each in last.items()]
