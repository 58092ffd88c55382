"""A workplace in a Ray actor. Frames never leave it; what leaves is reports."""

from __future__ import annotations

import faulthandler
import os
from collections.abc import Sequence

import ray

from monitor.cluster.workplace import Assignment, Report, Workplace

STUCK_S = 20.0
"""Less than the driver's patience."""


@ray.remote(max_restarts=0, max_task_retries=0, concurrency_groups={"control": 2})
class Worker:
    """Holds many streams. The driver owns its recovery: it is never restarted by Ray, which would lose its streams.

    `stop` must be called before it is killed: no shutdown hook runs on `ray.kill`.
    """

    def __init__(self, name: str, results: str, decode_threads: int) -> None:
        self._workplace = Workplace(name, results, decode_threads)

    @ray.method(concurrency_group="control")
    def assign(self, assignments: Sequence[Assignment]) -> None:
        """Begin to watch these streams."""
        self._workplace.assign(assignments)

    @ray.method(concurrency_group="control")
    def report(self, acknowledged: int) -> list[Report]:
        """Reports since the one acknowledged. Answers within milliseconds.

        If the next one is not answered or not asked for in time, where every thread stands is written to the log: the
        driver is about to take this worker for dead, and nothing else would tell why.
        """
        faulthandler.dump_traceback_later(STUCK_S)
        return self._workplace.report(acknowledged)

    @ray.method(concurrency_group="control")
    def pid(self) -> int:
        """Process id of this worker."""
        return os.getpid()

    def remove(self, streams: Sequence[str], for_good: bool) -> None:
        """End the watch of these streams; takes up to some seconds, in which reports go on."""
        self._workplace.remove(streams, for_good)

    def stop(self) -> list[Report]:
        """End every watch, write everything; the reports not acknowledged yet. Takes up to some seconds."""
        faulthandler.cancel_dump_traceback_later()
        self._workplace.stop()
        return self._workplace.report(0)
