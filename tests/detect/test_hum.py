"""Mains hum beneath a programme."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from builders import cut, heard, inputs, pieces, run, spans

from monitor.audio import LINES_HZ
from monitor.detect.hum import Hum
from monitor.records import Readings, Reason

N = 160
HUM = slice(40, 120)


def level(dbfs: float) -> float:
    return float(10 ** (dbfs / 20))


def programme(n: int = N, dbfs: float = -50.0, channels: int = 2) -> np.ndarray:
    """What plays: another level and phase in every row."""
    rng = np.random.default_rng(3)
    shape = n, channels, len(LINES_HZ)
    return level(dbfs) * (rng.normal(size=shape) + 1j * rng.normal(size=shape)) / np.sqrt(2)


def humming(lines_hz: Sequence[int], dbfs: float = -40.0, turns_per_row: float = 0.0, n: int = N) -> np.ndarray:
    """Lines from 4 to 12 s, which turn by so much from row to row."""
    waves = np.zeros((n, 2, len(LINES_HZ)), np.complex128)
    turned = np.exp(2j * np.pi * (turns_per_row * np.arange(n) + 0.2))
    for hz in lines_hz:
        waves[HUM, :, LINES_HZ.index(hz)] = level(dbfs) * turned[HUM, None]
    return waves


def rows(waves: np.ndarray, start: float = 0.0) -> Readings:
    codes = np.clip(np.floor(40 * np.log10(np.abs(waves) + 1e-12)) + 255, 1, 255)
    turn = np.rint(np.angle(waves) * 128 / np.pi) % 256
    spectrum = np.concatenate((codes, np.full((*codes.shape[:2], 10), 150)), axis=2).astype(np.uint8)
    sound = heard(len(waves), start)
    return replace(sound, prints={**sound.prints, "spectrum": spectrum, "turn": turn.astype(np.uint8)})


def found(waves: np.ndarray) -> list:
    return run(Hum, inputs(rows(waves)), inputs(ended=True))


@pytest.mark.parametrize(
    ("lines", "mains"),
    [((50, 100, 150), 50), ((60, 120, 180), 60), ((100, 200, 300), 50), ((120, 240), 60)],
)
def test_harmonics_that_stand_still_are_a_hum(lines: tuple[int, ...], mains: float) -> None:
    told = found(programme() + humming(lines))
    assert spans(told)[-1][0] == "audio:0"
    assert spans(told)[-1][1:] == pytest.approx((4.0, 12.0), abs=0.3)
    assert told[-1].severity == "major"
    assert told[0].severity == "minor", "it must last to be grave"
    assert told[-1].evidence["mains_hz"] == mains
    expected = -40 + 10 * np.log10(len(lines))
    assert told[-1].evidence["hum_dbfs_FL"] == pytest.approx(expected, abs=2)


@pytest.mark.parametrize("hz", LINES_HZ)
def test_one_line_may_be_a_tone(hz: int) -> None:
    assert found(programme(dbfs=-90) + humming([hz], -20)) == []


@pytest.mark.parametrize("turns", [0.1, -0.1, 0.5])
def test_a_bass_note_of_another_frequency_turns(turns: float) -> None:
    """0.1 of a turn in a row is 1 Hz: G1 has 49 Hz."""
    assert found(programme() + humming((50, 100, 150, 200), -20, turns)) == []


def test_a_drum_is_not_there_most_of_the_time() -> None:
    waves = humming((50, 100, 150, 200), -20)
    waves[np.arange(N) % 5 > 1] = 0
    assert found(programme() + waves) == []


def test_what_the_programme_hides_or_nobody_hears_is_none() -> None:
    assert found(programme(dbfs=-30) + humming((50, 100, 150, 200))) == []
    assert found(programme(dbfs=-90) + humming((50, 100, 150, 200), -70)) == []
    assert found(programme()) == []


def test_what_a_coder_adds_to_a_tone_is_no_hum() -> None:
    waves = humming([100], -10) + humming((200, 300), -55)
    assert found(programme(dbfs=-90) + waves) == []


def test_quiet_or_hardly_clear_hum_is_minor() -> None:
    assert found(programme(dbfs=-75) + humming((50, 100, 150), -58))[-1].severity == "minor"
    waves = humming((50, 100, 150, 200, 250, 300), -44)
    waves[:, :, 4:] *= 0.8
    hardly = found(programme(dbfs=-44) + waves)
    assert hardly[-1].severity == "minor"
    assert hardly[-1].evidence["score"] < 9


def test_louder_it_may_be_what_plays() -> None:
    """Drones of chords that are tuned to the mains: they are loud, and not always."""
    waves = humming((60, 120, 180), -22)
    waves[70:] *= level(-12)
    told = found(programme() + waves)
    assert spans(told)[-1][1:] == pytest.approx((4.0, 12.0), abs=0.3)
    assert told[-1].severity == "minor"


def test_without_low_harmonics_it_is_minor() -> None:
    assert found(programme() + humming((180, 240, 300)))[-1].severity == "minor"


def test_what_leaks_into_the_bin_beside_is_no_other_line() -> None:
    waves = humming((150, 240), -20)
    waves[:, :, LINES_HZ.index(250)] = -waves[:, :, LINES_HZ.index(240)] / 2
    assert found(programme(dbfs=-90) + waves) == []


def test_it_began_when_it_was_likely() -> None:
    waves = humming((50, 100, 150))
    loud = programme(dbfs=-50)
    loud[HUM][:40] *= level(9)
    told = found(loud + waves)
    assert spans(told)[-1][1:] == pytest.approx((4.0, 12.0), abs=0.6)


def test_what_hides_it_for_half_a_second_does_not_end_it() -> None:
    loud = programme()
    loud[76:81] *= level(40)
    told = found(loud + humming((50, 100, 150)))
    assert len({each.detection_id for each in told}) == 1
    assert spans(told)[-1][1:] == pytest.approx((4.0, 12.0), abs=0.3)


def test_one_channel_is_enough() -> None:
    waves = humming((50, 100, 150))
    waves[:, 0] = 0
    told = found(programme() + waves)
    assert spans(told)[-1][1:] == pytest.approx((4.0, 12.0), abs=0.3)
    assert told[-1].evidence["hum_dbfs_FR"] > told[-1].evidence["hum_dbfs_FL"] + 10


def test_across_a_gap_phases_say_nothing() -> None:
    """A gap begins a new grid: eleven rows on either side are too few."""
    waves = programme(dbfs=-80) + humming((50, 100, 150))
    before, after = cut(rows(waves), 40, 51), cut(rows(waves, 0.25), 51, 62)
    assert run(Hum, inputs(before, after), inputs(ended=True)) == []
    joined = cut(rows(waves), 51, 62)
    assert run(Hum, inputs(before, joined), inputs(ended=True))


def test_rows_that_were_not_measured_say_nothing() -> None:
    whole = rows(programme() + humming((50, 100, 150)))
    whole.reason[::8] = Reason.CORRUPT
    assert run(Hum, inputs(whole), inputs(ended=True)) == []


def test_any_split_gives_the_same() -> None:
    waves = programme() + humming((50, 100, 150), -46)
    waves[70:75] = programme()[70:75] * 10
    whole = rows(waves)
    once = run(Hum, inputs(whole), inputs(ended=True))
    assert once
    for size in (1, 7, 13):
        assert run(Hum, *pieces(whole, size), inputs(ended=True)) == once
