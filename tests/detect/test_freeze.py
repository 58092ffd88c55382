"""A sender that is stuck, told from stillness that is right."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from builders import cut, inputs, run, spans, video
from hypothesis import given
from hypothesis import strategies as st

from monitor.detect import REGISTERED, DetectorStates, Panel
from monitor.detect.freeze import Freeze
from monitor.records import GRID, Readings
from monitor.settings import FAST

STILL = {"drift": 0.0, "moving": 0.0}


def test_the_same_picture_again_and_again() -> None:
    """It begins with the frame before the first repeat, and ends with the first that is new."""
    found = run(Freeze, inputs(video(25), video(50, 1.0, **STILL)), inputs(video(25, 3.0)))
    assert spans(found) == [("video", 0.96, None), ("video", 0.96, 3.0)]


def test_a_still_scene_with_live_noise_is_no_freeze() -> None:
    assert run(Freeze, inputs(video(100, drift=0.4, moving=0.6))) == []


def test_something_small_that_moves_is_no_freeze() -> None:
    """A clock in a corner: the mean of the whole picture is below FFmpeg's threshold."""
    assert run(Freeze, inputs(video(100, drift=0.05, moving=6.0))) == []


def test_a_slow_zoom_is_no_freeze() -> None:
    drifting = np.repeat(np.arange(100) // 12, GRID[0] * GRID[1]).reshape(100, *GRID)
    assert run(Freeze, inputs(video(100, mean=drifting, drift=0.2, moving=0.5))) == []


def test_black_is_left_to_black() -> None:
    black = {"dark": 1.0, "lit": 0.0, "bar_top": 1.0, "bar_bottom": 1.0, "bar_left": 1.0, "bar_right": 1.0}
    assert run(Freeze, inputs(video(100, **STILL, **black))) == []


def test_a_key_frame_does_not_end_a_freeze_but_a_new_picture_does() -> None:
    key = {"drift": 1.5, "moving": 3.0, "key": 1.0}
    frozen = (video(30, **STILL), video(1, 1.2, **key), video(30, 1.24, **STILL))
    found = run(Freeze, inputs(video(1, -0.04), *frozen), inputs(video(20, 2.44)))
    assert spans(found)[-1] == ("video", -0.04, 2.44)
    assert len(found) == 2
    new = (video(30, **STILL), video(1, 1.2, mean=np.full(GRID, 9), **key), video(20, 1.24, mean=np.full(GRID, 9)))
    assert spans(run(Freeze, inputs(video(1, -0.04), *new)))[-1] == ("video", -0.04, 1.2)


def test_what_stopped_while_it_moved_is_coded_anew_for_some_frames() -> None:
    """The frame before a key frame leans on it, those after it refine it. What was quiet before may just be quiet."""
    moved = {"grids": {"difference": 40}, "drift": 4.0, "moving": 5.0}
    anew = {"drift": 0.8, "moving": 1.4, "difference": 0.8, "grids": {"difference": 12}}

    def frozen(start: float) -> list[Readings]:
        key = np.arange(12) == 1
        refined = video(12, start + 1.2, key=key.astype(float), **anew)
        return [video(30, start, **STILL), refined, video(30, start + 1.68, **STILL)]

    parts = [video(150, **moved), *frozen(6.0), video(25, 8.88, **moved)]
    assert spans(run(Freeze, inputs(*parts)))[-1] == ("video", 5.96, 8.88)
    quiet = run(Freeze, inputs(video(150, drift=0.5, moving=0.9), *frozen(6.0), video(25, 8.88, **moved)))
    assert [span for span in spans(quiet) if span[2]] == [("video", 5.96, 7.2), ("video", 7.64, 8.88)]
    long = [video(30, 6.0, **STILL), video(40, 7.2, **anew), video(30, 8.8, **STILL)]
    split = run(Freeze, inputs(video(150, **moved), *long, video(25, 10.0, **moved)))
    assert [span for span in spans(split) if span[2]] == [("video", 5.96, 7.28), ("video", 8.76, 10.0)]


@pytest.mark.parametrize("size", [1, 7, 400])
def test_a_freeze_is_over_where_pictures_move_again_though_each_is_shown_twice(size: int) -> None:
    """15 pictures a second in a stream of 25: a repeat every other frame keeps nothing open."""
    moves = {"drift": 4.0, "moving": 5.0, "difference": 4.0}
    twos = np.arange(200) % 2 == 0
    again = {name: np.where(twos, level, 0.0) for name, level in moves.items()}
    whole = [video(150, **moves), video(50, 6.0, **(moves | STILL)), video(200, 8.0, **again)]
    parts = [inputs(cut(part, k, min(k + size, len(part)))) for part in whole for k in range(0, len(part), size)]
    assert spans(run(Freeze, *parts, inputs(ended=True)))[-1] == ("video", 5.96, 8.0)


def test_what_nobody_has_seen_did_not_stand() -> None:
    moves = {"drift": 4.0, "moving": 5.0, "difference": 4.0}
    parts = [video(150, **moves), video(2, 6.0, **(moves | STILL)), video(4, 26.0, **(moves | STILL))]
    assert run(Freeze, inputs(*parts), inputs(ended=True)) == []


def test_a_break_shorter_than_what_clears_it_does_not_split_a_freeze() -> None:
    moves = {"drift": 4.0, "moving": 5.0, "difference": 4.0}
    still = moves | STILL
    parts = [video(150, **moves), video(50, 6.0, **still), video(11, 8.0, **moves), video(50, 8.44, **still)]
    clear = FAST.model_copy(update={"freeze": FAST.freeze.model_copy(update={"clear_s": 0.5})})
    for size in (1, 50):
        steps = [inputs(cut(part, k, min(k + size, len(part)))) for part in parts for k in range(0, len(part), size)]
        found = run(Freeze, *steps, inputs(ended=True), profile=clear)
        assert spans(found)[-1] == ("video", 5.96, pytest.approx(10.44)), size


def test_a_drawn_film_that_shows_each_picture_twice_is_no_freeze() -> None:
    twos = np.arange(400) % 2 == 0
    columns = {name: np.where(twos, 0.0, change) for name, change in (("drift", 1.5), ("difference", 1.5))}
    moved = {"grids": {"difference": 40}, "drift": 4.0, "moving": 5.0}
    change = np.where(twos[:, None, None], 0, 48) * np.ones((400, *GRID), int)
    drawn = video(400, 6.0, moving=np.where(twos, 0.0, 6.0), grids={"difference": change}, **columns)
    assert run(Freeze, inputs(video(150, **moved), drawn), inputs(ended=True)) == []


FRAMES = st.sampled_from(["moving", "still", "key", "black", "unknown"])
LOOKS = {
    "moving": {},
    "still": STILL,
    "key": {"drift": 1.0, "moving": 2.0, "key": 1.0},
    "black": {"dark": 1.0, "lit": 0.0, "drift": 0.0, "moving": 0.0},
    "unknown": {"drift": np.nan, "moving": np.nan},
}


@pytest.mark.parametrize("kind", ["black", "freeze"])
@given(runs=st.lists(st.tuples(FRAMES, st.integers(1, 40)), min_size=1, max_size=8), data=st.data())
def test_any_split_gives_the_same_states_and_detections(
    kind: str, runs: list[tuple[str, int]], data: st.DataObject
) -> None:
    panel = Panel(FAST, [build for build in REGISTERED if build(FAST).kind == kind])
    looks = [LOOKS[name] for name, n in runs for _ in range(n)]
    columns = {
        key: [look.get(key, 5.0 if key == "drift" else 0.5) for look in looks]
        for key in ("drift", "moving", "key", "dark", "lit")
    }

    whole_video = video(len(looks), **{key: np.array(values) for key, values in columns.items()})
    edges = sorted(data.draw(st.sets(st.integers(1, max(1, len(looks) - 1)), max_size=6)) | {0, len(looks)})
    edges = [e for e in edges if e <= len(looks)]
    split_state: DetectorStates = {}
    whole_state, whole = panel.step({}, inputs(whole_video))
    split = []
    for a, b in itertools.pairwise(edges):
        split_state, more = panel.step(split_state, inputs(cut(whole_video, a, b)))
        split += more
    assert split == whole
    assert repr(split_state) == repr(whole_state)


def test_frames_that_were_not_measured_say_nothing_at_the_end_of_a_step_either() -> None:
    looks = [LOOKS[name] for name, n in (("moving", 1), ("still", 1), ("unknown", 52), ("moving", 1)) for _ in range(n)]
    columns = {
        key: np.array([look.get(key, 5.0 if key == "drift" else 0.5) for look in looks]) for key in ("drift", "moving")
    }
    whole = video(len(looks), **columns)
    panel = Panel(FAST, [build for build in REGISTERED if build(FAST).kind == "freeze"])
    states, _ = panel.step({}, inputs(whole))
    split, _ = panel.step({}, inputs(cut(whole, 0, 3)))
    split, _ = panel.step(split, inputs(cut(whole, 3, len(looks))))
    assert repr(split["freeze"]) == repr(states["freeze"])
