"""Two minutes of watching in a process of its own: how much memory it takes meanwhile.

    python growing.py FOLDER   # writes FOLDER/memory.json

Streams that come and go and break, live, and two that are lost and opened again as fast as they decode.
"""

from __future__ import annotations

import json
import os
import pickle
import sys
import time
from pathlib import Path

import numpy as np
import psutil
from clips import make_clip

from monitor.cluster.workplace import Assignment, Workplace
from monitor.lab.packets import damage
from monitor.lab.publish import LiveLab
from monitor.lab.soak import soak_recipes
from monitor.media.source import open_input
from monitor.pipeline import Pipeline
from monitor.records import Stream
from monitor.settings import FAST
from monitor.store import ResultsWriter

SECONDS = 120.0
LIVE = 6
PACKETS = 64
MEMORY = "memory.json"


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


def watch(folder: Path) -> None:
    """Watch, and write down the memory: pairs of seconds and MiB; and how many pictures were measured."""
    good = make_clip(folder / "good.ts", [("moving", 3.0), ("black", 1.0), ("mute", 2.0), ("still", 2.0)])
    bad = folder / "bad.ts"
    bad.write_bytes(damage(good.read_bytes(), 0.05, np.random.default_rng(1)))
    process, memory = psutil.Process(os.getpid()), list[tuple[float, float]]()
    place = Workplace("w", str(folder / "live"), decode_threads=2)
    writer = ResultsWriter(str(folder / "fast"), "f")
    try:
        with LiveLab(soak_recipes(LIVE, SECONDS, seed=3), None) as lab:
            place.assign([Assignment(stream, FAST) for stream in lab.streams])
            watches = [Reconnecting(good, writer), Reconnecting(bad, writer)]
            began, acknowledged = time.monotonic(), 0
            while (now := time.monotonic() - began) < SECONDS:
                for one in watches:
                    one.connect()
                writer.flush()
                acknowledged = place.report(acknowledged)[-1].number
                memory.append((now, process.memory_info().rss / 2**20))
    finally:
        place.stop()
        writer.close()
    frames = sum(one.pipeline.frames for one in watches)
    (folder / MEMORY).write_text(json.dumps({"memory": memory, "frames": frames}), encoding="utf-8")


if __name__ == "__main__":
    watch(Path(sys.argv[1]))
