"""The demonstration's recipes, and its score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import get_args

import pytest

from monitor.lab.demo import DEMO, EARLY_S, LATE_S, Score, demo_recipes, score
from monitor.lab.schedule import Kind, Planned, Recipe
from monitor.records import Detection
from monitor.settings import DEFAULT

ZERO = 1_000_000.0
RECIPES = (
    Recipe("a", "news", "udp", planned=(Planned("black", 10, 15), Planned("stall", 20, 26))),
    Recipe("b", "news", "hls", planned=(Planned("channel_loss", 10, 20, (0,)),)),
)


def seen(stream: str, kind: str, start: float, end: float | None, **more: object) -> Detection:
    """A detection from `start` to `end`, seconds after ZERO, told two seconds later."""
    made = Detection(
        detection_id=f"{stream}/{kind}/{start}",
        revision=0,
        stream=stream,
        kind=kind,
        track="video",
        start_s=start,
        end_s=end,
        start_at=ZERO + start,
        end_at=None if end is None else ZERO + end,
        severity="major",
        confidence=1.0,
        evidence={},
        detector="x@1:0",
        seen_at=ZERO + start + 2,
    )
    return replace(made, **more)  # type: ignore[arg-type]


def scored(*found: Detection, recipes: Sequence[Recipe] = RECIPES) -> Score:
    return score(recipes, found, lambda stream: ZERO)


def test_the_demonstration_shows_every_kind_and_one_stream_is_clean() -> None:
    assert {plan.kind for recipe in DEMO for plan in recipe.planned} == set(get_args(Kind))
    assert [recipe.id for recipe in DEMO if not recipe.planned] == ["clean-http"]
    assert {recipe.transport for recipe in DEMO} == {"hls", "http", "tcp", "udp"}
    assert demo_recipes(60) == DEMO


def test_its_defects_outlast_the_default_durations_and_leave_time_to_end() -> None:
    for recipe in DEMO:
        for plan in recipe.planned:
            least = getattr(getattr(DEFAULT, plan.kind), "min_duration_s", 0.0)
            assert plan.end_s - plan.start_s > least + 1.5 or plan.kind in ("timestamp_jump", "format_change")
            assert 8 <= plan.start_s < plan.end_s <= 45


def test_a_shorter_run_shrinks_it() -> None:
    half = demo_recipes(30)
    assert [recipe.id for recipe in half] == [recipe.id for recipe in DEMO]
    for short, full in zip(half, DEMO, strict=True):
        assert [(p.start_s * 2, p.end_s * 2, p.amount) for p in short.planned] == [
            (p.start_s, p.end_s, p.amount) for p in full.planned
        ]


def test_found_is_told_with_its_delay_and_missed_without() -> None:
    result = scored(seen("a", "black", 10.2, 15))
    assert [(row.stream, row.kind, row.found_at, row.delay_s) for row in result.rows] == [
        ("a", "black", ZERO + 10.2, pytest.approx(2.2)),
        ("a", "stall", None, None),
        ("b", "channel_loss", None, None),
    ]
    assert (result.rows[0].start_at, result.rows[0].end_at) == (ZERO + 10, ZERO + 15)
    assert result.unexpected == ()


def test_the_delay_counts_until_it_was_first_told() -> None:
    opened = seen("a", "black", 10, None)
    closed = replace(opened, revision=1, end_s=15.0, end_at=ZERO + 15, seen_at=ZERO + 17)
    for order in ((opened, closed), (closed, opened)):
        result = scored(*order)
        assert result.rows[0].delay_s == pytest.approx(2)
        assert result.unexpected == ()


def test_a_companion_explains_but_does_not_outrank_the_kind_itself() -> None:
    both = scored(seen("a", "no_input", 21, 26), seen("a", "stall", 21.5, 26))
    assert (both.rows[1].found_kind, both.rows[1].found_at) == ("stall", ZERO + 21.5)
    assert both.unexpected == ()
    alone = scored(seen("a", "no_input", 21, 26))
    assert alone.rows[1].found_kind == "no_input"
    wrong = scored(seen("a", "freeze", 10, 15))
    assert [each.kind for each in wrong.unexpected] == ["freeze"]


def test_minor_ones_of_kinds_that_are_not_scheduled_are_told_apart() -> None:
    minor = replace(seen("a", "blur", 10, 15), severity="minor")
    result = scored(minor, replace(seen("a", "tearing", 10, 15), severity="major"))
    assert [each.kind for each in result.beside] == ["blur"]
    assert [each.kind for each in result.unexpected] == ["tearing"]


@pytest.mark.parametrize(
    ("stream", "kind", "start", "expected"),
    [
        ("a", "black", 10 - EARLY_S - 0.1, False),
        ("a", "black", 10 - EARLY_S, True),
        ("a", "black", 15 + LATE_S["udp"], True),
        ("a", "black", 15 + LATE_S["udp"] + 0.1, False),
        ("b", "channel_loss", 20 + LATE_S["hls"], True),
        ("b", "black", 10, False),
        ("c", "black", 10, False),
    ],
)
def test_what_a_schedule_explains(stream: str, kind: str, start: float, expected: bool) -> None:
    result = scored(seen(stream, kind, start, start + 5))
    assert (result.unexpected == ()) == expected
    assert any(row.found_at for row in result.rows) == expected


def test_each_goes_to_the_nearest_of_several() -> None:
    recipes = (Recipe("b", "news", "hls", planned=(Planned("black", 10, 13), Planned("black", 18, 21))),)
    result = scored(seen("b", "black", 18.5, 21), recipes=recipes)
    assert [row.found_at for row in result.rows] == [None, ZERO + 18.5]
