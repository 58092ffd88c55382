"""Block corruption of the finished file: bytes of it are changed, or packets lost, and the decoder conceals.

The truth is what the decode of it shows beside the decode of the sound file.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import av
import numpy as np
from numpy.typing import NDArray

from monitor.lab.second.damage import MOVES, SHOWS_SHARE, TS_PACKET, Wrong, event_of, flip, runs, visible, wrong
from monitor.lab.second.pictures import Clip, Event, Plane, Span, motion
from monitor.lab.second.places import choose, unsuited
from monitor.lab.truth import Strength

_LEAST_FRAMES = 3
_TS_VIDEO = 0x100
_TRIES = 12
# Of the bytes of a picture that is hit, how many are spared at first: what follows the hit is lost with it.
_SPARED = {"weak": 0.75, "middle": 0.45, "strong": 0.125}
_LEAST_SPARED = 0.125
_ENCODED_SHARE = {"weak": (0.015, 0.1), "middle": (0.05, 0.3), "strong": (0.15, 0.9)}
_ENCODED_GLARE = {"weak": 0.01, "middle": 0.015, "strong": 0.03}
_HITS = {"weak": (1, 3), "middle": (2, 6), "strong": (5, 14)}
_LEAST_LEVELS = 8.0
_MOST_EVENTS = 4

# Decodes a file, or of it only the groups of pictures that lie in a span.
Decoder = Callable[[bytes, Span | None], Mapping[int, Plane]]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a coded picture lies in the file, from its first byte on."""

    number: int
    start: int
    end: int
    key: bool


def damaged(file: bytes, clip: Clip, strength: Strength, dice: np.random.Generator, decode: Decoder
            ) -> tuple[bytes, tuple[Event, ...], tuple[Event, ...]]:  # fmt: skip
    """The file with bytes changed or packets lost; the events that a decode shows, amount as in `baked`; and what it
    shows besides, in less than 1 % of the macroblocks.

    An event: 3 or more pictures of which 1 % of the macroblocks differ by a mean of more than 6 levels from the decode
    of the sound file, gaps of up to 5 pictures joined. Checked: each of them is visible and has 8 levels as a mean, and
    no picture outside the events shows 1 %. Area as a mean is 1.5 to 10 %, 5 to 30 %, 15 to 90 %.
    Raises SettingsError when no damage tried was so.
    """
    before = decode(file, None)
    places = _places(file, clip.fps)
    moved = motion(clip)
    spans = choose(clip, dice, lambda span: float(np.median(moved[span.start : span.end])) > MOVES, "it does not move")
    worse: bytes | None = file
    # The last first: what is lost from there does not move what comes before.
    for span in reversed(spans):
        worse = _hit_once_seen(worse, before, places, span, strength, dice, decode) if worse else None
    seen = _compared(before, decode(worse, None)) if worse else {}
    events = _events(seen, _ENCODED_GLARE[strength])
    if not worse or not events:
        raise unsuited(clip, f"{_TRIES} damages of its stream gave none that is {strength} and clearly seen")
    return worse, events, _besides(seen, events)


def _hit_once_seen(file: bytes, before: Mapping[int, Plane], places: Sequence[_Place], span: Span, strength: Strength,
                   dice: np.random.Generator, decode: Decoder) -> bytes | None:  # fmt: skip
    """The file with the span hit, as soon as a try gives the strength."""
    groups = _groups(places, span, len(before))
    low, high = _ENCODED_SHARE[strength]
    spared = _SPARED[strength]
    for _ in range(_TRIES):
        worse = _hit(file, places, span, _HITS[strength], spared, dice)
        events = _events(_compared(before, decode(worse, groups)), _ENCODED_GLARE[strength])
        area = float(np.mean([event.area for event in events])) if events else 0.0
        if low <= area <= high:
            return worse
        spared = (1 + spared) / 2 if area > high else max(_LEAST_SPARED, 0.7 * spared)
    return None


def _groups(places: Sequence[_Place], span: Span, count: int) -> Span:
    """The groups of pictures that a span touches; they are closed, so damage stays in them."""
    keys = [place.number for place in places if place.key]
    return Span(max(key for key in keys if key <= span.start), min([key for key in keys if key >= span.end] + [count]))


def _compared(before: Mapping[int, Plane], after: Mapping[int, Plane]) -> dict[int, Wrong]:
    """How wrong each picture of a decode is, by its number."""
    sound = Wrong(0.0, 0.0, 0.0)
    return {
        at: sound if np.array_equal(before[at], luma) else wrong(before[at], luma)
        for at, luma in after.items()
        if at in before
    }


