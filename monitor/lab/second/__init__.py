"""A second, independent generator of defects, to score detectors that others write and tune on the first one.

Owns how its defects look and sound, and where they are in a clip. Written without knowledge of the detectors, their
settings and the first generator, and to be kept so: whoever changes it must not look there. What it makes comes from
FFmpeg's filters, codecs and bit-stream tools wherever FFmpeg has one.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np

from monitor.errors import SettingsError
from monitor.lab.second import (
    added,
    blocks,
    cards,
    clicks,
    damage,
    flashes,
    looks,
    motion,
    mutes,
    overload,
    polarity,
    transit,
)
from monitor.lab.second import programme as heard
from monitor.lab.second.pictures import Clip, Event, Made
from monitor.lab.second.places import LEAD_S, LEAST_S, TAIL_S
from monitor.lab.second.source import SOUND_RATE, read, read_beside
from monitor.lab.second.stream import decoded, encoded, recipe, sound_recipe
from monitor.lab.truth import STRENGTHS, Case, Strength, Truth, write_case

__all__ = ["BY", "KINDS", "make"]

BY = "second"
_Maker = Callable[[Clip, Strength, np.random.Generator], Made]
_SoundMaker = Callable[[heard.Programme, Strength, np.random.Generator], heard.Spoiled]

_MAKERS: Mapping[str, _Maker] = MappingProxyType({
    "black": cards.black,
    "freeze": motion.freeze,
    "solid_color": cards.solid_color,
    "test_pattern": cards.test_pattern,
    "snow": cards.snow,
    "block_corruption": damage.baked,
    "blockiness": blocks.blockiness,
    "blur": looks.blur,
    "noise": looks.noise,
    "banding": looks.banding,
    "combing": motion.combing,
    "tearing": motion.tearing,
    "stutter": motion.stutter,
    "flashing": flashes.flashing,
    "letterbox": looks.letterbox,
    "levels": looks.levels,
})  # fmt: skip

_SOUND_MAKERS: Mapping[str, _SoundMaker] = MappingProxyType({
    "silence": mutes.silence,
    "channel_loss": mutes.channel_loss,
    "click": clicks.click,
    "dropout": mutes.dropout,
    "clipping": overload.clipping,
    "hum": added.hum,
    "hiss": added.hiss,
    "phase": polarity.phase,
    "tone": added.tone,
    "loudness": overload.loudness_shift,
    "true_peak": overload.true_peak,
})  # fmt: skip
PICTURE_KINDS = tuple(_MAKERS)
SOUND_KINDS = tuple(_SOUND_MAKERS)
KINDS = (*PICTURE_KINDS, *SOUND_KINDS)

# Noise is noise only as long as the encoder pays for it; at the common rates most of it turns into smears.
_RATE_FACTORS = MappingProxyType({"noise": 3.0, "snow": 2.0})

# Beside sound that is wrong a small picture will do.
_BESIDE_SOUND = (128, 72)
# An event of these lasts longer than others.
_LEAST_LONG_S = MappingProxyType({"loudness": LEAD_S + overload.LASTS_S[0] + TAIL_S})

_LEAST_SIZE = 64
_FPS = (10, 60)


def make(
    kind: str,
    strength: Strength,
    source: Path,
    out: Path,
    seed: int,
    *,
    width: int = 640,
    height: int = 360,
    fps: int = 25,
    seconds: float = 20.0,
) -> Case:
    """Write a clip with normally two events of one kind of defect, made of a clean source, and its truth beside it.

    `out`: `.ts` or `.mp4`. `width`, `height` in pixels, even, and 128 x 72 at most for defects of sound; `fps` pictures
    a second; `seconds` long enough for an event (7.5, 14 of `loudness`; for two 13, 26). The same arguments give the
    same file. The whole clip is held in memory (170 MB at the defaults). Raises SettingsError for arguments out of
    range, and for a source in which the defect would not be noticed or that shows it by itself: take another source or
    seed then.
    """
    _check(kind, strength, seed, (width, height), fps, seconds)
    # The same for all strengths of a seed, so that they differ in nothing else.
    dice = np.random.default_rng([seed, zlib.crc32(kind.encode())])
    wanted = _Wanted(out, seed, width, height, fps, round(seconds * fps))
    spoil = _spoiled_sound if kind in _SOUND_MAKERS else _spoiled_picture
    file, truths, slight = spoil(kind, strength, source, wanted, dice)
    case = Case(kind, strength, seed, source.name, BY, truths, slight)
    out.write_bytes(file)
    write_case(out, case)
    return case


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The clip that is asked for; `count`: pictures."""

    out: Path
    seed: int
    width: int
    height: int
    fps: int
    count: int


