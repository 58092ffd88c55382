"""Settings of the kinds of picture: what real clips rightly show opens nothing, and bounds hold."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from monitor.settings import DEFAULT, BlackSettings, BlurSettings, FreezeSettings

STILL_S, BLACK_S = 5.3, 3.0
"""The longest that real clips are rightly still, and black: see the settings' docstring."""


def test_default_durations_stand_clear_by_half_of_what_real_clips_rightly_show() -> None:
    assert DEFAULT.freeze.min_duration_s >= 1.5 * STILL_S
    assert DEFAULT.black.min_duration_s >= 1.5 * BLACK_S


@pytest.mark.parametrize(
    ("section", "wrong"),
    [(BlackSettings, {"dark_ratio": 1.1}), (FreezeSettings, {"noise": -1.0}), (BlurSettings, {"margin": 0.0})],
)
def test_what_is_out_of_bounds_is_refused(section: type, wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        section(**wrong)
