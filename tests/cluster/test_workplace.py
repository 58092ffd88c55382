"""Many sessions in one process: reports until acknowledged, and a bug in one watch that spares the others."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from clips import make_clip

from monitor.cluster.session import Session
from monitor.cluster.workplace import Assignment, Report, Workplace
from monitor.records import Coverage, Detection, Event, Stream
from monitor.settings import FAST
from monitor.store import open_results


@pytest.fixture
def workplace(tmp_path: Path) -> Iterator[Workplace]:
    place = Workplace("w", str(tmp_path / "results"), decode_threads=2)
    yield place
    place.stop()


def assignment(name: str, url: str) -> Assignment:
    return Assignment(Stream(id=name, url=url), FAST)


def gather(place: Workplace, done: Callable[[list[Report]], bool], limit_s: float = 20.0) -> list[Report]:
    reports: list[Report] = []
    deadline = time.monotonic() + limit_s
    while not done(reports):
        assert time.monotonic() < deadline, reports[-1:]
        fresh = place.report(reports[-1].number if reports else 0)
        assert [r.number for r in fresh] == [len(reports) + 1]
        reports += fresh
        time.sleep(0.05)
    return reports


def rows(reports: list[Report], kind: type) -> list:
    return [row for report in reports for part in report.streams for row in part.rows if isinstance(row, kind)]


def test_reports_come_again_until_they_are_acknowledged(workplace: Workplace) -> None:
    first = workplace.report(0)
    again = workplace.report(0)
    assert [r.number for r in first] == [1]
    assert [r.number for r in again] == [1, 2]
    assert [r.number for r in workplace.report(2)] == [3]


def test_two_streams_are_watched_and_one_removed(workplace: Workplace, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", [("moving", 1.0), ("black", 8.0)])
    workplace.assign([assignment("a", str(clip)), assignment("b", str(clip))])
    assert len({session._turns for session in workplace._sessions.values()}) == 1
    reports = gather(workplace, lambda seen: len({d.stream for d in rows(seen, Detection)}) == 2)
    workplace.remove(["a"])
    number = reports[-1].number
    reports += workplace.report(number)
    closed = [d for d in rows(reports, Detection) if d.end_s is not None]
    assert [(d.stream, d.kind) for d in closed] == [("a", "black")]
    assert {row.stream for row in rows(reports, Coverage)} == {"a"}
    workplace.stop()
    assert set(open_results(str(tmp_path / "results")).readings("video").column("stream").to_pylist()) == {"a", "b"}


def test_a_stream_is_compared_with_its_reference(workplace: Workplace, media: Path) -> None:
    """Both at their own pace: what is said of the second comes after a quarter of a minute."""
    url = str(media / "sintel_trailer_480p.mp4")
    edge = Stream(id="edge", url=url, reference="origin")
    alone = Stream(id="alone", url=url, reference="nobody")
    workplace.assign([Assignment(edge, FAST), Assignment(alone, FAST), assignment("origin", url)])
    reports = gather(workplace, lambda seen: any(row.kind == "compared" for row in rows(seen, Event)), 60.0)
    (event, *_) = (row for row in rows(reports, Event) if row.kind == "compared")
    assert (event.stream, event.track, event.numbers["alike"]) == ("edge", "audio:0", 1.0)
    assert event.value == pytest.approx(0.0, abs=0.01)
    assert event.numbers["late_s"] == pytest.approx(0.0, abs=2.0)
    assert event.at == pytest.approx(time.time(), abs=10.0)


def test_a_bug_in_comparing_ends_the_comparing_alone(
    workplace: Workplace, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object) -> list[object]:
        raise ZeroDivisionError("rtmp://user:hunter2@host/live")

    monkeypatch.setattr(workplace._comparing, "compare", breaks)
    monkeypatch.setattr(workplace._comparing, "due", lambda _: ["edge"] if breaks not in told else [])
    told: list[object] = []
    url = str(media / "sintel_trailer_480p.mp4")
    workplace.assign([Assignment(Stream(id="edge", url=url, reference="origin"), FAST), assignment("origin", url)])
    reports = gather(workplace, lambda seen: any(row.kind == "not_compared" for row in rows(seen, Event)))
    told.append(breaks)
    details = [row.detail for row in rows(reports, Event) if row.kind == "not_compared"]
    assert "ZeroDivisionError" in details[0]
    assert "hunter2" not in details[0]
    assert "edge" in workplace._sessions


def test_a_bug_in_one_watch_spares_the_others(
    workplace: Workplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = make_clip(tmp_path / "clip.mp4", [("moving", 6.0)])
    work = Session.work

    def breaks(session: Session) -> bool:
        if session.stream.id == "bad":
            raise ZeroDivisionError("rtmp://user:hunter2@host/live")
        return work(session)

    monkeypatch.setattr(Session, "work", breaks)
    workplace.assign([assignment("bad", str(clip)), assignment("good", str(clip))])
    reports = gather(workplace, lambda seen: any(p.crashed for r in seen for p in r.streams))
    crashed = [p for r in reports for p in r.streams if p.crashed]
    assert [p.stream for p in crashed] == ["bad"]
    assert "ZeroDivisionError" in crashed[0].crashed
    assert "hunter2" not in crashed[0].crashed
    number = reports[-1].number
    deadline = time.monotonic() + 15
    while not any(p.status and p.status.frames > 10 for r in workplace.report(number) for p in r.streams):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    monkeypatch.undo()
