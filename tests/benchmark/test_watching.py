"""What is timed is the whole pipeline over exactly the packets that bare decoding gets."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import numpy as np
import pytest

from monitor.benchmark.watching import monitor_cpu_s, watched
from monitor.errors import SourceError
from monitor.lab.yardsticks import Clip, bare_decode
from monitor.pipeline import Outcome


def rows(outcomes: Iterable[Outcome]) -> dict[str, list[float]]:
    """Times of all readings by track."""
    found: dict[str, list[float]] = {}
    for outcome in outcomes:
        for readings in outcome.readings:
            found.setdefault(readings.track, []).extend(np.round(readings.t_s, 6).tolist())
    return found


def test_every_picture_and_all_sound_is_measured(clip: Clip) -> None:
    outcomes = list(watched(clip))
    found = rows(outcomes)
    assert set(found) == {"video", "audio:0"}
    assert len(found["video"]) == 25
    assert len(found["audio:0"]) == pytest.approx(10, abs=1)
    assert sum(row.end_s - row.start_s for row in outcomes[-1].coverage) == pytest.approx(1.0, abs=0.1)


def test_the_size_of_the_steps_changes_nothing(clip: Clip) -> None:
    few = list(watched(clip, at_a_time=7))
    assert len(few) > 10
    assert rows(few) == rows(watched(clip))


@pytest.mark.parametrize("limit_s", [0.2, 0.52])
def test_a_part_of_it_is_the_part_that_is_decoded(clip: Clip, limit_s: float) -> None:
    measured = len(rows(watched(clip, limit_s))["video"])
    assert measured == bare_decode(clip, limit_s).frames == round(limit_s * 25)


def test_the_time_is_that_of_the_whole_watch(clip: Clip, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([1.0, 3.5])
    monkeypatch.setattr("monitor.benchmark.watching.time.process_time", lambda: next(clock))
    seen = []
    monkeypatch.setattr("monitor.benchmark.watching.watched", lambda *a: (seen.append(n) for n in range(3)))
    assert monitor_cpu_s(clip) == 2.5
    assert seen == [0, 1, 2]


def test_a_file_that_is_gone_is_an_error_of_the_source(clip: Clip) -> None:
    with pytest.raises(SourceError, match="does not exist"):
        monitor_cpu_s(dataclasses.replace(clip, path=clip.path.with_name("gone.ts")))
