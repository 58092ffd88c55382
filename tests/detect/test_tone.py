"""A line-up tone in place of a programme."""

from __future__ import annotations

import numpy as np
import pytest
from builders import heard, inputs, pieces, run, spans

from monitor.detect.tone import Tone


def lined_up(hz: float, n: int = 120, channels: int = 2) -> dict[str, np.ndarray]:
    tone = (np.arange(n) >= 20) & (np.arange(n) < 100)
    both = np.repeat(tone[:, None], channels, axis=1)
    return {"tone_db": np.where(both, 60.0, 3.0), "tone_hz": np.where(both, hz, 250.0)}


@pytest.mark.parametrize(("hz", "severity"), [(1000.0, "major"), (997.0, "major"), (400.0, "major"), (622.0, "minor")])
def test_a_tone_of_line_up_is_grave_and_another_is_minor(hz: float, severity: str) -> None:
    found = run(Tone, inputs(heard(120, **lined_up(hz))), inputs(ended=True))
    assert spans(found)[-1][0] == "audio:0"
    assert spans(found)[-1][1:] == pytest.approx((2.0, 10.0), abs=0.11)
    assert found[-1].severity == severity
    assert found[-1].evidence["tone_hz"] == pytest.approx(hz)


def test_one_channel_may_be_silent_but_not_hold_a_programme() -> None:
    values = lined_up(1000.0)
    values["tone_db"][:, 1] = 3.0
    rms = np.tile([-20.0, -np.inf], (120, 1))
    assert run(Tone, inputs(heard(120, **values, rms_dbfs=rms)), inputs(ended=True))
    assert run(Tone, inputs(heard(120, **values)), inputs(ended=True)) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"tone_hz": np.linspace(900, 1700, 120)},
        {"rms_dbfs": np.linspace(-50, 60, 120)},
        {"rms_dbfs": -70.0},
        {"tone_db": 11.5},
    ],
)
def test_sweeps_swells_hardly_audible_and_impure_ones_are_none(changes: dict[str, object]) -> None:
    values = {"tone_db": 60.0, "tone_hz": 1000.0} | changes
    assert run(Tone, inputs(heard(120, **values)), inputs(ended=True)) == []


def test_a_constant_is_no_tone() -> None:
    """Its strongest line is at 0 Hz, which nobody hears."""
    assert run(Tone, inputs(heard(80, tone_hz=0.0, tone_db=99.0)), inputs(ended=True)) == []
    assert run(Tone, inputs(heard(80, tone_hz=50.0, tone_db=99.0)), inputs(ended=True))


def test_digital_silence_is_no_tone() -> None:
    quiet = {"tone_db": np.nan, "tone_hz": np.nan, "rms_dbfs": -np.inf}
    assert run(Tone, inputs(heard(120, **quiet)), inputs(ended=True)) == []


def test_any_split_gives_the_same() -> None:
    whole = heard(120, **lined_up(1000.0))
    once = run(Tone, inputs(whole), inputs(ended=True))
    assert once
    assert run(Tone, *pieces(whole, 3), inputs(ended=True)) == once
