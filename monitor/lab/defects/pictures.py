"""Defects that replace a picture, or part of it: black, solid_color, test_pattern, snow, letterbox."""

from __future__ import annotations

import numpy as np

from monitor.errors import SettingsError
from monitor.lab.defects.footage import Footage, Plane, chroma_of

Rng = np.random.Generator

BLACK, GREY, WHITE = 16, 128, 235
LIT = 50

COLORS = {
    "green": (0, 0, 0),
    "lime": (145, 54, 34),
    "blue": (41, 240, 110),
    "grey": (128, 128, 128),
    "white": (235, 128, 128),
    "red": (81, 90, 240),
}
"""Y, U, V (BT.601). Green of all zeros is what decoders show who lost everything; grey, encoders without input."""

BARS_75 = (
    (180, 128, 128),
    (162, 44, 142),
    (131, 156, 44),
    (112, 72, 58),
    (84, 184, 198),
    (65, 100, 212),
    (35, 212, 114),
    (16, 128, 128),
)
"""White, yellow, cyan, green, magenta, red, blue, black at 75 % (SMPTE EG 1, BT.601)."""
BARS_100 = (
    (235, 128, 128),
    (210, 16, 146),
    (170, 166, 16),
    (145, 54, 34),
    (106, 202, 222),
    (81, 90, 240),
    (41, 240, 110),
    (16, 128, 128),
)
"""The same at 100 % (EBU)."""


