"""Sound out of step, by each method, and another programme."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from builders import event, heard, inputs, run, spans, video

from monitor.detect.av_sync import AvSync, Mismatch
from monitor.detect.base import Inputs
from monitor.records import GRID, Detection, Event, Readings
from monitor.settings import DEFAULT, FAST, AvSyncSettings


def compared(until_s: float, error_s: float, track: str = "audio:0", at: float = math.nan, **numbers: float) -> Event:
    """As `monitor.sync.Compared` tells it, every five seconds."""
    numbers = {"from_s": max(0.0, until_s - 20), "alike": 1.0, "sound_likeness": 0.9} | numbers
    return Event("s", track, 0, until_s, at, "compared", error_s, numbers=numbers)


def series(errors: list[float], **numbers: float) -> list[Inputs]:
    return [inputs(compared(15.0 + 5 * k, error, **numbers)) for k, error in enumerate(errors)]


def ended(steps: list[Inputs]) -> list[Inputs]:
    return [*steps, inputs(ended=True)]


@pytest.mark.parametrize(
    ("error_ms", "default", "fast"),
    [(-60, 1, 1), (60, 0, 1), (150, 1, 1), (-1900, 1, 1), (30, 0, 0), (-30, 0, 0), (-44, 0, 0), (124, 0, 1)],
)
def test_limits(error_ms: float, default: int, fast: int) -> None:
    steps = ended(series([error_ms / 1000] * 8))
    for profile, expected in ((DEFAULT, default), (FAST, fast)):
        found = [d for d in run(AvSync, *steps, profile=profile) if d.end_s is not None]
        assert len(found) == expected
    for detection in found:
        assert detection.evidence["by_reference_least_ms"] == detection.evidence["by_reference_most_ms"] == error_ms
        assert (detection.track, detection.severity, detection.confidence) == ("audio:0", "major", 0.9)


def test_it_goes_from_the_middle_of_what_was_looked_at_to_that_of_the_first_that_is_good() -> None:
    found = run(AvSync, *ended(series([0.0] * 4 + [0.2] * 5 + [0.0] * 4)))
    assert spans(found)[-1] == ("audio:0", 20.0, 45.0)
    from_the_start = run(AvSync, *ended(series([0.2] * 3)))
    assert spans(from_the_start)[-1] == ("audio:0", 0.0, 25.0), "the first from the start, the last to the end"


def test_what_was_not_found_says_nothing() -> None:
    assert run(AvSync, *ended(series([math.nan] * 8))) == []
    found = run(AvSync, *ended(series([0.2, 0.2, 0.2, math.nan, math.nan, 0.2, 0.2])))
    assert len({d.detection_id for d in found}) == 1


def test_tracks_are_held_apart_and_on_the_clock() -> None:
    steps = [
        inputs(
            compared(15.0 + 5 * k, 0.0, at=1015.0 + 5 * k), compared(15.0 + 5 * k, -0.3, "audio:1", at=1015.0 + 5 * k)
        )
        for k in range(6)
    ]
    found = run(AvSync, *steps)
    assert {d.track for d in found} == {"audio:1"}
    assert found[0].start_at == pytest.approx(1000.0)


def moved(rows: Readings, from_s: float, by_s: float) -> Readings:
    return replace(rows, t_s=np.where(rows.t_s >= from_s - 1e-9, rows.t_s + by_s, rows.t_s))


def test_timestamps_are_at_most_minor_and_name_themselves() -> None:
    steps = [inputs(moved(heard(600), 10.0, 0.2), video(1500)), inputs(ended=True)]
    found = run(AvSync, *steps)
    assert {d.severity for d in found} == {"minor"}
    assert found[-1].evidence["gaps_most_ms"] == pytest.approx(200)
    assert found[-1].start_s == 10.0
    assert found[-1].confidence == 0.5
    within = [inputs(moved(heard(600), 10.0, 0.04), video(1500)), inputs(ended=True)]
    assert run(AvSync, *within) == []


def test_tracks_that_begin_apart_and_a_track_that_lies_behind() -> None:
    late = inputs(replace(heard(200), t_s=heard(200).t_s + 2.5), video(500))
    apart = run(AvSync, late, inputs(ended=True), profile=DEFAULT)
    assert {d.severity for d in apart} == {"minor"}
    assert spans(apart)[-1] == ("audio:0", 0.0, 3.0)
    assert apart[-1].evidence["apart_s"] == 2.5
    behind_s = tuple(event("interleaving", float(t), 2.0, "audio:0") for t in range(5, 10))
    other = replace(heard(200), track="audio:1")
    behind = run(AvSync, inputs(heard(200), other, video(500), *behind_s), inputs(ended=True))
    assert spans(behind)[-1] == ("audio:0", 6.0, 10.0)
    assert {d.track for d in behind} == {"audio:0"}
    assert behind[-1].evidence["behind_s"] == 2.0


def flash_and_beep(error_s: float, seconds: int = 40) -> Inputs:
    hops = np.full(seconds * 100, 100, np.uint8)
    maps = np.full((seconds * 25, *GRID), 30, np.uint8)
    for t in range(1, seconds - 1):
        hops[int((t + error_s) * 100) :][:6] = 220
        maps[t * 25 :][:2] = 220
    sound = replace(heard(seconds * 10), prints={"peak": np.repeat(hops.reshape(-1, 1, 10), 2, axis=1)})
    return inputs(sound, video(len(maps), grids={"mean": maps}))


@pytest.mark.parametrize("error_ms", [-80, 0, 30, 60, 250])
def test_markers(error_ms: int) -> None:
    found = run(AvSync, flash_and_beep(error_ms / 1000), inputs(ended=True))
    assert bool(found) == (abs(error_ms) >= 60)
    if found:
        assert found[-1].evidence["by_marker_most_ms"] == pytest.approx(error_ms, abs=6)
        assert found[-1].severity == "major"


def test_what_markers_say_last_speaks_to_the_end_and_nothing_begins_before_the_sound() -> None:
    from builders import cut

    whole = flash_and_beep(-0.6)
    found = run(AvSync, inputs(cut(whole.audio[0], 0, 385), whole.video[0]), inputs(ended=True))
    assert spans(found)[-1][1:] == pytest.approx((0.0, 38.5), abs=0.05)
    assert found[-1].start_s >= 0
    part = flash_and_beep(0.3)
    later = replace(heard(300), prints={"peak": np.full((300, 2, 10), 100, np.uint8)})
    later = replace(later, t_s=later.t_s + 40.0)
    found = run(AvSync, part, inputs(later, video(750, start=40.0)), inputs(ended=True))
    assert spans(found)[-1][2] < 41, "not where they ended long before"


def test_what_has_ended_is_told_once() -> None:
    steps = ended(series([0.3] * 6))
    once = run(AvSync, *steps)
    assert run(AvSync, *steps, inputs(ended=True)) == once


def test_methods_that_begin_together_have_names_of_their_own() -> None:
    both = flash_and_beep(0.3)
    sound = moved(both.audio[0], 0.0, 0.0)
    steps = [replace(both, audio=(sound,), events=tuple(e for s in series([0.3] * 6) for e in s.events))]
    found = run(AvSync, *ended(steps))
    methods = {name.split("_")[1] for d in found for name in d.evidence}
    assert methods == {"reference", "marker"}
    assert len({d.detection_id for d in found}) == 2


@pytest.mark.parametrize("size", [1, 9, 64])
def test_any_split_tells_the_same(size: int) -> None:
    whole = flash_and_beep(0.2, 30)
    sound = moved(whole.audio[0], 20.0, 0.3)
    from builders import cut

    steps = []
    for k in range(0, len(whole.video[0]), size):
        parts = [cut(rows, k, k + size) for rows in (whole.video[0], sound)]
        steps.append(inputs(*(part for part in parts if len(part))))
    at_once = run(AvSync, inputs(whole.video[0], sound), inputs(ended=True))
    assert run(AvSync, *ended(steps)) == at_once
    assert at_once


def told(alike: list[float | None]) -> list[Detection]:
    steps = [
        inputs(compared(15.0 + 5 * k, math.nan, **({} if each is None else {"alike": each})))
        for k, each in enumerate(alike)
    ]
    for step, each in zip(steps, alike, strict=True):
        if each is None:
            del step.events[0].numbers["alike"]  # type: ignore[attr-defined]
    return run(Mismatch, *ended(steps))


def test_another_programme() -> None:
    found = told([1, 1, 1, 0, 0, 0, 0, 1, 1, 1])
    assert found[-1].severity == "critical"
    assert (found[-1].start_s, found[-1].end_s) == (17.0, 44.0)
    assert told([1, 1, 1]) == []
    assert told([None] * 6) == []
    assert len({d.detection_id for d in told([0, 0, None, None, 0, 0])}) == 1


def test_settings_are_in_what_is_told() -> None:
    strict = FAST.model_copy(update={"av_sync": AvSyncSettings(late_ms=20, early_ms=20, min_duration_s=1)})
    (one,) = {d.detector for d in run(AvSync, *series([0.03] * 4), profile=strict)}
    (other,) = {d.detector for d in run(AvSync, *series([0.3] * 4))}
    assert one.startswith("av_sync@2:")
    assert one != other
