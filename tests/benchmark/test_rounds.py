"""Everything is compared within a round, and the rounds are compared with each other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from monitor.benchmark import rounds as module
from monitor.benchmark.rounds import measure
from monitor.errors import SourceError
from monitor.lab.yardsticks import Clip, Spent

MONITOR = [9.0, 2.0, 3.0, 8.0]
"""The first one warms up."""
DECODE = [1.0, 2.0, 2.0]
CHAIN = [20.0, 60.0]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was measured in which order; each takes what stands above."""
    done: list[str] = []

    def fake(name: str, values: list[float]) -> None:
        left: Iterator[float] = iter(values)

        def measured(clip: Clip, limit_s: float) -> float | Spent:
            done.append(name)
            spent = Spent(next(left), 50, 2.0)
            return spent if name in ("bare_decode", "ffmpeg_chain") else spent.cpu_s

        monkeypatch.setattr(module, name, measured)

    fake("monitor_cpu_s", MONITOR)
    fake("bare_decode", DECODE)
    fake("ffmpeg_chain", CHAIN)
    fake("ffmpeg_program", [40.0, 40.0])
    fake("memory_mib", [12.0])
    return done


def test_ratios_are_within_a_round_and_times_are_medians(clip: Clip, calls: list[str]) -> None:
    told: list[str] = []
    [row] = measure([clip], 3, 2, 10.0, told.append)
    # 2/1, 3/2, 8/2: neither the ratio of the medians (1.5) nor of the sums (2.6).
    assert (row.ratio_to_decode_min, row.ratio_to_decode, row.ratio_to_decode_max) == (1.5, 2.0, 4.0)
    assert (row.decode_cpu_s, row.monitor_cpu_s, row.ffmpeg_cpu_s) == (2.0, 3.0, 40.0)
    assert row.ratio_to_ffmpeg == pytest.approx((2 / 20 + 3 / 60) / 2)
    assert row.ratio_to_ffmpeg_program == pytest.approx((2 / 40 + 3 / 40) / 2)
    assert row.streams_per_core == pytest.approx(2.0 / 3.0)
    assert (row.what, row.codec, row.width, row.height, row.fps) == ("small.ts", "h264", 160, 96, 25.0)
    assert (row.frames, row.media_s, row.rounds, row.memory_mib, row.note) == (50, 2.0, 3, 12.0, "")
    assert [line for line in told if line.startswith("round")] == [f"round {n} of 3: small.ts" for n in (1, 2, 3)]


def test_decoding_and_monitor_change_places_and_slow_filters_end_early(clip: Clip, calls: list[str]) -> None:
    measure([clip], 3, 1, 10.0, lambda _: None)
    ours, bare = "monitor_cpu_s", "bare_decode"
    first = [bare, ours, "ffmpeg_chain", "ffmpeg_program"]
    assert calls == ["memory_mib", ours, *first, ours, bare, bare, ours]


def test_without_slow_filters_nothing_is_said_of_them(clip: Clip, calls: list[str]) -> None:
    [row] = measure([clip], 1, 0, 10.0, lambda _: None)
    assert (row.ffmpeg_cpu_s, row.ffmpeg_program_cpu_s, row.ratio_to_ffmpeg, row.note) == (None, None, None, "")


def test_filters_that_fail_are_noted_once_and_the_rest_is_measured(
    clip: Clip, calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[int] = []

    def failing(clip: Clip, limit_s: float) -> Spent:
        tried.append(1)
        raise SourceError("small.ts: FFmpeg's filters do not take it")

    monkeypatch.setattr(module, "ffmpeg_chain", failing)
    [row] = measure([clip], 2, 2, 10.0, lambda _: None)
    assert row.note == "small.ts: FFmpeg's filters do not take it"
    assert (row.ffmpeg_cpu_s, row.ratio_to_ffmpeg) == (None, None)
    assert row.ratio_to_decode == pytest.approx((2 / 1 + 3 / 2) / 2)
    assert tried == [1]


def test_real_clips_are_measured_with_all_yardsticks(clip: Clip, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "memory_mib", lambda *_: None)
    [row] = measure([clip], 1, 1, 0.4, lambda _: None)
    assert (row.frames, row.note) == (10, "")
    assert row.media_s == pytest.approx(0.4, abs=0.1)
    assert row.monitor_cpu_s > 0
    assert row.ffmpeg_cpu_s is not None
    assert row.ratio_to_ffmpeg == pytest.approx(row.monitor_cpu_s / row.ffmpeg_cpu_s)
    assert row.ratio_to_decode == pytest.approx(row.monitor_cpu_s / row.decode_cpu_s)
