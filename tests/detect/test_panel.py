from __future__ import annotations

from builders import inputs, video

from monitor.detect import REGISTERED, Panel, panel
from monitor.detect.look import Look
from monitor.detect.panel import DAMAGE, LOOK, QUALITY
from monitor.detect.shown import Black
from monitor.settings import FAST


def test_each_detector_is_shown_only_what_it_reads() -> None:
    seen: list[set[str]] = []

    class Nosy(Black):
        reads = ("luma", "shown", "dark_ratio", "lit")

        def step(self, state, seen_):  # type: ignore[no-untyped-def]
            seen.append({*seen_.video[0].values, *seen_.video[0].grids})
            return super().step(state, seen_)

    Panel(FAST, (Nosy,)).step({}, inputs(video(3)))
    assert seen == [{"luma", "shown", "dark_ratio", "lit"}]


def test_there_is_a_state_for_every_kind_and_for_what_is_shown() -> None:
    states, found = panel(FAST).step({}, inputs(video(3)))
    assert set(states) == {LOOK, DAMAGE, QUALITY, *(build(FAST).kind for build in REGISTERED)}
    assert found == []


def test_readings_without_rows_are_passed_over() -> None:
    states, found = panel(FAST).step({}, inputs(video(0), video(2)))
    assert states[LOOK].standing is not None
    assert found == []


def test_what_is_shown_goes_on_from_step_to_step() -> None:
    one = panel(FAST)
    states, _ = one.step({}, inputs(video(10)))
    assert states[LOOK].standing.since_s == 0.0
    states, _ = one.step(states, inputs(video(10, 0.4)))
    assert states[LOOK].standing.since_s == 0.0
    assert states[LOOK].standing.pattern is Look.PICTURE
