"""Defects of sound: what each does to the samples, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.errors import SettingsError
from monitor.lab.defects import sounds
from monitor.lab.defects.sounds import level_dbfs
from monitor.lab.scenes import RATE, Scene


def music(seconds: float = 2.0) -> np.ndarray:
    return Scene("film", 64, 64, 25, 3).sound(0, round(seconds * RATE)).copy()


def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def test_silence_is_nothing_or_noise_of_a_level() -> None:
    nothing, noise = music(), music()
    sounds.silence(nothing, -120, rng())
    sounds.silence(noise, -80, rng())
    assert not nothing.any()
    assert level_dbfs(noise) == pytest.approx(-80, abs=0.1)


def test_one_channel_is_lost_and_the_other_is_as_it_was() -> None:
    part = music()
    before = part.copy()
    sounds.channel_loss(part, -120, rng())
    assert sorted(np.all(part == before, axis=1)) == [False, True]
    assert sorted(part.any(axis=1)) == [False, True]
    for quiet in (before[:1], np.stack((before[0], 0 * before[0]))):
        with pytest.raises(SettingsError, match="no sound beside the other"):
            sounds.channel_loss(quiet.copy(), -120, rng())


def test_loudness_is_changed_by_so_much_either_way_but_never_clips() -> None:
    changes = set()
    for seed in range(6):
        part = 0.1 * music()
        before = level_dbfs(part)
        sounds.loudness(part, 10, np.random.default_rng(seed))
        changes.add(round(level_dbfs(part) - before, 2))
        full = music() / np.abs(music()).max()
        sounds.loudness(full, 10, np.random.default_rng(seed))
        assert np.abs(full).max() == pytest.approx(10**-0.5, rel=1e-4)
    assert changes == {-10, 10}


def test_a_true_peak_goes_so_far_beyond_full_scale() -> None:
    part = music()
    sounds.true_peak(part, 3, rng())
    assert 20 * np.log10(np.abs(part).max()) == pytest.approx(3, abs=0.01)


def test_clipping_leaves_many_samples_at_one_level() -> None:
    shares = []
    for amount in (4, 8, 14):
        part = music()
        sounds.clipping(part, amount, rng())
        shares.append(float(np.mean(np.abs(part) > 0.999 * np.abs(part).max())))
    assert shares == sorted(shares)
    assert shares[0] > 0.002
    assert shares[2] > 0.05


def test_clicks_are_two_to_five_a_second_and_little_else_changes() -> None:
    part = music(4.0)
    before = part.copy()
    sounds.click(part, 0.6, rng())
    changed = np.flatnonzero(np.any(part != before, axis=0))
    clicks = 1 + np.count_nonzero(np.diff(changed) > RATE // 20)
    assert 7 <= clicks <= 20
    assert len(changed) < 0.01 * part.shape[1]


@pytest.mark.parametrize("ms", [5, 25])
def test_gaps_are_as_long_as_asked_for(ms: int) -> None:
    part = music(4.0)
    before = part.copy()
    sounds.dropout(part, ms, rng())
    changed = np.flatnonzero(np.any(part != before, axis=0))
    starts = np.concatenate(([0], np.flatnonzero(np.diff(changed) > RATE // 100) + 1, [len(changed)]))
    lengths = np.diff(starts) * 1000 / RATE
    assert 4 <= len(lengths) <= 20
    assert np.median(lengths) == pytest.approx(ms, rel=0.15)


def test_phase_turns_one_channel_over() -> None:
    part = music()
    before = np.corrcoef(*part)[0, 1]
    sounds.phase(part, 6, rng())
    assert np.corrcoef(*part)[0, 1] == pytest.approx(-before, abs=1e-3)
    with pytest.raises(SettingsError, match="one channel has none"):
        sounds.phase(music()[:1], 0, rng())
    wide = rng().normal(0, 0.1, (2, RATE)).astype(np.float32)
    with pytest.raises(SettingsError, match="hardly alike"):
        sounds.phase(wide, 0, rng())


def test_a_tone_stands_as_far_above_its_noise_as_asked_for() -> None:
    part = music()
    sounds.tone(part, 45, rng())
    spectrum = np.abs(np.fft.rfft(part[0] * np.hanning(part.shape[1]))) ** 2
    top = int(spectrum.argmax())
    line = spectrum[top - 3 : top + 4].sum()
    assert 10 * np.log10(line / (spectrum.sum() - line)) == pytest.approx(45, abs=1)


def quiet_music(seconds: float = 4.0) -> np.ndarray:
    return 0.001 * music(seconds)


def test_a_hum_is_of_the_mains_and_of_a_level() -> None:
    mains = []
    for seed in range(24):
        part = quiet_music()
        before = part.copy()
        sounds.hum(part, -40, np.random.default_rng(seed))
        hum = part - before
        assert level_dbfs(hum) == pytest.approx(-40, abs=0.2)
        np.testing.assert_allclose(hum[0], hum[1], rtol=0, atol=1e-6)
        spectrum = np.abs(np.fft.rfft(hum[0] * np.hanning(hum.shape[1])))
        hz = np.flatnonzero(spectrum > 0.02 * spectrum.max()) * RATE / hum.shape[1]
        first = round(hz[0] / 10) * 10
        mains.append(first)
        assert np.abs(hz / first - np.round(hz / first)).max() < 0.02
    assert set(mains) == {50, 60, 100, 120}, "the mains, or what a rectifier makes of them"


def test_hiss_is_white_and_each_channel_has_its_own() -> None:
    part = quiet_music()
    before = part.copy()
    sounds.hiss(part, -50, rng())
    hiss = part - before
    assert level_dbfs(hiss) == pytest.approx(-50, abs=0.1)
    assert abs(np.corrcoef(*hiss)[0, 1]) < 0.02
    low, high = np.split(np.square(np.abs(np.fft.rfft(hiss[0])))[1:], 2)
    assert low.sum() / high.sum() == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("kind", ["hum", "hiss"])
def test_what_the_sound_hides_is_refused(kind: str) -> None:
    loud = rng().normal(0, 0.1, (2, RATE)).astype(np.float32)
    with pytest.raises(SettingsError, match=f"{kind}: this sound is too loud"):
        getattr(sounds, kind)(loud, -50.0, rng())
    loud[:, : RATE // 2] *= 0.0001
    getattr(sounds, kind)(loud, -50.0, rng())


@pytest.mark.parametrize(
    "kind", ["silence", "channel_loss", "clipping", "click", "dropout", "phase", "loudness", "true_peak"]
)
def test_what_nobody_would_hear_is_refused(kind: str) -> None:
    with pytest.raises(SettingsError, match=f"{kind}: this sound is too quiet"):
        getattr(sounds, kind)(np.full((2, RATE), 1e-4, np.float32), 1.0, rng())