_Found = tuple[bytes, tuple[Truth, ...], tuple[Truth, ...]]


def _spoiled_picture(kind: str, strength: Strength, source: Path, wanted: _Wanted, dice: np.random.Generator) -> _Found:
    """The file, its truths, and what is wrong in it besides."""
    width, height, fps = wanted.width, wanted.height, wanted.fps
    richer = _RATE_FACTORS.get(kind, 1.0)
    how = recipe(wanted.out, np.random.default_rng([wanted.seed, 1]), width * height * fps, richer)
    clip = read(source, width, height, fps, wanted.count, dice)
    if kind == "block_corruption" and dice.random() < 0.5:
        sound = encoded(clip.frames, clip, how)
        file, *found = transit.damaged(sound, clip, strength, dice, lambda file, groups: decoded(file, fps, groups))
    else:
        made = _MAKERS[kind](clip, strength, dice)
        file, found = encoded(made.frames, clip, how), [made.events, ()]
    truths, slight = (tuple(_truth(kind, event, fps) for event in some) for some in found)
    return file, truths, slight


def _spoiled_sound(kind: str, strength: Strength, source: Path, wanted: _Wanted, dice: np.random.Generator) -> _Found:
    """The same of a sound, beside pictures of the same source that are not in step with it."""
    size = min(wanted.width, _BESIDE_SOUND[0]), min(wanted.height, _BESIDE_SOUND[1])
    how = recipe(wanted.out, np.random.default_rng([wanted.seed, 1]), size[0] * size[1] * wanted.fps)
    spoiled = _SOUND_MAKERS[kind](heard.hear(source, wanted.count / wanted.fps, dice), strength, dice)
    heard_as = sound_recipe(len(spoiled.sound), np.random.default_rng([wanted.seed, 3]), spoiled.over)
    pictures = np.random.default_rng([wanted.seed, 2])
    clip = read_beside(spoiled.sound, source, size, wanted.fps, wanted.count, pictures)
    file = encoded(clip.frames, clip, how, heard_as)
    return file, tuple(_truth(kind, event, SOUND_RATE) for event in spoiled.events), ()


def _truth(kind: str, event: Event, rate: int) -> Truth:
    """`rate`: frames or samples a second that the event is in."""
    start_s, end_s = event.span.start / rate, event.span.end / rate
    return Truth(kind, start_s, end_s, min(event.area, 1.0), round(event.amount, 3), event.unit)


def _check(kind: str, strength: str, seed: int, size: tuple[int, int], fps: int, seconds: float) -> None:
    if kind not in KINDS:
        raise SettingsError(f"kind {kind!r}: the second generator does not make it; take one of {', '.join(KINDS)}")
    if strength not in STRENGTHS:
        raise SettingsError(f"strength {strength!r}: is none of {', '.join(STRENGTHS)}; take one of them")
    if seed < 0:
        raise SettingsError(f"seed {seed}: must be 0 or more; give such a number")
    for name, value in zip(("width", "height"), size, strict=True):
        if value < _LEAST_SIZE or value % 2:
            raise SettingsError(f"{name} {value}: must be even, and {_LEAST_SIZE} or more; round it")
    if not _FPS[0] <= fps <= _FPS[1]:
        raise SettingsError(f"fps {fps}: must be from {_FPS[0]} to {_FPS[1]}; take a rate of television")
    least_s = _LEAST_LONG_S.get(kind, LEAST_S)
    if not seconds >= least_s:
        raise SettingsError(f"seconds {seconds}: an event with clean time around takes {least_s}; make it longer")
