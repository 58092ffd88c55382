"""What is kept of a stream for comparing it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from builders import heard, video

from monitor.records import Reason
from monitor.sync import Prints


def test_sound_is_the_loudest_channel_of_each_hop_and_is_not_kept_for_ever() -> None:
    prints = Prints(keep_s=3.0)
    for k in range(20):
        rows = heard(5, k / 2)
        rows.prints["peak"][:, 0] = 100 + k
        rows.prints["peak"][:, 1] = 0
        prints.add([rows, replace(rows, track="audio:1")])
    found = prints.sound("audio:0")
    assert prints.tracks == ("audio:0", "audio:1")
    assert prints.span == (pytest.approx(found.t_s[0]), pytest.approx(9.995))
    assert found.t_s[-1] == pytest.approx(9.995)
    assert 6.4 <= found.t_s[0] <= 7.01
    np.testing.assert_allclose(np.diff(found.t_s), 0.01, atol=1e-9)
    assert found.level_db[-1] == max((119 - 255) / 2, -60)
    assert found.level_db.min() >= -60


def test_what_was_not_measured_is_left_out() -> None:
    prints = Prints(keep_s=30.0)
    rows, frames = heard(4), video(4)
    rows.reason[1], frames.reason[2] = Reason.CORRUPT, Reason.CORRUPT
    prints.add([rows, frames])
    assert len(prints.sound("audio:0").t_s) == 30
    assert len(prints.picture().t_s) == len(prints.picture().maps) == 3


def test_nothing_was_kept_yet() -> None:
    prints = Prints(keep_s=30.0)
    assert len(prints.sound("audio:0").t_s) == len(prints.picture().t_s) == 0


def test_a_part_of_it() -> None:
    prints = Prints(keep_s=30.0)
    for k in range(10):
        prints.add([heard(10, float(k)), video(25, float(k))])
    assert prints.sound("audio:0", 2.5, 4.5).t_s[[0, -1]] == pytest.approx([2.505, 4.495])
    assert prints.picture(2.5, 4.5).t_s[[0, -1]] == pytest.approx([2.52, 4.48])
    assert not len(prints.picture(20.0).t_s)
