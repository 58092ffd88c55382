"""How late a live watch is on a machine that is busy, not full: by hand, `python -m pytest -m soak -s`.

MONITOR_LOAD_STREAMS and MONITOR_LOAD_S make it wider or longer. Publishing takes its share of the machine too. Prints
the load and how long it took from the arrival of each frame and row of sound to its readings, and from the arrival of
what completes a detection's minimum duration to its row in a report.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from monitor.cluster.workplace import Assignment, Workplace
from monitor.lab.publish import LiveLab
from monitor.lab.schedule import Kind, Planned, Recipe, Transport
from monitor.records import Detection, Readings
from monitor.settings import FAST

SECONDS = float(os.environ.get("MONITOR_LOAD_S", "180"))
STREAMS = int(os.environ.get("MONITOR_LOAD_STREAMS", "12"))
FULL = 0.7
READINGS_S = 1.5
ROWS_S = 1.0
"""What 95 % must keep within."""
POLL_S = 0.5
"""As a driver asks."""
EVERY_S = 12.0
KINDS: tuple[Kind, ...] = ("black", "freeze", "silence")
TRANSPORTS: tuple[Transport, ...] = ("tcp", "udp", "http", "hls")


def recipe(number: int) -> Recipe:
    """A defect every EVERY_S, in turn, at other moments for each stream."""
    starts = np.arange(6.0 + number % 7, SECONDS - EVERY_S, EVERY_S).tolist()
    planned = tuple(Planned(KINDS[(n + number) % 3], start, start + 5) for n, start in enumerate(starts))
    return Recipe(f"s{number:02}", "sports", TRANSPORTS[number % 4], 640, 360, 25, planned, seed=number)


class Listener:
    """Keeps when each row was handed out and when what it is of had arrived."""

    def __init__(self) -> None:
        self.late: list[np.ndarray] = []
        self.rows: dict[tuple[str, str], list[Readings]] = {}

    def hear(self, readings: list[Readings]) -> None:
        now = time.time()
        for part in readings:
            self.late.append(now - part.arrived_at)
            self.rows.setdefault((part.stream, part.track), []).append(part)

    def completed_at(self, detection: Detection, least_s: float) -> float:
        """UTC of the arrival of the first row that reaches to a detection's minimum duration."""
        track = ":".join(detection.track.split(":")[:2])  # A channel by itself is "audio:0:FL".
        parts = self.rows[detection.stream, track]
        ends = np.concatenate([part.t_s + part.duration_s for part in parts])
        arrived = np.concatenate([part.arrived_at for part in parts])
        return float(arrived[int(np.argmax(ends >= detection.start_s + least_s - 1e-6))])


@pytest.mark.soak
def test_a_busy_machine_is_not_late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listener = Listener()
    least = {kind: getattr(FAST, kind).min_duration_s for kind in KINDS}
    place = Workplace("w", str(tmp_path / "results"), decode_threads=2)
    add = place._writer.add

    def heard(rows: object) -> None:
        listener.hear(list(rows))  # type: ignore[call-overload]
        add(list(rows))  # type: ignore[call-overload]

    monkeypatch.setattr(place._writer, "add", heard)
    delays: list[float] = []
    with LiveLab([recipe(n) for n in range(STREAMS)], None) as lab:
        place.assign([Assignment(stream, FAST) for stream in lab.streams])
        began, acknowledged = time.monotonic(), 0
        psutil.cpu_percent()
        while time.monotonic() - began < SECONDS:
            time.sleep(POLL_S)
            reports = place.report(acknowledged)
            now = time.time()
            fresh = [part for report in reports if report.number > acknowledged for part in report.streams]
            for row in (row for part in fresh for row in part.rows):
                if isinstance(row, Detection) and row.kind in KINDS and row.revision == 0:
                    delays.append(now - listener.completed_at(row, least[row.kind]))
            acknowledged = reports[-1].number
        load = psutil.cpu_percent() / 100
    place.stop()
    late = np.concatenate(listener.late)
    late = late[~np.isnan(late)]
    print(f"\n{STREAMS} streams of 640x360 for {SECONDS:.0f} s, load {load:.0%} of {psutil.cpu_count()} cores")
    for what, found in (("arrival to readings", late), ("minimum duration to row", np.array(delays))):
        middle, most = np.percentile(found, [50, 95])
        print(f"{what}: {len(found)}, p50 {middle:.2f} s, p95 {most:.2f} s, max {found.max():.2f} s")
    assert load <= FULL, "too busy to say anything: take fewer streams"
    assert len(delays) > STREAMS * SECONDS / EVERY_S / 3, "too few detections to say anything"
    assert np.percentile(late, 95) <= READINGS_S
    assert np.percentile(delays, 95) <= ROWS_S
