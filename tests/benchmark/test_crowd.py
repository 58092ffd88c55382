"""Many streams, few threads: each is watched to its end, and one that fails ends the others."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from counting import Counting

from monitor.benchmark import crowd as module
from monitor.benchmark.crowd import ALONE, PACKETS, THREADS, crowd
from monitor.errors import SourceError
from monitor.lab.yardsticks import Clip
from monitor.pipeline import Outcome


def test_each_stream_is_watched_to_its_end_in_turns(clip: Clip, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "THREADS", 1)
    taken: list[int] = []
    number = itertools.count()

    def watched(*_: object) -> Iterator[Outcome]:
        mine = next(number)
        for _ in range(3):
            taken.append(mine)
            yield Outcome()

    monkeypatch.setattr(module, "watched", watched)
    monkeypatch.setattr(module, "monitor_cpu_s", lambda *_: 1.0)
    found = crowd(clip, streams=4, rounds=1)
    assert taken == [0, 1, 2, 3] * 3
    assert (found.streams, found.threads, found.what) == (4, 1, "small.ts")


def test_real_streams_are_shared_by_the_threads(clip: Clip, monkeypatch: pytest.MonkeyPatch) -> None:
    real, ended, threads = module.watched, [], set()
    meeting = threading.Barrier(THREADS, timeout=30)

    def watched(clip: Clip, limit_s: float, at_a_time: int, aside: Any) -> Iterator[Outcome]:
        if threading.get_ident() not in threads:
            threads.add(threading.get_ident())
            with aside():
                meeting.wait()
        yield from real(clip, limit_s, at_a_time, aside)
        ended.append(1)

    monkeypatch.setattr(module, "watched", watched)
    found = crowd(clip, streams=5, rounds=1)
    assert len(ended) == 5
    assert len(threads) == THREADS
    assert 0 < found.ratio_min <= found.ratio <= found.ratio_max


def test_streams_are_taken_in_turns_and_pictures_decoded_aside(clip: Clip, monkeypatch: pytest.MonkeyPatch) -> None:
    turns = Counting()
    monkeypatch.setattr(module, "Turns", lambda: turns)
    outcomes = len(list(module.watched(clip, at_a_time=PACKETS)))
    crowd(clip, streams=3, rounds=1)
    assert turns.taken == 3 * (outcomes + 1), "one for each outcome and one in which there is no more"
    assert turns.aside_in_turn == 3 * (25 + 1), "once per packet of the picture, once to drain the decoder"
    assert turns.aside_without == 0
    assert turns.free


def test_the_ratio_is_within_a_round_and_per_stream(clip: Clip, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = iter([1.0, 9.0, 2.0, 4.0, 4.0, 4.0])
    assert ALONE == 3
    clock = iter([0.0, 30.0, 100.0, 120.0])
    monkeypatch.setattr(module, "monitor_cpu_s", lambda *_: next(alone))
    monkeypatch.setattr(module, "_together", lambda *_: None)
    monkeypatch.setattr("monitor.benchmark.crowd.time.process_time", lambda: next(clock))
    found = crowd(clip, streams=10, rounds=2)
    # Alone 2 and 4, together 3 and 2.
    assert (found.ratio_min, found.ratio, found.ratio_max) == (0.5, 1.0, 1.5)
    assert (found.cpu_s_per_stream, found.cpu_s_alone) == (2.5, 3.0)


def test_one_that_fails_ends_them_all_and_is_told(clip: Clip, monkeypatch: pytest.MonkeyPatch) -> None:
    number = itertools.count()

    def watched(*_: object) -> Iterator[Outcome]:
        if next(number) == 1:
            raise SourceError("small.ts: broke off")
        while True:
            yield Outcome()

    monkeypatch.setattr(module, "watched", watched)
    monkeypatch.setattr(module, "monitor_cpu_s", lambda *_: 1.0)
    with pytest.raises(SourceError, match="broke off"):
        crowd(clip, streams=4, rounds=1)