def _events(seen: Mapping[int, Wrong], glare: float) -> tuple[Event, ...]:
    """The events of a decode; none where one of them would not be seen, or where traces would be left out of them."""
    found = runs(seen, SHOWS_SHARE)
    shown_in = [sum(seen[at].share >= SHOWS_SHARE for at in span.frames if at in seen) for span in found]
    if not 1 <= len(found) <= _MOST_EVENTS or min(shown_in) < _LEAST_FRAMES:
        return ()
    events = tuple(event_of(span, seen, "encoded") for span in found)
    clear = all(event.amount >= _LEAST_LEVELS and visible(event, seen, glare) for event in events)
    return events if clear else ()


def _besides(seen: Mapping[int, Wrong], events: Sequence[Event]) -> tuple[Event, ...]:
    """What is wrong out of the events, picture by picture."""
    within = {at for event in events for at in event.span.frames}
    faint = sorted(at for at, one in seen.items() if one.share > 0 and at not in within)
    return tuple(event_of(Span(at, at + 1), seen, "encoded") for at in faint)


def _places(file: bytes, fps: int) -> list[_Place]:
    with av.open(io.BytesIO(file), "r") as container:
        stream = container.streams.video[0]
        packets = [packet for packet in container.demux(stream) if packet.size and packet.pos is not None]
        times = [float((packet.pts or 0) * packet.time_base) for packet in packets]
        starts = [packet.pos or 0 for packet in packets]
        sizes = [packet.size for packet in packets]
        keys = [packet.is_keyframe for packet in packets]
    # In a transport stream, packets of the sound lie between those of a picture.
    ends = [*starts[1:], len(file)] if _transport(file) else np.add(starts, sizes).tolist()
    numbers = [round((time - min(times)) * fps) for time in times]
    return [_Place(*one) for one in zip(numbers, starts, ends, keys, strict=True)]


def _transport(file: bytes) -> bool:
    return file[0] == 0x47


def _hit(file: bytes, places: Sequence[_Place], span: Span, hits: tuple[int, int], spared: float,
         dice: np.random.Generator) -> bytes:  # fmt: skip
    """The file with some of the pictures of a span hit, after that share of their bytes."""
    data = np.frombuffer(file, np.uint8).copy()
    kept = np.ones(len(data), dtype=np.bool_)
    inside = [place for place in places if place.number in span.frames]
    sizes = np.array([place.end - place.start for place in inside])
    count = min(len(inside), int(dice.integers(hits[0], hits[1] + 1)))
    for at in dice.choice(len(inside), size=count, replace=False, p=sizes / sizes.sum()):
        if _transport(file):
            carriers = _carriers(data, inside[at])
            _hit_carriers(data, kept, carriers[int(spared * len(carriers)) :], dice)
        else:
            _hit_sample(data, inside[at], spared, dice)
    return data[kept].tobytes()


def _hit_carriers(data: Plane, kept: NDArray[np.bool_], carriers: Sequence[int], dice: np.random.Generator) -> None:
    """Lose one to seven transport packets of a picture in a row, or change bytes in some."""
    if not carriers:
        return
    if dice.random() < 0.6:
        begin = int(dice.integers(len(carriers)))
        for start in carriers[begin : begin + int(dice.integers(1, 8))]:
            kept[start : start + TS_PACKET] = False
        return
    bytes_of = np.add.outer(np.array(carriers), np.arange(4, TS_PACKET)).reshape(-1)
    flip(data, dice.choice(bytes_of, size=int(dice.integers(1, 6))), dice)


def _hit_sample(data: Plane, place: _Place, spared: float, dice: np.random.Generator) -> None:
    """Change bytes of a picture, a few here and there or some in a row; its beginning is left."""
    start = min(place.end - 1, place.start + max(64, int((place.end - place.start) * spared)))
    if dice.random() < 0.5:
        flip(data, dice.integers(start, place.end, size=int(dice.integers(1, 6))), dice)
        return
    begin = int(dice.integers(start, place.end))
    flip(data, np.arange(begin, min(place.end, begin + int(dice.integers(16, TS_PACKET)))), dice)


def _carriers(data: Plane, place: _Place) -> list[int]:
    """Where the transport packets of a picture lie that carry nothing but picture (no header, no stuffing)."""
    found = []
    for start in range(place.start, place.end, TS_PACKET):
        pid = (int(data[start + 1]) & 0x1F) << 8 | int(data[start + 2])
        begins, adapted = data[start + 1] & 0x40, data[start + 3] & 0x20
        if pid == _TS_VIDEO and not begins and not adapted:
            found.append(start)
    return found
