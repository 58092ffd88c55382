"""Defects of which picture is shown when: freeze, stutter, tearing, combing, flashing."""

from __future__ import annotations

import numpy as np

from monitor.errors import SettingsError
from monitor.lab.defects.footage import Footage

Rng = np.random.Generator
SEAM = 4.0
HELD, MOVED, OWN_HOLDS = 0.15, 0.8, 0.04
"""A clip that holds more of its pictures by itself judders before anything is done to it."""


def freeze(footage: Footage, first: int, last: int, amount: float, rng: Rng) -> float:
    """The picture before stands. With an `amount` below 1: only a window of that share, under which a ticker runs."""
    source = footage.whole[first].copy()
    height = footage.height
    rows = height if amount >= 1 else round(height * amount) // 2 * 2
    for n in range(first, last):
        footage.luma[n, :rows] = source[:rows]
        for plane, stands in zip(footage.chroma(n), Footage(source[None], footage.fps).chroma(0), strict=True):
            plane[: rows // 2] = stands[: rows // 2]
    return float(rows / height)


def ticker(footage: Footage, amount: float, rng: Rng) -> None:
    """A band of running letters below the share `amount` of the picture, throughout the clip."""
    height, width = footage.height, footage.width
    top = round(height * amount) // 2 * 2
    cell = max((height - top) // 12, 1)
    letters = np.concatenate([np.pad(rng.random((7, 5)) < 0.5, ((0, 0), (0, 2))) for _ in range(400)], axis=1)
    text = np.kron(letters, np.ones((cell, cell), np.uint8)).astype(np.uint8)
    begin = top + (height - top - text.shape[0]) // 2
    for n in range(len(footage)):
        band = footage.luma[n, top:]
        band[:] = 40
        x = round(n * height / 4 / footage.fps) % (text.shape[1] - width)
        footage.luma[n, begin : begin + text.shape[0]] += 180 * text[:, x : x + width]
        for plane in footage.chroma(n):
            plane[top // 2 :] = 128


def stutter(footage: Footage, first: int, last: int, amount: float, rng: Rng) -> float:
    """`amount` times a second, at uneven times, the picture stands for two to four pictures, then jumps to where it
    would have been."""
    moved = footage.moved()
    if (
        held := float(((moved < HELD) & (np.roll(moved, 1) > MOVED) & (np.roll(moved, -1) > MOVED)).mean())
    ) > OWN_HOLDS:
        raise SettingsError(f"{held:.0%} of its pictures are held by themselves; take another clip")
    source = footage.whole[first:last].copy()
    every = footage.fps / amount
    at = 0.0
    while at < last - first - 1:
        begin = int(at)
        lasts = int(rng.integers(1, max(2, min(4, int(every)))))
        for n in range(begin + 1, min(begin + 1 + lasts, last - first)):
            footage.whole[first + n] = source[begin]
        at += max(every * rng.uniform(0.7, 1.3), lasts + 1)
    return 1.0


def tearing(footage: Footage, first: int, last: int, amount: float, rng: Rng) -> float:
    """Above a line the picture of `amount` pictures ago: the line stands, or wanders."""
    apart = round(amount)
    source = footage.whole[first - apart : last].copy()
    height = footage.height
    line, wanders = _line(footage.luma[first:last], source[: last - first], rng), rng.integers(2)
    for n in range(first, last):
        rows = int(height * line) // 2 * 2
        old = Footage(source[n - first][None], footage.fps)
        footage.luma[n, :rows] = old.luma[0, :rows]
        for plane, before in zip(footage.chroma(n), old.chroma(0), strict=True):
            plane[: rows // 2] = before[: rows // 2]
        if wanders:
            line = 0.2 + (line - 0.2 + 0.6 / footage.fps / 3) % 0.6
    return 1.0


def _line(luma: np.ndarray, older: np.ndarray, rng: Rng) -> float:
    """Where a tear shows, as a share of the height: at one of some lines, the step across it grows by SEAM levels, in
    the mean over all pictures. Raises SettingsError if it does at none."""
    height = luma.shape[1]
    for line in rng.uniform(0.25, 0.75, size=8):
        row = int(height * line) // 2 * 2
        below = luma[:, row].astype(np.int16)
        torn = np.abs(below - older[:, row - 1]).mean() - np.abs(below - luma[:, row - 1]).mean()
        if torn >= SEAM:
            return float(line)
    raise SettingsError(f"no line across which a tear steps by {SEAM:g} levels; take another clip")


def combing(footage: Footage, first: int, last: int, amount: float, rng: Rng) -> float:
    """Every other line is of `amount` pictures ago: two fields of one picture, from different moments."""
    apart, parity = round(amount), int(rng.integers(2))
    source = footage.luma[first - apart : last].copy()
    for n in range(first, last):
        footage.luma[n, parity::2] = source[n - first, parity::2]
    return 1.0


def flashing(footage: Footage, first: int, last: int, amount: float, rng: Rng) -> float:
    """`amount` flashes a second in a part of the picture of 35 to 100 %: dark and bright, or (one of three) saturated
    red and dark."""
    red = rng.integers(3) == 0
    share = rng.uniform(0.35, 1.0)
    height, width = footage.height, footage.width
    rows, columns = (int(side * np.sqrt(share)) // 2 * 2 for side in (height, width))
    top, left = (int(rng.integers(0, side - part + 1)) // 2 * 2 for side, part in ((height, rows), (width, columns)))
    for n in range(first, last):
        # The phase of the picture's middle: with the edge itself, rounding would make one flash longer than the other.
        lit = ((n - first + 0.5) * amount / footage.fps) % 1 < 0.5
        if red:
            levels = (81, 90, 240) if lit else (30, 128, 128)
            footage.luma[n, top : top + rows, left : left + columns] = levels[0]
            for plane, level in zip(footage.chroma(n), levels[1:], strict=True):
                plane[top // 2 : (top + rows) // 2, left // 2 : (left + columns) // 2] = level
        else:
            part = footage.luma[n, top : top + rows, left : left + columns]
            # Contrast of the scene stays, at a third: a flash lights what is there.
            part[:] = (190 if lit else 40) + (part.astype(np.int16) - 110) // 3 * (1 if lit else 0)
    return float(rows * columns / (height * width))
