"""Hops of 10 ms out of rows of sound."""

from __future__ import annotations

import numpy as np
import pytest
from builders import sound

from monitor.audio import peak_code
from monitor.detect.hops import hops, silent
from monitor.records import Reason


def test_hops_stand_in_order_and_only_those_that_were_measured() -> None:
    rows = sound([(240, 10), (230, 20), (220, 30)])
    rows.prints["peak"][2, 0] = np.arange(10)
    rows.reason[1] = Reason.CORRUPT
    rows.duration_s[2] = 0.035
    found = hops(rows)
    assert found.row.tolist() == [0] * 10 + [2] * 4
    assert found.codes[:, 0].tolist() == [240] * 10 + [0, 1, 2, 3]
    assert found.rows.t_s[[0, 9, 10, 13]] == pytest.approx([0, 0.09, 0.2, 0.23])
    assert found.rows.duration_s[[9, 13]] == pytest.approx([0.01, 0.005])
    assert not found.rows.bad.any()


def test_the_level_itself_is_not_silent() -> None:
    rows = sound([(peak_code(-60) - 1,), (peak_code(-60),)], channels=("FC",))
    assert silent(rows, hops(rows), -60)[::10, 0].tolist() == [True, False]


@pytest.mark.parametrize(
    ("peak_dbfs", "rms_dbfs", "is_silent"),
    [(-48.5, -66.5, True), (-48.5, -66.0, False), (-48.0, -66.5, False), (-90.0, -np.inf, True)],
)
def test_noise_counts_by_its_mean_level(peak_dbfs: float, rms_dbfs: float, is_silent: bool) -> None:
    rows = sound([(peak_code(peak_dbfs),)], channels=("FC",))
    rows.values["rms_dbfs"][:] = rms_dbfs
    assert silent(rows, hops(rows), -60).tolist() == [[is_silent]] * 10


def test_a_hop_is_no_louder_than_its_own_peak() -> None:
    """The mean level is of a row, in which others may be loud."""
    rows = sound([(240, 200)])
    rows.prints["peak"][0, :, 6:] = 0
    rows.prints["peak"][0, 1, 8:] = peak_code(-60)
    level, how = hops(rows).rows.evidence["rms_dbfs"]
    assert how == "max"
    assert level.tolist() == pytest.approx([rows.values["rms_dbfs"].max()] * 6 + [-200.0] * 2 + [-59.5] * 2)
