"""Settings of the kinds of sound: silence stands clear of real clips, and standards of loudness are those."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from monitor.settings import (
    DEFAULT,
    ChannelLossSettings,
    ClickSettings,
    ClippingSettings,
    LoudnessSettings,
    PhaseSettings,
    SilenceSettings,
)

SILENT_S = 5.1
"""The longest that a real clip's track is rightly silent."""


def test_the_default_duration_of_silence_stands_clear_by_half() -> None:
    assert DEFAULT.silence.min_duration_s >= 1.5 * SILENT_S


@pytest.mark.parametrize(("standard", "within"), [("r128", (-24.0, -22.0)), ("a85", (-26.0, -22.0))])
def test_standards_of_loudness(standard: str, within: tuple[float, float]) -> None:
    assert LoudnessSettings(standard=standard).limits_lufs == within  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("section", "wrong"),
    [
        (SilenceSettings, {"threshold_dbfs": 3.0}),
        (ClippingSettings, {"count": 0}),
        (LoudnessSettings, {"standard": "x"}),
        (LoudnessSettings, {"quietest_lufs": 0.0, "loudest_lufs": -40.0}),
        (ClickSettings, {"least_db": 40.0, "strong_db": 20.0}),
        (ClippingSettings, {"sure_top": 0.9, "likely_top": 0.1}),
        (ClippingSettings, {"least": 0.9}),
        (ChannelLossSettings, {"threshold_dbfs": -30.0, "plays_dbfs": -60.0}),
        (PhaseSettings, {"grave_correlation": -0.1}),
    ],
)
def test_what_is_out_of_bounds_is_refused(section: type, wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        section(**wrong)
