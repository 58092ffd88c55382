"""A stream against its reference, from the prints of both: whether it is the same programme, how much later, and how
much later its sound than its picture. Pure: what is known of a pair goes in and comes out.

Every EVERY_S of the watched stream its last LOOK_S are looked for in the reference: around where they were found last,
or, as long as they were not, up to WIDE_S to either side of where they would be if both came at once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from monitor.records import Event
from monitor.sync.offset import LEAST_S, Offset, picture_offset, sound_offset
from monitor.sync.prints import Prints

LOOK_S = 20.0
EVERY_S = 5.0
REACH_S = 2.3
"""Sound and picture are found up to so far from where both were last."""
WIDE_S = 60.0
FIRST_S = 12.0
"""With less of a stream nothing is looked for, ..."""
LEAST_NEW_S = 1.0
"""... but at the end of a recording, where so much was not looked at yet."""
LIVELY_S = 15.0
"""What was not found is another programme, or out of step by much, if for so long of LOOK_S something happens in it: in
black and silence nothing is like anything."""


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

CERTAIN = 0.7
"""So alike, and no other place more than this share as likely: then picture and sound may be far from each other."""
FORGETTING = 0.05
"""Where pictures are less alike than they were, what is usual follows by this share."""
BESIDE_DOUBT = 0.6
"""Pictures that are only a little alike are so in no other place."""
UNUSUAL = 0.4
"""Pictures that are less alike than this share of what they were are others."""


@dataclass(frozen=True, slots=True)
class Pairing:
    """Of a stream and its reference: where the same is in the stream's media time, by how many seconds more than in
    the reference's (None: not known yet); how far the stream was compared; how alike pictures usually are."""

    offset_s: float | None = None
    until_s: float = 0.0
    usual: float = 0.0
    sound_s: float | None = None
    """Where the sound is, likewise, if it is elsewhere."""


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
        return due_until(self._pairing, self._reference, self._watched) is not None

    def compare(self, ended: bool = False) -> list[Compared]:
        """All that is due. `ended`: nothing more comes, so the last seconds are, too."""
        found = []
        while (until_s := due_until(self._pairing, self._reference, self._watched)) is not None:
            self._pairing, compared = compare(self._pairing, self._reference, self._watched, until_s)
            found.append(compared)
        first_s, last_s = self._watched.span
        if ended and last_s - first_s >= LEAST_S and last_s - self._pairing.until_s >= LEAST_NEW_S:
            self._pairing, compared = compare(self._pairing, self._reference, self._watched, last_s)
            found.append(compared)
        return found


def due_until(pairing: Pairing, reference: Prints, watched: Prints) -> float | None:
    """Up to which media second the watched stream is to be compared next; None: not yet. Where the same is in both is
    known, it is not asked before the reference has come so far."""
    first_s, last_s = watched.span
    if first_s > last_s or reference.span[0] > reference.span[1]:
        return None
    live = watched.keep_s < math.inf
    if live and pairing.offset_s is not None:
        last_s = min(last_s, reference.span[1] + pairing.offset_s)
    steps = max(math.floor(pairing.until_s / EVERY_S) + 1, math.ceil((first_s + FIRST_S) / EVERY_S))
    next_s = EVERY_S * steps
    if next_s > last_s:
        return None
    # What could not be done in time is left out: the newest counts.
    return math.floor(last_s / EVERY_S) * EVERY_S if last_s - next_s > LOOK_S and live else next_s


def compare(pairing: Pairing, reference: Prints, watched: Prints, until_s: float) -> tuple[Pairing, Compared]:
    """Look for the seconds of the watched stream before `until_s` in the reference."""
    shift_s = watched.clock_s - reference.clock_s
    live = not math.isnan(shift_s)
    shift_s = shift_s if live else 0.0
    looked_s, found = until_s, _NOTHING
    if pairing.offset_s is not None:
        near = NEAR._replace(other_picture=max(NEAR.other_picture, UNUSUAL * pairing.usual))
        places = Places(pairing.offset_s, pairing.offset_s if pairing.sound_s is None else pairing.sound_s)
        found = _look(reference, watched, until_s, places, Reach(REACH_S, REACH_S), near)
    if found.offset_s is None or found.missed:
        everywhere = Reach(WIDE_S, WIDE_S if live else _length_s(reference) + WIDE_S)
        wide = _look(reference, watched, until_s, Places(-shift_s, -shift_s), everywhere, WIDE)
        if found.offset_s is None and wide.surest_s is not None:
            # Once more around there, to the hundredth.
            found = _look(reference, watched, until_s, Places(wide.surest_s, wide.surest_s), Reach(REACH_S, REACH_S))
        elif found.offset_s is None and pairing.offset_s is None:
            found = wide
            if live:
                # The reference may be the later of the two: what it has by now is told of older seconds alone.
                found = replace(wide, alike=None)
                if until_s - WIDE_S - watched.span[0] >= LEAST_S:
                    looked_s = until_s - WIDE_S
                    found = _look(reference, watched, looked_s, Places(-shift_s, -shift_s), everywhere, WIDE)
        if found.missed and (places_apart := wide.apart) is not None:
            found = _look(reference, watched, until_s, places_apart, Reach(REACH_S, REACH_S))
    offset_s = pairing.offset_s if found.offset_s is None else found.offset_s
    sound_s = pairing.sound_s
    if found.heard_s is not None and found.picture is not None:
        sound_s = found.heard_s if abs(found.heard_s - found.picture.seconds) > REACH_S else None
    late_s = math.nan if found.offset_s is None else found.offset_s + shift_s
    start_s = max(looked_s - LOOK_S, watched.span[0])
    at = looked_s + watched.clock_s
    compared = Compared(start_s, looked_s, found.picture, found.sounds, found.alike, late_s, at)
    alike = pairing.usual if found.picture is None else found.picture.likeness
    usual = max(alike, pairing.usual + FORGETTING * (alike - pairing.usual))
    return Pairing(offset_s, until_s, usual, sound_s), compared


