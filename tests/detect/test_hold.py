"""When a detection opens and closes, and that no split of the rows changes it."""

from __future__ import annotations

import itertools
import pickle
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.detect.base import Inputs
from monitor.detect.hold import Hold, HoldState, Rows
from monitor.records import Detection
from monitor.settings import Temporal

SEEN = Inputs(stream="s", watch="w")
HOLD = Hold("black", Temporal(min_duration_s=1.0, clear_s=0.5), "black@1:x")
SLOWLY = Hold("black", Temporal(min_duration_s=1.0, clear_s=0.5, grave_s=2.0), "black@1:x")


def rows(bad: list[bool], step: float = 0.1, start: float = 0.0, lasts: float | None = None) -> Rows:
    t = start + np.arange(len(bad)) * step
    level = np.linspace(0, 1, len(bad))
    return Rows(
        t, np.full(len(bad), step if lasts is None else lasts), t + 1000, np.array(bad), {"level": (level, "max")}
    )


def cut(whole: Rows, first: int, last: int) -> Rows:
    s = slice(first, last)
    evidence = {name: (values[s], how) for name, (values, how) in whole.evidence.items()}
    grave = None if whole.grave is None else whole.grave[s]
    sure = None if whole.confidence is None else whole.confidence[s]
    return Rows(whole.t_s[s], whole.duration_s[s], whole.at[s], whole.bad[s], evidence, grave, sure)


def run(*parts: Rows, end: bool = True, hold: Hold = HOLD) -> list[Detection]:
    state, found = HoldState(), []
    for part in parts:
        state, more = hold.step(state, SEEN, "video", part)
        state = pickle.loads(pickle.dumps(state))
        found += more
    return found + (hold.end(state)[1] if end else [])


def spans(found: list[Detection]) -> list[tuple[float, float | None]]:
    return [(round(d.start_s, 6), None if d.end_s is None else round(d.end_s, 6)) for d in found]


def test_opens_after_its_minimum_and_closes_with_the_first_good_row() -> None:
    found = run(rows([False] * 3 + [True] * 12 + [False] * 10), end=False)
    assert spans(found) == [(0.3, None), (0.3, 1.5)]
    assert found[0].detection_id == found[1].detection_id
    assert [d.revision for d in found] == [0, 1]
    assert (found[1].start_at, found[1].end_at) == (pytest.approx(1000.3), pytest.approx(1001.5))


def test_too_short_is_nothing() -> None:
    assert run(rows([False] + [True] * 9 + [False] * 10)) == []


def test_a_good_spell_shorter_than_clear_does_not_end_it() -> None:
    assert spans(run(rows([True] * 12 + [False] * 4 + [True] * 3 + [False] * 6), end=False)) == [(0, None), (0, 1.9)]


def test_still_bad_at_the_end_ends_with_the_last_row() -> None:
    assert spans(run(rows([False] + [True] * 19)))[-1] == (0.1, 2.0)


def test_a_hole_ends_what_has_not_opened_and_keeps_what_has() -> None:
    pending = run(rows([True] * 9), rows([True] * 9, start=30.0))
    assert pending == []
    opened = run(rows([True] * 11), rows([True] * 2 + [False] * 9, start=30.0), end=False)
    assert spans(opened) == [(0, None), (0, 30.2)]
    gone_in_the_hole = run(rows([True] * 11), rows([False] * 9, start=30.0), end=False)
    assert spans(gone_in_the_hole) == [(0, None), (0, 1.1)]


def test_it_never_ends_before_it_began_on_the_clock() -> None:
    """A backlog that arrives at once makes the clock of earlier rows too late: what lasted is media time."""
    frames = rows([True] * 12 + [False] * 10)
    late = Rows(frames.t_s, frames.duration_s, np.where(frames.bad, 2000.0, 1990.0), frames.bad, frames.evidence)
    found = run(late)
    assert (found[-1].start_at, found[-1].end_at) == (2000.0, pytest.approx(2001.2))


