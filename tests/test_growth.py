"""Two minutes of watching do not grow; and one 1080p stream more takes no more than it may."""

from __future__ import annotations

import json
import statistics
from pathlib import Path

import pytest
from growing import MEMORY

from monitor.benchmark.machine import CLEAR_REFS, memory_mib
from monitor.lab.clips import make_clip as encode_clip
from monitor.lab.yardsticks import probe

SETTLED_S = 40.0
"""Memory is compared from here on: caches are full and each stream has been lost once."""
GROWTH_MIB = 12.0
"""What the allocator may do on its own; three kilobytes kept for each picture would stand out."""
STREAM_MB = 40.0
"""What one more 1080p stream may take."""
PICTURE_MB = 1920 * 1080 * 1.5 / 1e6
"""A 1080p picture of 8 bits, 4:2:0."""


@pytest.mark.beside
def test_two_minutes_of_watching_do_not_grow(growing: Path) -> None:
    found = json.loads((growing / MEMORY).read_text(encoding="utf-8"))
    assert found["frames"] > 10_000, "too little was watched to tell"
    memory = found["memory"]
    settled = [mib for at, mib in memory if at > SETTLED_S]
    first, last = settled[: len(settled) // 4], settled[-(len(settled) // 4) :]
    assert statistics.median(last) - statistics.median(first) < GROWTH_MIB, memory[:: len(memory) // 24]


@pytest.mark.skipif(not CLEAR_REFS.exists(), reason="this system does not tell the peak of a process's memory")
def test_one_more_1080p_stream_takes_40_mb_at_the_most(tmp_path: Path) -> None:
    """At its peak. Ten pictures or so, which H.264 needs to decode, and hardly anything beside."""
    mib = memory_mib(probe(encode_clip(tmp_path / "1080p.ts", "h264", 1920, 1080, 30, 1.5)))
    assert mib is not None
    assert 4 * PICTURE_MB < mib * 2**20 / 1e6 <= STREAM_MB
