"""A pipeline over a recorded clip, as `monitor.recorded` does it, but what comes of it is handed out, not written."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from itertools import islice, takewhile

from monitor.lab.yardsticks import Clip, Within
from monitor.media.source import Input, open_input
from monitor.pipeline import Outcome, Pipeline, TimedPacket
from monitor.recorded import PACKETS_AT_A_TIME
from monitor.settings import DEFAULT


def watched(
    clip: Clip,
    limit_s: float = math.inf,
    at_a_time: int = PACKETS_AT_A_TIME,
    aside: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> Iterator[Outcome]:
    """Watch the first `limit_s` seconds of a clip under the default profile: what came of each `at_a_time` packets,
    and of the end. `aside`: see Decoder. Raises SourceError if it cannot be read."""
    with open_input(clip.stream, DEFAULT.source) as source:
        pipeline = Pipeline(clip.stream, DEFAULT, live=False, now=math.nan, aside=aside)
        pipeline.opened(source.tracks, source.description, math.nan)
        packets = timed_packets(source, clip, limit_s)
        while some := list(islice(packets, at_a_time)):
            pipeline.packets(some, math.nan)
            yield pipeline.take()
        pipeline.closed("ended", "", math.nan)
        pipeline.finish(math.nan)
        yield pipeline.take()


def timed_packets(source: Input, clip: Clip, limit_s: float) -> Iterator[TimedPacket]:
    """Packets of the first `limit_s` seconds as a pipeline takes them from a file."""
    within = Within(clip, limit_s)
    packets = ((track, packet, math.nan) for track, packet, _ in source.packets())
    return takewhile(lambda item: within(item[1]), packets)


def monitor_cpu_s(clip: Clip, limit_s: float = math.inf, at_a_time: int = PACKETS_AT_A_TIME) -> float:
    """CPU seconds of opening, reading, decoding, measuring and judging. Raises SourceError if it cannot be read."""
    began = time.process_time()
    for _ in watched(clip, limit_s, at_a_time):
        pass
    return time.process_time() - began
