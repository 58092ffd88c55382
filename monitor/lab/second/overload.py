"""Sound that was driven too far: cut tops, peaks between the samples above full scale, a passage too loud or quiet."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from monitor.lab.second.pictures import Event, Numbers, Sound, Span
from monitor.lab.second.places import unsuited
from monitor.lab.second.programme import Programme, Spoiled
from monitor.lab.second.sound_graph import filtered, loudness
from monitor.lab.second.source import SOUND_RATE
from monitor.lab.truth import Strength

_FADE = SOUND_RATE // 50
_LONGEST_PAUSE_S = 0.7
_LEAST_S = 1.5

_CUT_SHARE = {"weak": 0.003, "middle": 0.015, "strong": 0.06}
_KNEE = 8.0
_OWN_CUT_SHARE = 5e-4
_MOST_MADE_UP = 2.8
_TRIES = 60


def _bent(sound: Sound, up: float, down: float, soft: bool) -> Sound:
    """Sound that does not pass `up` and `-down`: cut, or bent over a knee shortly below."""
    if not soft:
        return np.clip(sound, -down, up)
    ceiling = np.where(sound > 0, np.float32(up), np.float32(down))
    return np.asarray(sound / (1 + np.abs(sound / ceiling) ** _KNEE) ** (1 / _KNEE), dtype=np.float32)


def _faded_in(sound: Sound, other: Sound, span: Span) -> Sound:
    """The sound with another in a span, over 20 ms outside of it on both sides."""
    share = np.zeros(sound.shape[1], dtype=np.float32)
    share[span.start : span.end] = 1
    share[span.start - _FADE : span.start] = np.linspace(0, 1, _FADE, endpoint=False)
    share[span.end : span.end + _FADE] = np.linspace(1, 0, _FADE)
    return sound + share * (other - sound)


def _extent(span: Span, over: NDArray[np.bool_]) -> Span | None:
    """From the first sample of a span that is over to the last; None where it pauses, or is short."""
    at = np.flatnonzero(over[span.start : span.end])
    if not at.size or (at[-1] - at[0]) < _LEAST_S * SOUND_RATE:
        return None
    if np.diff(at).max(initial=0) > _LONGEST_PAUSE_S * SOUND_RATE:
        return None
    return Span(span.start + int(at[0]), span.start + int(at[-1]) + 1)


def clipping(programme: Programme, strength: Strength, dice: np.random.Generator) -> Spoiled:
    """Cut tops: amount = share of the samples that are cut, in %: 0.3, 1.5, 6.

    Hard, or over a short knee; both ceilings alike, or the upper one 1.1 to 1.6 times higher; left at that level, made
    up by up to 9 dB, or reduced by 3 to 8 dB afterwards. An event goes from the first cut sample to the last. Checked:
    no more than 0.7 s pass between cuts, the source does not look cut itself.
    """
    soft, skewed = dice.random() < 0.35, dice.random() < 0.35
    skew = dice.uniform(1.1, 1.6) if skewed else 1.0
    gain, gain_db = int(dice.integers(3)), dice.uniform(-8.0, -3.0)
    own = np.abs(programme.sound)
    if float((own > 0.97 * own.max()).mean()) > _OWN_CUT_SHARE:
        raise unsuited(programme, "its own tops are cut")
    # Against the lower ceiling.
    size = np.where(programme.sound > 0, programme.sound / skew, -programme.sound)
    loudest = size.max(axis=0)
    cuts: dict[Span, tuple[float, Span]] = {}

    def suits(span: Span) -> bool:
        ceiling = float(np.quantile(size[:, span.start : span.end : 4], 1 - _CUT_SHARE[strength]))
        found = _extent(span, loudest > ceiling)
        if found is not None:
            cuts[span] = ceiling, found
        return found is not None

    spans = programme.places(dice, suits, "it is not loud for long enough to be cut all the time", tries=_TRIES)
    sound, events = programme.sound, []
    for ceiling, span in (cuts[span] for span in spans):
        part = programme.sound[:, span.start : span.end]
        up, down = ceiling * skew, ceiling
        factor = (1.0, min(_MOST_MADE_UP, 0.9 / up), 10 ** (gain_db / 20))[gain]
        cut = _bent(programme.sound, up, down, soft) * np.float32(factor)
        sound = _faded_in(sound, cut, span)
        share = float(((part >= up) | (part <= -down)).mean())
        events.append(Event(span, 1.0, 100 * share, "% of samples cut"))
    return Spoiled(sound, tuple(events))


def _between(sound: Sound) -> Numbers:
    """[channels, samples] largest magnitude of the wave at a sample and up to the next, four points to each.

    By zeros put into the spectrum: exact but at the ends, which the caller leaves out."""
    samples = sound.shape[1]
    fine = np.fft.irfft(np.fft.rfft(sound.astype(np.float64)), 4 * samples) * 4
    return np.asarray(np.abs(fine).reshape(len(sound), samples, 4).max(axis=2))


_DRIVEN_LUFS = -11.0
_ABOVE_DB = {"weak": 1.0, "middle": 2.0, "strong": 4.0}
_LIMITER = "alimiter=limit=1:attack=2:release=40:level=0"


def true_peak(programme: Programme, strength: Strength, dice: np.random.Generator) -> Spoiled:
    """Peaks above full scale: amount = the highest true peak in dBTP.

    A passage is driven into a limiter until its samples touch full scale, then 1, 2 or 4 dB more. An event goes
    from the first sample that the wave passes full scale at by half of that, as codecs move peaks, to the last.
    Checked: that goes on with pauses of at most 0.7 s.
    """
    drive_db = _DRIVEN_LUFS + dice.uniform(-1.0, 2.0) - programme.lufs
    driven = filtered(programme.sound, f"volume={drive_db:.3f}dB", _LIMITER)
    driven *= np.float32(10 ** (_ABOVE_DB[strength] / 20))
    peaks = _between(driven)
    over = peaks.max(axis=0) > 10 ** (_ABOVE_DB[strength] / 40)
    found: dict[Span, Span] = {}

    def suits(span: Span) -> bool:
        extent = _extent(span, over)
        if extent is not None:
            found[span] = extent
        return extent is not None

    spans = programme.places(dice, suits, "it is not loud for long enough to pass full scale all the time")
    sound, events = programme.sound, []
    for span in (found[span] for span in spans):
        sound = _faded_in(sound, driven, span)
        events.append(Event(span, 1.0, float(20 * np.log10(peaks[:, span.start : span.end].max())), "dBTP"))
    return Spoiled(sound, tuple(events), over=True)


_SHIFT_LU = {"weak": (5.0, -7.0), "middle": (8.0, -11.0), "strong": (12.0, -17.0)}
LASTS_S = (8.0, 10.0)
"""Of a passage too loud or too quiet."""
_STANDARD_LUFS = -23.0
_BELOW_FULL = "alimiter=limit=0.84:attack=3:release=80:level=0"


def loudness_shift(programme: Programme, strength: Strength, dice: np.random.Generator) -> Spoiled:
    """A passage of 8 to 10 s too loud or too quiet beside a programme at -23 LUFS: amount = by how many LU.

    5 or -7, 8 or -11, 12 or -17, what is loud through a limiter at -1.5 dBFS. Checked: the passage is, without that, as
    loud as the programme to 3 LU, and with it differs by two thirds of that or more.
    """
    shift = _SHIFT_LU[strength][int(dice.integers(2))]
    level = np.float32(10 ** ((_STANDARD_LUFS - programme.lufs) / 20))
    usual = programme.sound * level
    if float(np.abs(usual).max()) > 1:
        raise unsuited(programme, f"at {_STANDARD_LUFS:.0f} LUFS its peaks pass full scale")
    other = filtered(usual, f"volume={shift}dB", _BELOW_FULL)
    made: dict[Span, float] = {}

    def suits(span: Span) -> bool:
        inside = slice(span.start, span.end)
        before, after = loudness(usual[:, inside]), loudness(other[:, inside])
        made[span] = after - before
        return abs(before - _STANDARD_LUFS) < 3 and abs(after - before) > abs(shift) * 2 / 3

    needs = "no passage as loud as the whole, that could be shifted"
    spans = programme.places(dice, suits, needs, tries=_TRIES // 2, lasts_s=LASTS_S)
    sound = usual
    for span in spans:
        sound = _faded_in(sound, other, span)
    return Spoiled(sound, tuple(Event(span, 1.0, made[span], "LU") for span in spans))
