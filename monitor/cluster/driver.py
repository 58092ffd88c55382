"""Places streams on workers, gathers what they report, and owns recovery.

One loop: look at the catalog, place what has no worker, ask every worker for its reports, write them, acknowledge them.
A worker that died, or does not answer, is replaced, and its streams go on elsewhere from the last state reported;
rows and state travel together, so nothing is written twice and what was not reported is found again.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ray
from ray.exceptions import RayError

from monitor.cluster.costs import usual_cores
from monitor.cluster.housekeeping import Housekeeping
from monitor.cluster.planner import place
from monitor.cluster.session import Status
from monitor.cluster.worker import Worker
from monitor.cluster.workplace import Assignment, Report, Row, StreamReport
from monitor.errors import StoreError
from monitor.pipeline import Checkpoint
from monitor.records import Coverage, Stream
from monitor.settings import Profile
from monitor.store import ResultsWriter

log = logging.getLogger(__name__)

POLL_S = 0.5
FLUSH_S = 5.0
SILENT_S = 30.0
"""A worker that does not answer for so long is taken for dead."""
START_S = 240.0
"""A worker may take this long to start (the first compile of a machine)."""
STREAMS_PER_WORKER = 400
CORES_PER_WORKER = 2
"""A worker has no more decode threads than this: more would mostly wait for turns where pictures are small."""
CRASH_WAIT_S = 5.0
"""A stream whose watch crashed waits this long, doubled each time, before it is placed again."""
MAX_CRASH_WAIT_S = 300.0


@dataclass(slots=True)
class _Hand:
    """A worker as the driver sees it."""

    name: str
    actor: Any
    call: Any
    asked_at: float
    started: bool = False
    acknowledged: int = 0
    trouble: str = ""


@dataclass(slots=True)
class _Watched:
    """A stream as the driver sees it."""

    stream: Stream
    profile: Profile
    since: float
    """UTC from which on it is to be accounted for."""
    begun: Checkpoint | None = None
    status: Status | None = None
    crashes: int = 0
    not_before: float = -math.inf

    @property
    def cores(self) -> float:
        """What it is expected to cost; before anybody has looked at it, as much as a usual stream."""
        known = self.status is not None and not math.isnan(self.status.cores)
        return self.status.cores if self.status is not None and known else usual_cores()


@dataclass(frozen=True, slots=True)
class Update:
    """What happened in a turn of the loop, for whoever shows it."""

    statuses: Mapping[str, Status | None]
    rows: tuple[Row, ...]
    notices: tuple[str, ...]
    rows_waiting: int


@dataclass(frozen=True, slots=True)
class Plan:
    """How many workers, and how many cores each: a fraction where they share what there is."""

    workers: int
    cores_each: float

    @property
    def threads_each(self) -> int:
        """Decode threads of a worker."""
        return math.ceil(self.cores_each)


def workers_for(cores: int, workers: int | None = None) -> Plan:
    """Few fat workers: one per two cores, rounded up, unless a number is given; none gets more than two cores.

    Two threads of a worker take turns at packets, but for decoding pictures (`turns`). In turns is about 30 % of the
    work at 720p and 34 to 46 % at 360p to 480p: room for two. It is 65 to 82 % of pictures 320 wide and all of sound
    alone, so a worker of such streams fills 1.2 to 1.5 cores, or one.
    """
    if workers is None:
        workers = math.ceil(cores / CORES_PER_WORKER)
    each = min(float(CORES_PER_WORKER), cores / workers)
    # Rounded down to what Ray can count, or the last worker would not fit and wait for ever.
    return Plan(workers, math.floor(each * 10_000) / 10_000)


class Driver:
    """Watches a changing set of streams until stopped. Not thread-safe: one caller."""

    def __init__(self, results: str, plan: Plan) -> None:
        self._results = results
        self._plan = plan
        self._writer = ResultsWriter(results, "driver")
        self._house = Housekeeping(self._writer, FLUSH_S)
        self._house.start()
        self._streams: dict[str, _Watched] = {}
        self._placed: dict[str, str] = {}
        self._hands: dict[str, _Hand] = {}
        self._changed: set[str] = set()
        self._accounted: dict[str, float] = {}
        """UTC up to which the old watch of changed streams was reported."""
        self._made = 0
        self.lost_workers = 0
        self._notices: list[str] = []
        self._said: set[str] = set()
        for _ in range(plan.workers):
            self._hire()

    def set_streams(self, streams: Iterable[tuple[Stream, Profile]]) -> None:
        """Watch exactly these from now on. Streams that are as they were are not touched."""
        wanted = {stream.id: (stream, profile) for stream, profile in streams}
        gone = [id for id in self._streams if id not in wanted]
        changed = [
            id
            for id, (stream, profile) in wanted.items()
            if id in self._streams and (self._streams[id].stream, self._streams[id].profile) != (stream, profile)
        ]
        self._remove([*gone, *changed])
        for id in gone + changed:
            del self._streams[id]
        now = time.time()
        for id, (stream, profile) in wanted.items():
            if id not in self._streams:
                self._streams[id] = _Watched(stream, profile, now)
        self._changed.update(changed)

    @property
    def place(self) -> str:
        """Where results go, without credentials."""
        return self._writer.uri

    def turn(self, notices: Sequence[str] = ()) -> Update:
        """One turn of the loop: place, gather, write. Takes about `POLL_S`. `notices` are passed on."""
        self._notices += notices
        # What removed streams leave behind is taken before any of them is placed anew under other settings.
        rows = self._gather(POLL_S)
        self._assign()
        self._writer.add(rows)
        if self._house.trouble:
            self._say(f"results are kept and written later: {self._house.trouble}", "store")
        else:
            self._said.discard("store")
        said, self._notices = self._notices, []
        return Update(self.statuses, tuple(rows), tuple(said), self._writer.pending)

    def stop(self, wait_s: float = 20.0) -> Update:
        """End every watch and write everything. Returns what the last reports brought; `rows_waiting` could not be
        written."""
        rows: list[Row] = []
        calls = {hand.actor.stop.remote(): hand for hand in self._hands.values()}
        done, late = ray.wait(list(calls), num_returns=len(calls), timeout=wait_s) if calls else ([], [])
        for call in done:
            try:
                rows += self._take(calls[call], ray.get(call))
            except RayError as error:
                self._notices.append(f"worker {calls[call].name} was lost while it ended: {type(error).__name__}")
        for call in late:
            self._notices.append(
                f"worker {calls[call].name} did not end within {wait_s:.0f} s: what it had not said is lost"
            )
        for hand in self._hands.values():
            ray.kill(hand.actor)
        self._hands = {}
        self._writer.add(rows)
        self._house.end()
        try:
            self._writer.close()
        except StoreError as error:
            self._notices.append(f"{self._writer.pending} rows are lost: {error}")
        notices, self._notices = self._notices, []
        return Update({}, tuple(rows), tuple(notices), self._writer.pending)

    @property
    def statuses(self) -> dict[str, Status | None]:
        """How each stream stands, as last reported; None while it is being placed."""
        return {id: watched.status for id, watched in self._streams.items()}

    @property
    def worker_count(self) -> int:
        """Workers that are there."""
        return len(self._hands)

    def worker_pids(self) -> list[int]:
        """Process id of each worker, on its machine."""
        return [
            int(pid) for pid in ray.get([hand.actor.pid.remote() for hand in self._hands.values()], timeout=SILENT_S)
        ]

    def _hire(self) -> None:
        self._made += 1
        name = f"worker-{self._made:03d}"
        actor = Worker.options(num_cpus=self._plan.cores_each, max_concurrency=2).remote(  # type: ignore[attr-defined]
            name, self._results, self._plan.threads_each
        )
        self._hands[name] = _Hand(name, actor, actor.report.remote(0), time.monotonic())

    def _assign(self) -> None:
        """Give a worker to every stream that has none and may have one."""
        now = time.monotonic()
        wanted = {id: watched.cores for id, watched in self._streams.items() if watched.not_before <= now}
        references = {id: w.stream.reference for id, w in self._streams.items() if w.stream.reference is not None}
        plan = place(wanted, self._placed, self._hands, STREAMS_PER_WORKER, references)
        fresh: dict[str, list[Assignment]] = {}
        for id, name in plan.items():
            if self._placed.get(id) != name:
                watched = self._streams[id]
                fresh.setdefault(name, []).append(self._assignment(watched))
                self._placed[id] = name
        for name, assignments in fresh.items():
            self._hands[name].actor.assign.remote(assignments)
        if len(plan) < len(wanted):
            self._say(f"{len(wanted) - len(plan)} streams are not watched: {len(self._hands)} workers are full")

    def _assignment(self, watched: _Watched) -> Assignment:
        """A changed stream is accounted for from where its old watch ended."""
        id = watched.stream.id
        if id in self._changed:
            self._changed.discard(id)
            watched.since = self._accounted.pop(id, watched.since)
        return Assignment(watched.stream, watched.profile, watched.begun, watched.since)

    def _remove(self, ids: list[str]) -> None:
        by_worker: dict[str, list[str]] = {}
        for id in ids:
            name = self._placed.pop(id, None)
            if name in self._hands:
                by_worker.setdefault(name, []).append(id)
        # A changed stream is assigned again only when its old watch has ended, or two would write one stream's rows.
        calls = [self._hands[name].actor.remove.remote(part, True) for name, part in by_worker.items()]
        ray.wait(calls, num_returns=len(calls), timeout=5.0) if calls else None

    def _gather(self, timeout_s: float) -> list[Row]:
        """Ask all workers; take what those who answer report; replace those who are lost."""
        rows: list[Row] = []
        deadline = time.monotonic() + timeout_s
        for hand in self._hands.values():
            if hand.call is None:
                hand.call, hand.asked_at = hand.actor.report.remote(hand.acknowledged), time.monotonic()
        calls = {hand.call: hand for hand in self._hands.values()}
        done, _ = ray.wait(list(calls), num_returns=len(calls), timeout=timeout_s)
        for call in done:
            hand = calls[call]
            hand.call = None
            try:
                rows += self._take(hand, ray.get(call))
                hand.started = True
            except (RayError, OSError) as error:
                self._lost(hand, f"{type(error).__name__}")
        for hand in list(self._hands.values()):
            patience = SILENT_S if hand.started else START_S
            if hand.call is not None and time.monotonic() - hand.asked_at > patience:
                self._lost(hand, f"no answer for {patience:.0f} s")
        time.sleep(max(0.0, deadline - time.monotonic()))
        return rows

    def _take(self, hand: _Hand, reports: list[Report]) -> list[Row]:
        """Rows of the reports not seen yet, with the states after them."""
        rows: list[Row] = []
        for report in reports:
            if report.number <= hand.acknowledged:
                continue
            hand.acknowledged = report.number
            if report.trouble and report.trouble != hand.trouble:
                self._notices.append(f"{hand.name}: {report.trouble}")
            hand.trouble = report.trouble
            for part in report.streams:
                rows += part.rows
                self._stream_report(hand, part)
        return rows

    def _stream_report(self, hand: _Hand, part: StreamReport) -> None:
        watched = self._streams.get(part.stream)
        if part.stream in self._changed and part.status is None and not part.crashed:
            ends = [row.end_at for row in part.rows if isinstance(row, Coverage) and row.end_at is not None]
            self._accounted[part.stream] = max(ends, default=time.time())
        if watched is None or self._placed.get(part.stream) != hand.name:
            return
        if part.checkpoint is not None:
            watched.begun = part.checkpoint
        if part.status is not None:
            watched.status = part.status
        if part.crashed:
            watched.crashes += 1
            wait = min(CRASH_WAIT_S * 2 ** (watched.crashes - 1), MAX_CRASH_WAIT_S)
            watched.not_before = time.monotonic() + wait
            del self._placed[part.stream]
            last_line = part.crashed.strip().splitlines()[-1]
            self._notices.append(f"{part.stream}: its watch crashed and goes on in {wait:.0f} s: {last_line}")

    def _lost(self, hand: _Hand, why: str) -> None:
        """A worker is gone: another takes its place, its streams go on from their last reported states."""
        ray.kill(hand.actor)
        self.lost_workers += 1
        del self._hands[hand.name]
        streams = [id for id, name in self._placed.items() if name == hand.name]
        for id in streams:
            del self._placed[id]
        self._notices.append(f"{hand.name} was lost ({why}): {len(streams)} streams go on elsewhere")
        self._hire()

    def _say(self, text: str, key: str | None = None) -> None:
        """A notice, once for as long as its cause goes on."""
        if (key or text) not in self._said:
            self._said.add(key or text)
            self._notices.append(text)