def test_rows_of_unknown_duration_last_until_the_next() -> None:
    assert spans(run(rows([True, True, False, False], step=0.6, lasts=0.0)))[-1] == (0, 1.2)


def test_it_is_minor_until_it_has_been_grave_long_enough() -> None:
    found = run(rows([True] * 30 + [False] * 6), hold=SLOWLY)
    assert [(d.revision, d.severity) for d in found] == [(0, "minor"), (1, "major"), (2, "major")]
    assert found[1].evidence["level"] == pytest.approx(19 / 35)
    short = run(rows([True] * 15 + [False] * 6), hold=SLOWLY)
    assert [(d.revision, d.severity) for d in short] == [(0, "minor"), (1, "minor")]


def test_what_is_told_to_have_begun_earlier_counts_once() -> None:
    """It comes and goes within what counts as gone, and each time it says that it has been there for a second."""

    def flaps(times: int) -> Rows:
        whole = rows([True, False] * times + [False] * 10)
        earlier = np.where(whole.bad, 1.0, 0.0)
        return replace(whole, t_s=whole.t_s - earlier, duration_s=whole.duration_s + earlier)

    assert {d.severity for d in run(flaps(4), hold=SLOWLY)} == {"minor"}, "1.7 s of it"
    found = run(flaps(8), hold=SLOWLY)
    assert {d.severity for d in found} == {"minor", SLOWLY.settings.severity}, "2.5 s"
    assert run(*(cut(flaps(8), k, k + 3) for k in range(0, 26, 3)), hold=SLOWLY) == found


def test_nothing_begins_before_what_was_told_ended() -> None:
    """It was gone for long enough, and comes back with a row that claims all of the time before."""
    first, gone, again = rows([True] * 12), rows([False] * 8, start=1.2), rows([True] * 10, start=2.0)
    claims = replace(
        again,
        t_s=np.concatenate(([0.0], again.t_s[1:])),
        duration_s=np.concatenate(([2.1], again.duration_s[1:])),
        at=np.concatenate(([1000.0], again.at[1:])),
    )
    found = run(first, gone, claims, hold=SLOWLY)
    assert spans(found) == [(0.0, None), (0.0, 1.2), (1.2, None), (1.2, 3.0)]
    assert len({d.detection_id for d in found}) == 2
    assert found[2].start_at == pytest.approx(1001.2)
    assert {d.severity for d in found} == {"minor"}


def test_only_grave_rows_make_it_grave_and_the_surest_row_says_how_sure() -> None:
    bad = rows([True] * 40)
    mixed = replace(bad, grave=np.arange(40) % 4 != 0, confidence=np.linspace(0.5, 0.9, 40))
    found = run(mixed, hold=SLOWLY)
    assert [(d.severity, round(d.confidence, 2)) for d in found] == [("minor", 0.59), ("major", 0.77), ("major", 0.9)]


@given(
    st.lists(st.tuples(st.booleans(), st.sampled_from([0.04, 0.1, 0.5, 1.7, 3.0])), min_size=1, max_size=60),
    st.sampled_from([0.0, 0.04, 0.1]),
    st.data(),
)
def test_any_split_gives_the_same(pattern: list[tuple[bool, float]], lasts: float, data: st.DataObject) -> None:
    t = np.cumsum([gap for _, gap in pattern])
    bad = np.array([b for b, _ in pattern])
    evidence = {"level": (np.sin(t * 9), "max"), "low": (np.cos(t), "min")}
    whole = Rows(t, np.full(len(t), lasts), t, bad, evidence, np.sin(t) > 0, np.abs(np.sin(5 * t)))
    edges = sorted(data.draw(st.sets(st.integers(0, len(t)), max_size=8)) | {0, len(t)})
    parts = [cut(whole, a, b) for a, b in itertools.pairwise(edges)]
    assert run(*parts) == run(whole)
    assert run(*parts, hold=SLOWLY) == run(whole, hold=SLOWLY)
