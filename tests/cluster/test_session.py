"""One live stream in a worker, by itself: paced, stopped, handed on, and never held up by a source that hangs."""

from __future__ import annotations

import math
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from clips import FPS, make_clip
from counting import Counting

from monitor.cluster.costs import shipped
from monitor.cluster.session import Session, _Closed
from monitor.cluster.turns import Turns
from monitor.media.source import Input, open_input
from monitor.pipeline import Outcome, Pipeline, TimedPacket
from monitor.records import Coverage, Detection, Event, Stream
from monitor.settings import FAST, SourceSettings


class Holder:
    """Does what a workplace does for one session, in the test's own thread."""

    def __init__(self, url: str, begun: object = None, turns: Turns | None = None) -> None:
        self.woken = threading.Event()
        self.session = Session(
            Stream(id="s", url=url),
            FAST,
            begun,  # type: ignore[arg-type]
            lambda _: self.woken.set(),
            turns=turns,
        )
        self.outcomes: list[Outcome] = []
        self.session.start()

    def until(self, done: Callable[[], bool], limit_s: float = 20.0) -> None:
        deadline = time.monotonic() + limit_s
        while not done():
            assert time.monotonic() < deadline, f"not within {limit_s} s: {self.session.report()[2]}"
            self.woken.wait(0.05)
            self.woken.clear()
            while self.session.work():
                pass
            self.session.tick(time.time())
            self.outcomes.append(self.session.report()[0])

    def rows(self, kind: type) -> list:
        return [row for outcome in self.outcomes for row in outcome.rows() if isinstance(row, kind)]

    def kinds(self) -> set[str]:
        return {d.kind for d in self.rows(Detection)}

    def stop(self) -> None:
        self.session.stop()
        self.outcomes.append(self.session.report()[0])


@pytest.fixture
def mute() -> object:
    """A server that accepts and says nothing."""
    server = socket.create_server(("127.0.0.1", 0))
    yield f"tcp://127.0.0.1:{server.getsockname()[1]}"
    server.close()


def test_a_file_is_watched_at_its_own_pace_and_ends(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", [("moving", 1.0), ("black", 1.5), ("moving", 1.0)])
    holder = Holder(str(clip))
    began = time.monotonic()
    holder.until(lambda: any(e.kind == "ended" for e in holder.rows(Event)))
    assert time.monotonic() - began >= 3.0
    assert holder.session.report()[2].cores == shipped().estimate("h264", 320, 180, 25)
    assert "black" in holder.kinds()
    holder.stop()
    found = [d for d in holder.rows(Detection) if d.kind == "black"]
    assert [d.revision for d in found] == [0, 1]
    assert found[1].start_at is not None
    assert abs((found[1].end_at or 0) - found[1].start_at - 1.5) < 0.3
    covered = holder.rows(Coverage)
    assert 3.0 < sum(row.seconds for row in covered if row.watched) < 4.0


def test_a_source_that_hangs_is_a_fault_of_its_own_and_stops_in_time(mute: str) -> None:
    holder = Holder(mute)
    holder.until(lambda: "no_input" in holder.kinds())
    assert math.isnan(holder.session.report()[2].cores), "nobody knows what it costs before it was opened"
    began = time.monotonic()
    holder.stop()
    assert time.monotonic() - began < 5.0
    last = [d for d in holder.rows(Detection) if d.kind == "no_input"][-1]
    assert last.end_s is not None
    rows = holder.rows(Coverage)
    assert rows
    assert not any(row.watched for row in rows)


@pytest.mark.parametrize("where", ["opening", "reading"])
def test_a_reader_that_meets_any_error_says_so_and_opens_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    clip = make_clip(tmp_path / "clip.mp4", [("moving", 1.0)])
    broken = [True]

    class Reading:
        def __init__(self, source: Input) -> None:
            self._source = source

        def __enter__(self) -> Reading:
            return self

        def __exit__(self, *_: object) -> None:
            self._source.__exit__(None, None, None)

        def __getattr__(self, name: str) -> object:
            return getattr(self._source, name)

        def packets(self) -> Iterator[TimedPacket]:
            raise ValueError("nobody thought of http://user:secret@host/")
            yield

    def opens(stream: Stream, settings: SourceSettings) -> object:
        if not broken:
            return open_input(stream, settings)
        broken.clear()
        if where == "opening":
            raise ValueError("nobody thought of http://user:secret@host/")
        return Reading(open_input(stream, settings))

    monkeypatch.setattr("monitor.cluster.session.open_input", opens)
    holder = Holder(str(clip))
    holder.until(lambda: any(e.kind == "ended" for e in holder.rows(Event)))
    holder.stop()
    event = next(e for e in holder.rows(Event) if e.kind == ("open_failed" if where == "opening" else "lost"))
    assert event.detail.startswith("ValueError: nobody thought of")
    assert "secret" not in str([e.detail for e in holder.rows(Event)])


def test_packets_are_due_after_a_while_and_markers_at_once(tmp_path: Path) -> None:
    session = Session(Stream(id="s", url="none.mp4"), FAST, None, lambda _: None)
    assert not session.is_due(100.0)
    session._queue.append((None, None, 100.0))  # type: ignore[arg-type]
    assert [session.is_due(now) for now in (100.1, 100.39, 100.41)] == [False, False, True]
    session._queue.clear()
    session._put(_Closed("lost", "gone", threading.Event()))
    assert session.is_due(0.0)


def test_another_goes_on_from_the_checkpoint(tmp_path: Path) -> None:
    holder = Holder(str(tmp_path / "gone.mp4"))
    holder.until(lambda: "no_input" in holder.kinds())
    checkpoint = holder.session.report()[1]
    holder.session.stop(for_good=False)
    clip = make_clip(tmp_path / "gone.mp4", [("moving", 4.0)])
    second = Holder(str(clip), checkpoint)
    second.until(lambda: any(d.end_s is not None for d in second.rows(Detection)))
    first_id = holder.rows(Detection)[0].detection_id
    closed = [d for d in second.rows(Detection) if d.end_s is not None]
    assert [(d.detection_id, d.kind, d.revision) for d in closed] == [(first_id, "no_input", 1)]
    assert next(e.kind for e in second.rows(Event)) == "moved"
    second.stop()


def test_packets_are_taken_in_a_turn_and_pictures_decoded_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = make_clip(tmp_path / "clip.mp4", [("moving", 1.0)])
    turns, real, batches = Counting(), Pipeline.packets, []

    def packets(pipeline: Pipeline, some: Sequence[TimedPacket], now: float) -> None:
        assert turns.mine
        batches.append(len(some))
        real(pipeline, some, now)

    monkeypatch.setattr(Pipeline, "packets", packets)
    holder = Holder(str(clip), turns=turns)
    holder.until(lambda: any(e.kind == "ended" for e in holder.rows(Event)))
    holder.stop()
    assert turns.taken == len(batches) > 0
    assert turns.aside_in_turn == FPS, "once per packet of the picture"
    assert turns.aside_without == 1, "at the end the decoder is drained by a thread that has no turn"
    assert turns.free
