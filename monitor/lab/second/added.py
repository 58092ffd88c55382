"""Sound that does not belong there: hum of the mains, hiss, a line-up tone in the place of the programme."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from monitor.lab.second.pictures import Event, Numbers, Sound, Span
from monitor.lab.second.programme import Programme, Spoiled, edges_heard, hops, levels
from monitor.lab.second.sound_graph import filtered
from monitor.lab.second.source import SOUND_RATE
from monitor.lab.truth import Strength

Wave = Callable[[int], Numbers]
"""So many samples of something, with an RMS of 1."""

_RAMP = SOUND_RATE * 3 // 100
_PAUSE_SHARE = 20.0
_TRIES = 150

# Of each multiple of the mains' frequency, from 1 on.
_GROUND_LOOP = (1.0, 0.18, 0.4, 0.08, 0.2, 0.05, 0.1, 0.03, 0.05)
_RECTIFIER = (0.15, 1.0, 0.1, 0.65, 0.06, 0.45, 0.04, 0.35, 0.03, 0.26, 0.02, 0.2, 0.02, 0.16, 0.01, 0.12)
_DRIFT_HZ = 0.05
# RMS beside the programme's loudness, in dB.
_HUM_DB = {"weak": -18.0, "middle": -11.0, "strong": -4.0}


def _with_ramps(sound: Numbers) -> Numbers:
    """What fades in and out within 30 ms: its beginning must not be a click."""
    ramp = np.linspace(0, 1, _RAMP)
    shaped = sound.copy()
    shaped[..., :_RAMP] *= ramp
    shaped[..., -_RAMP:] *= ramp[::-1]
    return shaped


def _hum(samples: int, mains_hz: float, series: tuple[float, ...], dice: np.random.Generator) -> Numbers:
    """[samples] of RMS 1. The frequency drifts once to and fro in some seconds, as that of a grid does."""
    at = np.arange(samples) / SOUND_RATE
    period_s = dice.uniform(6, 20)
    drift = _DRIFT_HZ * dice.uniform(0.2, 1.0)
    turns = mains_hz * at - drift * period_s / (2 * np.pi) * np.cos(2 * np.pi * (at / period_s + dice.random()))
    wave = np.zeros(samples)
    for number, share in enumerate(series, 1):
        height = share * 10 ** (dice.uniform(-1.5, 1.5) / 20)
        wave += height * np.sin(2 * np.pi * (number * turns + dice.random()))
    return np.asarray(wave / np.sqrt(np.mean(wave**2)))


def hum(programme: Programme, strength: Strength, dice: np.random.Generator) -> Spoiled:
    """Hum of 50 or 60 Hz with its harmonics: amount = its RMS in dBFS.

    18, 11, 4 dB below the programme's loudness. As of a ground loop (the mains' frequency strongest) or of a rectifier
    (twice that, and a buzz of its multiples), drifting by up to 0.05 Hz, in all channels or in one. Checked: in the
    quieter fifth of an event it is louder than what the programme has below 1 kHz.
    """
    mains_hz = 50.0 if dice.random() < 0.6 else 60.0
    series = _GROUND_LOOP if dice.random() < 0.5 else _RECTIFIER
    chosen = [[0, 1], [0, 1], [0], [1]][int(dice.integers(4))]
    level_db = programme.lufs + _HUM_DB[strength]
    below = levels(filtered(programme.sound, "lowpass=f=1000"))[chosen].max(axis=0)
    spans = _audible(programme, below, level_db, dice, "it covers a hum of that level all the time")
    return _added(programme, spans, chosen, level_db, lambda samples: _hum(samples, mains_hz, series, dice))


_HISS_DB = {"weak": -32.0, "middle": -22.0, "strong": -12.0}
_FROM_HZ = 2000


def _hiss(samples: int, colour: int, dice: np.random.Generator) -> Numbers:
    """[samples] of RMS 1: white, pink as that of tape, or from 2 kHz on."""
    spectrum = np.fft.rfft(dice.standard_normal(samples))
    hz = np.fft.rfftfreq(samples, 1 / SOUND_RATE)
    weights = (np.ones_like(hz), 1 / np.sqrt(np.maximum(hz, 60.0)), (hz / _FROM_HZ) ** 4 / (1 + (hz / _FROM_HZ) ** 4))
    wave = np.fft.irfft(spectrum * weights[colour], samples)
    return np.asarray(wave / np.sqrt(np.mean(wave**2)))


def hiss(programme: Programme, strength: Strength, dice: np.random.Generator) -> Spoiled:
    """Steady noise: amount = its RMS in dBFS, 32, 22, 12 dB below the programme's loudness (-55, -45, -35 at -23 LUFS).

    White, pink, or from 2 kHz on; another in each of all channels, or in one. Checked: in the quieter fifth of an
    event it is louder than what the programme has above 2 kHz.
    """
    colour = int(dice.integers(3))
    chosen = [[0, 1], [0, 1], [0, 1], [0], [1]][int(dice.integers(5))]
    level_db = programme.lufs + _HISS_DB[strength]
    highs = levels(filtered(programme.sound, f"highpass=f={_FROM_HZ}"))[chosen].max(axis=0)
    # Of pink noise a sixth of the power lies there.
    there_db = level_db - (0.4, 7.5, 0.0)[colour]
    spans = _audible(programme, highs, there_db, dice, "it covers a hiss of that level all the time")
    return _added(programme, spans, chosen, level_db, lambda samples: _hiss(samples, colour, dice), apart=True)


def _audible(programme: Programme, beside: Numbers, level_db: float, dice: np.random.Generator, needs: str
             ) -> tuple[Span, ...]:  # fmt: skip
    """Spans in whose quieter moments what is beside it is below a level."""
    return programme.places(
        dice, lambda span: bool(np.percentile(beside[hops(span)], _PAUSE_SHARE) < level_db), needs, tries=_TRIES
    )


def _added(programme: Programme, spans: tuple[Span, ...], chosen: list[int], level_db: float, wave: Wave,
           apart: bool = False) -> Spoiled:  # fmt: skip
    """The programme with something on it. `apart`: each channel has its own."""
    sound = programme.sound.astype(np.float64)
    for span in spans:
        waves = [wave(len(span.frames)) for _ in (chosen if apart else chosen[:1])]
        sound[chosen, span.start : span.end] += 10 ** (level_db / 20) * _with_ramps(np.array(waves))
    # All of it quieter where that would pass full scale, so that nothing is cut.
    factor = min(1.0, 0.98 / float(np.abs(sound).max()))
    amount = level_db + 20 * float(np.log10(factor))
    return Spoiled((sound * factor).astype(np.float32), tuple(Event(span, 1.0, amount, "dBFS") for span in spans))


_TONES_HZ = (1000.0, 1000.0, 400.0, 440.0)
_IDENT_SHARE = 0.25
_TONE_DBFS = {"weak": (-20.0, -18.0), "middle": (-20.0, -18.0), "strong": (-12.0, -9.0)}
_LEAK_DB = -20.0
_IDENT_S, _IDENT_GAP_S = 3.0, 0.25


def tone(programme: Programme, strength: Strength, dice: np.random.Generator) -> Spoiled:
    """A line-up tone in the place of the programme: amount = the height of its wave in dBFS.

    1 kHz, 400 or 440 Hz, or 1 kHz with the left interrupted for 250 ms every 3 s as in the EBU's stereo ident. -9 or
    -12 strong, -18 or -20 middle; weak: the same, and the programme goes on below it, 20 dB down. Checked: the
    programme is heard on both sides.
    """
    ident, which, rank = dice.random() < _IDENT_SHARE, int(dice.integers(len(_TONES_HZ))), int(dice.integers(2))
    hz = (1000.0 if ident else _TONES_HZ[which]) * (1 + dice.uniform(-2e-4, 2e-4))
    db = _TONE_DBFS[strength][rank]
    heard = programme.heard()
    spans = programme.places(dice, lambda span: edges_heard(heard, span), "no two moments of sound to put it between")
    sound = programme.sound.copy()
    for span in spans:
        at = np.arange(len(span.frames)) / SOUND_RATE
        wave = np.tile(10 ** (db / 20) * np.sin(2 * np.pi * (hz * at + dice.random())), (2, 1))
        if ident:
            # Not at its edges, where nobody could tell when it began.
            wave[0, (at - 0.5) % _IDENT_S < _IDENT_GAP_S] = 0
        under = 10 ** (_LEAK_DB / 20) * _level(wave, sound[:, span.start : span.end]) if strength == "weak" else 0.0
        sound[:, span.start : span.end] = wave + under * sound[:, span.start : span.end]
    return Spoiled(sound, tuple(Event(span, 1.0, db, "dBFS") for span in spans))


def _level(wave: Numbers, sound: Sound) -> float:
    """The gain that makes a sound as strong as a wave."""
    return float(np.sqrt(np.mean(wave**2) / max(float(np.mean(np.square(sound, dtype=np.float64))), 1e-9)))
