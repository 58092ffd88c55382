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
