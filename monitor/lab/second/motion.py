"""Defects of time: freeze, combing, tearing, stutter. They show only where the source moves, which is asked first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from monitor.lab.second import lettering
from monitor.lab.second.graph import filtered, joined
from monitor.lab.second.pictures import (
    WRONG_LEVELS,
    Clip,
    Event,
    Made,
    Numbers,
    Picture,
    Span,
    block_difference,
    motion,
    replaced,
    wrong_share,
)
from monitor.lab.second.places import choose, unsuited
from monitor.lab.truth import Strength

_MOVES = 0.8
_JUMP = 3.0
_STANDS = 0.15
_LONGEST_OWN_STILL_S = 0.8
# Asked of FFmpeg's noise filter, added to the standing picture anew for each frame.
_UNREST = {"strong": 0, "middle": 2, "weak": 5}


def freeze(clip: Clip, strength: Strength, dice: np.random.Generator) -> Made:
    """A standing picture: amount = what still changes from frame to frame in the standing part, in levels.

    0 strong, about 0.7 middle, about 1.5 weak (noise over the standing picture). All of the picture, all but a running
    ticker, or one half beside a live one. The frame that is held is still right: truth is from its first repetition on.
    Checked: the clean picture moves in that part, in half a second on both sides too, and has moved on when it goes on.
    """
    variant = ("whole", "whole", "ticker", "half")[int(dice.integers(4))]
    window = _standing_part(clip, variant, dice)
    moved = _moved(clip, window)
    if _longest_run(moved[1:] < _STANDS) > _LONGEST_OWN_STILL_S * clip.fps:
        raise unsuited(clip, f"it stands still by itself for more than {_LONGEST_OWN_STILL_S} s")
    beside = clip.fps // 2

    def suits(span: Span) -> bool:
        near = moved[span.start - beside : min(span.end + beside, len(moved))]
        jump = _change(clip.frames[span.start - 1], clip.frames[span.end], window)
        return float(np.median(near)) >= _MOVES and min(moved[span.start], moved[span.end]) >= _MOVES and jump >= _JUMP

    spans = choose(clip, dice, suits, f"no stretch moves by {_MOVES} levels a frame")
    frames = clip.frames
    changes: list[float] = []
    for span in spans:
        held = _held(frames, span, _UNREST[strength], int(dice.integers(1, 1 << 30)))
        shown = _in_window(frames[span.start : span.end], held, window, clip)
        pairs = zip(shown[1:], shown[:-1], strict=True)
        changes.append(float(np.mean([_change(now, before, window) for now, before in pairs])))
        frames = replaced(frames, span, shown)
    if variant == "ticker":
        frames = tuple(lettering.with_ticker(clip, frames))
    area = (window[1] - window[0]) * (window[3] - window[2]) / (clip.width * clip.height)
    both = zip(spans, changes, strict=True)
    return Made(frames, tuple(Event(span, area, left, "levels a frame") for span, left in both))


Window = tuple[int, int, int, int]


def _standing_part(clip: Clip, variant: str, dice: np.random.Generator) -> Window:
    """Left, right, top, bottom."""
    if variant == "ticker":
        return 0, clip.width, 0, lettering.ticker_top(clip)
    if variant == "half":
        middle = int(clip.width * dice.uniform(0.45, 0.55)) // 2 * 2
        return (0, middle, 0, clip.height) if dice.random() < 0.5 else (middle, clip.width, 0, clip.height)
    return 0, clip.width, 0, clip.height


def _change(now: Picture, before: Picture, window: Window) -> float:
    left, right, top, bottom = window
    first, second = (picture[top:bottom:2, left:right:2].astype(np.int16) for picture in (now, before))
    return float(np.abs(first - second).mean())


def _moved(clip: Clip, window: Window) -> Numbers:
    pairs = zip(clip.frames[1:], clip.frames[:-1], strict=True)
    return np.array([0.0] + [_change(now, before, window) for now, before in pairs])


def _longest_run(flags: NDArray[np.bool_]) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(np.int8), [0]))))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def _held(frames: Sequence[Picture], span: Span, unrest: int, seed: int) -> list[Picture]:
    near = frames[span.start - 1 : span.end]
    count = len(span.frames)
    held = joined(near, near, f"freezeframes=first=0:last={count}:replace=0")[1:]
    return filtered(held, f"noise=c0s={unrest}:c0f=t:c0_seed={seed}") if unrest else held


def _in_window(live: Sequence[Picture], held: Sequence[Picture], window: Window, clip: Clip) -> list[Picture]:
    left, right, top, bottom = window
    if (right - left, bottom - top) == (clip.width, clip.height):
        return list(held)
    cut = filtered(held, f"crop={right - left}:{bottom - top}:{left}:{top}")
    return joined(live, cut, f"overlay=x={left}:y={top}")


_FIELD_LAG = {"weak": 1, "middle": 2, "strong": 4}
_COMBED_SHARE = 0.06


def combing(clip: Clip, strength: Strength, dice: np.random.Generator) -> Made:
    """Fields of two moments woven into progressive pictures: amount = milliseconds between them (1, 2, 4 frames).

    Every picture, or two of five as a film's 3:2 pull-down leaves them. Area is the mean share of macroblocks that
    differ from the clean picture by more than 6 levels. Checked: that is at least 6 % in each picture that is woven.
    """
    lag = _FIELD_LAG[strength]
    pulldown = bool(dice.random() < 0.3)
    lower_late = bool(dice.random() < 0.5)
    moves = np.array([0.0] * lag + [_woven_share(clip, at, lag, lower_late) for at in range(lag, len(clip.frames))])

    def suits(span: Span) -> bool:
        return bool(moves[_combed(span, pulldown)].min() >= _COMBED_SHARE)

    spans = choose(clip, dice, suits, f"no stretch moves enough for combs on {_COMBED_SHARE:.0%} of each picture")
    frames = clip.frames
    events: list[Event] = []
    for span in spans:
        woven = _woven(clip.frames[span.start - lag : span.end], lag, lower_late)
        combed = _combed(span, pulldown)
        shown = [woven[at - span.start] if at in combed else clip.frames[at] for at in span.frames]
        exact = Span(int(combed[0]), int(combed[-1]) + 1)
        frames = replaced(frames, span, shown)
        area = float(np.mean([moves[at] if at in combed else 0.0 for at in exact.frames]))
        events.append(Event(exact, area, 1000 * lag / clip.fps, "ms between fields"))
    return Made(frames, tuple(events))


def _combed(span: Span, pulldown: bool) -> NDArray[np.int64]:
    """Which frames of the span are woven."""
    frames = np.arange(span.start, span.end)
    return frames[(frames - span.start) % 5 < 2] if pulldown else frames


def _woven_share(clip: Clip, at: int, lag: int, lower_late: bool) -> float:
    now, before = clip.luma(at), clip.luma(at - lag)
    woven = now.copy()
    rows = slice(1 if lower_late else 0, None, 2)
    woven[rows] = before[rows]
    return wrong_share(now, woven)


def _woven(pictures: Sequence[Picture], lag: int, lower_late: bool) -> list[Picture]:
    """Pictures from the `lag`th on, with one field of each from `lag` pictures before."""
    now = filtered(pictures[lag:], "field=type=" + ("top" if lower_late else "bottom"))
    late = filtered(pictures[:-lag], "field=type=" + ("bottom" if lower_late else "top"))
    # `weave` takes fields in turn and puts the first on the lines that `first_field` names.
    fields = [field for pair in zip(now, late, strict=True) for field in pair]
    return filtered(fields, f"weave=first_field={'top' if lower_late else 'bottom'}")


_TEAR_LAG = {"weak": 2, "middle": 4, "strong": 8}
_SEAM_LEVELS = 8.0
_TORN_SHARE = 0.03
_TORN_PICTURES = 0.8


def tearing(clip: Clip, strength: Strength, dice: np.random.Generator) -> Made:
    """Upper part of one picture, lower part of an earlier one: amount = milliseconds between them (2, 4, 8 frames).

    The line stands, rolls, or jumps from picture to picture; all pictures, or every other one. Area is the mean share
    of macroblocks that differ from the clean picture by more than 6 levels. Checked for the first, the last and 80 % of
    the torn pictures: the jump across the line is larger by a mean of 8 levels or more, 3 % of the picture are wrong.
    """
    lag = _TEAR_LAG[strength]
    way = ("stands", "rolls", "jumps")[int(dice.integers(3))]
    every = 1 if dice.random() < 0.6 else 2
    share = _tear_line(way, len(clip.frames), dice)
    lines = (np.asarray(share * clip.height).astype(np.int64) // 4) * 4
    seams = np.array([_seam(clip, at, lag, int(line)) for at, line in enumerate(lines)])

    def suits(span: Span) -> bool:
        torn = seams[span.start : span.end : every]
        return bool((torn >= _SEAM_LEVELS).mean() >= _TORN_PICTURES and min(torn[0], torn[-1]) >= _SEAM_LEVELS)

    spans = choose(clip, dice, suits, f"no stretch jumps by {_SEAM_LEVELS:.0f} levels across the line of a tear")
    frames = clip.frames
    events: list[Event] = []
    for span in spans:
        torn = range(span.start, span.end, every)
        exact = Span(span.start, torn[-1] + 1)
        made = {at: _torn(clip, at, lag, int(lines[at])) for at in torn}
        frames = replaced(frames, exact, [made.get(at, clip.frames[at]) for at in exact.frames])
        wrong = [wrong_share(clip.luma(at), frames[at][: clip.height]) for at in exact.frames]
        events.append(Event(exact, float(np.mean(wrong)), 1000 * lag / clip.fps, "ms between parts"))
    return Made(frames, tuple(events))


def _tear_line(way: str, count: int, dice: np.random.Generator) -> Numbers:
    """Where the line is in each frame, as a share of the height."""
    start = dice.uniform(0.3, 0.7)
    if way == "jumps":
        return dice.uniform(0.25, 0.75, size=count)
    pace = dice.choice((-1, 1)) * dice.uniform(0.004, 0.015) if way == "rolls" else 0.0
    rolled = (start - 0.2 + pace * np.arange(count)) % 1.2
    return np.asarray(0.2 + np.abs(rolled - 0.6), dtype=np.float64)


def _seam(clip: Clip, at: int, lag: int, line: int) -> float:
    """How much more the picture jumps across the line when torn than when not, in levels.

    0 where too little below the line is wrong.
    """
    if at < lag:
        return 0.0
    now, before = clip.luma(at), clip.luma(at - lag)
    above, whole, torn = (row.astype(np.int16) for row in (now[line - 1], now[line], before[line]))
    seam = float(np.abs(torn - above).mean() - np.abs(whole - above).mean())
    if seam < _SEAM_LEVELS:
        return 0.0
    below = float((block_difference(now[line:], before[line:]) > WRONG_LEVELS).mean()) * (1 - line / clip.height)
    return seam if below >= _TORN_SHARE else 0.0


def _torn(clip: Clip, at: int, lag: int, line: int) -> Picture:
    """Two crops, one above the other: all three planes are cut at the line, which is a multiple of 4."""
    torn = clip.frames[at].copy()
    late = clip.frames[at - lag]
    torn[line : clip.height] = late[line : clip.height]
    quarter = clip.width * clip.height // 4
    for plane in range(2):
        chroma = slice(plane * quarter + line // 2 * (clip.width // 2), (plane + 1) * quarter)
        torn[clip.height :].reshape(-1)[chroma] = late[clip.height :].reshape(-1)[chroma]
    return torn


_HOLD_S = {"weak": 0.12, "middle": 0.2, "strong": 0.36}
_MOST_OWN_REPEATS = 2


def stutter(clip: Clip, strength: Strength, dice: np.random.Generator) -> Made:
    """Uneven motion: amount = the longest time in milliseconds that a picture stands or is out of its place.

    120, 200, 360 ms: pictures held for that long one after the other, held now and then for two frames up to that long,
    or shown out of order within stretches of that length. Checked: the clean picture moves all through the
    stretch, and repeats no frames by itself.
    """
    longest = max(2, round(_HOLD_S[strength] * clip.fps))
    way = ("regular", "uneven", "order")[int(dice.integers(3))]
    moved = motion(clip)
    stands = (moved[1:-1] < _STANDS) & (moved[:-2] > _MOVES) & (moved[2:] > _MOVES)
    if int(stands.sum()) > _MOST_OWN_REPEATS:
        raise unsuited(clip, "it repeats frames by itself")

    def suits(span: Span) -> bool:
        near = moved[span.start : span.end + 1]
        return float(np.quantile(near, 0.1)) >= _MOVES and float(np.median(near)) >= 2 * _MOVES

    spans = choose(clip, dice, suits, f"no stretch moves by {2 * _MOVES} levels a frame throughout")
    frames = clip.frames
    events: list[Event] = []
    for span in spans:
        order = _order(way, len(span.frames), longest, dice)
        wrong = np.flatnonzero(order != np.arange(len(order)))
        exact = Span(span.start + int(wrong[0]), span.start + int(wrong[-1]) + 1)
        mapping = " ".join(map(str, order))
        frames = replaced(frames, span, filtered(frames[span.start : span.end], f"shuffleframes={mapping}"))
        events.append(Event(exact, 1.0, 1000 * longest / clip.fps, "ms"))
    return Made(frames, tuple(events))


def _order(way: str, count: int, longest: int, dice: np.random.Generator) -> NDArray[np.int64]:
    """Which frame of the span is shown in the place of each."""
    order = np.arange(count)
    if way == "regular":
        return order // longest * longest
    at = 0
    while at + 2 <= count:
        length = min(int(dice.integers(2, longest + 1)) if at else longest, count - at)
        stretch = order[at : at + length]
        stretch[:] = at if way == "uneven" else np.concatenate(([stretch[-1]], dice.permutation(stretch[:-1])))
        at += length + (int(dice.integers(1, longest + 1)) if way == "uneven" else 0)
    return order
