"""Clicks: single wrong samples, discharges that ring, and places where the wave jumps from one moment to another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from monitor.lab.second.moments import is_dense, moments
from monitor.lab.second.pictures import Event, Numbers, Span
from monitor.lab.second.places import unsuited
from monitor.lab.second.programme import HOP, Programme, Spoiled, own_gaps
from monitor.lab.second.sound_graph import filtered
from monitor.lab.second.source import SOUND_RATE
from monitor.lab.truth import Strength

_SPACING_S = (0.15, 1.0)
_MASK_HOPS = 5
_HIGH = "highpass=f=3000"
# By how much a click stands out of what is heard above 3 kHz around it, and how high it is at least, of full scale.
_OVER = {"weak": 8.0, "middle": 20.0, "strong": 50.0}
_LEAST = {"weak": 0.02, "middle": 0.06, "strong": 0.2}
# A jump is heard low down, too, so that less of it is needed above.
_JUMP_OVER = {"weak": 6.0, "middle": 10.0, "strong": 16.0}
_MOST = 0.95
_SLIP = (24, 4800)
_CANDIDATES = 200
_NEAR = SOUND_RATE // 20
_ROUNDS = 20
_UNIT = "dB over the highs"


@dataclass(frozen=True, slots=True)
class _Heard:
    """What a click must stand out of. `around`: RMS above 3 kHz within 50 ms, of every 10 ms."""

    programme: Programme
    around: Numbers

    def mask(self, at: int) -> float:
        return max(float(self.around[at // HOP]), 1e-4)


def click(programme: Programme, strength: Strength, dice: np.random.Generator) -> Spoiled:
    """Clicks, 0.15 to 1 s apart: amount = how far they stand out of the highs around, in dB.

    One to three wrong samples, a discharge that rings for 0.2 to 1.5 ms, or jumps of the wave (edits, slips of a word
    clock), in all channels or in one. Above 3 kHz their peaks are 8, 20, 50 times the RMS around (jumps: 6, 10, 16).
    An event goes from its first click to its last. Checked: there is room below full scale, or a jump to be found, and
    the programme has no gaps of its own.
    """
    variant = int(dice.integers(3))
    chosen = [[0, 1], [0, 1], [0, 1], [0], [1]][int(dice.integers(5))]
    if own_gaps(programme):
        raise unsuited(programme, "it has gaps of its own, whose edges click")
    highs = np.abs(filtered(programme.sound, _HIGH)).max(axis=0)
    power = np.square(highs[: len(highs) // HOP * HOP].reshape(-1, HOP).astype(np.float64)).mean(axis=1)
    wide = np.convolve(power, np.ones(2 * _MASK_HOPS + 1) / (2 * _MASK_HOPS + 1), "same")
    heard = _Heard(programme, np.sqrt(wide))
    if variant == 2:
        return _jumped(heard, strength, dice, chosen)
    return _added(heard, strength, dice, chosen, ringing=variant == 1)


def _shape(ringing: bool, dice: np.random.Generator) -> tuple[Numbers, float]:
    """A click of height 1, and how high it is above 3 kHz."""
    shape = np.ones(int(dice.integers(1, 4)))
    if ringing:
        at = np.arange(round(0.008 * SOUND_RATE)) / SOUND_RATE
        shape = np.exp(-at / dice.uniform(0.0002, 0.0015)) * np.cos(2 * np.pi * dice.uniform(1500, 7000) * at)
    shape *= dice.choice((-1.0, 1.0))
    around = np.zeros((1, 1024), dtype=np.float32)
    around[0, 200 : 200 + len(shape)] = shape
    return shape, float(np.abs(filtered(around, _HIGH)).max())


def _added(heard: _Heard, strength: Strength, dice: np.random.Generator, chosen: list[int], *, ringing: bool
           ) -> Spoiled:  # fmt: skip
    programme = heard.programme
    shape, high = _shape(ringing, dice)
    loudest = np.abs(programme.sound).max(axis=0)

    def height(at: int) -> float:
        return max(_OVER[strength] * heard.mask(at) / high, _LEAST[strength])

    def fits(at: int) -> bool:
        return height(at) + float(loudest[at : at + len(shape)].max()) <= _MOST

    needs = "no room below full scale for clicks that are heard"
    spans = programme.places(dice, lambda span: fits(span.start) and fits(span.end - len(shape)), needs)
    sound = programme.sound.copy()
    events = []
    for span in spans:
        over = []
        found = moments(Span(span.start, span.end - len(shape)), _SPACING_S, dice, fits)
        if not is_dense(found):
            raise unsuited(programme, needs)
        for at in found:
            sound[chosen, at : at + len(shape)] += (height(at) * shape).astype(np.float32)
            over.append(height(at) * high / heard.mask(at))
        events.append(Event(span, 1.0, _db(over), _UNIT))
    return Spoiled(sound, tuple(events))


@dataclass(frozen=True, slots=True)
class _Slip:
    """From sample `at` on, the sound of `after` samples later is heard. `height`: how far the wave jumps."""

    at: int
    after: int
    height: float


def _jumped(heard: _Heard, strength: Strength, dice: np.random.Generator, chosen: list[int]) -> Spoiled:
    """From each click to the next, the sound of up to 100 ms earlier or later is heard."""
    programme = heard.programme
    wave = programme.sound[chosen].mean(axis=0).astype(np.float64)

    def wanted(at: int) -> float:
        return max(_JUMP_OVER[strength] * heard.mask(at), _LEAST[strength])

    def heard_at(at: int) -> bool:
        return bool(np.abs(wave[at - HOP : at + HOP]).max() > wanted(at))

    needs = "its wave has no place to jump to that is heard as a click"
    for _ in range(_ROUNDS):
        spans = programme.places(dice, lambda span: heard_at(span.start) and heard_at(span.end), needs)
        found = [_slips(wave, moments(span, _SPACING_S, dice, heard_at), wanted, dice) for span in spans]
        if all(slips and is_dense([one.at for one in slips]) for slips in found):
            break
    else:
        raise unsuited(programme, needs)
    sound = programme.sound.copy()
    for slips in found:
        for one, following in pairwise(slips):
            heard_from = np.arange(one.at, following.at) + one.after
            sound[chosen, one.at : following.at] = programme.sound[chosen][:, heard_from]
    events = (
        Event(Span(slips[0].at, slips[-1].at + 1), 1.0, _db([one.height / heard.mask(one.at) for one in slips]), _UNIT)
        for slips in found
    )
    return Spoiled(sound, tuple(events))


def _slips(wave: Numbers, points: Sequence[int], wanted: Callable[[int], float], dice: np.random.Generator
           ) -> list[_Slip]:  # fmt: skip
    """Jumps near these points, the last of them back to where the sound would be; none where one end has no place."""
    found: list[_Slip] = []
    before = 0
    for point in points[:-1]:
        for at in range(point, point + _NEAR, _NEAR // 10):
            slips = dice.integers(*_SLIP, _CANDIDATES) * dice.choice((-1, 1), _CANDIDATES)
            heights = _jump(wave, at, before, slips)
            if (fitting := np.flatnonzero(heights >= wanted(at))).size:
                before = int(slips[fitting[0]])
                found.append(_Slip(at, before, float(heights[fitting[0]])))
                break
        if not found:
            return []
    back = np.arange(points[-1] - _NEAR, points[-1] + _NEAR)
    heights = np.array([_jump(wave, int(at), before, np.array([0]))[0] / wanted(int(at)) for at in back])
    if not (fitting := np.flatnonzero(heights >= 1.0)).size:
        return []
    at = int(back[fitting[0]])
    return [*found, _Slip(at, 0, float(heights[fitting[0]] * wanted(at)))]


def _jump(wave: Numbers, at: int, before: int, after: NDArray[np.int64]) -> Numbers:
    """How far the wave is from where it would have gone straight on, for each of the places it jumps to."""
    return np.asarray(np.abs(wave[at + after] - 2 * wave[at + before - 1] + wave[at + before - 2]))


def _db(ratios: Sequence[float]) -> float:
    return float(20 * np.log10(np.median(ratios)))
