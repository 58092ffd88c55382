"""Defects of every pixel of a picture: blur, noise, banding, levels, letterbox.

What each does is tried on every fifth frame of the clip first, and only stretches in which it shows on all of them are
taken.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from monitor.lab.second.graph import filtered, flat, joined
from monitor.lab.second.pictures import Clip, Event, Made, Numbers, Picture, Plane, Span, block_means, replaced
from monitor.lab.second.places import Suits, choose, unsuited
from monitor.lab.truth import Strength

_EVERY = 5


def tried_on(clip: Clip, effect: Callable[[Sequence[Picture]], Sequence[Picture]], seen: Callable[[Plane, Plane], float]
           ) -> Numbers:  # fmt: skip
    """How much of an effect is seen (by `seen(before, after)`) on every fifth frame."""
    before = clip.frames[::_EVERY]
    after = effect(before)
    lumas = ((a[: clip.height], b[: clip.height]) for a, b in zip(before, after, strict=True))
    return np.array([seen(a, b) for a, b in lumas])


def all_above(tried: Numbers, least: float) -> Suits:
    def suits(span: Span) -> bool:
        return bool(tried[span.start // _EVERY : -(-span.end // _EVERY) + 1].min() >= least)

    return suits


def _change(before: Plane, after: Plane) -> float:
    return float(np.abs(before.astype(np.int16) - after).mean())


def _steepness(plane: Plane) -> float:
    return float(np.abs(np.diff(plane.astype(np.int16), axis=1)).mean())


_BLUR_PX = {"weak": 1.8, "middle": 3.5, "strong": 7.0}
_LEAST_BLURRED = 1.0


def blur(clip: Clip, strength: Strength, dice: np.random.Generator) -> Made:
    """Out of focus: amount = standard deviation of the blur in pixels (1.8, 3.5, 7 at 360 lines).

    Gaussian, a moving average twice over, or made small and large again. Checked: it changes the picture by a mean of a
    level or more and takes 35 % of its steepness or more, so a source that is soft already is refused.
    """
    sigma = _BLUR_PX[strength] * clip.height / 360
    steps, amount = _blur_steps(int(dice.integers(3)), sigma, clip)

    def seen(before: Plane, after: Plane) -> float:
        lost = 1 - _steepness(after) / max(_steepness(before), 1e-9)
        return _change(before, after) if lost >= 0.35 else 0.0

    tried = tried_on(clip, lambda pictures: filtered(pictures, *steps), seen)
    spans = choose(clip, dice, all_above(tried, _LEAST_BLURRED), "it has no stretch with detail to blur")
    frames = clip.frames
    for span in spans:
        frames = replaced(frames, span, filtered(frames[span.start : span.end], *steps))
    return Made(frames, tuple(Event(span, 1.0, amount, "px") for span in spans))


def _blur_steps(variant: int, sigma: float, clip: Clip) -> tuple[tuple[str, ...], float]:
    """Filters for about this blur, and what it is exactly."""
    if variant == 0:
        return (f"gblur=sigma={sigma:.3f}:steps=2",), sigma
    if variant == 1:
        radius = max(1, round((np.sqrt(6 * sigma**2 + 1) - 1) / 2))
        twice = (f"avgblur=sizeX={radius}:sizeY={radius}",) * 2
        return twice, float(np.sqrt(((2 * radius + 1) ** 2 - 1) / 6))
    # A box of n pixels and a triangle of twice that: variances of n^2 / 12 and n^2 / 6.
    wide, tall = (max(8, round(size / (2 * sigma) / 2) * 2) for size in (clip.width, clip.height))
    smaller_larger = f"scale={wide}:{tall}:flags=area", f"scale={clip.width}:{clip.height}:flags=bilinear"
    return smaller_larger, clip.height / tall / 2


# Asked of FFmpeg's noise filter; its Gaussian has about half of that as its standard deviation.
_NOISE = {"weak": 14, "middle": 22, "strong": 34}


def noise(clip: Clip, strength: Strength, dice: np.random.Generator) -> Made:
    """Film's or a sensor's noise: amount = its standard deviation in levels of luma.

    Fine or of grains two pixels wide, on luma alone or on colour too.
    """
    coarse, coloured = bool(dice.random() < 0.5), bool(dice.random() < 0.5)
    spans = choose(clip, dice, lambda _: True, "no place for noise")
    frames = clip.frames
    events: list[Event] = []
    for span in spans:
        below = frames[span.start : span.end]
        grain = _grain(clip, len(below), _NOISE[strength], coarse, coloured, int(dice.integers(1, 1 << 30)))
        shown = joined(below, grain, "blend=all_mode=grainmerge")
        amount = float(np.mean([_deviation(a, b, clip.height) for a, b in zip(below, shown, strict=True)]))
        frames = replaced(frames, span, shown)
        events.append(Event(span, 1.0, amount, "levels"))
    return Made(frames, tuple(events))


def _deviation(before: Picture, after: Picture, height: int) -> float:
    return float((after[:height].astype(np.int16) - before[:height]).std())


def _grain(clip: Clip, count: int, amount: int, coarse: bool, coloured: bool, seed: int) -> list[Picture]:
    planes = f"alls={amount}:allf=t" if coloured else f"c0s={amount}:c0f=t"
    step = f"noise={planes}:all_seed={seed}"
    if not coarse:
        return flat(clip.width, clip.height, count, 128, step)
    wide, tall = clip.width // 4 * 2, clip.height // 4 * 2
    return flat(wide, tall, count, 128, step, f"scale={clip.width}:{clip.height}:flags=bicubic")


_BAND_LEVELS = {"weak": 12, "middle": 20, "strong": 36}
_SMOOTH = 3
_SMOOTH_MEAN = 1.5
_EDGES = 0.02
# Small steps show only where there are many of them.
_LEAST_BANDED = {"weak": 0.18, "middle": 0.1, "strong": 0.05}


def banding(clip: Clip, strength: Strength, dice: np.random.Generator) -> Made:
    """Too few levels: amount = levels from one step to the next (12, 20, 36), on luma alone or on colour too.

    Checked: edges of bands cross at least 18, 10, 5 % of the macroblocks, counting only those that are smooth in the
    clean picture; texture hides bands.
    """
    step = _BAND_LEVELS[strength]
    luma = f"y='16+floor((val-16)/{step})*{step}+{step // 2}'"
    colour = f":u='128+round((val-128)/{step // 2})*{step // 2}':v='128+round((val-128)/{step // 2})*{step // 2}'"
    curve = f"lutyuv={luma}{colour if dice.random() < 0.5 else ''}"

    def seen(before: Plane, after: Plane) -> float:
        steep, steps = (np.abs(np.diff(plane.astype(np.int16), axis=1)) for plane in (before, after))
        edges = ((steep <= _SMOOTH) & (steps >= step)).astype(np.int16)
        return float(((block_means(steep) <= _SMOOTH_MEAN) & (block_means(edges) >= _EDGES)).mean())

    tried = tried_on(clip, lambda pictures: filtered(pictures, curve), seen)
    spans = choose(clip, dice, all_above(tried, _LEAST_BANDED[strength]), "it has no stretch with smooth gradients")
    frames = clip.frames
    for span in spans:
        frames = replaced(frames, span, filtered(frames[span.start : span.end], curve))
    return Made(frames, tuple(Event(span, 1.0, float(step), "levels a step") for span in spans))


_OUT_SHARE = {"weak": 0.1, "middle": 0.2, "strong": 0.4}
_OWN_SHARE = 0.02
_WAYS_OUT = ("illegal", "crushed", "blown")


def levels(clip: Clip, strength: Strength, dice: np.random.Generator) -> Made:
    """Levels that are not legal, blacks crushed, whites blown out: amount = share of the picture, in percent.

    About 10, 20, 40 %, measured on the event. Checked: the source has no more than 2 % of its own, and
    no more than 4 % of the other two.
    """
    own = {way: max(_out(clip.luma(at), way) for at in range(0, len(clip.frames), _EVERY)) for way in _WAYS_OUT}
    fit = [way for way in _WAYS_OUT if own[way] <= _OWN_SHARE]
    if not fit or max(own.values()) > 2 * _OWN_SHARE:
        raise unsuited(clip, f"{max(own.values()):.0%} of its own picture is at the ends of the range")
    way = fit[int(dice.integers(len(fit)))]
    wanted = _OUT_SHARE[strength]
    curves: dict[Span, str] = {}

    def suits(span: Span) -> bool:
        frames = clip.frames[span.start : span.end : _EVERY]
        lumas = np.stack([frame[: clip.height : 2, ::2] for frame in frames])
        curves[span] = curve = _level_curve(lumas, way, wanted)
        shares = [_out(frame[: clip.height], way) for frame in filtered(frames, curve)] if curve else [0.0]
        # Not more than twice the share either: a flat ground has one level, and is in or out as a whole.
        return wanted / 3 <= min(shares) and max(shares) <= 2 * wanted

    needs = f"no stretch in which {wanted:.0%} of the picture can be made {way}"
    spans = choose(clip, dice, suits, needs, tries=12)
    frames = clip.frames
    events: list[Event] = []
    for span in spans:
        shown = filtered(frames[span.start : span.end], curves[span])
        share = float(np.mean([_out(frame[: clip.height], way) for frame in shown]))
        frames = replaced(frames, span, shown)
        events.append(Event(span, share, 100 * share, f"% {way}"))
    return Made(frames, tuple(events))


def _out(luma: Plane, variant: str) -> float:
    if variant == "crushed":
        return float((luma <= 17).mean())
    if variant == "blown":
        return float((luma >= 234).mean())
    return float(((luma < 16) | (luma > 235)).mean())


def _level_curve(lumas: Plane, variant: str, share: float) -> str:
    """The filter that puts this share of these pictures out of range, or nothing where the picture is too flat."""
    parts = {"crushed": (share, 1.0), "blown": (0.0, 1 - share), "illegal": (share / 2, 1 - share / 2)}[variant]
    low, high = (float(level) for level in np.quantile(lumas, parts))
    low, high = (low if variant != "blown" else 16.0), (high if variant != "crushed" else 235.0)
    if high - low < 40:
        return ""
    floor, top = (0, 255) if variant == "illegal" else (16, 235)
    # Half a level more, so that the level of the quantile itself is out.
    stretched = f"16+(val-{low + 0.5:.2f})*{219 / (high - low - 1):.5f}"
    return f"lutyuv=y='clip(round({stretched}),{floor},{top})'"


_BAR_SHARE = {"weak": 0.12, "middle": 0.24, "strong": 0.38}
_LIT = 36.0


def letterbox(clip: Clip, strength: Strength, dice: np.random.Generator) -> Made:
    """Black bars above and below, or at both sides: amount = percent of the picture that they take (12, 24, 38).

    The picture is covered, or made smaller to fit between. Checked: where the bars come, the clean picture is lit.
    """
    share = _BAR_SHARE[strength]
    sides, smaller = bool(dice.random() < 0.5), bool(dice.random() < 0.5)
    across = clip.width if sides else clip.height
    bar = max(2, round(across * share / 4) * 2)
    edges = [_edges(clip.luma(at), bar, sides) for at in range(0, len(clip.frames), _EVERY)]
    dark = np.array(edges)
    if dark.min() < _LIT / 2 + 8:
        raise unsuited(clip, "its own edges are black")
    spans = choose(clip, dice, all_above(dark, _LIT), "it has no stretch with lit edges")
    frames = clip.frames
    for span in spans:
        frames = replaced(frames, span, filtered(frames[span.start : span.end], *_bars(clip, bar, sides, smaller)))
    taken = 2 * bar / across
    return Made(frames, tuple(Event(span, taken, 100 * taken, "%") for span in spans))


def _edges(luma: Plane, bar: int, sides: bool) -> float:
    """Mean luma of the darker one of the two edges."""
    upright = luma.T if sides else luma
    return float(min(upright[:bar].mean(), upright[-bar:].mean()))


def _bars(clip: Clip, bar: int, sides: bool, smaller: bool) -> tuple[str, ...]:
    if smaller:
        wide, tall = (clip.width - 2 * bar, clip.height) if sides else (clip.width, clip.height - 2 * bar)
        x, y = (bar, 0) if sides else (0, bar)
        return f"scale={wide}:{tall}", f"pad={clip.width}:{clip.height}:{x}:{y}:black"
    if sides:
        return f"drawbox=x=0:w={bar}:color=black:t=fill", f"drawbox=x=iw-{bar}:w={bar}:color=black:t=fill"
    return f"drawbox=y=0:h={bar}:color=black:t=fill", f"drawbox=y=ih-{bar}:h={bar}:color=black:t=fill"
