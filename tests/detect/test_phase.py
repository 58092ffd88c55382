"""A pair of channels against each other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from builders import heard, inputs, pieces, run, spans

from monitor.detect.phase import ADOPTED, Phase
from monitor.records import Readings

SURROUND = ("FL", "FR", "FC", "LFE", "BL", "BR")


def turned(low: float, high: float = 0.6, n: int = 120) -> np.ndarray:
    return np.where((np.arange(n) >= 60) & (np.arange(n) < 100), low, high)


def by_octave(rows: Readings, correlation: np.ndarray) -> Readings:
    """The rows with these correlations [rows, octaves] of both channels."""
    codes = (np.rint(127 * correlation) + 128).astype(np.uint8)
    return replace(rows, prints={**rows.prints, "together": np.repeat(codes[:, None], len(rows.channels), axis=1)})


@pytest.mark.parametrize(("low", "severity"), [(-0.95, "major"), (-0.55, "minor")])
@pytest.mark.parametrize("known", [True, False])
def test_a_channel_upside_down_is_grave_and_a_wide_one_is_not(low: float, severity: str, known: bool) -> None:
    """Whether or not it was the right way up before."""
    rows = heard(120, correlation=turned(low)) if known else heard(40, correlation=low)
    found = run(Phase, inputs(rows), inputs(ended=True))
    track, start, end = spans(found)[-1]
    assert track == "audio:0"
    assert (start, end) == pytest.approx((6.0, 10.0) if known else (0.0, 4.0), abs=0.5)
    assert found[-1].severity == severity
    assert found[-1].evidence["correlation"] == pytest.approx(low, abs=0.01)


def test_a_pair_that_is_only_somewhat_alike_is_known_by_how_it_was() -> None:
    alike = np.random.default_rng(1).normal(turned(-0.3, 0.3), 0.1)
    found = run(Phase, inputs(heard(120, correlation=alike)), inputs(ended=True))
    assert spans(found)[-1][1:] == pytest.approx((6.0, 10.0), abs=0.5)
    assert {d.severity for d in found} == {"minor"}
    assert found[-1].evidence["reversal"] > 4
    for as_ever in (np.full(120, -0.3), np.full(120, 0.3), turned(0.0, 0.3)):
        assert run(Phase, inputs(heard(120, correlation=as_ever)), inputs(ended=True)) == []


def test_one_way_of_a_path_upside_down_shows_in_its_octaves() -> None:
    """Below 320 Hz, where there is less than a tenth of the power; and not where it is so in octaves here and there."""
    octaves = np.full((120, 10), 0.7)
    octaves[60:100, :4] = -0.7
    rows = by_octave(heard(120, correlation=turned(0.5)), octaves)
    found = run(Phase, inputs(rows), inputs(ended=True))
    assert spans(found)[-1][1:] == pytest.approx((6.0, 10.0), abs=0.5)
    octaves[60:100] = [0.7, -0.7] * 5
    assert run(Phase, inputs(by_octave(rows, octaves)), inputs(ended=True)) == []


def test_octaves_with_nothing_in_them_say_nothing() -> None:
    octaves = np.full((120, 10), 0.7)
    octaves[60:100, :4] = -0.7
    rows = by_octave(heard(120, correlation=0.7), octaves)
    rows.prints["spectrum"][:, :, 10:14] = 180 - 62  # 31 dB below the others
    assert run(Phase, inputs(rows), inputs(ended=True)) == []
    rows.prints["spectrum"][:, :, 10:14] = 180 - 58
    assert run(Phase, inputs(rows), inputs(ended=True))


def test_what_has_been_so_for_long_is_how_it_is() -> None:
    """Wide sound with which a programme goes on is reported once, for a while."""
    alike = np.full(600, -0.4)
    alike[:100] = 0.4
    found = run(Phase, inputs(heard(600, correlation=alike)), inputs(ended=True))
    _, start, end = spans(found)[-1]
    assert start == pytest.approx(10.0, abs=0.5)
    assert ADOPTED / 10 < end - start < ADOPTED / 10 + 20
    assert len({d.detection_id for d in found}) == 1


def test_what_is_quiet_or_alone_or_only_wide_says_nothing() -> None:
    for values in ({"rms_dbfs": -70.0}, {"rms_dbfs": -np.inf}):
        assert run(Phase, inputs(heard(80, correlation=-1.0, **values)), inputs(ended=True)) == []
    assert run(Phase, inputs(heard(120, correlation=turned(0.0))), inputs(ended=True)) == []
    mono = heard(80, channels=("FC",), correlation=np.nan)
    assert run(Phase, inputs(mono), inputs(ended=True)) == []


def test_pauses_end_nothing() -> None:
    """Nothing is known of them."""
    level = np.where((np.arange(100) // 10) % 2 == 0, -20.0, -80.0)
    found = run(Phase, inputs(heard(100, correlation=-0.9, rms_dbfs=level)), inputs(ended=True))
    assert len({d.detection_id for d in found}) == 1
    assert spans(found)[-1][1:] == pytest.approx((0.0, 10.0), abs=1.0)


def test_other_channels_begin_anew() -> None:
    """What was alike in one layout says nothing of another."""
    front, rear = heard(60, correlation=0.6), heard(60, start=6.0, channels=("BL", "BR"), correlation=-0.3)
    assert run(Phase, inputs(front), inputs(rear), inputs(ended=True)) == []
    assert run(Phase, inputs(front), inputs(replace(rear, channels=front.channels)), inputs(ended=True))


def test_a_short_burst_is_none() -> None:
    burst = np.where((np.arange(80) >= 40) & (np.arange(80) < 46), -0.9, 0.3)
    assert run(Phase, inputs(heard(80, correlation=burst)), inputs(ended=True)) == []


def test_a_loud_second_outweighs_quiet_ones() -> None:
    """By energy, as the ear and a mono set do: short quiet moments out of phase are none."""
    rms = np.where(np.arange(80) % 4 == 0, -10.0, -45.0)
    alike = np.where(np.arange(80) % 4 == 0, 0.8, -0.9)
    rows = heard(80, rms_dbfs=rms, correlation=alike)
    rows.prints["spectrum"][...] = (255 + 2 * rms)[:, None, None]
    assert run(Phase, inputs(rows), inputs(ended=True)) == []


def test_the_rear_pair_of_surround_counts_by_itself() -> None:
    alike = np.full((80, 6), 0.6)
    alike[20:60, 4:] = -0.9
    alike[:, 2:4] = np.nan
    found = run(Phase, inputs(heard(80, channels=SURROUND, correlation=alike)), inputs(ended=True))
    assert len({d.detection_id for d in found}) == 1


@pytest.mark.parametrize("size", [1, 3, 5, 50])
def test_any_split_gives_the_same(size: int) -> None:
    alike = np.random.default_rng(4).normal(turned(-0.2, 0.3, 300), 0.3).clip(-1, 1)
    whole = heard(300, correlation=alike)
    once = run(Phase, inputs(whole), inputs(ended=True))
    assert once
    assert run(Phase, *pieces(whole, size), inputs(ended=True)) == once