def _length_s(prints: Prints) -> float:
    first_s, last_s = prints.span
    return max(0.0, last_s - first_s)


class Places(NamedTuple):
    """Where pictures and sound are looked for: offsets in seconds."""

    picture_s: float
    sound_s: float


class Reach(NamedTuple):
    """How far to either side of that, likewise."""

    picture_s: float
    sound_s: float


@dataclass(frozen=True, slots=True)
class _Found:
    """Where pictures and sounds of some seconds were found (None: were not), and whether it is the same programme.
    `missed`: how many are there to be compared, and were not found."""

    picture: Offset | None
    sounds: Mapping[str, Offset | None]
    alike: bool | None
    missed: int = 0

    @property
    def heard_s(self) -> float | None:
        """Of the first sound that was found."""
        return next((sound.seconds for sound in self.sounds.values() if sound is not None), None)

    @property
    def offset_s(self) -> float | None:
        """Of the picture, or else of the sound."""
        return self.heard_s if self.picture is None else self.picture.seconds

    @property
    def surest_s(self) -> float | None:
        """Of the sound, which comes again less often, or else of the picture."""
        return self.offset_s if self.heard_s is None else self.heard_s

    @property
    def apart(self) -> Places | None:
        """Where picture and sound are, if they were found for certain and far from each other."""
        sound = next((sound for sound in self.sounds.values() if sound is not None), None)
        if self.picture is None or sound is None or abs(self.picture.seconds - sound.seconds) <= REACH_S:
            return None
        certain = all(each.likeness >= CERTAIN and each.doubt <= CERTAIN for each in (self.picture, sound))
        return Places(self.picture.seconds, sound.seconds) if certain else None


_NOTHING = _Found(None, {}, None)


def _look(
    reference: Prints, watched: Prints, until_s: float, places: Places, reach: Reach, least: Likeness = NEAR
) -> _Found:
    """Where pictures and sounds of the last seconds are most alike."""
    mine = until_s - LOOK_S, until_s

    def theirs(around_s: float, reach_s: float) -> tuple[float, float]:
        return mine[0] - around_s - reach_s, mine[1] - around_s + reach_s

    pictures = reference.picture(*theirs(places.picture_s, reach.picture_s)), watched.picture(*mine)
    picture = picture_offset(*pictures, places.picture_s, reach.picture_s)
    window = theirs(places.sound_s, reach.sound_s)
    sounds = {
        track: sound_offset(reference.sound(track, *window), watched.sound(track, *mine), places.sound_s, reach.sound_s)
        for track in watched.tracks
        if track in reference.tracks
    }
    heard = {track: sound if _same(sound, least.sound, least.doubt) else None for track, sound in sounds.items()}
    with_sound = any(heard.values())
    shown = picture if _same(picture, least.alone, least.doubt) else None
    if with_sound and _same(picture, least.beside, BESIDE_DOUBT):
        shown = picture
    lively = [each for each in (picture, *sounds.values()) if each is not None and each.lively_s >= LIVELY_S]
    missed = sum(each is not shown and each not in heard.values() for each in lively)
    if shown is not None or with_sound:
        return _Found(shown, heard, alike=True, missed=missed)
    asked = [(sound, least.other_sound) for sound in sounds.values()]
    if all(len(each.t_s) for each in pictures):
        asked.insert(0, (picture, least.other_picture))
    unlike = [each in lively and each is not None and each.likeness <= most for each, most in asked]
    # Pictures that usually are much alike, and now are not, say it without sound.
    alone = unlike[:1] == [True] and least.other_picture > WIDE.other_picture and len(lively) == 1
    return _Found(None, heard, alike=False if unlike and (all(unlike) or alone) else None, missed=missed)


def _same(offset: Offset | None, least: float, doubt: float) -> bool:
    return offset is not None and offset.likeness >= least and offset.doubt <= doubt


def _told(name: str, offset: Offset | None) -> dict[str, float]:
    return {} if offset is None else {f"{name}_s": offset.seconds, f"{name}_likeness": offset.likeness}
