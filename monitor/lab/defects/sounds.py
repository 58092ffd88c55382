"""Defects of sound, made in samples: float32 [channels, n], full scale ±1, 48 kHz."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from monitor.errors import SettingsError
from monitor.lab.scenes import RATE

Samples = NDArray[np.float32]
Rng = np.random.Generator

QUIET_DBFS = -45.0
"""Root mean square below which there is nothing to spoil."""
HUM_HZ, HISS_HZ = (40.0, 130.0, 220.0, 320.0, 430.0, 540.0, 640.0), (2500.0, 5000.0, 10_000.0, 20_000.0)
"""Edges of bands in which hum and hiss are heard, if the sound has less in one of them ..."""
HEARD = 0.25
"""... for so much of the time."""
ROW = RATE // 10


def level_dbfs(samples: Samples) -> float:
    """Root mean square, dB re full scale."""
    return 10 * math.log10(float(np.mean(np.square(samples, dtype=np.float64))) + 1e-12)


def _gain(db: float) -> float:
    return float(10 ** (db / 20))


def _loud(samples: Samples, kind: str) -> None:
    if level_dbfs(samples) < QUIET_DBFS:
        raise SettingsError(f"{kind}: this sound is too quiet for it to be heard; take another clip")


def _channel(samples: Samples, rng: Rng) -> int:
    return int(rng.integers(samples.shape[0]))


def silence(part: Samples, amount: float, rng: Rng) -> None:
    """Nothing but noise of `amount` dBFS in every channel; -120: digital silence."""
    _loud(part, "silence")
    part[:] = 0 if amount <= -120 else rng.normal(0, _gain(amount), part.shape)


def channel_loss(part: Samples, amount: float, rng: Rng) -> None:
    """The same in one channel of several."""
    _loud(part, "channel_loss")
    lost = _channel(part, rng)
    others = np.delete(part, lost, axis=0)
    if not others.size or min(level_dbfs(part[lost : lost + 1]), level_dbfs(others)) < QUIET_DBFS:
        raise SettingsError("channel_loss: one channel has no sound beside the other; take another clip")
    part[lost] = 0 if amount <= -120 else rng.normal(0, _gain(amount), part.shape[1])


def clipping(part: Samples, amount: float, rng: Rng) -> None:
    """Driven `amount` dB over what its ceiling takes, hard; then turned down by up to 9 dB, as later stages may."""
    _loud(part, "clipping")
    peak = float(np.quantile(np.abs(part), 0.9995))
    ceiling = _gain(-rng.uniform(0, 9))
    part[:] = np.clip(part * (ceiling / peak * _gain(amount)), -ceiling, ceiling)


def click(part: Samples, amount: float, rng: Rng) -> None:
    """Two to five clicks a second, of `amount` times the loudest sample around, in one channel or in all: a single
    sample, a short decaying burst, or samples that are left out."""
    _loud(part, "click")
    which = slice(None) if rng.random() < 0.5 else slice(_channel(part, rng), None)
    shape = int(rng.integers(3))
    at = 0.05 * RATE
    while at < part.shape[1] - RATE / 20:
        n = int(at)
        around = max(float(np.abs(part[:, max(0, n - RATE // 20) : n + RATE // 20]).max()), 0.05)
        size = amount * around * (1 if rng.random() < 0.5 else -1)
        if shape == 0:
            part[which, n] += size
        elif shape == 1:
            part[which, n : n + 12] += size * 0.7 ** np.arange(12) * np.cos(np.arange(12) * rng.uniform(0.5, 2.5))
        else:
            part[which, n : n + 24] += size * np.linspace(1, 0, 24)
        at += RATE / rng.uniform(2, 5)


def dropout(part: Samples, amount: float, rng: Rng) -> None:
    """Two to five gaps a second of `amount` milliseconds, in all channels or in one, where there is sound."""
    _loud(part, "dropout")
    which = slice(None) if rng.random() < 0.6 else slice(_channel(part, rng), None)
    length = round(amount * RATE / 1000)
    edge = np.linspace(1, 0, round(rng.uniform(1, 24)))
    window = np.concatenate((edge, np.zeros(max(0, length - 2 * len(edge))), edge[::-1]))
    at = 0.05 * RATE
    while at < part.shape[1] - RATE / 20 - len(window):
        n = int(at)
        around = part[:, max(0, n - RATE // 50) : n + len(window) + RATE // 50]
        if level_dbfs(around) > QUIET_DBFS:
            part[which, n : n + len(window)] *= window
        at += RATE / rng.uniform(2, 5)


def phase(part: Samples, amount: float, rng: Rng) -> None:
    """One channel of the pair upside down, and `amount` dB lower than it was."""
    _loud(part, "phase")
    if part.shape[0] < 2:
        raise SettingsError("phase: one channel has none; take another clip")
    both = float(np.corrcoef(part[0], part[1])[0, 1])
    if not both > 0.4:
        raise SettingsError(f"phase: these channels are hardly alike ({both:.2f}); take another clip")
    turned = _channel(part[:2], rng)
    part[turned] *= -_gain(-amount)


def loudness(part: Samples, amount: float, rng: Rng) -> None:
    """`amount` dB louder or quieter: louder in one case of two, as far as that does not clip."""
    _loud(part, "loudness")
    louder = rng.random() < 0.5 and float(np.abs(part).max()) * _gain(amount) < 0.98
    part *= _gain(amount if louder else -amount)


def true_peak(part: Samples, amount: float, rng: Rng) -> None:
    """Turned up until its largest sample is `amount` dB above full scale, which no clipping follows."""
    _loud(part, "true_peak")
    part *= _gain(amount) / float(np.abs(part).max())


def tone(part: Samples, amount: float, rng: Rng) -> None:
    """A line-up tone in place of the sound, at -20 to -9 dBFS, with noise of `amount` dB below it."""
    hz = float(rng.choice([400.0, 440.0, 997.0, 1000.0, 1000.0]))
    level = _gain(float(rng.choice([-20, -18, -12, -9])))
    t = np.arange(part.shape[1]) / RATE
    part[:] = level * np.sin(2 * np.pi * hz * t) + rng.normal(0, level * _gain(-amount) / math.sqrt(2), part.shape)


def hum(part: Samples, amount: float, rng: Rng) -> None:
    """Mains hum of `amount` dBFS: 50 or 60 Hz and five harmonics; in one case of three the buzz of a rectifier, twice
    that and many more."""
    mains = float(rng.choice([50.0, 60.0]) + rng.normal(0, 0.02))
    if rng.random() < 1 / 3:
        orders = 2 * np.arange(1, 11)
        strengths = rng.uniform(0.5, 1, 10) / np.arange(1, 11)
    else:
        orders = np.arange(1, 7)
        strengths = np.array([1, rng.uniform(0.3, 1), rng.uniform(0.2, 0.7), *rng.uniform(0.05, 0.4, 3)])
    t = np.arange(part.shape[1]) / RATE
    wave = np.zeros(part.shape[1])
    for order, strength in zip(orders, strengths, strict=True):
        wave += strength * np.sin(2 * np.pi * mains * order * t + rng.uniform(0, 2 * np.pi))
    wave *= _gain(amount) / math.sqrt(float((strengths**2).sum()) / 2)
    _heard(part, wave, HUM_HZ, "hum")
    part += wave.astype(np.float32)


def hiss(part: Samples, amount: float, rng: Rng) -> None:
    """White noise of `amount` dBFS, each channel its own."""
    noise = rng.normal(0, _gain(amount), part.shape)
    _heard(part, noise[0], HISS_HZ, "hiss")
    part += noise.astype(np.float32)


def _heard(part: Samples, added: NDArray[np.float64], edges_hz: tuple[float, ...], kind: str) -> None:
    """Raises SettingsError where the sound nearly always has more of its own in each of the bands."""
    own = np.quantile(_powers(part.mean(axis=0, dtype=np.float64), edges_hz), HEARD, axis=0)
    if np.all(own > np.median(_powers(added, edges_hz), axis=0)):
        raise SettingsError(f"{kind}: this sound is too loud for it to be heard; take another clip")


def _powers(line: NDArray[np.float64], edges_hz: tuple[float, ...]) -> NDArray[np.float64]:
    """Of each 100 ms of a line of samples: the power in each band [rows, bands]."""
    rows = line[: len(line) // ROW * ROW].reshape(-1, ROW) * np.hanning(ROW)
    edges = [round(hz * ROW / RATE) for hz in edges_hz]
    bins = np.square(np.abs(np.fft.rfft(rows)[:, : edges[-1]]))
    found: NDArray[np.float64] = np.add.reduceat(bins, edges[:-1], axis=1)
    return found
