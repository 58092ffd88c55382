"""What a stream costs in company, beside what it costs alone: many in one process, taken by a few threads in turns.

The turns and what is done aside are a worker's. Not a worker's: files are read within the turn, there are no reader
threads and nothing arrives; it is always about a second of packets at a time; opening and ending are in turns too.
"""

from __future__ import annotations

import math
import queue
import statistics
import threading
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass

from monitor.benchmark.watching import monitor_cpu_s, watched
from monitor.cluster.turns import Turns
from monitor.lab.yardsticks import Clip
from monitor.pipeline import Outcome

THREADS = 2
PACKETS = 77
"""About a second of 30 pictures a second and AAC; alone, a stream is taken in the same steps."""
ALONE = 3
"""One stream alone is short: its time is the median of so many passes."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """CPU seconds per stream of one clip. `ratio`: of a stream in company to one alone, the median over rounds of the
    ratio within a round. `wall_s`: seconds until all were watched."""

    what: str
    streams: int
    threads: int
    cpu_s_per_stream: float
    cpu_s_alone: float
    ratio: float
    ratio_min: float
    ratio_max: float
    wall_s: float


def crowd(clip: Clip, streams: int, rounds: int, limit_s: float = math.inf) -> Crowd:
    """Watch a clip `streams` times at once, and alone, in `rounds` rounds. Raises SourceError if it cannot be read."""
    alone: list[float] = []
    together: list[float] = []
    walls: list[float] = []
    for _ in range(rounds):
        alone.append(statistics.median(monitor_cpu_s(clip, limit_s, PACKETS) for _ in range(ALONE)))
        wall, began = time.monotonic(), time.process_time()
        _together(clip, streams, limit_s)
        together.append((time.process_time() - began) / streams)
        walls.append(time.monotonic() - wall)
    ratios = [many / one for many, one in zip(together, alone, strict=True)]
    return Crowd(
        what=clip.path.name,
        streams=streams,
        threads=THREADS,
        cpu_s_per_stream=statistics.median(together),
        cpu_s_alone=statistics.median(alone),
        ratio=statistics.median(ratios),
        ratio_min=min(ratios),
        ratio_max=max(ratios),
        wall_s=statistics.median(walls),
    )


def _together(clip: Clip, streams: int, limit_s: float) -> None:
    line: queue.SimpleQueue[Iterator[Outcome]] = queue.SimpleQueue()
    stopping = threading.Event()
    turns = Turns()
    for _ in range(streams):
        line.put(watched(clip, limit_s, PACKETS, turns.aside))

    def work() -> None:
        while not stopping.is_set():
            try:
                stream = line.get_nowait()
            except queue.Empty:
                return  # The streams that are left are in the hands of the other threads.
            with turns:
                outcome = next(stream, None)
            if outcome is not None:
                line.put(stream)

    with ThreadPoolExecutor(THREADS) as threads:
        working = [threads.submit(work) for _ in range(THREADS)]
        try:
            wait(working, return_when=FIRST_EXCEPTION)
        finally:
            # One that failed, and Ctrl-C, end the others too.
            stopping.set()
    for done in working:
        done.result()
