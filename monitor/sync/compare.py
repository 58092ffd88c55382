"""A stream against its reference, from the prints of both: whether it is the same programme, how much later, and how
much later its sound than its picture. Pure: what is known of a pair goes in and comes out.

Every EVERY_S of the watched stream its last LOOK_S are looked for in the reference: around where they were found last,
or, as long as they were not, up to WIDE_S to either side of where they would be if both came at once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from monitor.records import Event
from monitor.sync.offset import Offset, picture_offset, sound_offset
from monitor.sync.prints import Prints

LOOK_S = 20.0
EVERY_S = 5.0
REACH_S = 2.3
"""Sound and picture are found up to so far from where both were last."""
WIDE_S = 60.0
FIRST_S = 12.0
"""With less of a stream nothing is looked for."""


class Likeness(NamedTuple):
    """From which likeness on it is the same: of sound, of pictures where the sound is, of pictures alone; up to which
    it is another one; and how much as likely another place may be."""

    sound: float
    beside: float
    alone: float
    other_sound: float
    other_picture: float
    doubt: float


NEAR = Likeness(sound=0.55, beside=0.12, alone=0.3, other_sound=0.5, other_picture=0.12, doubt=0.85)
"""Where both were last. The same after another coder, size, crop and rate: sound 0.8 and more, pictures 0.14 to 0.9.
Unlike programmes: up to 0.25 and, where little happens, 0.32; nine of ten up to 0.18 and 0.1."""
WIDE = Likeness(sound=0.66, beside=0.12, alone=0.6, other_sound=0.5, other_picture=0.25, doubt=math.inf)
"""Everywhere: unlike programmes have up to 0.45 and 0.5 there. What is shown in a loop is in many places."""


FORGETTING = 0.05
UNUSUAL = 0.4
"""Pictures that are less alike than this share of what they were are others."""


@dataclass(frozen=True, slots=True)
class Pairing:
    """Of a stream and its reference: where the same is in the stream's media time, by how many seconds more than in
    the reference's (None: not known yet); how far the stream was compared; how alike pictures usually are."""

    offset_s: float | None = None
    until_s: float = 0.0
    usual: float = 0.0


@dataclass(frozen=True, slots=True)
class Compared:
    """What a comparison found in [start_s, until_s] of the watched stream. `sounds`: by track."""

    start_s: float
    until_s: float
    picture: Offset | None
    sounds: Mapping[str, Offset | None]
    alike: bool | None
    """The same programme, another one, or neither can be said: too little happens."""
    late_s: float
    """How much later than in the reference, by the clock where there is one, else by media time; NaN: not known."""
    at: float = math.nan
    """UTC of `until_s`; NaN for files."""

    def sync_s(self, track: str) -> float:
        """How much later the sound of a track is than the picture, if the reference is in step; NaN: not known."""
        sound = self.sounds.get(track)
        return math.nan if sound is None or self.picture is None else sound.seconds - self.picture.seconds

    def events(self, stream: str, epoch: int) -> list[Event]:
        """One for each sound track (one without a track where there is none). Numbers: `from_s`, from when on it was
        looked at; `alike` 1, 0, or left out; `late_s`; offset and likeness of `picture` and `sound`."""
        numbers = {"from_s": self.start_s}
        if self.alike is not None:
            numbers["alike"] = float(self.alike)
        if not math.isnan(self.late_s):
            numbers["late_s"] = self.late_s
        numbers |= _told("picture", self.picture)
        return [
            Event(
                stream=stream,
                track=track,
                epoch=epoch,
                t_s=self.until_s,
                at=self.at,
                kind="compared",
                value=self.sync_s(track),
                numbers={**numbers, **_told("sound", self.sounds.get(track))},
            )
            for track in (self.sounds or {"": None})
        ]


class Pair:
    """A stream and its reference, whose prints others add to. One caller at a time."""

    def __init__(self, reference: Prints, watched: Prints) -> None:
        self._reference, self._watched = reference, watched
        self._pairing = Pairing()

    @property
    def offset_s(self) -> float | None:
        """Where the same is in the watched stream's media time, by how much more than in the reference's."""
        return self._pairing.offset_s

    @property
    def due(self) -> bool:
        """Whether there is something to compare."""
        return due_until(self._pairing, self._watched) is not None

    def compare(self) -> list[Compared]:
        """All that is due."""
        found = []
        while (until_s := due_until(self._pairing, self._watched)) is not None:
            self._pairing, compared = compare(self._pairing, self._reference, self._watched, until_s)
            found.append(compared)
        return found


