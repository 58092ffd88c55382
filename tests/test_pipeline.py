"""All floors of one stream: going on from a checkpoint gives what an unbroken watch gives; live clocks; absences."""

from __future__ import annotations

import math
import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from clips import make_clip

from monitor.media.source import open_input
from monitor.pipeline import Outcome, Pipeline
from monitor.records import Detection, Stream
from monitor.settings import FAST, SourceSettings

STREAM = Stream(id="s", url="")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    parts = [("moving", 1.0), ("black", 2.0), ("moving", 1.0), ("mute", 2.0), ("moving", 1.0)]
    return make_clip(tmp_path_factory.mktemp("clips") / "clip.ts", parts)


def run(clip: Path, sizes: Sequence[int]) -> list[Any]:
    """Rows of everything but readings, with packets handed over in groups of these sizes, over and over."""
    pipeline = Pipeline(STREAM, FAST, live=False, now=math.nan)
    outcomes: list[Outcome] = []
    with open_input(Stream(id="s", url=str(clip)), SourceSettings()) as source:
        pipeline.opened(source.tracks, source.description, math.nan)
        packets = [(track, packet, math.nan) for track, packet, _ in source.packets()]
        at = turn = 0
        while at < len(packets):
            size = sizes[turn % len(sizes)]
            pipeline.packets(packets[at : at + size], math.nan)
            outcomes.append(pipeline.take())
            at, turn = at + size, turn + 1
        pipeline.closed("ended", "", math.nan)
    pipeline.finish(math.nan)
    outcomes.append(pipeline.take())
    return [row for outcome in outcomes for row in (*outcome.detections, *outcome.incidents)]


@pytest.mark.parametrize("sizes", [(1,), (7, 1, 30), (1000,)])
def test_any_split_of_the_packets_gives_the_same_detections(clip: Path, sizes: Sequence[int]) -> None:
    def finals(rows: list[Any]) -> list[Detection]:
        return sorted((r for r in rows if isinstance(r, Detection)), key=lambda d: (d.kind, d.revision))

    whole = finals(run(clip, (64,)))
    assert [(d.kind, d.revision) for d in whole] == [("black", 0), ("black", 1), ("silence", 0), ("silence", 1)]
    assert finals(run(clip, sizes)) == whole


def test_a_checkpoint_is_small_and_goes_through_pickle(clip: Path) -> None:
    pipeline = Pipeline(STREAM, FAST, live=True, now=1000.0)
    with open_input(Stream(id="s", url=str(clip)), SourceSettings()) as source:
        pipeline.opened(source.tracks, source.description, 1000.5)
        pipeline.packets([(t, p, 1001.0) for t, p, _ in source.packets()][:120], 1001.1)
        size = len(pickle.dumps(pipeline.checkpoint()))
        pipeline.closed("lost", "test", 1002.0)
    assert size < 34_000
    checkpoint = pickle.loads(pickle.dumps(pipeline.checkpoint()))
    second = Pipeline(STREAM, FAST, live=True, now=1012.0, begun=checkpoint)
    moved = second.take()
    assert [(e.kind, round(e.value)) for e in moved.events] == [("moved", 12)]
    assert second.checkpoint().watch == checkpoint.watch


def test_a_first_opening_that_fails_counts_from_the_beginning() -> None:
    pipeline = Pipeline(STREAM, FAST, live=True, now=1000.0)
    pipeline.tick(1003.0)
    assert pipeline.take().detections == []
    pipeline.closed("open_failed", "refused", 1004.0)
    pipeline.tick(1004.1)
    outcome = pipeline.take()
    assert [(d.kind, d.start_at, d.seen_at) for d in outcome.detections] == [("no_input", 1000.0, 1004.1)]
    assert [i.state for i in outcome.incidents] == ["open"]


def test_an_opening_that_hangs_counts_too() -> None:
    pipeline = Pipeline(STREAM, FAST, live=True, now=1000.0)
    pipeline.tick(1000.0 + FAST.source.open_timeout_s + 3)
    assert [d.kind for d in pipeline.take().detections] == ["no_input"]


def test_what_is_open_when_the_watch_ends_is_closed_and_covered() -> None:
    pipeline = Pipeline(STREAM, FAST, live=True, now=1000.0)
    pipeline.closed("open_failed", "refused", 1001.0)
    pipeline.tick(1005.0)
    pipeline.finish(1006.0)
    outcome = pipeline.take()
    assert [d.revision for d in outcome.detections] == [0, 1]
    assert outcome.incidents[-1].state == "resolved"
    assert sum(row.seconds for row in outcome.coverage) == pytest.approx(6.0)
    assert {row.reason for row in outcome.coverage} == {"no_input"}


def test_a_recording_that_was_watched_to_its_end_is_no_fault(clip: Path) -> None:
    pipeline = Pipeline(STREAM, FAST, live=True, now=1000.0)
    with open_input(Stream(id="s", url=str(clip)), SourceSettings()) as source:
        pipeline.opened(source.tracks, source.description, 1000.1)
        pipeline.packets([(t, p, 1000.2) for t, p, _ in source.packets()], 1000.3)
        pipeline.closed("ended", "the source ended", 1007.0)
    for now in range(1008, 1040):
        pipeline.tick(float(now))
    outcome = pipeline.take()
    assert {d.kind for d in outcome.detections} == {"black", "silence"}
    assert {i.state for i in outcome.incidents} <= {"open", "resolved"}
    assert outcome.incidents[-1].state == "resolved"
    assert {row.reason for row in outcome.coverage if not row.watched} <= {"ended", "connecting"}
    assert pipeline.checkpoint().ended
