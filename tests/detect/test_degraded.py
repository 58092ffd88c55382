"""A picture that is worse than the stream's own normal, from when to when."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from builders import NORMAL, cut, found_between, inputs, run, slow, spans, video

from monitor.detect.degraded import Blur, Combing, Levels, Noise
from monitor.records import Readings
from monitor.settings import DEFAULT


def test_what_becomes_worse_is_told_from_halfway_between_samples() -> None:
    for kind, worse in ((Blur, {"sharpness": 2.0}), (Noise, {"noise": 4.0}), (Levels, {"crushed": 0.3})):
        assert spans(found_between(kind, **worse)) == [("video", 4.56, None), ("video", 4.56, 8.4)], kind


def test_a_blur_goes_on_over_a_cut_and_is_over_when_the_picture_is_sharp_for_its_scene() -> None:
    """The other scene, unharmed, is as soft as the first one was when it was blurred a little."""
    first = (slow(10, 0.0, 1), slow(6, 4.8, 1, sharpness=3.0))
    second = (slow(4, 7.68, 2, sharpness=1.5), slow(8, 9.6, 2, sharpness=4.0))
    assert spans(run(Blur, inputs(*first, *second), inputs(ended=True))[-1:]) == [("video", 4.56, pytest.approx(9.36))]
    sharp = slow(8, 7.68, 2)
    assert spans(run(Blur, inputs(*first, sharp), inputs(ended=True))[-1:]) == [("video", 4.56, pytest.approx(7.44))]


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