def due_until(pairing: Pairing, watched: Prints) -> float | None:
    """Up to which media second the watched stream is to be compared next; None: not yet."""
    first_s, last_s = watched.span
    if first_s > last_s:
        return None
    next_s = max(
        EVERY_S * math.floor(pairing.until_s / EVERY_S + 1), EVERY_S * math.ceil((first_s + FIRST_S) / EVERY_S)
    )
    if next_s > last_s:
        return None
    # What could not be done in time is left out: the newest counts.
    return math.floor(last_s / EVERY_S) * EVERY_S if last_s - next_s > LOOK_S and watched.keep_s < math.inf else next_s


def compare(pairing: Pairing, reference: Prints, watched: Prints, until_s: float) -> tuple[Pairing, Compared]:
    """Look for the seconds of the watched stream before `until_s` in the reference."""
    shift_s = watched.clock_s - reference.clock_s
    shift_s = 0.0 if math.isnan(shift_s) else shift_s
    found = _NOTHING
    if pairing.offset_s is not None:
        near = NEAR._replace(other_picture=max(NEAR.other_picture, UNUSUAL * pairing.usual))
        found = _look(reference, watched, until_s, pairing.offset_s, REACH_S, near)
    if found.offset_s is None:
        wide = _look(reference, watched, until_s, -shift_s, WIDE_S, WIDE)
        if wide.surest_s is not None:
            # Once more around there, to the hundredth.
            found = _look(reference, watched, until_s, wide.surest_s, REACH_S)
        elif pairing.offset_s is None:
            found = wide
    offset_s = pairing.offset_s if found.offset_s is None else found.offset_s
    late_s = math.nan if found.offset_s is None else found.offset_s + shift_s
    start_s = max(until_s - LOOK_S, watched.span[0])
    compared = Compared(start_s, until_s, found.picture, found.sounds, found.alike, late_s, until_s + watched.clock_s)
    alike = pairing.usual if found.picture is None else found.picture.likeness
    usual = max(alike, pairing.usual + FORGETTING * (alike - pairing.usual))
    return Pairing(offset_s, until_s, usual), compared


@dataclass(frozen=True, slots=True)
class _Found:
    """Where pictures and sounds of some seconds were found (None: were not), and whether it is the same programme."""

    picture: Offset | None
    sounds: Mapping[str, Offset | None]
    alike: bool | None

    @property
    def offset_s(self) -> float | None:
        """Of the picture, or else of the sound."""
        return self.surest_s if self.picture is None else self.picture.seconds

    @property
    def surest_s(self) -> float | None:
        """Of the sound, which comes again less often, or else of the picture."""
        each = [offset for offset in (*self.sounds.values(), self.picture) if offset is not None]
        return each[0].seconds if each else None


_NOTHING = _Found(None, {}, None)


def _look(
    reference: Prints,
    watched: Prints,
    until_s: float,
    expected_s: float,
    reach_s: float,
    least: Likeness = NEAR,
) -> _Found:
    """Where pictures and sounds of the last seconds are most alike."""
    mine = until_s - LOOK_S, until_s
    theirs = mine[0] - expected_s - reach_s, mine[1] - expected_s + reach_s
    pictures = reference.picture(*theirs), watched.picture(*mine)
    picture = picture_offset(*pictures, expected_s, reach_s)
    sounds = {
        track: sound_offset(reference.sound(track, *theirs), watched.sound(track, *mine), expected_s, reach_s)
        for track in watched.tracks
        if track in reference.tracks
    }
    heard = {track: sound if _same(sound, least.sound, least.doubt) else None for track, sound in sounds.items()}
    with_sound = any(heard.values())
    shown = picture if _same(picture, least.beside if with_sound else least.alone, least.doubt) else None
    if shown is not None or with_sound:
        return _Found(shown, heard, alike=True)
    other = [sound.likeness <= least.other_sound for sound in sounds.values() if sound is not None]
    unknown = sum(sound is None for sound in sounds.values())
    if picture is not None:
        other.append(picture.likeness <= least.other_picture)
    elif all(len(each.t_s) for each in pictures):
        unknown += 1
    # Pictures that usually are much alike, and now are not, say it without sound.
    sure = not unknown or (picture is not None and least.other_picture > WIDE.other_picture)
    return _Found(None, heard, alike=False if other and all(other) and sure else None)


def _same(offset: Offset | None, least: float, doubt: float) -> bool:
    return offset is not None and offset.likeness >= least and offset.doubt <= doubt


def _told(name: str, offset: Offset | None) -> dict[str, float]:
    return {} if offset is None else {f"{name}_s": offset.seconds, f"{name}_likeness": offset.likeness}
