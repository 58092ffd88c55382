"""A pair of channels against each other."""

from __future__ import annotations

import numpy as np
import pytest
from builders import heard, inputs, pieces, run, spans

from monitor.detect.phase import Phase

SURROUND = ("FL", "FR", "FC", "LFE", "BL", "BR")


def turned(low: float, n: int = 80) -> np.ndarray:
    return np.where((np.arange(n) >= 20) & (np.arange(n) < 60), low, 0.6)


@pytest.mark.parametrize(("low", "severity"), [(-0.95, "major"), (-0.5, "minor")])
def test_a_channel_upside_down_is_grave_and_a_wide_one_is_not(low: float, severity: str) -> None:
    found = run(Phase, inputs(heard(80, correlation=turned(low))), inputs(ended=True))
    track, start, end = spans(found)[-1]
    assert track == "audio:0"
    assert start == pytest.approx(2.0, abs=0.5)
    assert end == pytest.approx(6.0, abs=0.5)
    assert found[-1].severity == severity
    assert found[-1].evidence["correlation"] == pytest.approx(low, abs=0.01)


def test_a_pair_that_is_only_somewhat_alike_is_found_by_a_second_of_it() -> None:
    n = np.arange(80)
    uneven = np.where((n >= 20) & (n < 60), np.where(n % 8 < 5, -0.33, -0.12), 0.6)
    found = run(Phase, inputs(heard(80, correlation=uneven)), inputs(ended=True))
    assert spans(found)[-1][1:] == pytest.approx((2.3, 6.0), abs=0.5)
    assert {d.severity for d in found} == {"minor"}
    burst = np.where((n >= 20) & (n < 26), -0.9, 0.3)
    assert run(Phase, inputs(heard(80, correlation=burst)), inputs(ended=True)) == [], "but not by a short burst"


def test_what_is_quiet_or_alone_or_only_wide_says_nothing() -> None:
    for values in ({"rms_dbfs": -70.0}, {"rms_dbfs": -np.inf}):
        assert run(Phase, inputs(heard(80, correlation=-1.0, **values)), inputs(ended=True)) == []
    assert run(Phase, inputs(heard(80, correlation=turned(-0.15))), inputs(ended=True)) == []
    mono = heard(80, channels=("FC",), correlation=np.nan)
    assert run(Phase, inputs(mono), inputs(ended=True)) == []


def test_a_loud_second_outweighs_quiet_ones() -> None:
    """By energy, as the ear and a mono set do: short quiet moments out of phase are none."""
    rms = np.where(np.arange(80) % 4 == 0, -10.0, -45.0)
    alike = np.where(np.arange(80) % 4 == 0, 0.8, -0.9)
    assert run(Phase, inputs(heard(80, rms_dbfs=rms, correlation=alike)), inputs(ended=True)) == []


def test_the_rear_pair_of_surround_counts_by_itself() -> None:
    alike = np.full((80, 6), 0.6)
    alike[20:60, 4:] = -0.9
    alike[:, 2:4] = np.nan
    found = run(Phase, inputs(heard(80, channels=SURROUND, correlation=alike)), inputs(ended=True))
    assert len({d.detection_id for d in found}) == 1


def test_any_split_gives_the_same() -> None:
    alike = np.random.default_rng(4).uniform(-1, 0.4, 120)
    whole = heard(120, correlation=alike)
    once = run(Phase, inputs(whole), inputs(ended=True))
    assert once
    assert run(Phase, *pieces(whole, 5), inputs(ended=True)) == once
