"""Holds, drops and pictures out of order; and the cadences that only look like them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from builders import FPS, cut, inputs, run, spans, video

from monitor.detect.stutter import Stutter
from monitor.records import GRID, Detection, Readings
from monitor.settings import FAST

PLACES = GRID[0] * GRID[1]
MOTION = 3.0


def shown(numbers: Sequence[int], speed: float = MOTION) -> Readings:
    """Pictures of a scene that moves by `speed` levels a picture, in this order."""
    order = np.asarray(numbers)
    changes = np.abs(np.diff(order, prepend=order[0] - 1)) * speed
    slope = np.random.default_rng(1).uniform(-1, 1, PLACES)
    mean = 128 + 100 * np.sin(order[:, None] * speed / 40 * slope + np.arange(PLACES))
    return video(len(order), mean=mean.reshape(-1, *GRID), difference=changes, key=order % 50 == 0)


def with_holds(seconds: float, every: int, length: int, first_s: float = 4.0, last_s: float = 8.0) -> list[int]:
    """Numbers of pictures, of which one in `every` is held for `length` pictures between two times."""
    order = list(range(round(seconds * FPS)))
    for k in range(round(first_s * FPS), round(last_s * FPS) - length, every):
        order[k : k + length + 1] = [order[k]] * (length + 1)
    return order


def found(readings: Readings, *more: Readings) -> list[Detection]:
    return run(Stutter, inputs(readings), *(inputs(part) for part in more), inputs(ended=True))


@pytest.mark.parametrize(("every", "length"), [(9, 1), (9, 3), (3, 2), (12, 8)])
def test_pictures_that_are_held_and_then_jump(every: int, length: int) -> None:
    detections = found(shown(with_holds(12, every, length)))
    (span,) = spans(detections[-1:])
    assert span == ("video", pytest.approx(4.0, abs=0.1), pytest.approx(8.0, abs=0.8))
    assert len({d.detection_id for d in detections}) == 1
    assert detections[-1].severity == "major"
    assert detections[-1].evidence["jump"] == pytest.approx(length + 1, rel=0.01)


def test_one_hitch_is_no_stutter() -> None:
    assert not found(shown(with_holds(12, every=40, length=3)))


def test_repeats_after_which_motion_flows_on_are_a_cadence() -> None:
    """24 pictures shown as 30, from the start and from later on; slow motion at half the speed."""
    pulled = [n - n // 5 for n in range(300)]
    assert not found(shown(pulled))
    assert not found(shown([*range(100), *(99 + n - n // 5 for n in range(200))]))
    assert not found(shown([*range(100), *(99 + n // 2 for n in range(200))]))


def test_an_animation_on_twos_has_its_own_cadence() -> None:
    assert not found(shown([n // 2 * 2 for n in range(300)]))


def test_a_lower_rate_than_the_streams_own() -> None:
    """25 pictures a second become 8: each stands for three and jumps by three."""
    order = [*range(100), *(n // 3 * 3 for n in range(100, 200)), *range(200, 300)]
    assert spans(found(shown(order))[-1:]) == [("video", pytest.approx(4.0, abs=0.2), pytest.approx(8.0, abs=0.8))]


def test_pictures_out_of_order() -> None:
    order = np.arange(300)
    order[100:200] = order[100:200].reshape(-1, 2)[:, ::-1].ravel()
    assert spans(found(shown(order.tolist()))[-1:]) == [
        ("video", pytest.approx(4.0, abs=0.5), pytest.approx(8.0, abs=0.8))
    ]


def test_a_light_that_flickers_is_not_out_of_order() -> None:
    luma = np.where(np.arange(300) % 2 == 0, 60, 160)[:, None, None]
    assert not found(video(300, mean=np.broadcast_to(luma, (300, *GRID)), difference=100.0))


def test_what_hardly_moves_cannot_be_seen_to_stand() -> None:
    assert not found(shown(with_holds(12, 9, 3), speed=0.2))


def test_what_stands_for_long_is_left_to_freeze() -> None:
    assert not found(shown(with_holds(12, every=25, length=20)))


def test_pictures_that_come_late_and_jump_are_held_too() -> None:
    whole = shown(with_holds(12, every=9, length=3))
    order = np.array(with_holds(12, every=9, length=3))
    kept = np.flatnonzero(np.diff(order, prepend=-1) > 0)
    rows = ("pts", "t_s", "duration_s", "arrived_at", "at", "reason")
    late = replace(
        whole,
        **{name: getattr(whole, name)[kept] for name in rows},
        since_previous_s=np.diff(whole.t_s[kept], prepend=np.nan).astype(np.float32),
        values={name: column[kept] for name, column in whole.values.items()},
        grids={name: maps[kept] for name, maps in whole.grids.items()},
    )
    assert spans(found(late)[-1:]) == [("video", pytest.approx(4.0, abs=0.1), pytest.approx(8.0, abs=0.8))]


def test_what_goes_on_for_minutes_is_usual() -> None:
    detections = found(shown(with_holds(200, 9, 3, last_s=200.0)))
    assert detections[-1].end_s == pytest.approx(4.0 + 120.0, abs=5.0)


@pytest.mark.parametrize("size", [1, 7, 60])
def test_any_split_decides_the_same(size: int) -> None:
    whole = shown(with_holds(12, 9, 3))
    parts = [inputs(cut(whole, k, min(k + size, len(whole)))) for k in range(0, len(whole), size)]
    split = run(Stutter, *parts, inputs(ended=True), profile=FAST)
    assert split == run(Stutter, inputs(whole), inputs(ended=True), profile=FAST)
