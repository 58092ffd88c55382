"""`phase`: the channels of a pair against each other, so that they cancel where they are heard as one (mono)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from monitor.audio import BANDS_HZ, LINES_HZ, ROWS_PER_SECOND, correlation_of, partners
from monitor.detect.heard import Flags, Heard, rows_of, whole
from monitor.detect.hold import Evidence, Rows
from monitor.records import Readings
from monitor.settings import PhaseSettings, Profile

WINDOW = 8
"""Rows that are judged together."""
LATE_S = (WINDOW // 2 - 1) / ROWS_PER_SECOND
"""A verdict is of the row in the middle of them."""
SAMPLED, PAST, LEAST_KNOWN = 4, 75, 4
"""Every so many rows a window is remembered, so many of them (half a minute); so many are enough to compare with."""
ADOPTED = 150
"""What has been turned over for so many rows on end is how it is."""
HEARD_DB, AUDIBLE_DB = 30.0, -70.0
"""An octave speaks if it is so near to the loudest, and above this (re a sine at full scale)."""
UPRIGHT = 0.1
"""How alike the two usually are there, at least: where they are nothing like each other there is no way up."""
SPREAD = 0.25
"""So much, added to how it spreads by itself, an octave's correlation may be off, and ..."""
MOST = 4.0
"""... so much one octave can say at most."""

Floats = NDArray[np.float64]
Codes = NDArray[np.int8]
NOTHING = -128
STEPS = 100
"""A remembered correlation of 1. NOTHING stands for an octave that did not speak."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Of these channels. Of the last rows, WINDOW - 1: energies and products of each pair [rows, pairs, 3], and of each
    octave [rows, pairs, octaves, 2]. Then windows, by the code of the correlation in each octave: those that may still
    have to be remembered [WINDOW at most, pairs, octaves], and how each was judged; those that are [PAST at most, ...];
    rows since the last of them; and how many on end were turned over."""

    channels: tuple[str, ...]
    sums: Floats
    octaves: Floats
    windows: Codes
    scores: Floats
    past: Codes
    since: int = 0
    turned: int = 0


class Phase(Heard):
    """Two ways to know it. The correlation of the two channels, by energy: -1 is one channel upside down, natural
    stereo is between 0 and 1, and below 0 for moments. And octave by octave, against how alike the two were in the last
    half minute: what is turned over has just the opposite correlation in every octave, or in all up to a crossover
    where it is one way of a path. By the logarithm of how much likelier that is than that they are as they were."""

    kind = "phase"
    version = 3
    reads = ("rms_dbfs", "correlation", "spectrum", "together")

    def __init__(self, profile: Profile) -> None:
        super().__init__(profile)
        self.settings: PhaseSettings = profile.phase

    def _judge(self, memory: Memory | None, sound: Readings) -> tuple[Memory, Rows]:
        mates = partners(sound.channels)
        pairs = [(i, int(mate)) for i, mate in enumerate(mates) if i < mate]
        if memory is None or memory.channels != sound.channels:
            memory = _nothing(sound.channels, len(pairs))
        sums, octaves = _sums(sound, pairs), _octaves(sound, pairs)
        memory, speaks, alike, scores = self._compared(memory, sums, octaves)
        worst, likeliest = alike.min(axis=1, initial=1.0), scores.max(axis=1, initial=0.0)
        evidence: Evidence = {"correlation": (worst, "min"), "reversal": (likeliest, "max")}
        bad = (worst <= self.settings.max_correlation) | (likeliest >= self.settings.min_reversal)
        measured = whole(sound) & speaks.any(axis=1)
        rows = rows_of(sound, bad, evidence, measured, worst <= self.settings.grave_correlation)
        return memory, replace(rows, t_s=rows.t_s - LATE_S, at=rows.at - LATE_S)

    def _compared(self, memory: Memory, sums: Floats, octaves: Floats) -> tuple[Memory, Flags, Floats, Floats]:
        """What is remembered after these rows; and of each and each pair [N, pairs] whether the two speak, their
        correlation over the rows of a window (1 where they do not), and how much likelier it is that they are turned
        over."""
        line, lines = np.concatenate((memory.sums, sums)), np.concatenate((memory.octaves, octaves))
        longer = np.lib.stride_tricks.sliding_window_view(line, WINDOW, axis=0).sum(axis=3)
        speaks = longer[:, :, 1:].min(axis=2) >= WINDOW * 10 ** (self.settings.min_rms_dbfs / 10)
        alike = np.where(speaks, _correlation(longer), 1.0)
        codes = _coded(np.lib.stride_tricks.sliding_window_view(lines, WINDOW, axis=0).sum(axis=4))
        windows, scores, past = memory.windows, memory.scores, memory.past
        since, turned = memory.since, memory.turned
        found = np.zeros(alike.shape)
        k = 0
        while k < len(codes):
            upto = min(k + SAMPLED - since, len(codes))
            found[k:upto] = np.where(speaks[k:upto], _reversals(past, codes[k:upto]), 0.0)
            for reversal in found[k:upto].max(axis=1, initial=0.0):
                turned = turned + 1 if reversal >= self.settings.min_reversal else 0
            windows, scores = np.concatenate((windows, codes[k:upto])), np.concatenate((scores, found[k:upto]))
            since += upto - k
            if since == SAMPLED:
                since = 0
                # The oldest of them has nothing of the rows that are judged now.
                if len(windows) > WINDOW and (turned >= ADOPTED or not self._is_turned(scores[-WINDOW - 1])):
                    past = np.concatenate((past, windows[-WINDOW - 1 : -WINDOW]))[-PAST:]
            k = upto
        kept = Memory(
            memory.channels,
            line[1 - WINDOW :].copy(),
            lines[1 - WINDOW :].copy(),
            windows[-WINDOW:].copy(),
            scores[-WINDOW:].copy(),
            past,
            since,
            turned,
        )
        return kept, speaks, alike, found

    def _is_turned(self, scores: Floats) -> bool:
        return bool(scores.max(initial=0.0) >= self.settings.min_reversal)


