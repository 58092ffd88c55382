"""Which tracks of a source are watched: one rendition of its picture, and the sound that belongs to it.

Pure: sees sizes, rates and names, opens nothing. Adaptive ladders (HLS, DASH) offer one picture in many renditions and
sound either inside each rendition or in groups beside them; ordinary containers are a ladder of one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from monitor.errors import SourceError


@dataclass(frozen=True, slots=True)
class Candidate:
    """A track that could be watched. `variant`: the ladder's bit rate that it belongs to, None if to several or none.

    `id`: the number that the container gives it (a PID in MPEG-TS). `label`: the name of a sound rendition.
    `bit_rate` in bit/s, 0 if not known.
    """

    index: int
    kind: Literal["video", "audio"]
    id: int = 0
    width: int = 0
    height: int = 0
    bit_rate: int = 0
    variant: int | None = None
    language: str | None = None
    label: str | None = None


def choose(candidates: Sequence[Candidate], rendition: str | None) -> list[Candidate]:
    """The watched tracks: at most one picture first, then its sound tracks in the container's order.

    `rendition`: "720p" (height), "1280x720", "#2" (the third), None for the best: highest resolution, then bit rate.
    Raises SourceError that lists what there is if no picture fits `rendition`.
    """
    pictures = [c for c in candidates if c.kind == "video"]
    sounds = [c for c in candidates if c.kind == "audio"]
    if rendition is not None:
        fitting = _fitting(pictures, rendition)
        if not fitting:
            there = ", ".join(f"#{i} {_size(c)}" for i, c in enumerate(pictures)) or "no picture at all"
            raise SourceError(
                f"has no rendition {rendition!r}; there is: {there}; name one of these, or none for the best"
            )
        pictures = fitting
    if not pictures:
        return sounds
    best = max(pictures, key=lambda c: (c.width * c.height, c.variant or c.bit_rate, -c.index))
    return [best, *_sounds_of(best, [c for c in candidates if c.kind == "video"], sounds)]


def _fitting(pictures: Sequence[Candidate], rendition: str) -> list[Candidate]:
    """The pictures that `rendition` names; SourceError if it is no name of a rendition."""
    if match := re.fullmatch(r"#(\d+)", rendition):
        place = int(match[1])
        return list(pictures[place : place + 1])
    if match := re.fullmatch(r"(\d+)p", rendition):
        return [c for c in pictures if c.height == int(match[1])]
    if match := re.fullmatch(r"(\d+)x(\d+)", rendition):
        return [c for c in pictures if (c.width, c.height) == (int(match[1]), int(match[2]))]
    raise SourceError(f"rendition is {rendition!r}; must be like 720p, 1280x720 or #2 (the third)")


def _sounds_of(picture: Candidate, pictures: Sequence[Candidate], sounds: Sequence[Candidate]) -> list[Candidate]:
    """Sound inside the picture's own variant, and each shared sound rendition once, in its best quality.

    What belongs to a variant that is not watched would be the same sound again.
    """
    if picture.variant is None:
        return list(sounds)
    # Variants of equal bit rate (a backup server, a careless packager) come one after the other, each with its sound.
    tied = [c for c in pictures if c.variant == picture.variant]
    inside = [c for c in sounds if c.variant == picture.variant]
    each = len(inside) // len(tied)
    own = inside[tied.index(picture) * each :][:each] if each * len(tied) == len(inside) else inside
    shared: dict[tuple[object, ...], Candidate] = {}
    others = {c.variant for c in pictures} - {picture.variant, None}
    for sound in sounds:
        name = (sound.language, sound.label)
        if (
            sound.variant != picture.variant
            and sound.variant not in others
            and (name not in shared or _rate(sound) > _rate(shared[name]))
        ):
            shared[name] = sound
    named = {(c.language, c.label) for c in own}
    return sorted([*own, *(c for name, c in shared.items() if name not in named)], key=lambda c: c.index)


def _rate(candidate: Candidate) -> int:
    return candidate.variant or candidate.bit_rate


def _size(candidate: Candidate) -> str:
    rate = _rate(candidate)
    return f"{candidate.width}x{candidate.height}" + (f" {rate / 1000:.0f} kb/s" if rate else "")
