"""Recorded sources over all cores: an actor per core, one source at a time on each.

A source that kills its decoder takes one actor with it: it is named, and the others go on.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import ray
from ray.exceptions import RayError, RayTaskError

from monitor.errors import MonitorError, SourceError
from monitor.kernels import warm_up
from monitor.media.redact import redact
from monitor.recorded import Scanned, prints_of, scan
from monitor.records import Stream
from monitor.settings import Profile
from monitor.store import ResultsWriter
from monitor.sync import Prints

POLL_S = 0.3
FLUSH_ROWS = 20_000


@ray.remote(max_restarts=0, max_task_retries=0, concurrency_groups={"control": 1})
class Scanner:
    """Scans one source after the other and writes what it finds."""

    def __init__(self, name: str, results: str) -> None:
        warm_up()
        self._writer = ResultsWriter(results, name)
        self._progress = (0.0, float("nan"))
        self._reference: tuple[Stream, Prints] | None = None

    def scan(self, stream: Stream, profile: Profile, reference: Stream | None = None) -> Scanned:
        """Read a source to its end, compared with a reference; its results are on disk when this returns."""
        self._progress = (0.0, float("nan"))
        try:
            prints = self._prints(reference, profile)
        except SourceError as error:
            return Scanned(stream.id, 0.0, (), problem=f"its reference cannot be read: {error}")
        scanned = scan(stream, profile, self._write, self._note, prints)
        self._writer.add(scanned.rows)
        self._writer.flush()
        return scanned

    @ray.method(concurrency_group="control")
    def progress(self) -> tuple[float, float]:
        """Media seconds done, and in all (NaN: not known), of the source that is being scanned."""
        return self._progress

    @ray.method(concurrency_group="control")
    def pid(self) -> int:
        """Process id of this scanner."""
        return os.getpid()

    def _prints(self, reference: Stream | None, profile: Profile) -> Prints | None:
        """Of the reference, which is read once. Raises SourceError."""
        if reference is None:
            return None
        if self._reference is None or self._reference[0] != reference:
            self._reference = reference, prints_of(reference, profile)
        return self._reference[1]

    def _note(self, done: float, total: float) -> None:
        self._progress = (done, total)

    def _write(self, readings: list[Any]) -> None:
        self._writer.add(readings)
        if self._writer.pending >= FLUSH_ROWS:
            self._writer.flush()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a scan is: sources done, fractions of those under way, media seconds in all so far."""

    done: int
    under_way: float
    media_s: float


@dataclass(slots=True)
class _Hand:
    name: str
    actor: Any
    stream: Stream
    call: Any
    progress: tuple[float, float] = (0.0, float("nan"))


def scan_all(
    streams: Sequence[Stream],
    profile: Profile,
    results: str,
    workers: int,
    show: Callable[[Progress], None],
    found: Callable[[Scanned], None],
    reference: Stream | None = None,
) -> None:
    """Scan every source, each compared with `reference`; `found` is called with each as it is done, `show` a few times
    a second."""
    waiting = deque(streams)
    hands: list[_Hand] = []
    made = done = 0
    media_s = 0.0

    def hire() -> _Hand:
        nonlocal made
        made += 1
        name = f"scan-{made:03d}"
        actor = Scanner.options(num_cpus=1).remote(name, results)  # type: ignore[attr-defined]
        stream = waiting.popleft()
        return _Hand(name, actor, stream, actor.scan.remote(stream, profile, reference))

    while waiting or hands:
        while waiting and len(hands) < workers:
            hands.append(hire())
        ready, _ = ray.wait([hand.call for hand in hands], num_returns=1, timeout=POLL_S)
        for hand in [hand for hand in hands if hand.call in ready]:
            try:
                scanned = ray.get(hand.call)
                alive = True
            except RayTaskError as error:
                if isinstance(error.cause, MonitorError):
                    # Ours, not the source's: results that cannot be written end the scan.
                    raise error.cause from error
                reason = redact(f"its scan crashed: {error.cause!r}")
                scanned, alive = Scanned(hand.stream.id, 0.0, (), problem=reason), True
            except RayError as error:
                reason = f"it ended the process that read it ({type(error).__name__})"
                scanned, alive = Scanned(hand.stream.id, 0.0, (), problem=reason), False
            done += 1
            media_s += scanned.media_s
            found(scanned)
            if alive and waiting:
                hand.stream = waiting.popleft()
                hand.call, hand.progress = hand.actor.scan.remote(hand.stream, profile, reference), (0.0, float("nan"))
            else:
                ray.kill(hand.actor)
                hands.remove(hand)
        _ask(hands)
        parts = [hand.progress for hand in hands]
        fractions = sum(min(1.0, part / total) for part, total in parts if total > 0)
        show(Progress(done, fractions, media_s + sum(part for part, _ in parts)))


def _ask(hands: list[_Hand]) -> None:
    """How far each is; one that does not answer at once stays as it was."""
    calls = {hand.actor.progress.remote(): hand for hand in hands}
    ready, _ = ray.wait(list(calls), num_returns=len(calls), timeout=0.2) if calls else ([], [])
    for call in ready:
        try:
            calls[call].progress = ray.get(call)
        except RayError:
            continue  # it died: its scan call says so in the next turn
