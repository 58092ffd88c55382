"""Clean sound by recipe that is easily taken for faulty: what detectors tell of it is a false alarm.

    python -m monitor.lab.clean_sound FOLDER      # two minutes of each, as FOLDER/applause.mp4, ...

- `applause`: hundreds of claps a second, each a short burst, all over the stereo image
- `claps`: a few a second, with nothing between them
- `drums`: hard percussion, dry: a bass drum, a snare drum and hats at 110 beats a minute
- `room`: a quiet place, the noise of which rises and falls
- `sea`: waves of noise
- `sine`: one sine that swells and nearly ends, again and again
- `speech`: what sounds like syllables, over a breath of noise in each phrase; between phrases there is digital silence
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from monitor.lab.defects.footage import Size, read, write_sounding
from monitor.lab.scenes import RATE

Samples = NDArray[np.float32]
Floats = NDArray[np.float64]
Rng = np.random.Generator

SMALL = Size(128, 72, 12)
SECONDS = 120.0
BEAT_S = 60 / 110


def _times(seconds: float) -> Floats:
    return np.arange(round(seconds * RATE), dtype=np.float64) / RATE


def _shaped(sound: Floats, gain: Callable[[Floats], Floats]) -> Floats:
    """Filtered: `gain` is asked for frequencies in Hz."""
    hz: Floats = np.fft.rfftfreq(sound.shape[-1], 1 / RATE).astype(np.float64)
    spectrum = np.fft.rfft(sound, axis=-1) * gain(hz)
    return np.asarray(np.fft.irfft(spectrum, sound.shape[-1], axis=-1))


def _clapped(rng: Rng, seconds: float, per_second: float) -> Floats:
    found = np.zeros((2, round(seconds * RATE)))
    for _ in range(round(per_second * seconds)):
        lasts = int(rng.integers(300, 1500))
        at = int(rng.integers(0, found.shape[1] - lasts))
        burst = rng.normal(0, 1, lasts) * np.exp(-np.arange(lasts) / (lasts / 5)) * rng.uniform(0.02, 0.2)
        left = rng.uniform(0.2, 0.8)
        found[:, at : at + lasts] += np.stack([burst * left, burst * (1 - left)])
    return _shaped(found, lambda hz: np.exp(-(np.log2(np.maximum(hz, 20) / 1500) ** 2) / 4))


def applause(rng: Rng, seconds: float) -> Floats:
    """[2, n]"""
    return 0.6 * _clapped(rng, seconds, 250)


def claps(rng: Rng, seconds: float) -> Floats:
    """[2, n]"""
    return _clapped(rng, seconds, 12)


def drums(rng: Rng, seconds: float) -> Floats:
    """[2, n]"""
    found = np.zeros((2, round(seconds * RATE)))
    t = _times(0.25)
    kick = 0.7 * np.sin(2 * np.pi * (50 * t + 12 * (1 - np.exp(-t / 0.02)))) * np.exp(-t / 0.08)
    for beat in range(int(seconds / BEAT_S * 4) - 4):
        at = round(beat * BEAT_S / 4 * RATE)
        hat = rng.normal(0, 0.15, len(t)) * np.exp(-t / 0.01) * rng.uniform(0.3, 1)
        snare = rng.normal(0, 0.5, len(t)) * np.exp(-t / 0.05)
        part = hat + (kick if beat % 8 in (0, 3) else 0) + (snare if beat % 8 == 4 else 0)
        found[:, at : at + len(t)] += part * np.array([[1.0], [0.8]])
    return found


def room(rng: Rng, seconds: float) -> Floats:
    """[2, n]"""
    t = _times(seconds)
    noise = _shaped(rng.normal(0, 0.015, (2, len(t))), lambda hz: 1 / np.maximum(hz / 200, 1))
    return noise * (1 + 0.5 * np.sin(2 * np.pi * t / 17))


def sea(rng: Rng, seconds: float) -> Floats:
    """[2, n]"""
    t = _times(seconds)
    noise = _shaped(rng.normal(0, 0.1, (2, len(t))), lambda hz: 1 / np.maximum(hz / 400, 1) ** 0.7)
    return noise * (0.3 + 0.7 * np.abs(np.sin(2 * np.pi * t / 8)))


def sine(rng: Rng, seconds: float) -> Floats:
    """[2, n], of no frequency of line-up tones."""
    t = _times(seconds)
    swell = np.clip(3 * np.sin(2 * np.pi * t / 9) + 1, 0.03, 1)
    return np.stack([0.1 * np.sin(2 * np.pi * rng.uniform(450, 900) * t) * swell] * 2)


def speech(rng: Rng, seconds: float) -> Floats:
    """[2, n]: a buzz through two formants, in syllables; between phrases there is nothing at all."""
    t = _times(seconds)
    found = np.zeros(len(t))
    at = 0.2
    while at < seconds - 1:
        began = at
        for _ in range(int(rng.integers(2, 9))):
            lasts = float(rng.uniform(0.08, 0.3))
            n = np.arange(round(at * RATE), min(round((at + lasts) * RATE), len(t)))
            tone = 2 * np.pi * rng.uniform(90, 220) * t[n]
            buzz = sum(np.sin(k * tone) * sum(1 / (1 + ((k * 150 - f) / 120) ** 2) for f in rng.uniform(300, 2500, 2))
                       for k in range(1, 20))  # fmt: skip
            found[n] = 0.15 * np.asarray(buzz) * np.sin(np.pi * np.arange(len(n)) / len(n))
            at += lasts + float(rng.uniform(0.0, 0.06))
        phrase = slice(round(began * RATE), min(round(at * RATE), len(t)))
        found[phrase] += rng.normal(0, 0.001, len(found[phrase]))
        at += float(rng.uniform(0.2, 0.8))
    return np.stack([found, found])


RECIPES: Mapping[str, Callable[[Rng, float], Floats]] = {
    made.__name__: made for made in (applause, claps, drums, room, sea, sine, speech)
}


def clean_sound(name: str, seconds: float, seed: int) -> Samples:
    """One of RECIPES: float32 [2, n] at 48 kHz, below full scale. The same seed gives the same."""
    made = RECIPES[name](np.random.default_rng([seed, tuple(RECIPES).index(name)]), seconds)
    return np.clip(made, -0.95, 0.95).astype(np.float32)


def write_clean_sound(out: Path, name: str, seconds: float, seed: int, codec: str = "aac") -> Path:
    """The same as a clip, .mp4 or .ts, beside small pictures of a scene."""
    size = Size(SMALL.width, SMALL.height, SMALL.fps, seconds)
    return write_sounding(read(None, size), out, "h264", 60_000, clean_sound(name, seconds, seed), codec)


def main() -> None:
    """Two minutes of each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="an existing folder, or a new one")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for name in RECIPES:
        print(write_clean_sound(options.folder / f"{name}.mp4", name, SECONDS, options.seed))


if __name__ == "__main__":
    main()
