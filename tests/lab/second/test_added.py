from __future__ import annotations

import numpy as np
import pytest
from second_clips import CODECS, RATE, db, first_spoiled, heard_after, part, spoiled, untouched

from monitor.lab.second.pictures import Sound
from monitor.lab.second.programme import Programme
from monitor.lab.truth import STRENGTHS, Strength


def power(sound: Sound) -> np.ndarray:
    """Power by Hz, most of all channels."""
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(sound.shape[1]))) ** 2
    return np.asarray(spectrum.max(axis=0)) / sound.shape[1] ** 2


def comb(sound: Sound, mains: int) -> float:
    """How many times stronger the multiples of a frequency are than what is half way between, up to 800 Hz."""
    spectrum, bins = power(sound), sound.shape[1] / RATE
    on, off = (
        [
            spectrum[round((n + part) * mains * bins) - 1 : round((n + part) * mains * bins) + 2].max()
            for n in (2, 4, 6, 1)
        ]
        for part in (0, 0.5)
    )
    return float(np.sum(on) / np.sum(off))


@pytest.mark.parametrize("strength", STRENGTHS)
def test_hum_has_the_lines_of_the_mains(strength: Strength, studio: Programme, talk: Programme) -> None:
    talk = studio if strength == "weak" else talk
    made = first_spoiled(talk, "hum", strength)
    assert untouched(talk, made)
    heard = heard_after(made.sound, CODECS[STRENGTHS.index(strength)])
    for event in made.events:
        assert event.amount == pytest.approx(talk.lufs - {"weak": 18, "middle": 11, "strong": 4}[strength], abs=1)
        hums = [comb(part(heard, event), mains) for mains in (50, 60)]
        clean = [comb(part(talk.sound, event), mains) for mains in (50, 60)]
        assert max(hums) > 3 * clean[int(np.argmax(hums))]
        assert db(part(made.sound - talk.sound, event)) == pytest.approx(event.amount, abs=3.2)


def test_hum_is_of_50_and_of_60_hz_and_of_two_kinds(talk: Programme) -> None:
    strongest = set()
    for seed in range(16):
        made = spoiled(talk, "hum", "strong", seed)
        if made:
            added = part(made.sound - talk.sound, made.events[0])
            strongest.add(round(float(np.argmax(power(added))) / added.shape[1] * RATE / 10) * 10)
    assert strongest == {50, 60, 100, 120}


@pytest.mark.parametrize("strength", STRENGTHS)
def test_hiss_fills_the_pauses(strength: Strength, studio: Programme, talk: Programme) -> None:
    programme = studio if strength == "weak" else talk
    made = first_spoiled(programme, "hiss", strength)
    assert untouched(programme, made)
    heard = heard_after(made.sound, CODECS[STRENGTHS.index(strength)])
    clean = heard_after(programme.sound, CODECS[STRENGTHS.index(strength)])
    for event in made.events:
        assert event.amount == pytest.approx(programme.lufs - {"weak": 32, "middle": 22, "strong": 12}[strength], abs=1)
        quiet = [np.percentile(highs(part(each, event)), 20) for each in (heard, clean)]
        assert quiet[0] > quiet[1] + 1.5
        assert db(part(made.sound - programme.sound, event)) == pytest.approx(event.amount, abs=3.2)


def highs(sound: Sound) -> np.ndarray:
    """dB of the bends of the wave in every 10 ms, of the channel that has more."""
    bends = np.diff(sound, 2)[:, : (sound.shape[1] - 2) // 480 * 480].reshape(len(sound), -1, 480)
    return 10 * np.log10(np.square(bends).mean(axis=2).max(axis=0) + 1e-12)


@pytest.mark.parametrize("strength", STRENGTHS)
def test_a_tone_takes_the_place_of_the_programme(strength: Strength, talk: Programme) -> None:
    made = first_spoiled(talk, "tone", strength)
    assert untouched(talk, made)
    heard = heard_after(made.sound, CODECS[STRENGTHS.index(strength)])
    for event in made.events:
        spectrum = power(part(heard, event, 0.05)[1:])
        strongest = int(np.argmax(spectrum))
        hz = strongest / (part(heard, event, 0.05).shape[1] / RATE)
        assert min(abs(hz - each) for each in (400, 440, 1000)) < 1.5
        rest = spectrum.sum() - spectrum[strongest - 5 : strongest + 6].sum()
        assert 10 * np.log10(rest / spectrum.sum()) < (-18 if strength == "weak" else -35)
        assert db(part(heard, event, 0.05)[1:]) == pytest.approx(event.amount - 3.0, abs=0.7)


def test_the_ident_interrupts_the_left(talk: Programme) -> None:
    def interrupted(sound: Sound) -> bool:
        return bool((np.abs(sound[0]).reshape(1, -1) == 0).mean() > 0.03)

    made = first_spoiled(talk, "tone", "strong", lambda made: interrupted(part(made.sound, made.events[0])))
    for event in made.events:
        left, right = part(made.sound, event)
        assert (left == 0).sum() == pytest.approx(RATE / 4, rel=1.01)
        assert (right == 0).mean() < 0.01
