"""Which cases are made, until there are enough events; the same, however many are made at once."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scored import SMALL, truth

from monitor.errors import SettingsError
from monitor.lab.defects import KINDS
from monitor.scoring import plan as module
from monitor.scoring.cases import Request, Tried
from monitor.scoring.material import Source
from monitor.scoring.plan import Line, Plan
from monitor.settings import FAST

SOURCES = [Source(Path(name), name) for name in ("a.ts", "b.ts", "c.ts")]


def plan(**changes: Any) -> Plan:
    return Plan(Path("clips"), FAST, **changes)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"events": 0}, "--events 0: must be from 1 to 5000"),
        ({"workers": 0}, "--workers 0: must be from 1"),
        ({"use": "play"}, "--use play: not known; choose from tuning, reporting"),
        ({"strengths": ("weak", "huge")}, "--strengths huge: not known; choose from weak, middle, strong"),
        ({"strengths": ()}, "--strengths: names nothing"),
        ({"generators": ("third",)}, "--generators third: not known; choose from lab, second"),
        ({"kinds": ("black", "sepia")}, "--kinds sepia: not known; choose from banding, "),
        ({"kinds": ("stall",)}, "--kinds stall: not known; choose from banding, "),
        ({"keep": Path("/nowhere/kept")}, "--keep /nowhere/kept: its folder /nowhere is not there; make it first"),
    ],
)
def test_what_cannot_be_is_refused_with_the_rule(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        plan(**wrong)


def test_a_kind_that_nobody_detects_yet_is_refused_when_named_and_left_out_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "DETECTED", ("freeze", "black", "stall"))
    assert plan().kinds == ("black", "freeze")
    with pytest.raises(
        SettingsError, match="--kinds snow: no detector is registered for it; choose from black, freeze"
    ):
        plan(kinds=("black", "snow"))


def test_names_count_once() -> None:
    made = plan(kinds=("black", "black"), strengths=("weak", "weak"), generators=("lab", "lab"), events=10)
    [line] = made.lines(SOURCES)
    assert line.want == 10


def test_there_is_a_line_for_each_kind_strength_and_generator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "makeable", lambda name: KINDS if name == "lab" else ("black",))
    made = plan(kinds=("black", "freeze"), generators=("lab", "second"), events=10)
    assert [str(line) for line in made.lines(SOURCES)] == [
        *(f"lab {kind} {strength}" for kind in ("black", "freeze") for strength in ("weak", "middle", "strong")),
        *(f"second black {strength}" for strength in ("weak", "middle", "strong")),
    ]
    assert {line.want for line in made.lines(SOURCES)} == {4}
    firsts = [line.next() for line in made.lines(SOURCES)]
    assert len({each.source.name for each in firsts if each is not None}) == 3
    assert {each.seed for each in firsts if each is not None} == {10_000}


def test_seeds_for_tuning_are_never_those_of_a_report() -> None:
    tuning, reporting = plan(use="tuning").seeds, plan(use="reporting").seeds
    assert (tuning.start, tuning.stop, reporting.start) == (0, 10_000, 10_000)
    assert not set(tuning) & set(reporting)


def line(want: int, sources: list[Source] = SOURCES, seeds: range = range(100)) -> Line:
    return Line("lab", "black", "weak", want, sources, seeds, SMALL)


def work(on: Line, events: list[int], at_once: int, order: random.Random) -> list[int]:
    """Make cases, so many at once, done in any order; how many events each has by its seed (0: refused). The seeds that
    were made."""
    waiting: list[Request] = []
    made = []
    while True:
        while len(waiting) < at_once and (asked := on.next()) is not None:
            waiting.append(asked)
        if not waiting:
            return made
        asked = waiting.pop(order.randrange(len(waiting)))
        made.append(asked.seed)
        n = events[asked.seed % len(events)]
        truths = tuple(truth(4 + k, 4.5 + k) for k in range(n))
        on.take(Tried(asked, "" if n else "no motion", truths))


def test_it_goes_on_clip_after_clip_until_there_are_enough() -> None:
    todo = line(9)
    assert work(todo, [2], 1, random.Random(1)) == [0, 1, 2, 3, 4]
    assert [(each.request.source.name, each.request.seed) for each in todo.cases] == [
        *(("a.ts", 0), ("b.ts", 1), ("c.ts", 2), ("a.ts", 3), ("b.ts", 4))
    ]
    assert (todo.events, todo.shortfall, todo.ended) == (10, "", True)


def test_no_more_are_made_at_once_than_will_be_needed() -> None:
    todo = line(4)
    assert [todo.next() is not None for _ in range(4)] == [True, True, False, False]


@given(st.lists(st.integers(0, 4), min_size=1, max_size=8), st.integers(1, 20), st.integers(2, 6), st.integers(0, 9))
def test_the_result_does_not_hang_on_how_many_are_made_at_once(
    events: list[int], want: int, at_once: int, seed: int
) -> None:
    alone, together = line(want), line(want)
    made = work(alone, events, 1, random.Random(0))
    work(together, events, at_once, random.Random(seed))
    assert [each.request for each in together.cases] == [each.request for each in alone.cases]
    assert (together.events, together.shortfall) == (alone.events, alone.shortfall)
    assert made == sorted(made)
    assert alone.events >= want or alone.shortfall


def test_it_gives_up_after_refusals_in_a_row() -> None:
    todo = line(5)
    assert len(work(todo, [2, *([0] * 8)], 1, random.Random(1))) == 7
    assert todo.shortfall == "lab black weak: 2 of 5 events, 6 cases refused; the last refusal: a.ts: no motion"
    many = line(5, SOURCES * 3)
    assert len(work(many, [0], 1, random.Random(1))) == 18
    # One that goes between them is reason to go on.
    assert work(line(4), [0, 0, 0, 0, 2], 1, random.Random(1)) == list(range(10))


def test_it_ends_with_the_seeds() -> None:
    few = line(9, seeds=range(10_000, 10_003))
    assert work(few, [1], 1, random.Random(1)) == [10_000, 10_001, 10_002]
    assert few.shortfall == "lab black weak: 3 of 9 events, 0 cases refused"
