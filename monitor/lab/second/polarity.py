"""Phase: one channel of a pair upside down, all of it or what is below a crossover."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from monitor.lab.second.pictures import Event, Numbers, Sound, Span
from monitor.lab.second.places import unsuited
from monitor.lab.second.programme import HOP, Programme, Spoiled, edges_heard, hops, longest
from monitor.lab.second.source import SOUND_RATE
from monitor.lab.truth import Strength

_GAIN_DB = {"weak": (-6.0, 0.0), "middle": (-6.0, -3.0), "strong": (-2.0, 0.0)}
_CROSSOVERS_HZ = (120.0, 200.0, 300.0, 450.0, 700.0, 1000.0)
_LEAST_APART = -0.1
_LEAST_ALIKE = {"weak": 0.5, "middle": 0.35, "strong": 0.6}
_WINDOW_HOPS = 40
_OWN_APART_WINDOWS = 10
_FADE = SOUND_RATE // 200


def phase(programme: Programme, strength: Strength, dice: np.random.Generator) -> Spoiled:
    """One channel inverted: amount = the correlation of the two in an event.

    Strong: all of it, nearly as loud as the other; middle: all of it, 3 to 6 dB down; weak: only below a crossover, as
    where one way of a path is wired wrongly, the lowest of 120 Hz to 1 kHz that brings the correlation below -0.1.
    Checked: the source is stereo; its channels are alike (correlation of 0.5, 0.35, 0.6 and more in an event) and
    never for 4 s, nor mostly, the reverse by themselves; inverted they are.
    """
    side, rank, lowest = int(dice.integers(2)), dice.random(), int(dice.integers(2))
    if programme.mono:
        raise unsuited(programme, "its sound has one channel, no pair")
    low_db, high_db = _GAIN_DB[strength]
    gain = np.float32(10 ** ((low_db + rank * (high_db - low_db)) / 20))
    before = _Alike.of(*programme.sound)
    windows = [before.within(at, at + _WINDOW_HOPS) for at in range(0, before.hops - _WINDOW_HOPS, _WINDOW_HOPS)]
    alike = np.array(windows)
    if float(np.median(alike)) < 0.2 or longest(alike < -0.2) >= _OWN_APART_WINDOWS:
        raise unsuited(programme, "its channels are not alike, so that none of them is upside down")
    turned, after = -programme.sound[side], before
    for hz in _CROSSOVERS_HZ[lowest:]:
        if strength == "weak":
            turned = _inverted_below(programme.sound[side], hz)
        after = _Alike.of(turned, programme.sound[1 - side])
        if after.within(0, after.hops) < _LEAST_APART:
            break
    turned = turned * gain
    heard = programme.heard([0, 1])

    def suits(span: Span) -> bool:
        inside = hops(span)
        apart = after.within(inside.start, inside.stop) < _LEAST_APART / 2
        return apart and before.within(inside.start, inside.stop) >= _LEAST_ALIKE[strength] and edges_heard(heard, span)

    spans = programme.places(dice, suits, "no stretch of two channels that are alike")
    sound = programme.sound.copy()
    events = []
    for span in spans:
        share = np.zeros(sound.shape[1], dtype=np.float32)
        share[span.start : span.end] = 1
        share[span.start : span.start + _FADE] = np.linspace(0, 1, _FADE)
        share[span.end - _FADE : span.end] = np.linspace(1, 0, _FADE)
        sound[side] += share * (turned - sound[side])
        events.append(Event(span, 1.0, _correlation(sound[:, span.start : span.end]), "correlation"))
    return Spoiled(sound, tuple(events))


def _inverted_below(channel: Sound, hz: float) -> Sound:
    """An all-pass of the first order: upside down far below a frequency, as it was far above, equally loud."""
    turn = 1j * np.fft.rfftfreq(channel.size, 1 / SOUND_RATE) / hz
    return np.asarray(np.fft.irfft(np.fft.rfft(channel) * (turn - 1) / (turn + 1), channel.size), dtype=np.float32)


def _correlation(pair: Sound) -> float:
    return float(_Alike.of(*pair).within(0, pair.shape[1] // HOP))


@dataclass(frozen=True, slots=True)
class _Alike:
    """How alike two channels are anywhere: sums of their products and squares up to each 10 ms."""

    sums: Numbers

    @classmethod
    def of(cls, first: Sound, second: Sound) -> _Alike:
        count = first.size // HOP * HOP
        one, other = first[:count].astype(np.float64), second[:count].astype(np.float64)
        parts = np.stack((one * other, one * one, other * other)).reshape(3, -1, HOP).sum(axis=2)
        return cls(np.pad(np.cumsum(parts, axis=1), ((0, 0), (1, 0))))

    @property
    def hops(self) -> int:
        return int(self.sums.shape[1]) - 1

    def within(self, start: int, end: int) -> float:
        """Correlation from one 10 ms to another; 0 where nothing is heard."""
        product, one, other = self.sums[:, end] - self.sums[:, start]
        return float(product / max(np.sqrt(one * other), 1e-12))
