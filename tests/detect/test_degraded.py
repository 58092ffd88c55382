"""A picture that is worse than the stream's own normal."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from builders import cut, inputs, run, spans, video

from monitor.detect.damage import Assessor, DamageState
from monitor.detect.degraded import Banding, Blockiness, Blur, Combing, Inspector, InspectorState, Levels, Noise
from monitor.detect.look import LookState, Viewer
from monitor.records import GRID, Detection, Readings
from monitor.settings import DEFAULT, FAST

NORMAL = {
    "contrast": 50.0,
    "sharpness": 8.0,
    "noise": 0.5,
    "flat": 0.3,
    "step": 0.3,
    "combed": 0.0,
}


def slow(n: int, start: float, scene: int | None = None, **worse: float) -> Readings:
    """n half seconds of frames, of which one in twelve or so has the slow set. `scene`: what they show."""
    frames = n * 12
    due = np.arange(frames) % 12 == 0
    mean = {} if scene is None else {"mean": np.random.default_rng(scene).integers(16, 235, GRID)}
    return video(frames, start, **mean, **{k: np.where(due, v, np.nan) for k, v in (NORMAL | worse).items()})


def found(kind: type, **worse: float) -> list[Detection]:
    return run(kind, inputs(slow(10, 0.0), slow(8, 4.8, **worse), slow(10, 8.64)), inputs(ended=True))


def test_what_becomes_worse_is_told_from_halfway_between_samples() -> None:
    for kind, worse in ((Blur, {"sharpness": 2.0}), (Noise, {"noise": 4.0}), (Levels, {"crushed": 0.3})):
        assert spans(found(kind, **worse)) == [("video", 4.56, None), ("video", 4.56, 8.4)], kind


def test_one_cause_is_one_kind() -> None:
    """Noise that leaves the legal range is noise."""
    worse = {"noise": 4.0, "under": 0.05}
    assert found(Noise, **worse)
    assert found(Levels, **worse) == []


def test_blocks_that_are_not_flat_inside_are_of_noise() -> None:
    """A coder short of bits makes blocks of it."""
    blocky = {"block_x": 0.6, "block_y": 0.6}
    assert found(Blockiness, flat=0.45, **blocky)
    assert found(Noise, flat=0.45, **blocky) == []
    assert found(Noise, flat=0.15, noise=0.6, **blocky)
    assert found(Blockiness, flat=0.15, noise=0.6, **blocky) == []


def test_what_follows_an_established_kind_is_its_consequence_for_a_while() -> None:
    parts = (slow(10, 0.0), slow(6, 4.8, sharpness=2.0), slow(1, 7.68), slow(3, 8.16, noise=1.5), slow(8, 9.6))
    assert run(Noise, inputs(*parts), inputs(ended=True)) == []
    assert run(Noise, inputs(slow(17, 0.0), slow(3, 8.16, noise=1.5), slow(8, 9.6)), inputs(ended=True))


def test_what_is_much_stronger_than_what_was_before_it_is_no_consequence() -> None:
    """Faint terraces, and noise over them, which leaves none."""
    parts = (slow(10, 0.0), slow(6, 4.8, step=0.18), slow(6, 7.68, noise=9.0), slow(8, 10.56))
    assert spans(run(Noise, inputs(*parts), inputs(ended=True)))[-1][1:] == (7.44, 10.32)


def test_noise_in_which_lines_differ_is_noise() -> None:
    noisy = {"noise": 9.0, "combed": 0.06}
    assert found(Noise, **noisy)
    assert not found(Combing, **noisy)
    assert found(Combing, combed=0.06)


def test_a_kind_that_is_told_now_and_then_is_not_established() -> None:
    """Terraces that come and go in a quiet scene do not hide what is much worse."""
    seen = []
    for n in range(10):
        seen.append(slow(1, n * 0.48, **({"step": 0.2} if n in (5, 7, 9) else {})))
    worse = slow(8, 4.8, step=0.2, block_x=3.0, block_y=3.0)
    assert spans(run(Blockiness, inputs(*seen, worse, slow(10, 8.64)), inputs(ended=True)))[-1][2] == 8.4


def test_what_was_always_so_is_normal() -> None:
    assert run(Blur, inputs(slow(40, 0.0, sharpness=2.0)), inputs(ended=True)) == []


def test_what_shows_nothing_is_not_judged() -> None:
    assert found(Blur, sharpness=2.0, contrast=1.0) == []


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


def test_what_a_scene_has_since_it_began_hides_nothing_that_begins_in_it() -> None:
    """Terraces of its own, after a cut; four seconds later it goes soft."""
    own = {"step": 0.02}
    parts = slow(10, 0.0, 1), slow(8, 4.8, 2, **own), slow(8, 8.64, 2, sharpness=4.0, **own), slow(8, 12.48, 2, **own)
    assert spans(run(Banding, inputs(*parts), inputs(ended=True)))[-1][1:] == (4.56, 8.4)
    assert spans(run(Blur, inputs(*parts), inputs(ended=True)))[-1][1:] == (8.4, 12.24)


def test_a_tiny_picture_is_not_judged() -> None:
    worse = slow(8, 4.8, sharpness=2.0)
    tiny = replace(worse, values=dict(worse.values) | {"tiles": np.full(len(worse), 12, np.float32)})
    assert run(Blur, inputs(slow(10, 0.0), worse), inputs(ended=True))
    assert run(Blur, inputs(slow(10, 0.0), tiny), inputs(ended=True)) == []


def test_another_kind_that_is_much_stronger_is_told_while_one_goes_on() -> None:
    """Soft for four seconds, and then noisy, too."""
    soft = {"sharpness": 5.0}
    parts = (slow(10, 0.0), slow(8, 4.8, **soft), slow(8, 8.64, noise=9.0, **soft))
    kinds = [run(kind, inputs(*parts), inputs(ended=True)) for kind in (Blur, Noise)]
    assert kinds[0] != []
    assert kinds[1][-1].start_s == pytest.approx(8.4, abs=0.3)


def test_a_blur_goes_on_over_a_cut_and_is_over_when_the_picture_is_sharp_for_its_scene() -> None:
    """The other scene, unharmed, is as soft as the first one was when it was blurred a little."""
    first = (slow(10, 0.0, 1), slow(6, 4.8, 1, sharpness=3.0))
    second = (slow(4, 7.68, 2, sharpness=1.5), slow(8, 9.6, 2, sharpness=4.0))
    assert spans(run(Blur, inputs(*first, *second), inputs(ended=True))[-1:]) == [("video", 4.56, pytest.approx(9.36))]
    sharp = slow(8, 7.68, 2)
    assert spans(run(Blur, inputs(*first, sharp), inputs(ended=True))[-1:]) == [("video", 4.56, pytest.approx(7.44))]


def test_what_an_earlier_blur_was_like_says_nothing_of_the_next() -> None:
    def after(*earlier: Readings) -> list[tuple[float, float | None]]:
        soft = slow(6, 48.0, 1, sharpness=5.0), slow(6, 50.88, 2, sharpness=5.0), slow(10, 53.76, 2)
        found = run(Blur, inputs(slow(10, 0.0, 1), *earlier, slow(60, 19.2, 1), *soft), inputs(ended=True))
        return [(d.start_s, d.end_s) for d in found if d.end_s and d.start_s > 40]

    strong = slow(10, 4.8, 1, sharpness=1.0), slow(20, 9.6, 1)
    assert after(*strong) == after(slow(30, 4.8, 1)) != []


def test_what_is_not_measured_is_not_judged() -> None:
    """A picture of two lines has no comb: NaN, and never "as good as normal"."""
    _, seen = Viewer(FAST).view(LookState(), slow(4, 0.0, combed=float("nan")))
    _, assessed = Assessor(FAST).assess(DamageState(), seen, ())
    _, inspected = Inspector(FAST).inspect(InspectorState(), assessed)
    assert np.isnan(inspected.values["worse"]).all()


def woven(which: str) -> Readings:
    """Two samples a second; "w" shows two moments."""
    due = np.arange(len(which) * 12) % 12 == 0
    combed = np.repeat([0.3 if each == "w" else NORMAL["combed"] for each in which], 12)
    columns = NORMAL | {"combed": combed}
    return video(len(due), 0.0, **{k: np.where(due, v, np.nan) for k, v in columns.items()})


def test_weaving_that_not_every_sample_shows_is_one_detection() -> None:
    """Of film that was made to fit 60 fields a second, two pictures of five are woven."""
    found = run(Combing, inputs(woven("." * 10 + "w..w.w..w.w" + "." * 10)), inputs(ended=True))
    assert spans(found[-1:]) == [("video", pytest.approx(4.56, abs=0.01), pytest.approx(10.08, abs=0.3))]
    assert run(Combing, inputs(woven("." * 10 + "w" + "." * 10)), inputs(ended=True)) == [], "one sample is none"
    assert run(Combing, inputs(woven("." * 10 + "w....w....w" + "." * 10)), inputs(ended=True)) == []


@pytest.mark.parametrize("size", [1, 7, 60])
def test_any_split_sees_the_same_weaving(size: int) -> None:
    whole = woven("." * 10 + "w..w.w..w.w" + "." * 10)
    parts = [inputs(cut(whole, k, min(k + size, len(whole)))) for k in range(0, len(whole), size)]
    assert run(Combing, *parts, inputs(ended=True)) == run(Combing, inputs(whole), inputs(ended=True)) != []


def test_weaving_opens_after_its_minimum_duration_and_not_by_waiting_for_more() -> None:
    for which in ("ww", "wwww", "w..w"):
        assert run(Combing, inputs(woven("." * 10 + which + "." * 12)), inputs(ended=True), profile=DEFAULT) == [], (
            which
        )
    assert run(Combing, inputs(woven("." * 10 + "w" * 8 + "." * 12)), inputs(ended=True), profile=DEFAULT) != []


def test_weaving_is_seen_where_samples_are_far_apart() -> None:
    """Of key frames, every two seconds."""
    whole = woven("." * 10 + "w" * 10)
    due = ~np.isnan(whole.values["combed"])
    far = cut(whole, 0, len(whole))
    far = replace(far, t_s=np.where(due, np.cumsum(due) * 2.0, np.cumsum(due) * 2.0 + 0.01))
    assert run(Combing, inputs(far), inputs(ended=True)) != []


def test_what_another_kind_told_meanwhile_is_not_its_evidence() -> None:
    whole = woven("." * 10 + "w..w.w..w.w" + "." * 10)
    noisy = np.isin(np.arange(len(whole)) // 12, (12,))
    values = whole.values | {"noise": np.where(noisy & ~np.isnan(whole.values["noise"]), 40.0, whole.values["noise"])}
    found = run(Combing, inputs(replace(whole, values=values)), inputs(ended=True))
    assert found == run(Combing, inputs(whole), inputs(ended=True)) != []