def _nothing(channels: tuple[str, ...], pairs: int) -> Memory:
    bands = len(BANDS_HZ) - 1
    codes, scores = np.zeros((0, pairs, bands), np.int8), np.zeros((0, pairs))
    sums, octaves = np.zeros((WINDOW - 1, pairs, 3)), np.zeros((WINDOW - 1, pairs, bands, 2))
    return Memory(channels, sums, octaves, codes, scores, codes)


def _sums(sound: Readings, pairs: list[tuple[int, int]]) -> Floats:
    """[N, pairs, 3]: product of the two, and energy of each."""
    energy = 10 ** (sound.values["rms_dbfs"].astype(np.float64) / 10)
    correlation = sound.values["correlation"].astype(np.float64)
    sums = np.zeros((len(sound), len(pairs), 3))
    for k, (a, b) in enumerate(pairs):
        products = correlation[:, a] * np.sqrt(energy[:, a] * energy[:, b])
        sums[:, k] = np.stack((products, energy[:, a], energy[:, b]), axis=1)
    return np.nan_to_num(sums)


def _octaves(sound: Readings, pairs: list[tuple[int, int]]) -> Floats:
    """[N, pairs, octaves, 2]: product of the two, and energy, in each octave."""
    codes = sound.prints["spectrum"][:, :, len(LINES_HZ) :].astype(np.float64)
    level = np.where(codes > 0, 10 ** ((codes - 255) / 40), 0.0)
    found = np.zeros((len(sound), len(pairs), codes.shape[2], 2))
    for k, (a, b) in enumerate(pairs):
        energy = level[:, a] * level[:, b]
        found[:, k, :, 0] = energy * np.nan_to_num(correlation_of(sound.prints["together"][:, a]))
        found[:, k, :, 1] = energy
    return found


def _correlation(sums: Floats) -> Floats:
    """Of sums [N, pairs, 3]."""
    return np.asarray(sums[:, :, 0] / np.sqrt(np.maximum(sums[:, :, 1] * sums[:, :, 2], 1e-30)))


def _coded(sums: Floats) -> Codes:
    """The correlation in each octave of windows, in steps of a hundredth [N, pairs, octaves]."""
    energy = sums[..., 1]
    least = np.maximum(energy.max(axis=2, keepdims=True) * 10 ** (-HEARD_DB / 10), WINDOW * 10 ** (AUDIBLE_DB / 10))
    steps = np.rint(STEPS * sums[..., 0] / np.maximum(energy, 1e-30))
    return np.where(energy >= least, steps, NOTHING).astype(np.int8)


def _reversals(past: Codes, codes: Codes) -> Floats:
    """By how much the logarithm of the likelihood that the pair is turned over, in all octaves up to some, is above
    that of its being as it was [N, pairs]. Each octave's correlation is taken for normal around what is usual."""
    if len(past) < LEAST_KNOWN or not ((codes < 0) & (codes != NOTHING)).any():
        return np.zeros(codes.shape[:2])
    known = past != NOTHING
    n = known.sum(axis=0)
    values = np.where(known, past, 0) / STEPS
    mean = values.sum(axis=0) / np.maximum(n, 1)
    variance = np.where(known, (values - mean) ** 2, 0.0).sum(axis=0) / np.maximum(n - 1, 1)
    mean *= n / (n + 2)  # Of few windows, less is known.
    tells = (codes != NOTHING) & (n >= LEAST_KNOWN) & (mean >= UPRIGHT)
    said = np.where(tells, -2 * mean * (codes / STEPS) / (variance + SPREAD**2), 0.0)
    return np.asarray(np.maximum(np.cumsum(np.clip(said, -MOST, MOST), axis=2).max(axis=2), 0.0))
