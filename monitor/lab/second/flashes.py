"""Flashes of light: what ITU-R BT.1702 asks of programmes not to show, for those whom it makes ill."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from monitor.errors import SettingsError
from monitor.lab.second.graph import filtered, joined
from monitor.lab.second.looks import all_above, tried_on
from monitor.lab.second.pictures import Clip, Event, Made, Numbers, Picture, Plane, Span, replaced
from monitor.lab.second.places import choose, unsuited
from monitor.lab.truth import Strength

_SLOWEST_HZ = 3.2
# Least swing of luminance in cd/m2 on a screen whose white has 200, opacity, and share of the picture.
_FLASH = {"weak": (30.0, 0.4, 0.4), "middle": (60.0, 0.7, 0.7), "strong": (90.0, 0.95, 1.0)}
_LEAST_RED = 20.0
_LEAST_JUMP = 20.0
_MOST_OWN = 4

# Left, right, top, bottom.
Window = tuple[int, int, int, int]


def flashing(clip: Clip, strength: Strength, dice: np.random.Generator) -> Made:
    """Flashes faster than 3 Hz: amount = flashes a second; weak to strong are higher and larger ones.

    Towards white, towards black (30, 60, 90 cd/m2 or more, over 40, 70, 100 % of the picture), or saturated red, as in
    ITU-R BT.1702. Checked: the swing of mean luminance in the flashing part (for red: of red against green and blue);
    the source does not flash by itself.
    """
    half = int(dice.integers(1, int(clip.fps / (2 * _SLOWEST_HZ)) + 1))
    if _own_flashes(clip) > _MOST_OWN:
        raise unsuited(clip, "it flashes by itself")
    window = _window(clip, _FLASH[strength][2], dice)
    steps, spans = _flashes(clip, strength, window, dice)
    frames = clip.frames
    events: list[Event] = []
    for proposed in spans:
        lit_ones = [at for at in proposed.frames if (at - proposed.start) // half % 2 == 0]
        span = Span(proposed.start, lit_ones[-1] + 1)
        clean = frames[span.start : span.end]
        lit = _pasted(clean, filtered(clean, *steps), window, clip)
        shown = [lit[at] if at // half % 2 == 0 else clean[at] for at in range(len(clean))]
        frames = replaced(frames, span, shown)
        area = (window[1] - window[0]) * (window[3] - window[2]) / (clip.width * clip.height)
        events.append(Event(span, area, clip.fps / (2 * half), "flashes a second"))
    return Made(frames, tuple(events))


def _own_flashes(clip: Clip) -> int:
    """The most jumps of the mean luminance, of 20 cd/m2 or more, that the clip has in a second."""
    means = np.array([_luminance(clip.luma(at)).mean() for at in range(len(clip.frames))])
    jumps = np.concatenate(([0], np.cumsum(np.abs(np.diff(means)) >= _LEAST_JUMP)))
    return int((jumps[clip.fps :] - jumps[: -clip.fps]).max(initial=0))


def _flashes(clip: Clip, strength: Strength, window: Window, dice: np.random.Generator
             ) -> tuple[tuple[str, ...], tuple[Span, ...]]:  # fmt: skip
    """Filters of the first way of flashing, in an order at random, that shows in this clip, and where it does."""
    least, opacity, _ = _FLASH[strength]
    for number in dice.permutation(3):
        way = ("white", "dark", "red")[number]
        steps = _flash_steps(way, opacity, strength)
        tried = tried_on(clip, partial(_through, steps), partial(_red_swing if way == "red" else _swing, window))
        try:
            return steps, choose(clip, dice, all_above(tried, _LEAST_RED if way == "red" else least), "")
        except SettingsError:
            continue
    raise unsuited(clip, f"no stretch in which flashes swing by {least:.0f} cd/m2")


def _through(steps: Sequence[str], pictures: Sequence[Picture]) -> Sequence[Picture]:
    return filtered(pictures, *steps)


def _flash_steps(variant: str, opacity: float, strength: Strength) -> tuple[str, ...]:
    if variant == "red":
        rest = {"weak": 0.12, "middle": 0.06, "strong": 0.0}[strength]
        gain = 1.6
        mix = "rr={0:.3f}:rg={1:.3f}:rb={2:.3f}:gr=0:gg={3}:gb=0:br=0:bg=0:bb={3}"
        weights = mix.format(0.299 * gain, 0.587 * gain, 0.114 * gain, rest)
        return "format=gbrp", f"colorchannelmixer={weights}"
    end = 235 if variant == "white" else 16
    return (f"lutyuv=y='val+({end}-val)*{opacity}':u='val+(128-val)*{opacity}':v='val+(128-val)*{opacity}'",)


def _luminance(luma: Plane) -> Numbers:
    """cd/m2 of a plane on a screen after ITU-R BT.1886 whose white has 200."""
    return np.asarray(200.0 * np.clip((luma[::2, ::2] - 16.0) / 219.0, 0, 1) ** 2.4, dtype=np.float64)


def _swing(window: Window, before: Plane, after: Plane) -> float:
    left, right, top, bottom = window
    first, second = (float(_luminance(plane[top:bottom, left:right]).mean()) for plane in (before, after))
    # BT.1702 asks of the darker of the two pictures that it be below 160.
    return abs(first - second) if min(first, second) < 160 else 0.0


def _red_swing(window: Window, before: Plane, _after: Plane) -> float:
    """BT.1702's (R - G - B) x 320 of the flash, from the luma of the clean picture, which the red gun carries."""
    left, right, top, bottom = window
    red = np.clip((before[top:bottom:2, left:right:2] - 16.0) / 219.0 * 1.6, 0, 1) ** 2.4
    return float(320 * red.mean())


def _window(clip: Clip, share: float, dice: np.random.Generator) -> Window:
    """The part that flashes, on even pixels."""
    wide, tall = (int(size * np.sqrt(share)) // 2 * 2 for size in (clip.width, clip.height))
    x, y = (int(dice.integers(0, spare // 2 + 1)) * 2 for spare in (clip.width - wide, clip.height - tall))
    return x, x + wide, y, y + tall


def _pasted(below: Sequence[Picture], above: Sequence[Picture], window: Window, clip: Clip) -> list[Picture]:
    x, right, y, bottom = window
    if (right - x, bottom - y) == (clip.width, clip.height):
        return list(above)
    cut = filtered(above, f"crop={right - x}:{bottom - y}:{x}:{y}")
    return joined(below, cut, f"overlay=x={x}:y={y}")
