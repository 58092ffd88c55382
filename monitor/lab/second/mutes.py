"""Sound that is not there: all of it, one channel or a pair, or again and again for some milliseconds."""

from __future__ import annotations

import numpy as np

from monitor.lab.second.moments import is_dense, moments
from monitor.lab.second.pictures import Event, Numbers, Sound, Span
from monitor.lab.second.places import LONGEST_S, SHORTEST_S, unsuited
from monitor.lab.second.programme import FLOOR_DB, HOP, Programme, Spoiled, edges_heard, hops, longest, own_gaps
from monitor.lab.second.sound_graph import filtered
from monitor.lab.second.source import SOUND_RATE
from monitor.lab.truth import Strength

_SILENT_DB = -58.0
_OWN_SILENCE_HOPS = 70
# RMS of what a muted path leaves, in dBFS; None: digital zero.
_LEFT_DB = {"weak": (-72.0, -66.0), "middle": (-84.0, -76.0), "strong": None}
_FADE_S = (0.05, 0.3)


def _noise(channels: int, samples: int, db: float, dice: np.random.Generator) -> Sound:
    noise: Sound = dice.standard_normal((channels, samples), dtype=np.float32)
    return noise * np.float32(10 ** (db / 20))


def _gain(samples: int, span: Span, fade: int) -> Numbers:
    """[samples] 0 in a span, with linear fades out before it and in after it, 1 elsewhere."""
    gain = np.ones(samples)
    gain[span.start : span.end] = 0.0
    if fade:
        ramp = np.linspace(0, 1, fade, endpoint=False)
        gain[span.start - fade : span.start] = 1 - ramp
        gain[span.end : span.end + fade] = ramp
    return gain


def _lasts_s(fade: int) -> tuple[float, float]:
    """How long an event is with its fades on both sides."""
    return SHORTEST_S + 2 * fade / SOUND_RATE, LONGEST_S


def _left(strength: Strength, rank: float) -> float:
    """Level of what is left; `rank`: where in the range of the strength, 0 to 1."""
    left = _LEFT_DB[strength]
    return FLOOR_DB if left is None else left[0] + rank * (left[1] - left[0])


def silence(programme: Programme, strength: Strength, dice: np.random.Generator) -> Spoiled:
    """All channels mute: amount = RMS of what is left in dBFS (-120: digital zero, strong; noise of -80, -69).

    At once, or with a fader's fade of 50 to 300 ms on both sides, which is not in the truth. Checked: the programme is
    heard on both sides and has no silence of its own of 0.7 s.
    """
    fade = round(dice.uniform(*_FADE_S) * SOUND_RATE) if dice.random() < 0.5 else 0
    left_db = _left(strength, dice.random())
    if longest((programme.levels < _SILENT_DB).all(axis=0)) >= _OWN_SILENCE_HOPS:
        raise unsuited(programme, "it is silent by itself")
    heard = programme.heard()
    faded = programme.places(
        dice,
        lambda span: edges_heard(heard, span),
        "no two moments of sound to mute between",
        lasts_s=_lasts_s(fade),
    )
    spans = tuple(Span(span.start + fade, span.end - fade) for span in faded)
    sound = programme.sound.copy()
    for span in spans:
        sound *= _gain(sound.shape[1], span, fade).astype(np.float32)
        if left_db > FLOOR_DB:
            sound[:, span.start : span.end] += _noise(len(sound), len(span.frames), left_db, dice)
    return Spoiled(sound, tuple(Event(span, 1.0, left_db, "dBFS left") for span in spans))


_SURROUND_SHARE = 0.3
_MOST_ALIKE = 0.9
_FRONT, _BACK = [0, 1], [4, 5]
_OWN_LOSS_HOPS = 100
_CROSSTALK_DB = -42.0


