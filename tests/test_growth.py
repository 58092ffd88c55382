"""Two minutes of watching do not grow: streams that come and go and break, live and as fast as they decode. And one
1080p stream more takes no more than it may."""

from __future__ import annotations

import os
import pickle
import statistics
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from clips import make_clip

from monitor.benchmark.machine import CLEAR_REFS, memory_mib
from monitor.cluster.workplace import Assignment, Workplace
from monitor.lab.clips import make_clip as encode_clip
from monitor.lab.packets import damage
from monitor.lab.publish import LiveLab
from monitor.lab.soak import soak_recipes
from monitor.lab.yardsticks import probe
from monitor.media.source import open_input
from monitor.pipeline import Pipeline
from monitor.records import Stream
from monitor.settings import FAST
from monitor.store import ResultsWriter

SECONDS = 120.0
SETTLED_S = 40.0
"""Memory is compared from here on: caches are full and each stream has been lost once."""
LIVE = 6
GROWTH_MIB = 12.0
"""What the allocator may do on its own; 150 bytes kept for each picture would stand out."""
PACKETS = 64
STREAM_MB = 40.0
"""What one more 1080p stream may take."""
PICTURE_MB = 1920 * 1080 * 1.5 / 1e6
"""A 1080p picture of 8 bits, 4:2:0."""


class Reconnecting:
    """One live stream that is lost at the end of its clip and opened again at once, with its rows written."""

    def __init__(self, clip: Path, writer: ResultsWriter) -> None:
        self.stream, self.writer = Stream(id=clip.stem, url=str(clip)), writer
        self.now = 1_000_000.0
        self.pipeline = Pipeline(self.stream, FAST, live=True, now=self.now)

    def connect(self) -> None:
        with open_input(self.stream, FAST.source) as source:
            self.pipeline.opened(source.tracks, source.description, self.now)
            packets = [(track, packet) for track, packet, _ in source.packets()]
            for first in range(0, len(packets), PACKETS):
                self.now += 0.5
                some = [(track, packet, self.now) for track, packet in packets[first : first + PACKETS]]
                self.pipeline.packets(some, self.now)
                self.pipeline.tick(self.now, self.now)
                self.writer.add(self.pipeline.take().readings)
                pickle.dumps(self.pipeline.checkpoint())
            self.pipeline.closed("lost", "the test wants it so", self.now)
        self.now += 3.0
        self.pipeline.tick(self.now)
        self.pipeline.take()


def test_two_minutes_of_watching_do_not_grow(tmp_path: Path) -> None:
    good = make_clip(tmp_path / "good.ts", [("moving", 3.0), ("black", 1.0), ("mute", 2.0), ("still", 2.0)])
    bad = tmp_path / "bad.ts"
    bad.write_bytes(damage(good.read_bytes(), 0.05, np.random.default_rng(1)))
    process, memory = psutil.Process(os.getpid()), list[tuple[float, float]]()
    place = Workplace("w", str(tmp_path / "live"), decode_threads=2)
    writer = ResultsWriter(str(tmp_path / "fast"), "f")
    try:
        with LiveLab(soak_recipes(LIVE, SECONDS, seed=3), None) as lab:
            place.assign([Assignment(stream, FAST) for stream in lab.streams])
            watches = [Reconnecting(good, writer), Reconnecting(bad, writer)]
            began, acknowledged = time.monotonic(), 0
            while (now := time.monotonic() - began) < SECONDS:
                for watch in watches:
                    watch.connect()
                writer.flush()
                acknowledged = place.report(acknowledged)[-1].number
                memory.append((now, process.memory_info().rss / 2**20))
    finally:
        place.stop()
        writer.close()
    assert sum(watch.pipeline.frames for watch in watches) > 10_000, "too little was watched to tell"
    settled = [mib for at, mib in memory if at > SETTLED_S]
    first, last = settled[: len(settled) // 4], settled[-(len(settled) // 4) :]
    assert statistics.median(last) - statistics.median(first) < GROWTH_MIB, memory[:: len(memory) // 24]


@pytest.mark.skipif(not CLEAR_REFS.exists(), reason="this system does not tell the peak of a process's memory")
def test_one_more_1080p_stream_takes_40_mb_at_the_most(tmp_path: Path) -> None:
    """At its peak. Ten pictures or so, which H.264 needs to decode, and hardly anything beside."""
    mib = memory_mib(probe(encode_clip(tmp_path / "1080p.ts", "h264", 1920, 1080, 30, 1.5)))
    assert mib is not None
    assert 4 * PICTURE_MB < mib * 2**20 / 1e6 <= STREAM_MB
