"""Settings of a stream as a whole: the limits of ITU-R BT.1359, and bounds."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from monitor.settings import DEFAULT, FAST, AvSyncSettings, SourceSettings, TimestampJumpSettings


def test_sound_may_be_as_far_out_of_step_as_viewers_do_not_detect() -> None:
    assert (DEFAULT.av_sync.early_ms, DEFAULT.av_sync.late_ms) == (45, 125)
    assert (FAST.av_sync.early_ms, FAST.av_sync.late_ms) == (45, 45)


@pytest.mark.parametrize(
    ("section", "wrong"),
    [
        (AvSyncSettings, {"early_ms": -1.0}),
        (SourceSettings, {"read_timeout_s": 0.0}),
        (TimestampJumpSettings, {"min_jump_s": 0.1}),
    ],
)
def test_what_is_out_of_bounds_is_refused(section: type, wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        section(**wrong)
