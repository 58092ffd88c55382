"""Which kind a picture that is worse than normal shows, and what is only the consequence of another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from builders import found_between, inputs, run, slow, spans

from monitor.detect.damage import Assessor, DamageState
from monitor.detect.degraded import Banding, Blockiness, Blur, Combing, Levels, Noise
from monitor.detect.inspector import Inspector, InspectorState
from monitor.detect.look import LookState, Viewer
from monitor.records import Readings
from monitor.settings import DEFAULT, FAST


def test_one_cause_is_one_kind() -> None:
    """Noise that leaves the legal range is noise."""
    worse = {"noise": 4.0, "under": 0.05}
    assert found_between(Noise, **worse)
    assert found_between(Levels, **worse) == []


def test_blocks_that_are_not_flat_inside_are_of_noise() -> None:
    """A coder short of bits makes blocks of it."""
    blocky = {"block_x": 0.6, "block_y": 0.6}
    assert found_between(Blockiness, flat=0.45, **blocky)
    assert found_between(Noise, flat=0.45, **blocky) == []
    assert found_between(Noise, flat=0.15, noise=0.6, **blocky)
    assert found_between(Blockiness, flat=0.15, noise=0.6, **blocky) == []


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
    assert found_between(Noise, **noisy)
    assert not found_between(Combing, **noisy)
    assert found_between(Combing, combed=0.06)


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
    assert found_between(Blur, sharpness=2.0, contrast=1.0) == []


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


def test_the_first_sample_of_a_scene_is_not_its_normal() -> None:
    """It may be of a dissolve: half of it is sharp."""
    dissolve = slow(1, 4.8, 2)
    parts = slow(10, 0.0, 1), dissolve, slow(12, 5.28, 2, sharpness=5.0), slow(6, 11.04, 2, sharpness=2.0)
    assert [round(d.start_s, 2) for d in run(Blur, inputs(*parts), inputs(ended=True))] == [10.8, 10.8]


def test_the_default_profile_tells_what_begins_within_a_scene() -> None:
    """A soft scene between two sharp ones is a soft scene; `fast` tells it."""
    soft = slow(10, 0.0, 1), slow(16, 4.8, 2, sharpness=2.0), slow(10, 12.48, 1)
    assert run(Blur, inputs(*soft), inputs(ended=True)) != []
    assert run(Blur, inputs(*soft), inputs(ended=True), profile=DEFAULT) == []
    within = slow(10, 0.0, 1), slow(16, 4.8, 1, sharpness=2.0), slow(10, 12.48, 1)
    assert run(Blur, inputs(*within), inputs(ended=True), profile=DEFAULT) != []
