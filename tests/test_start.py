"""How soon a new process watches: by hand, `python -m pytest -m soak -s`. The machine must have nothing else to do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from monitor.kernels import warm_up
from monitor.lab.publish import LiveLab
from monitor.lab.schedule import Recipe

LIMIT_S = 3.0
TIMES = 3
WATCH = """
import sys, time
began = time.perf_counter()
from monitor.cluster.workplace import Assignment, Workplace
from monitor.records import Stream
from monitor.settings import FAST
imported = time.perf_counter()
place = Workplace("w", sys.argv[2], decode_threads=2)
made, first = time.perf_counter(), []
add = place._writer.add

def heard(rows):
    first.extend(time.perf_counter() for _ in list(rows)[:1])
    add(rows)

place._writer.add = heard
place.assign([Assignment(Stream(id="s", url=sys.argv[1]), FAST)])
while not first:
    time.sleep(0.02)
    place.report(0)
place.stop()
print(imported - began, made - imported, first[0] - made, first[0] - began)
"""


@pytest.mark.soak
def test_a_new_process_reads_its_first_stream_within_three_seconds(tmp_path: Path) -> None:
    warm_up()  # The compile cache of this machine.
    found = []
    with LiveLab([Recipe("tcp", "news", "tcp", seed=1), Recipe("udp", "news", "udp", seed=1)], None) as lab:
        for stream in lab.streams:
            for _ in range(TIMES):
                command = [sys.executable, "-c", WATCH, stream.url, str(tmp_path)]
                said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
                parts = [float(word) for word in said.split()]
                found.append(parts[-1])
                names = ("imports", "workplace and kernels", "first reading after", "in all")
                print(stream.id, ", ".join(f"{name} {s:.2f} s" for name, s in zip(names, parts, strict=True)))
    assert sorted(found)[len(found) // 2] <= LIMIT_S
