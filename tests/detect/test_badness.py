"""Numbers that are larger where a picture is worse, whatever bars are around it."""

from __future__ import annotations

import numpy as np
import pytest
from builders import inputs, run, slow

from monitor.detect.badness import KINDS, NUMBERS, READS, boxed, numbers, others_came
from monitor.detect.degraded import Banding, Blockiness, Blur, Levels, Noise
from monitor.records import Detection

GOOD = dict.fromkeys(READS, 0.0) | {
    "sharpness": 8.0,
    "gradient_x": 6.0,
    "gradient_y": 6.0,
    "contrast": 50.0,
    "noise": 0.5,
    "flat": 0.3,
    "step": 0.3,
    "luma": 110.0,
}


def judged(**worse: float) -> np.ndarray:
    """The numbers of one picture."""
    seen = {name: np.array([value]) for name, value in (GOOD | worse).items()}
    return numbers(seen, boxed(seen))[0]


@pytest.mark.parametrize(
    ("number", "worse"),
    [
        (0, {"sharpness": 4.0}),
        (1, {"noise": 2.0}),
        (2, {"flat": 0.6}),
        (3, {"block_x": 3.0}),
        (4, {"phase_y_excess": 3.0}),
        (5, {"combed": 0.2}),
        (6, {"over": 0.1}),
        (7, {"crushed": 0.2}),
        (8, {"blown": 0.2}),
        (9, {"crushed": 0.2}),
    ],
)
def test_each_number_is_larger_where_it_is_worse(number: int, worse: dict[str, float]) -> None:
    assert judged(**worse)[number] > judged()[number]
    assert sorted(set(NUMBERS)) == sorted(KINDS)


def test_a_picture_of_two_fields_is_not_combed() -> None:
    assert judged(combed=0.3, interlaced=1.0)[5] == judged()[5]


def test_what_gain_does_is_no_blur() -> None:
    half = {name: GOOD[name] / 2 for name in ("sharpness", "gradient_x", "gradient_y", "contrast")}
    assert judged(**half)[0] == pytest.approx(judged()[0], abs=0.1)
    assert judged(sharpness=4.0)[0] - judged()[0] == pytest.approx(2 * np.log(8.1 / 4.1))


def test_bars_add_nothing() -> None:
    """A pillarboxed picture, a quarter of it black, is what it would be without its bars."""
    of_all = ("sharpness", "gradient_x", "gradient_y", "noise", "step")
    inside = {name: GOOD[name] * 0.75 for name in of_all}
    luma = 0.75 * GOOD["luma"] + 0.25 * 16
    contrast = np.sqrt(0.75 * GOOD["contrast"] ** 2 + 0.75 * 0.25 * (GOOD["luma"] - 16) ** 2)
    dark = {"flat": 0.75 * GOOD["flat"] + 0.25, "crushed": 0.25, "luma": luma, "contrast": contrast}
    assert judged(bar_left=0.125, bar_right=0.125, **inside, **dark) == pytest.approx(judged())


def test_one_dark_side_is_no_bars() -> None:
    def of(top: float, bottom: float, left: float, right: float) -> tuple[float, float]:
        seen = {"bar_top": top, "bar_bottom": bottom, "bar_left": left, "bar_right": right}
        across, upright = boxed({name: np.array([value]) for name, value in seen.items()})
        return float(across[0]), float(upright[0])

    assert of(0.1, 0.1, 0.0, 0.0) == (0.2, 0.0)
    assert of(0.0, 0.0, 0.125, 0.1) == (0.0, 0.225)
    assert of(0.0, 0.25, 0.0, 0.0) == (0.0, 0.0)
    assert of(0.1, 0.2, 0.0, 0.0) == (0.0, 0.0), "of another width each: something dark"


@pytest.mark.parametrize(
    ("before", "now", "came"),
    [
        ((0.0, 0.0), (0.2, 0.0), True),
        ((0.0, 0.25), (0.0, 0.0), True),
        ((0.2, 0.0), (0.25, 0.0), False),
        ((0.0, 0.0), (0.0, 0.0), False),
        ((0.2, 0.3), (0.3, 0.2), False),
    ],
    ids=["above", "sides go", "a little", "none", "something moves on black"],
)
def test_bars_come_and_go_in_one_direction(before: tuple[float, float], now: tuple[float, float], came: bool) -> None:
    assert others_came(before, now) is came


def test_black_bars_are_no_crushed_blacks() -> None:
    """An archive film between two wide programmes. But a dark part of the picture that loses its last detail is, though
    it touches the edges as bars do."""
    bars = {"bar_left": 0.125, "bar_right": 0.125, "flat": 0.5, "step": 0.2}

    def told(scene: int, **worse: float) -> list[Detection]:
        parts = slow(10, 0.0, 1), slow(8, 4.8, scene, **worse), slow(10, 8.64, 1)
        return [d for kind in (Levels, Banding, Blur, Noise) for d in run(kind, inputs(*parts), inputs(ended=True))]

    assert told(2, crushed=0.26, **bars) == []
    assert [d.kind for d in told(2, crushed=0.45, **bars)][:1] == ["levels"], "27 % of the picture between them"
    assert told(1, crushed=0.26, **bars) == [], "bars that come within a scene are told as what they are"
    one = {"bar_left": 0.25, "flat": 0.5, "step": 0.2}
    assert [d.kind for d in told(1, crushed=0.26, **one)][:1] == ["levels"], "the same scene"


def test_the_sides_of_bars_are_no_blocks() -> None:
    """A bar that begins on the grid is a step along all of a line, there and from then on."""
    parts = slow(10, 0.0), slow(8, 4.8, bar_top=0.1, bar_bottom=0.1, block_y=3.0, phase_y_excess=3.0), slow(10, 8.64)
    assert run(Blockiness, inputs(*parts), inputs(ended=True)) == []
    parts = slow(10, 0.0), slow(8, 4.8, bar_top=0.1, bar_bottom=0.1, flat=0.5, block_x=6.0), slow(10, 8.64)
    assert run(Blockiness, inputs(*parts), inputs(ended=True))
