"""Block corruption, baked in: a stretch was damaged on its way to the programme's encoder, which coded what it got.

Owns also what damage is: when a picture is wrong, and when a person sees it. What bytes changed or lost do to the
picture cannot be asked for, so damage is tried at random until one fits. Damage to the finished file is in
`transit.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import av
import numpy as np
from av.bitstream import BitStreamFilterContext
from numpy.typing import NDArray

from monitor.lab.second.passage import X264_STEADY, Coded, coded, shown
from monitor.lab.second.pictures import (
    MACROBLOCK,
    WRONG_LEVELS,
    Clip,
    Event,
    Made,
    Picture,
    Plane,
    Span,
    block_means,
    motion,
    replaced,
)
from monitor.lab.second.places import choose, unsuited
from monitor.lab.truth import Strength

SHOWS_SHARE = 0.01
_GAP_FRAMES = 5
# Levels a frame: what stands is concealed without a trace.
MOVES = 0.5
_GLARING_LEVELS = 12.0
_LEAST_GLARE = {"weak": 0.012, "middle": 0.02, "strong": 0.05}
_SOME_GLARE = 0.004
_MOST_PICTURES = 0.75
TS_PACKET = 188


@dataclass(frozen=True, slots=True)
class Wrong:
    """Of a picture: share of its macroblocks that differ, the mean difference in them in levels, share that glare.

    A macroblock glares where its brightness as a whole is off. Texture that concealment has moved by some pixels
    differs as much as rubbish does, pixel by pixel, and nobody sees it.
    """

    share: float
    levels: float
    glaring: float


def wrong(clean: Plane, damaged: Plane) -> Wrong:
    signed = damaged.astype(np.int16) - clean
    difference = block_means(np.abs(signed))
    bad = difference > WRONG_LEVELS
    glaring = np.abs(block_means(signed)) > _GLARING_LEVELS
    return Wrong(float(bad.mean()), float(difference[bad].mean()) if bad.any() else 0.0, float(glaring.mean()))


def visible(event: Event, seen: Mapping[int, Wrong], least: float) -> bool:
    """If a person would see it: this share of macroblocks glares as a mean, and some do in most of its pictures."""
    glaring = np.array([seen[number].glaring for number in event.span.frames if number in seen])
    return bool(glaring.mean() >= least and (glaring >= _SOME_GLARE).mean() >= _MOST_PICTURES)


def runs(shares: Mapping[int, Wrong], least_share: float) -> list[Span]:
    """Runs of pictures that show damage, gaps of up to 5 pictures joined; single ones too."""
    spans: list[Span] = []
    for number in sorted(number for number, seen in shares.items() if seen.share >= least_share):
        if spans and number - spans[-1].end <= _GAP_FRAMES:
            spans[-1] = Span(spans[-1].start, number + 1)
        else:
            spans.append(Span(number, number + 1))
    return spans


def event_of(span: Span, seen: Mapping[int, Wrong], unit: str) -> Event:
    inside = [seen[number] for number in span.frames if number in seen]
    weights = np.array([one.share for one in inside])
    levels = float(np.average([one.levels for one in inside], weights=weights))
    return Event(span, float(weights.mean()), levels, unit)


_LINKS: dict[str, dict[str, str]] = {
    "mpeg2video": {"qmin": "3", "qmax": "3", "b": "50M", "g": "12", "bf": "2"},
    "libx264": {"preset": "superfast", "qp": "20", "g": "25", "bf": "1", "x264-params": f"{X264_STEADY}:slices=6"},
}
_LINK_TRIES = 10
_BAKED_SHARE = {"weak": (0.02, 0.07), "middle": (0.07, 0.2), "strong": (0.2, 0.6)}
_BAKED_HITS = {"weak": 4.0, "middle": 10.0, "strong": 28.0}
_BAKED_LEVELS = 12.0
_CLEAR_LEVELS = 8.0
_BAKED_FRAMES = 10


def baked(clip: Clip, strength: Strength, dice: np.random.Generator) -> Made:
    """Damage on a link before the encoder: amount = mean difference in levels in the damaged macroblocks.

    Area is 2 to 7 %, 7 to 20 %, 20 to 60 % of the picture. Checked: it glares, at least 12 levels in the damaged
    macroblocks, on 10 pictures or more; outside the event the pictures are the clean ones, to the bit.
    """
    codecs = [list(_LINKS)[at] for at in dice.permutation(len(_LINKS))]
    moved = motion(clip)
    spans = choose(clip, dice, lambda span: float(np.median(moved[span.start : span.end])) > MOVES, "it does not move")
    frames = clip.frames
    events: list[Event] = []
    for span in spans:
        tried = (_baked(clip, span, codec, strength, dice) for codec in codecs)
        first = next((found for found in tried if found), None)
        if not first:
            raise unsuited(clip, f"no damage tried was seen on {' to '.join(map(str, _BAKED_SHARE[strength]))} of it")
        frames = replaced(frames, span, first[0])
        events.append(first[1])
    return Made(frames, tuple(events))


def _baked(clip: Clip, span: Span, codec: str, strength: Strength, dice: np.random.Generator
           ) -> tuple[list[Picture], Event] | None:  # fmt: skip
    """The stretch with the longest run of damage of this strength left in, once a try has given one."""
    link = coded(clip.frames[span.start : span.end], codec, _LINKS[codec], clip.fps)
    decoder = "h264" if codec == "libx264" else codec
    sound = shown(link, decoder)
    low, high = _BAKED_SHARE[strength]
    hits = _BAKED_HITS[strength]
    for _ in range(_LINK_TRIES):
        given = shown(_worse(link, decoder, hits, dice), decoder)
        pictures = [_with_damage(clip, at, sound, given, span.start) for at in span.frames]
        made = dict(zip(span.frames, pictures, strict=True))
        seen = {at: wrong(clip.luma(at), picture[: clip.height]) for at, picture in made.items()}
        events = [event_of(run, seen, "baked") for run in runs(seen, SHOWS_SHARE) if len(run.frames) >= _BAKED_FRAMES]
        fit = [
            event
            for event in events
            if low <= event.area <= high
            and event.amount >= _BAKED_LEVELS
            and visible(event, seen, _LEAST_GLARE[strength])
        ]
        if fit:
            event = max(fit, key=lambda one: len(one.span.frames))
            return [made[at] if at in event.span.frames else clip.frames[at] for at in span.frames], event
        hits *= 0.7 if events and min(event.area for event in events) > high else 1.3
    return None


def _with_damage(clip: Clip, at: int, sound: Mapping[int, Picture], given: Mapping[int, Picture], start: int
                 ) -> Picture:  # fmt: skip
    """The clean picture with those macroblocks replaced that glare, and the changed ones next to them.

    The rest of the damage is moved texture that nobody sees, and would be claimed as area. A lost picture stays clean,
    and one that came out in another size: a damaged header says anything.
    """
    before, after = sound[at - start], given.get(at - start)
    clean = clip.frames[at]
    if after is None or after.shape != clean.shape:
        return clean
    signed = after[: clip.height].astype(np.int16) - before[: clip.height]
    glaring = np.pad(np.abs(block_means(signed)) > _GLARING_LEVELS, 1)
    rows, columns = glaring.shape[0] - 2, glaring.shape[1] - 2
    near = np.any([glaring[y : y + rows, x : x + columns] for y in range(3) for x in range(3)], axis=0)
    mask = _over_planes(near & (block_means(np.abs(signed)) > _CLEAR_LEVELS), clip.width, clip.height)
    return np.where(mask, after, clean)


def _over_planes(blocks: NDArray[np.bool_], width: int, height: int) -> NDArray[np.bool_]:
    luma = np.kron(blocks, np.ones((MACROBLOCK, MACROBLOCK), dtype=np.bool_))[:height, :width]
    chroma = luma[::2, ::2].reshape(-1)
    return np.concatenate((luma.reshape(-1), chroma, chroma)).reshape(height * 3 // 2, width)


def _worse(link: Sequence[Coded], decoder: str, hits: float, dice: np.random.Generator) -> list[Coded]:
    """The link's coded pictures, about that many of them with bytes changed or cut out; the first is left sound.

    A third of the times FFmpeg's own `noise` filter of bit streams does it.
    """
    count = int(np.clip(round(hits * dice.uniform(0.7, 1.3)), 1, len(link) - 1))
    # Close together, as bad reception comes in spells.
    spell = int(np.clip(count * dice.uniform(1, 4), count, len(link) - 1))
    first = int(dice.integers(1, len(link) - spell + 1))
    # A large picture is hit as much more often as it takes longer to send.
    sizes = np.array([len(one.data) for one in link[first : first + spell]])
    hit = set((first + dice.choice(spell, size=count, replace=False, p=sizes / sizes.sum())).tolist())
    way = _noised if dice.random() < 1 / 3 else _mangled
    return [way(one, decoder, dice) if at in hit else one for at, one in enumerate(link)]


def _noised(one: Coded, decoder: str, dice: np.random.Generator) -> Coded:
    # About so many bytes from one changed byte to the next.
    apart = max(50, int(len(one.data) / dice.uniform(1, 6)))
    packet = av.Packet(one.data)
    packet.pts, packet.dts = one.pts, one.dts
    given = BitStreamFilterContext(f"noise=amount={apart}", decoder).filter(packet)
    return replace(one, data=b"".join(bytes(part) for part in given))


def _mangled(one: Coded, _decoder: str, dice: np.random.Generator) -> Coded:
    data = np.frombuffer(one.data, np.uint8).copy()
    # The headers of a picture stand at its beginning: without them it is lost as a whole, and that is another defect.
    start = min(len(data) - 1, max(48, len(data) // 8))
    way = int(dice.integers(3))
    if way == 0:
        flip(data, dice.integers(start, len(data), size=int(dice.integers(1, 6))), dice)
        return replace(one, data=data.tobytes())
    begin = int(dice.integers(start, len(data)))
    if way == 1:
        flip(data, np.arange(begin, min(len(data), begin + int(dice.integers(16, TS_PACKET)))), dice)
        return replace(one, data=data.tobytes())
    # As much as a datagram carries: seven packets of a transport stream.
    return replace(one, data=np.delete(data, slice(begin, begin + 7 * 184)).tobytes())


def flip(data: Plane, places: NDArray[np.int64], dice: np.random.Generator) -> None:
    data[places] ^= dice.integers(1, 256, size=len(places)).astype(np.uint8)
