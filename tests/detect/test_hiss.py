"""Noise that came over a programme."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from builders import cut, heard, inputs, pieces, run, spans

from monitor.detect.hiss import Hiss
from monitor.records import Detection, Readings, Reason

N = 160
HISS = slice(60, 110)


def code(dbfs: float) -> int:
    return round(2 * dbfs) + 255


def programme(n: int = N, low: float = -95.0, high: float = -45.0, seed: int = 5) -> np.ndarray:
    """What plays: another floor in every row, less in higher bands."""
    floors = np.random.default_rng(seed).uniform(low, high, (n, 2, 3))
    return floors - np.array([0.0, 6.0, 12.0])


def noise(floors: np.ndarray, dbfs: float = -54.0, tilt: float = 0.0, where: slice = HISS) -> np.ndarray:
    """The same with noise of a level in the highest band: of nearly one level in every row."""
    found = floors.copy()
    level = dbfs - np.array([3.0, tilt, 0.0])
    wavers = np.random.default_rng(6).uniform(-0.4, 0.4, found[where].shape)
    found[where] = 10 * np.log10(10 ** (found[where] / 10) + 10 ** ((level + wavers) / 10))
    return found


def rows(floors: np.ndarray, start: float = 0.0) -> Readings:
    sound = heard(len(floors), start)
    codes = np.clip(np.floor(2 * floors) + 255, 1, 255).astype(np.uint8)
    return replace(sound, prints={**sound.prints, "floor": codes})


def found(floors: np.ndarray) -> list[Detection]:
    return run(Hiss, inputs(rows(floors)), inputs(ended=True))


@pytest.mark.parametrize("dbfs", [-64.0, -54.0, -44.0])
def test_a_floor_that_rises_to_a_sharp_edge_is_hiss(dbfs: float) -> None:
    told = found(noise(programme(high=dbfs), dbfs))
    assert spans(told)[-1][0] == "audio:0"
    assert spans(told)[-1][1:] == pytest.approx((6.0, 11.0), abs=0.11)
    assert told[-1].severity == "minor"
    assert told[-1].evidence["floor_dbfs_FL"] == pytest.approx(dbfs, abs=1.1)


def test_music_that_becomes_dense_has_no_sharp_edge() -> None:
    floors = programme()
    floors[HISS] = programme(low=-55, high=-35)[HISS]
    assert found(floors) == []


def test_noise_that_was_there_before_or_is_hardly_louder_is_none() -> None:
    always = noise(programme(), where=slice(0, N))
    assert found(always) == []
    assert found(noise(always, -56.0)) == []
    assert found(noise(programme(), -75.0)) == []


@pytest.mark.parametrize("tilt", [-6.0, 4.0])
def test_coloured_noise_is_none(tilt: float) -> None:
    """Wind and far applause have hardly anything in the highest band."""
    assert found(noise(programme(high=-80), -54.0, tilt)) == []


def test_what_only_the_highest_band_has_is_none() -> None:
    floors = programme(low=-60, high=-40)
    floors[:, :, 2] = -90
    hissing = noise(floors)
    hissing[..., :2] = floors[..., :2]
    assert found(hissing) == []


def test_a_programme_that_is_steady_only_at_the_top_is_none() -> None:
    """As of a coder that fills the highest band by itself."""
    floors = noise(programme(high=-60))
    floors[HISS, :, 1] = np.where(np.arange(50)[:, None] % 3 == 0, -54, -40)
    assert found(floors) == []


def test_it_ends_where_it_was_seen_last() -> None:
    """What plays from then on is louder: nobody can tell whether it goes on."""
    floors = noise(programme())
    floors[100:] = programme(low=-40, high=-25)[100:]
    told = run(Hiss, inputs(rows(floors)))
    assert spans(told)[-1][1:] == pytest.approx((6.0, 10.0), abs=0.31)


def test_what_hides_it_for_a_second_does_not_end_it_nor_does_one_row() -> None:
    floors = noise(programme())
    floors[80:90] += 20
    floors[100] -= 30
    told = found(floors)
    assert len({each.detection_id for each in told}) == 1
    assert spans(told)[-1][1:] == pytest.approx((6.0, 11.0), abs=0.11)


def test_one_channel_is_enough() -> None:
    floors = programme()
    floors[:, 1] = noise(floors)[:, 1]
    assert spans(found(floors))[-1][1:] == pytest.approx((6.0, 11.0), abs=0.11)


def test_what_lies_before_a_gap_is_no_past() -> None:
    floors = noise(programme())
    before, after = cut(rows(floors), 0, 60), cut(rows(floors, 0.5), 60, N)
    assert run(Hiss, inputs(before, after), inputs(ended=True)) == []


def test_rows_that_were_not_measured_say_nothing() -> None:
    whole = rows(noise(programme()))
    whole.reason[:] = Reason.CORRUPT
    assert run(Hiss, inputs(whole), inputs(ended=True)) == []


@pytest.mark.parametrize("left", [0, code(-95)])
def test_without_the_highest_band_the_two_below_show_it(left: int) -> None:
    """Nothing is measured above 8 kHz at a rate of 16; coders of few bits leave nothing there."""
    whole = rows(noise(programme()))
    whole.prints["floor"][:, :, 2] = left
    told = run(Hiss, inputs(whole), inputs(ended=True))
    assert spans(told)[-1] == ("audio:0", pytest.approx(6.0, abs=0.11), pytest.approx(11.0, abs=0.11))
    assert told[-1].evidence["floor_dbfs_FL"] == pytest.approx(-54, abs=1.1)


def test_without_high_frequencies_nothing_is_said() -> None:
    """As at 8 kHz: nothing is measured above 4 kHz."""
    whole = rows(noise(programme()))
    whole.prints["floor"][:, :, 1:] = 0
    assert run(Hiss, inputs(whole), inputs(ended=True)) == []


def test_any_split_gives_the_same() -> None:
    floors = noise(noise(programme(high=-60)), -50.0, where=slice(120, 150))
    floors[75:80] += 20
    floors[101] -= 30
    floors[140:] += 25
    whole = rows(floors)
    once = run(Hiss, inputs(whole), inputs(ended=True))
    assert len({each.detection_id for each in once}) == 2
    for size in (1, 7, 13):
        assert run(Hiss, *pieces(whole, size), inputs(ended=True)) == once
