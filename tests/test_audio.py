"""Sound by hand, and what is measured of it."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from monitor.audio import SoundMeter, peak_code
from monitor.media.timeline import Timeline
from monitor.records import Readings, Reason, SoundBlock, join_readings

ORIGIN = Timeline().begin(0, 0.0)
NAMES = ("FL", "FR")


def block(samples: NDArray[np.float32], pts: int = 0, rate: int = 48000) -> SoundBlock:
    return SoundBlock(
        "s", "audio:0", 0, pts, Fraction(1, rate), float("nan"), rate, "stereo", NAMES[: len(samples)], samples
    )


def measured(*blocks: SoundBlock) -> list[Readings]:
    meter = SoundMeter()
    parts = [part for b in blocks for part in meter.measure(b, ORIGIN)]
    return [*parts, *meter.end(ORIGIN)]


def sine(n: int, level: float = 1.0, rate: int = 48000) -> NDArray[np.float32]:
    return (level * np.sin(2 * np.pi * 1000 * np.arange(n) / rate)).astype(np.float32)


def test_levels_of_a_sine_per_channel() -> None:
    rows = join_readings(measured(block(np.stack([sine(9600), sine(9600, 0.1)]))))[0]
    assert len(rows) == 2
    assert rows.values["peak_dbfs"][0].tolist() == pytest.approx([0, -20], abs=0.01)
    assert rows.values["rms_dbfs"][0].tolist() == pytest.approx([-3.01, -23.01], abs=0.01)
    assert rows.t_s.tolist() == pytest.approx([0, 0.1])
    assert rows.channels == NAMES


def test_out_of_phase_channels_are_not_mixed_down() -> None:
    rows = measured(block(np.stack([sine(4800), -sine(4800)])))[0]
    assert rows.values["rms_dbfs"][0].tolist() == pytest.approx([-3.01, -3.01], abs=0.01)


def test_digital_silence() -> None:
    rows = measured(block(np.zeros((1, 4800), np.float32)))[0]
    assert rows.values["peak_dbfs"][0, 0] == -np.inf
    assert (rows.prints["peak"] == 0).all()
    assert rows.reason[0] == Reason.MEASURED


@pytest.mark.parametrize("threshold", [-60.0, -60.5, -30.0, -0.5])
def test_a_hop_is_below_a_threshold_exactly_when_its_code_is(threshold: float) -> None:
    exact = 10 ** (threshold / 20)
    for level, below in ((exact * 0.999, True), (exact * 1.001, False)):
        rows = measured(block(np.full((1, 4800), level, np.float32)))[0]
        assert (rows.prints["peak"][0, 0, 0] < peak_code(threshold)) is np.bool_(below)


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 44100, 48000, 192000])
@pytest.mark.parametrize("size", [64, 1024, 5000])
def test_any_cut_into_blocks_gives_the_same_rows(rate: int, size: int) -> None:
    sound = np.random.default_rng(rate).standard_normal((2, rate)).astype(np.float32) * 0.1
    whole = join_readings(measured(block(sound, rate=rate)))[0]
    cut = [block(sound[:, i : i + size], i, rate) for i in range(0, rate, size)]
    parts = join_readings(measured(*cut))[0]
    assert len(whole) == 10
    for name in ("pts", "t_s", "duration_s"):
        assert np.array_equal(getattr(whole, name), getattr(parts, name))
    assert np.array_equal(whole.values["rms_dbfs"], parts.values["rms_dbfs"])
    assert np.array_equal(whole.prints["peak"], parts.prints["peak"])


def test_a_gap_starts_a_new_grid_and_jitter_does_not() -> None:
    first, second = sine(4800)[None], sine(4800)[None]
    jitter = join_readings(measured(block(first), block(second, 4810)))
    assert jitter[0].t_s.tolist() == pytest.approx([0, 0.1])
    gap = join_readings(measured(block(first[:, :3000]), block(second, 48000)))[0]
    assert gap.t_s.tolist() == pytest.approx([0, 1.0])
    assert gap.duration_s.tolist() == pytest.approx([3000 / 48000, 0.1])
    assert gap.reason.tolist() == [Reason.TOO_SHORT, Reason.MEASURED]


def test_samples_that_are_no_numbers_are_not_measured() -> None:
    sound = sine(9600)[None].copy()
    sound[0, 5000] = np.nan
    rows = measured(block(sound))[0]
    assert rows.reason.tolist() == [Reason.MEASURED, Reason.CORRUPT]
    assert np.isnan(rows.values["rms_dbfs"][1, 0])