def channel_loss(programme: Programme, strength: Strength, dice: np.random.Generator) -> Spoiled:
    """One channel of two, or one pair of 5.1, is gone while others play: amount as of silence.

    Strong: digital zero; middle: noise of about -80 dBFS; weak: of about -69, and what leaks from the other channels
    42 dB down. At once or within 5 to 50 ms. Checked: what is lost is heard on both sides and what plays on is heard
    most of the time, no channel is silent beside the others for 1 s by itself.
    """
    wide, side, rank, soft = dice.random(), int(dice.integers(2)), dice.random(), dice.random() < 0.5
    fade = round(dice.uniform(0.005, 0.05) * SOUND_RATE) if soft else 0
    sound = programme.sound.copy()
    lost, others = [side], [1 - side]
    if wide < _SURROUND_SHARE and float(np.corrcoef(sound[0], sound[1])[0, 1]) < _MOST_ALIKE:
        sound = filtered(sound, "surround=chl_out=5.1")
        lost, others = (_BACK, _FRONT) if side else (_FRONT, _BACK)
    spread = Programme(sound, programme.name, programme.lufs)
    silent = spread.levels < _SILENT_DB
    if longest(silent[lost].any(axis=0) & ~silent[others].all(axis=0)) >= _OWN_LOSS_HOPS:
        raise unsuited(programme, "a channel of it is silent by itself")
    heard, playing = spread.heard(lost), spread.heard(others)
    faded = spread.places(
        dice,
        lambda span: edges_heard(heard, span) and float(playing[hops(span)].mean()) > 0.6,
        "no stretch where all channels are heard",
        lasts_s=_lasts_s(fade),
    )
    spans = tuple(Span(span.start + fade, span.end - fade) for span in faded)
    left_db = _left(strength, rank)
    leak = np.float32(10 ** (_CROSSTALK_DB / 20)) * np.asarray(sound[others].mean(axis=0))
    for span in spans:
        inside = slice(span.start, span.end)
        sound[lost] *= _gain(sound.shape[1], span, fade).astype(np.float32)
        if left_db > FLOOR_DB:
            sound[lost, inside] += _noise(len(lost), len(span.frames), left_db, dice)
        if strength == "weak":
            sound[lost, inside] += leak[inside]
    return Spoiled(sound, tuple(Event(span, 1.0, left_db, "dBFS left") for span in spans))


# In ms: parts of packets, packets of AES67 and of codecs (AAC: 21.3 at 48 kHz, 23.2 at 44.1), some in a row.
_GAPS_MS = {"weak": (5.0, 8.0, 10.0), "middle": (10.0, 20.0, 21.333, 23.22), "strong": (40.0, 42.667, 60.0, 85.333)}
_SPACING_S = (0.15, 1.0)
_RAMP_S = (0.0003, 0.002)


def dropout(programme: Programme, strength: Strength, dice: np.random.Generator) -> Spoiled:
    """Gaps of zero within sound, 0.15 to 1 s apart: amount = length of a gap in ms.

    5 to 10 ms weak, 10 to 23 middle, 40 to 85 strong; sharp, or with ramps of 0.3 to 2 ms within them; in all channels
    or in one. An event goes from the beginning of its first gap to the end of its last. Checked: each gap is where
    the programme is heard, which has no gaps of its own.
    """
    lengths = _GAPS_MS[strength]
    length = round(lengths[int(dice.integers(len(lengths)))] / 1000 * SOUND_RATE)
    ramp = round(dice.uniform(*_RAMP_S) * SOUND_RATE) if dice.random() < 0.5 else 0
    chosen = [[0, 1], [0, 1], [0, 1], [0], [1]][int(dice.integers(5))]
    if own := own_gaps(programme):
        raise unsuited(programme, f"it has {own} gaps of its own")
    heard = programme.heard(chosen)
    around = -(-length // HOP) + 2

    def fits(at: int) -> bool:
        return bool(heard[at // HOP - 2 : at // HOP + around].all())

    needs = "no stretch where each gap would be heard"
    spans = programme.places(dice, lambda span: fits(span.start) and fits(span.end - length), needs)
    sound = programme.sound.copy()
    mute = np.zeros(length, dtype=np.float32)
    if ramp:
        mute[:ramp] = np.linspace(1, 0, ramp)
        mute[-ramp:] = np.linspace(0, 1, ramp)
    for span in spans:
        found = moments(Span(span.start, span.end - length), _SPACING_S, dice, fits)
        if not is_dense(found):
            raise unsuited(programme, "too few moments of sound to be gone again and again")
        for at in found:
            sound[chosen, at : at + length] *= mute
    return Spoiled(sound, tuple(Event(span, 1.0, 1000 * length / SOUND_RATE, "ms of a gap") for span in spans))
