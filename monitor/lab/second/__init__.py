"""A second, independent generator of picture defects, to score detectors that others write and tune on the first one.

Owns how its defects look and where they are in a clip. Written without knowledge of the detectors, their settings and
the first generator, and to be kept so: whoever changes it must not look there. What it makes comes from FFmpeg's
filters, codecs and bit-stream tools wherever FFmpeg has one.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np

from monitor.errors import SettingsError
from monitor.lab.second import blocks, cards, damage, flashes, looks, motion, transit
from monitor.lab.second.pictures import Clip, Event, Made
from monitor.lab.second.places import LEAST_S
from monitor.lab.second.source import read
from monitor.lab.second.stream import decoded, encoded, recipe
from monitor.lab.truth import STRENGTHS, Case, Strength, Truth, write_case

__all__ = ["BY", "KINDS", "make"]

BY = "second"
_Maker = Callable[[Clip, Strength, np.random.Generator], Made]

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
KINDS = tuple(_MAKERS)

# Noise is noise only as long as the encoder pays for it; at the common rates most of it turns into smears.
_RATE_FACTORS = MappingProxyType({"noise": 3.0, "snow": 2.0})

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

    `out`: `.ts` or `.mp4`. `width`, `height` in pixels, even; `fps` pictures a second; `seconds` long enough for an
    event (7.5; 13 for two). The same arguments give the same file. The whole clip is held in memory (170 MB at the
    defaults). Raises SettingsError for arguments out of range, and for a source in which the defect would not be seen
    or that shows it by itself: take another source or seed then.
    """
    _check(kind, strength, seed, (width, height), fps, seconds)
    how = recipe(out, np.random.default_rng([seed, 1]), width * height * fps, _RATE_FACTORS.get(kind, 1.0))
    # The same for all strengths of a seed, so that they differ in nothing else.
    dice = np.random.default_rng([seed, zlib.crc32(kind.encode())])
    clip = read(source, width, height, fps, round(seconds * fps), dice)
    if kind == "block_corruption" and dice.random() < 0.5:
        sound = encoded(clip.frames, clip, how)
        file, *found = transit.damaged(sound, clip, strength, dice, lambda file, groups: decoded(file, fps, groups))
    else:
        made = _MAKERS[kind](clip, strength, dice)
        file, found = encoded(made.frames, clip, how), [made.events, ()]
    truths, slight = (tuple(_truth(kind, clip, event) for event in some) for some in found)
    case = Case(kind, strength, seed, source.name, BY, truths, slight)
    out.write_bytes(file)
    write_case(out, case)
    return case


def _truth(kind: str, clip: Clip, event: Event) -> Truth:
    start_s, end_s = clip.seconds(event.span.start), clip.seconds(event.span.end)
    return Truth(kind, start_s, end_s, min(event.area, 1.0), round(event.amount, 3), event.unit)


def _check(kind: str, strength: str, seed: int, size: tuple[int, int], fps: int, seconds: float) -> None:
    if kind not in _MAKERS:
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
    if not seconds >= LEAST_S:
        raise SettingsError(f"seconds {seconds}: an event with clean time around takes {LEAST_S}; make it longer")