def fill(picture: Plane, color: tuple[int, int, int], rows: slice = slice(None), columns: slice = slice(None)) -> None:
    """Paint a part of a picture [height * 3 // 2, width], whose edges are at even rows and columns."""
    height, width = picture.shape[0] * 2 // 3, picture.shape[1]
    top, bottom, _ = rows.indices(height)
    left, right, _ = columns.indices(width)
    picture[top:bottom, left:right] = color[0]
    for plane, level in zip(chroma_of(picture), color[1:], strict=True):
        plane[top // 2 : (bottom + 1) // 2, left // 2 : (right + 1) // 2] = level


def _noisy(picture: Plane, sigma: float, rng: Rng) -> None:
    """Add noise to luma."""
    luma = picture[: picture.shape[0] * 2 // 3]
    if sigma:
        luma[:] = np.clip(luma + rng.normal(0, sigma, luma.shape), 0, 255)


def black(footage: Footage, first: int, last: int, amount: float, rng: Rng) -> float:
    """Black with `amount` levels of noise; in one of three with a channel logo in a corner."""
    logo = rng.integers(3) == 0
    height, width = footage.height, footage.width
    for n in range(first, last):
        fill(footage.whole[n], (BLACK, GREY, GREY))
        _noisy(footage.whole[n], amount, rng)
        if logo:
            rows = slice(height // 14 // 2 * 2, (height // 14 + height // 20) // 2 * 2)
            columns = slice(width * 7 // 8 // 2 * 2, width * 15 // 16 // 2 * 2)
            fill(footage.whole[n], (190, GREY, GREY), rows, columns)
    return 1.0


def solid_color(footage: Footage, first: int, last: int, amount: float, rng: Rng) -> float:
    """One colour with `amount` levels of noise."""
    color = list(COLORS.values())[rng.integers(len(COLORS))]
    for n in range(first, last):
        fill(footage.whole[n], color)
        _noisy(footage.whole[n], amount, rng)
    return 1.0


def test_pattern(footage: Footage, first: int, last: int, amount: float, rng: Rng) -> float:
    """Colour bars (SMPTE, EBU 75 % and 100 %) or a slate; a box of the share `amount` shows a running count."""
    pattern = [_smpte, _ebu_75, _ebu_100, _slate][rng.integers(4)]
    card = np.empty_like(footage.whole[0])
    pattern(card, rng)
    height, width = footage.height, footage.width
    rows, columns = round(height * np.sqrt(amount)), round(width * np.sqrt(amount))
    top, left = (height - rows) // 2 // 2 * 2, (width - columns) // 2 // 2 * 2
    for n in range(first, last):
        footage.whole[n] = card
        if rows >= 8:
            fill(footage.whole[n], (BLACK, GREY, GREY), slice(top, top + rows), slice(left, left + columns))
            count = np.random.default_rng(n).random((5, 12)) < 0.5
            inner = np.kron(count, np.ones((max(rows // 7, 1), max(columns // 14, 1)))) > 0
            spot = footage.whole[n][top + rows // 8 :, left + columns // 14 :][: inner.shape[0], : inner.shape[1]]
            spot[inner] = WHITE
    return 1.0


def _stripes(card: Plane, colors: tuple[tuple[int, int, int], ...], rows: slice) -> None:
    width = card.shape[1]
    edges = np.linspace(0, width, len(colors) + 1).astype(int) // 2 * 2
    for k, color in enumerate(colors):
        fill(card, color, rows, slice(int(edges[k]), int(edges[k + 1])))


def _smpte(card: Plane, _: Rng) -> None:
    """SMPTE EG 1: bars, a row of their reverse, and PLUGE."""
    height = card.shape[0] * 2 // 3
    reverse = (BARS_75[6], BARS_75[7], BARS_75[4], BARS_75[7], BARS_75[2], BARS_75[7], BARS_75[0])
    below, black, above = (10, 128, 128), BARS_75[7], (22, 128, 128)
    pluge = ((57, 156, 97), BARS_100[0], (44, 171, 147), black, below, above, black)
    two, three = height * 2 // 3 // 2 * 2, height * 3 // 4 // 2 * 2
    _stripes(card, BARS_75[:7], slice(0, two))
    _stripes(card, reverse, slice(two, three))
    _stripes(card, pluge, slice(three, height))


def _ebu_75(card: Plane, _: Rng) -> None:
    _stripes(card, (BARS_100[0], *BARS_75[1:]), slice(None))


def _ebu_100(card: Plane, _: Rng) -> None:
    _stripes(card, BARS_100, slice(None))


def _slate(card: Plane, rng: Rng) -> None:
    """A plain ground with lines of large letters."""
    height, width = card.shape[0] * 2 // 3, card.shape[1]
    ground = [(24, 128, 128), (60, 180, 110), (128, 128, 128), (200, 128, 128)][rng.integers(4)]
    fill(card, ground)
    ink = WHITE if ground[0] < 130 else 30
    cell = max(height // 90, 1)
    for line in range(3, 12, 3):
        letters = int(rng.integers(8, 20))
        glyphs = np.concatenate([np.pad(rng.random((7, 5)) < 0.55, ((0, 0), (0, 2))) for _ in range(letters)], axis=1)
        text = np.kron(glyphs, np.ones((cell, cell))) > 0
        top = height * line // 14
        left = max((width - text.shape[1]) // 2, 0)
        spot = card[top : top + text.shape[0], left : left + text.shape[1]]
        spot[text[: spot.shape[0], : spot.shape[1]]] = ink


def snow(footage: Footage, first: int, last: int, amount: float, rng: Rng) -> float:
    """White noise of `amount` levels (standard deviation) about grey; half of the times chroma is noise too."""
    colored = rng.integers(2)
    for n in range(first, last):
        fill(footage.whole[n], (110, GREY, GREY))
        _noisy(footage.whole[n], amount, rng)
        if colored:
            for plane in footage.chroma(n):
                plane[:] = np.clip(rng.normal(GREY, amount / 2, plane.shape), 16, 240)
    return 1.0


def letterbox(footage: Footage, first: int, last: int, amount: float, rng: Rng) -> float:
    """Black bars at top and bottom, or left and right, of the share `amount` each."""
    height, width = footage.height, footage.width
    upright = rng.integers(3) == 0
    bar = round((width if upright else height) * amount) // 2 * 2
    sides = footage.luma[first:last:5].swapaxes(1, 2) if upright else footage.luma[first:last:5]
    for margin in (sides[:, :bar], sides[:, -bar:]):
        if np.mean(margin > LIT) < 0.5:
            raise SettingsError("letterbox: this clip is dark where bars would be; take another one")
    for n in range(first, last):
        if upright:
            fill(footage.whole[n], (BLACK, GREY, GREY), columns=slice(0, bar))
            fill(footage.whole[n], (BLACK, GREY, GREY), columns=slice(width - bar, width))
        else:
            fill(footage.whole[n], (BLACK, GREY, GREY), rows=slice(0, bar))
            fill(footage.whole[n], (BLACK, GREY, GREY), rows=slice(height - bar, height))
    return 2 * amount
