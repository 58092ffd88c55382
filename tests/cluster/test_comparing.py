"""Pairs of one process: what is due, what is found, who is missing, and where a defect came in."""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "sync"))
from test_compare import pictures, sound

from monitor.cluster import comparing
from monitor.cluster.comparing import Comparing, Note
from monitor.records import Detection, Readings, Stream
from monitor.sync import Pair

ORIGIN, EDGE = Stream("origin", "a.ts"), Stream("edge", "b.ts", reference="origin")


def feed(place: Comparing, stream: str, late_s: float, seconds: float = 40.0, seed: int = 1) -> None:
    parts: list[Readings] = [pictures(seconds, late_s, seed), sound(seconds, late_s, seed)]
    place.add(stream, [replace(part, stream=stream) for part in parts], [])


@pytest.fixture
def place() -> Comparing:
    place = Comparing()
    place.watch(ORIGIN)
    place.watch(EDGE)
    return place


def defect(stream: str, start_s: float, end_s: float | None = None, kind: str = "freeze") -> Detection:
    id = f"{kind}-{stream}"
    return Detection(id, 0, stream, kind, "video", start_s, end_s, None, None, "major", 1.0, {}, "d@1:0")


def test_a_pair_is_due_when_there_is_enough_and_is_asked_once(place: Comparing) -> None:
    both = ("origin", "edge")
    assert place.due(both) == []
    feed(place, "origin", 0.0)
    feed(place, "edge", 1.5)
    assert place.due(both) == ["edge"]
    assert place.due(both) == [], "it waits in line already"
    found = place.compare("edge")
    assert found[-1].late_s == pytest.approx(1.5, abs=0.02)
    assert place.due(both) == []
    assert place.compare("origin") == []


def test_a_bug_in_asking_what_is_due_shows_where_it_is_caught(
    place: Comparing, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(_: Pair) -> bool:
        raise ZeroDivisionError

    feed(place, "origin", 0.0)
    monkeypatch.setattr(Pair, "due", property(breaks))
    assert place.due(("origin", "edge")) == ["edge"]


def test_streams_without_a_reference_cost_nothing(place: Comparing) -> None:
    place.watch(Stream("other", "c.ts"))
    feed(place, "other", 0.0)
    assert "other" not in place._prints
    place.forget("edge")
    assert place._prints == {}
    assert place.compare("edge") == []
    assert place.notes("edge") == []


def test_a_reference_that_is_not_here_is_told_once(place: Comparing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "ABSENT_S", 0.0)
    assert place.due(("edge",)) == ["edge"]
    assert place.compare("edge") == []
    assert place.notes("edge") == [
        Note("not_compared", 0.0, "reference 'origin' is not watched by this worker, or brings nothing")
    ]
    assert place.due(("edge",)) == []
    feed(place, "origin", 0.0)
    assert place.due(("edge", "origin")) == [], "it is there, but there is nothing to compare yet"
    assert place.due(("edge",)) == ["edge"], "it is gone again"


def test_where_a_defect_came_in(place: Comparing) -> None:
    feed(place, "origin", 0.0)
    feed(place, "edge", 1.5)
    place.due(("origin", "edge"))
    place.compare("edge")
    place.add("origin", [], [defect("origin", 10.0, 14.0)])
    place.add("edge", [], [defect("edge", 11.6), defect("edge", 20.0, kind="black")])
    assert place.notes("edge") == [], "it was told at 40 s: the reference has not shown enough yet"
    later = [replace(part, t_s=part.t_s + 40) for part in (pictures(10, 0.0), sound(10, 0.0))]
    place.add("origin", later, [])
    place.add("edge", [], [defect("edge", 45.0, kind="snow")])
    notes = place.notes("edge")
    assert {note.track for note in notes} == {"video"}
    assert [note.value for note in notes] == [1.0, 0.0]
    assert notes[0].detail == "freeze freeze-edge came from 'origin', which has freeze-origin"
    assert notes[1].detail == "black black-edge came in after 'origin', which has none there"
    assert place.notes("edge") == [], "of snow the reference has not shown enough yet"
    later = [replace(part, t_s=part.t_s + 50) for part in (pictures(20, 0.0), sound(20, 0.0))]
    place.add("origin", later, [])
    assert [note.value for note in place.notes("edge")] == [0.0]


def test_a_stream_that_is_watched_again_is_not_compared_with_what_it_was(place: Comparing) -> None:
    feed(place, "origin", 0.0, 100.0)
    feed(place, "edge", 1.5)
    place.add("origin", [], [defect("origin", 10.0)])
    place.forget("origin")
    place.watch(ORIGIN)
    assert place.due(("origin", "edge")) == []
    feed(place, "origin", 0.0)
    feed(place, "edge", 0.0)
    place.due(("origin", "edge"))
    place.compare("edge")
    place.add("edge", [], [defect("edge", 11.5)])
    assert [note.value for note in place.notes("edge")] in ([], [0.0]), "what was open then is not now"


def test_a_reference_that_brings_nothing_is_told(place: Comparing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "SILENT_S", 0.0)
    monkeypatch.setattr(comparing, "ABSENT_S", 0.0)
    feed(place, "edge", 0.0)
    assert place.due(("origin", "edge")) == ["edge"]
    assert place.compare("edge") == []
    assert [note.kind for note in place.notes("edge")] == ["not_compared"]


def test_defects_do_not_wait_for_ever(place: Comparing) -> None:
    for k in range(30):
        later = [replace(part, t_s=part.t_s + 20 * k) for part in (pictures(20, 0.0), sound(20, 0.0))]
        place.add("edge", [replace(part, stream="edge") for part in later], [defect("edge", 20.0 * k)])
    assert len(place._pairs["edge"].to_trace) <= comparing.KEEP_S / 20 + 1


def test_kinds_of_arrival_are_not_traced_and_nothing_is_before_the_two_are_known_to_be_alike(place: Comparing) -> None:
    place.add("edge", [], [defect("edge", 1.0, kind="stall"), defect("edge", 2.0)])
    feed(place, "origin", 0.0)
    assert place.notes("edge") == []
    feed(place, "edge", 0.0)
    place.due(("origin", "edge"))
    place.compare("edge")
    later = [replace(part, t_s=part.t_s + 40) for part in (pictures(20, 0.0), sound(20, 0.0))]
    place.add("origin", later, [])
    assert [note.detail.split()[0] for note in place.notes("edge")] == ["freeze"]


def test_another_programme_is_not_a_place_to_trace_to(place: Comparing) -> None:
    feed(place, "origin", 0.0)
    feed(place, "edge", 0.0, seed=4)
    place.add("edge", [], [defect("edge", 5.0)])
    place.due(("origin", "edge"))
    assert all(math.isnan(each.late_s) for each in place.compare("edge"))
    assert place.notes("edge") == []
