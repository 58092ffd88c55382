"""Pictures that take the place of the programme: black, one colour, test cards, snow.

Each must stand out from what is on either side of it, or nobody could tell the first and the last frame of the truth:
asked of the frames just before and after every span.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from monitor.lab.second import lettering
from monitor.lab.second.graph import filtered, flat, joined, sourced
from monitor.lab.second.pictures import Clip, Event, Made, Picture, Span, replaced
from monitor.lab.second.places import choose, unsuited
from monitor.lab.truth import Strength

_NEAR_BLACK = 36
_FLAT_LEVELS = 12.0


def _noise_seed(dice: np.random.Generator) -> int:
    return int(dice.integers(1, 1 << 30))


def _brightness(clip: Clip) -> list[float]:
    return [float(clip.luma(at)[::2, ::2].mean()) for at in range(len(clip.frames))]


def _lit(clip: Clip) -> list[float]:
    """Share of each frame that is clearly not black."""
    return [float((clip.luma(at)[::2, ::2] > _NEAR_BLACK).mean()) for at in range(len(clip.frames))]


def _spread(clip: Clip) -> list[float]:
    return [float(clip.luma(at)[::2, ::2].std()) for at in range(len(clip.frames))]


_BLACK = {"strong": (16, 0), "middle": (19, 0), "weak": (23, 5)}
_LEAST_BRIGHT = 42.0


def black(clip: Clip, strength: Strength, dice: np.random.Generator) -> Made:
    """Black: amount = luma of the picture (16 strong, 19, 23 with faint noise).

    Plain, with faint noise, with the channel's logo left, behind bars that the whole programme has, or with fades of
    a few frames on both sides. Checked: the frames beside it are lit, none of the source's own is black.
    """
    luma, noise = _BLACK[strength]
    variant = ("plain", "noise", "logo", "letterbox", "fade")[int(dice.integers(5))]
    noise = max(noise, 4) if variant == "noise" else noise
    fade = int(dice.integers(3, 9)) if variant == "fade" else 0
    if min(_lit(clip)) < 0.05:
        raise unsuited(clip, "it has black frames of its own")
    bright = _brightness(clip)

    def suits(span: Span) -> bool:
        beside = (*range(span.start - fade - 1, span.start), *range(span.end, span.end + fade + 1))
        return bool(min(bright[at] for at in beside) > _LEAST_BRIGHT)

    spans = choose(clip, dice, suits, f"no two lit frames (mean luma above {_LEAST_BRIGHT:.0f}) to put black between")
    frames = clip.frames
    for span in spans:
        grain = (f"noise=c0s={noise}:c0f=t:c0_seed={_noise_seed(dice)}",) if noise else ()
        dark = flat(clip.width, clip.height, len(span.frames), luma, *grain)
        if fade:
            frames = _faded(frames, span, fade)
        frames = replaced(frames, span, dark)
    over = _black_surroundings(clip, variant, dice)
    frames = tuple(filtered(frames, *over)) if over else frames
    shown = [float(np.mean([frames[at][: clip.height].mean() for at in span.frames])) for span in spans]
    area = 0.995 if variant == "logo" else 1.0
    return Made(frames, tuple(Event(span, area, mean, "luma") for span, mean in zip(spans, shown, strict=True)))


def _faded(frames: tuple[Picture, ...], span: Span, fade: int) -> tuple[Picture, ...]:
    # One frame more than stays visible: the last step of FFmpeg's fade is black already and belongs to the span.
    before = Span(span.start - fade, span.start)
    after = Span(span.end, span.end + fade)
    out = filtered(frames[before.start : before.end + 1], f"fade=out:0:{fade}")[:fade]
    back = filtered(frames[after.start - 1 : after.end], f"fade=in:0:{fade}")[1:]
    return replaced(replaced(frames, before, out), after, back)


def _black_surroundings(clip: Clip, variant: str, dice: np.random.Generator) -> tuple[str, ...]:
    if variant == "logo":
        return lettering.logo(clip)
    if variant == "letterbox":
        bar = int(clip.height * dice.uniform(0.08, 0.13)) // 2 * 2
        return (f"drawbox=y=0:h={bar}:color=black:t=fill", f"drawbox=y=ih-{bar}:h={bar}:color=black:t=fill")
    return ()


# Luma and the two colour differences (Cb, Cr), limited range.
_COLOURS = {
    "zeroed": (0, 0, 0),
    "green": (145, 54, 34),
    "blue": (41, 240, 110),
    "no-signal blue": (74, 190, 104),
    "decoder grey": (128, 128, 128),
    "light grey": (180, 128, 128),
    "magenta": (107, 202, 222),
    "red": (81, 90, 240),
    "orange": (150, 60, 180),
    "white": (235, 128, 128),
}
_COLOUR_NOISE = {"strong": 0, "middle": 3, "weak": 8}


def solid_color(clip: Clip, strength: Strength, dice: np.random.Generator) -> Made:
    """One colour over the whole picture, sometimes under a logo: amount = its standard deviation in levels of luma.

    0 strong, about 1.5 middle, about 4 weak (noise of an analogue or badly coded source). Checked: the frames beside
    it have detail, none of the source's own is flat.
    """
    names = list(_COLOURS)
    luma, blue, red = _COLOURS[names[int(dice.integers(len(names)))]]
    noise = _COLOUR_NOISE[strength]
    spread = _spread(clip)
    if min(spread) < _FLAT_LEVELS / 2:
        raise unsuited(clip, "it has flat frames of its own")

    def suits(span: Span) -> bool:
        return min(spread[span.start - 1], spread[span.end]) > _FLAT_LEVELS

    spans = choose(clip, dice, suits, "no frames with detail to put the colour between")
    frames = clip.frames
    events: list[Event] = []
    for span in spans:
        grain = (f"noise=c0s={noise}:c0f=t:c0_seed={_noise_seed(dice)}",) if noise else ()
        cards = flat(clip.width, clip.height, len(span.frames), luma, *grain, blue=blue, red=red)
        frames = replaced(frames, span, cards)
        deviation = float(np.mean([card[: clip.height].std() for card in cards]))
        events.append(Event(span, 1.0, deviation, "levels of deviation"))
    if dice.random() < 0.3:
        return Made(tuple(filtered(frames, *lettering.logo(clip))), tuple(events))
    return Made(frames, tuple(events))


_BARS = ("smptebars", "smptehdbars", "pal75bars", "pal100bars")
_OTHER_CARDS = ("testsrc", "testsrc2", "rgbtestsrc", "yuvtestsrc", "colorchart", "slate")
_SLATES = (
    ("NO SIGNAL",),
    ("STAND BY",),
    ("PROGRAMME WILL", "RESUME SHORTLY"),
    ("CHANNEL 4 LONDON", "FEED 2", "LINE UP 1000"),
    ("TECHNICAL FAULT", "PLEASE WAIT"),
)
# Standard deviation of noise asked of the filter, and how soft the card is (sigma in pixels at 360 lines).
_CARD_FAULTS = {"strong": (0, 0.0), "middle": (5, 0.5), "weak": (12, 1.0)}


def test_pattern(clip: Clip, strength: Strength, dice: np.random.Generator) -> Made:
    """Bars of SMPTE and EBU, other test cards, slates with text: amount = noise on the card in levels.

    0 strong, about 2.5 middle, about 6 weak (and softer). Both events show the same card, as a line-up does.
    """
    kinds = _BARS if dice.random() < 0.6 else _OTHER_CARDS
    card = kinds[int(dice.integers(len(kinds)))]
    noise, soft = _CARD_FAULTS[strength]
    spread = _spread(clip)
    words = _SLATES[int(dice.integers(len(_SLATES)))]

    def suits(span: Span) -> bool:
        return min(spread[span.start - 1], spread[span.end]) > _FLAT_LEVELS / 2

    spans = choose(clip, dice, suits, "no frames with detail to put the card between")
    frames = clip.frames
    events: list[Event] = []
    for span in spans:
        shown = _card(card, words, clip, len(span.frames))
        shown = filtered(shown, f"gblur=sigma={soft * clip.height / 360:.3f}") if soft else shown
        grain = f"noise=c0s={noise}:c0f=t:c0_seed={_noise_seed(dice)}"
        noisy = filtered(shown, grain) if noise else shown
        pairs = zip(noisy, shown, strict=True)
        added = float(np.mean([(a[: clip.height] - 1.0 * b[: clip.height]).std() for a, b in pairs]))
        frames = replaced(frames, span, noisy)
        events.append(Event(span, 1.0, added, "levels of noise"))
    return Made(frames, tuple(events))


def _card(card: str, words: Sequence[str], clip: Clip, count: int) -> list[Picture]:
    size = f"{clip.width}x{clip.height}"
    if card == "slate":
        ground = flat(clip.width, clip.height, 1, 50, blue=160, red=110)[0]
        return [lettering.with_text(ground, words, 220)] * count
    if card == "colorchart":
        return sourced("colorchart=patch_size=64x64", count, f"scale={clip.width}:{clip.height}:flags=neighbor")
    return sourced(f"{card}=size={size}:rate={clip.fps}", count)


# Share of the picture that is left under the snow.
_LEFT = {"strong": 0.0, "middle": 0.2, "weak": 0.35}


def snow(clip: Clip, strength: Strength, dice: np.random.Generator) -> Made:
    """Analogue noise in the place of the picture: amount = its standard deviation in levels.

    Nothing of the picture is left (strong), a fifth, or about a third. Grey or coloured, of grains two or three pixels
    high, drawn out along the lines as a tuner's bandwidth does or not.
    """
    coloured, grain = bool(dice.random() < 0.4), int(dice.integers(2, 4))
    along = bool(dice.random() < 0.5)
    spans = choose(clip, dice, lambda _: True, "no place for snow")
    frames = clip.frames
    events: list[Event] = []
    for span in spans:
        static = _static(clip, len(span.frames), grain, along, coloured, _noise_seed(dice))
        left = _LEFT[strength]
        below = frames[span.start : span.end]
        shown = joined(static, below, f"mix=inputs=2:weights={1 - left:.2f} {left:.2f}") if left else static
        frames = replaced(frames, span, shown)
        amount = float(np.mean([picture[: clip.height].std() for picture in static])) * (1 - left)
        events.append(Event(span, 1.0, amount, "levels of noise"))
    return Made(frames, tuple(events))


def _static(clip: Clip, count: int, grain: int, along: bool, coloured: bool, seed: int) -> list[Picture]:
    wide, tall = (max(16, size // grain // 2 * 2) for size in (clip.width // (2 if along else 1), clip.height))
    planes = "alls=100:allf=t" if coloured else "c0s=100:c0f=t"
    return flat(
        wide, tall, count, 126,
        # Twice over: one pass of the filter does not reach from black to white.
        f"noise={planes}:all_seed={seed}", f"noise={planes}:all_seed={seed + 1}",
        f"scale={clip.width}:{clip.height}:flags={'bilinear' if along else 'neighbor'}",
        "limiter=16:235:planes=1",
    )  # fmt: skip
