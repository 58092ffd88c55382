"""Many sessions in one process: a few decode threads, a ticker, and reports that are kept until acknowledged.

What the driver must not lose (detections, events, incidents, coverage, and the state after exactly these) goes out in
reports; readings, which are many, are written here.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from monitor.cluster.comparing import Comparing
from monitor.cluster.housekeeping import Housekeeping
from monitor.cluster.session import Session, Status
from monitor.cluster.turns import Turns
from monitor.errors import StoreError
from monitor.kernels import warm_up
from monitor.media.redact import redact
from monitor.pipeline import Checkpoint
from monitor.records import Coverage, Detection, Event, Incident, Stream
from monitor.settings import Profile
from monitor.store import ResultsWriter

TICK_S = 0.25
FLUSH_S = 8.0
CHECKPOINT_S = 2.0
"""A stream with nothing to tell still hands in its state this often."""

log = logging.getLogger(__name__)

Row = Detection | Event | Incident | Coverage


@dataclass(frozen=True, slots=True)
class Assignment:
    """A stream to watch, the settings for it, the state to go on from, and since when it is to be accounted for."""

    stream: Stream
    profile: Profile
    begun: Checkpoint | None = None
    since: float | None = None


@dataclass(frozen=True, slots=True)
class StreamReport:
    """What came of one stream, and its state after exactly that. `crashed`: why it is watched no more."""

    stream: str
    rows: tuple[Row, ...]
    checkpoint: Checkpoint | None
    status: Status | None
    crashed: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """Numbered; sent again until acknowledged. `trouble`: what is wrong with this worker itself."""

    number: int
    streams: tuple[StreamReport, ...]
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class _Comparison:
    """A stream that is to be compared with its reference."""

    session: Session


class Workplace:
    """Watches the streams that it is given. Thread-safe."""

    def __init__(self, name: str, results: str, decode_threads: int) -> None:
        warm_up()
        self._writer = ResultsWriter(results, name)
        self._sessions: dict[str, Session] = {}
        self._comparing = Comparing()
        self._turns = Turns()
        self._lock = threading.Lock()
        """Guards the table of sessions and the reports."""
        self._reporting = threading.Lock()
        self._ready: queue.SimpleQueue[Session | _Comparison | None] = queue.SimpleQueue()
        self._scheduled: set[Session] = set()
        self._reports: list[Report] = []
        self._handed_in: dict[str, float] = {}
        self._number = 0
        self._last: list[StreamReport] = []
        self._house = Housekeeping(self._writer, FLUSH_S)
        self._house.start()
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._decode, name=f"decode {i}", daemon=True) for i in range(decode_threads)
        ]
        self._threads.append(threading.Thread(target=self._tick, name="tick", daemon=True))
        for thread in self._threads:
            thread.start()

    def assign(self, assignments: Sequence[Assignment]) -> None:
        """Begin to watch these streams. One that is watched already is left as it is."""
        for a in assignments:
            with self._lock:
                if a.stream.id in self._sessions:
                    continue
                session = Session(a.stream, a.profile, a.begun, self._announce, a.since, self._turns)
                self._sessions[a.stream.id] = session
            self._comparing.watch(a.stream)
            session.start()

    def remove(self, streams: Sequence[str], for_good: bool = True) -> None:
        """End the watch of these streams. What came of them is in the next report."""
        with self._lock:
            sessions = [self._sessions.pop(stream) for stream in streams if stream in self._sessions]
        for session in sessions:
            self._comparing.forget(session.stream.id)
            session.begin_stop()
        for session in sessions:
            session.stop(for_good=for_good)
            outcome, checkpoint, _ = session.report()
            self._writer.add(outcome.readings)
            rows: tuple[Row, ...] = (*outcome.events, *outcome.detections, *outcome.incidents, *outcome.coverage)
            with self._lock:
                self._last.append(StreamReport(session.stream.id, rows, checkpoint, None))

    def report(self, acknowledged: int) -> list[Report]:
        """All reports after number `acknowledged`, the newest made now."""
        with self._reporting:
            streams = [part for part in map(self._report_of, self._watched()) if part is not None]
            with self._lock:
                streams += self._last
                self._last = []
                self._number += 1
                self._reports = [r for r in self._reports if r.number > acknowledged]
                self._reports.append(Report(self._number, tuple(streams), self._house.trouble))
                return list(self._reports)

    def stop(self) -> None:
        """End every watch and write everything. What came of it is in the next report."""
        with self._lock:
            streams = list(self._sessions)
        self.remove(streams)
        self._stopping.set()
        for _ in self._threads:
            self._ready.put(None)
        self._house.end()
        try:
            self._writer.close()
        except StoreError as error:
            # What else came of the watch still goes to the driver, with this.
            self._house.trouble = str(error)

    def _watched(self) -> list[Session]:
        with self._lock:
            return list(self._sessions.values())

    def _report_of(self, session: Session) -> StreamReport | None:
        """The part of one stream: its status always, its state when there is something to tell or it is due."""
        outcome, checkpoint, status = session.report()
        self._writer.add(outcome.readings)
        rows: tuple[Row, ...] = (*outcome.events, *outcome.detections, *outcome.incidents, *outcome.coverage)
        self._comparing.add(session.stream.id, outcome.readings, outcome.detections)
        now = time.monotonic()
        due = bool(rows) or now - self._handed_in.get(session.stream.id, 0.0) >= CHECKPOINT_S
        if due:
            self._handed_in[session.stream.id] = now
        return StreamReport(session.stream.id, rows, checkpoint if due else None, status)

    def _announce(self, session: Session) -> None:
        """A session has work; it waits in line once however often it says so."""
        with self._lock:
            if session in self._scheduled or self._sessions.get(session.stream.id) is not session:
                return
            self._scheduled.add(session)
        self._ready.put(session)

    def _decode(self) -> None:
        while (work := self._ready.get()) is not None:
            if isinstance(work, _Comparison):
                self._guarded(work.session, partial(self._compare, work.session))
                continue
            session = work
            self._guarded(session, session.work)
            with self._lock:
                self._scheduled.discard(session)
            if session.is_due(time.time()):
                self._announce(session)

    def _tick(self) -> None:
        while not self._stopping.wait(TICK_S):
            now = time.time()
            for session in self._watched():
                self._guarded(session, partial(session.tick, now))
                if session.is_due(now):
                    self._announce(session)
            watched = {session.stream.id: session for session in self._watched()}
            for stream in self._comparing.due(watched):
                self._ready.put(_Comparison(watched[stream]))

    def _compare(self, session: Session) -> None:
        """Compare a stream with its reference; takes some hundredths of a second, so it waits in line like decoding."""
        if self._sessions.get(session.stream.id) is not session:
            return
        try:
            found = self._comparing.compare(session.stream.id)
        except Exception as error:  # noqa: BLE001 - a bug in comparing must not end the watch
            reason = redact("".join(traceback.format_exception(error))[-2000:])
            log.error("stream %s: comparing it with its reference crashed: %s", session.stream.id, reason)
            session.noted("not_compared", 0.0, redact(f"{type(error).__name__}: {error}"))
            self._comparing.forget(session.stream.id)
            return
        session.compared(found)
        for note in self._comparing.notes(session.stream.id):
            session.noted(note.kind, note.value, note.detail, note.track)

    def _guarded(self, session: Session, work: Callable[[], object]) -> None:
        """A bug that one stream brings out ends the watch of that stream, not of the others; the driver is told."""
        try:
            work()
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not end the thread that serves the others
            reason = redact("".join(traceback.format_exception(error))[-2000:])
            log.error("stream %s: its watch crashed: %s", session.stream.id, reason)
            session.abandon()
            self._comparing.forget(session.stream.id)
            with self._lock:
                if self._sessions.get(session.stream.id) is not session:
                    return
                del self._sessions[session.stream.id]
                self._last.append(StreamReport(session.stream.id, (), None, None, crashed=reason))
