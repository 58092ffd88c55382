"""What the second generator's files pass between them: pictures, a clip of them, what was done to it. Makes nothing.

A picture is a `uint8` array [height * 3 / 2, width]: the planes of yuv420p one below the other, as PyAV hands them out.
Sound is a `float32` array [channels, samples] at 48 kHz, full scale 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Plane = NDArray[np.uint8]
Numbers = NDArray[np.float64]
Sound = NDArray[np.float32]

MACROBLOCK = 16
WRONG_LEVELS = 6.0


@dataclass(frozen=True, slots=True)
class Clip:
    """A clean clip: its pictures in order, and its sound, mostly of two channels."""

    frames: tuple[Picture, ...]
    width: int
    height: int
    fps: int
    sound: Sound
    name: str

    def luma(self, index: int) -> Plane:
        return self.frames[index][: self.height]

    def seconds(self, frames: int) -> float:
        return frames / self.fps


@dataclass(frozen=True, slots=True)
class Span:
    """Frames of a clip, or samples of its sound: from `start` up to, not including, `end`."""

    start: int
    end: int

    @property
    def frames(self) -> range:
        return range(self.start, self.end)


@dataclass(frozen=True, slots=True)
class Event:
    """One defect, in frames of the clip or samples of its sound. `area`, `amount` and `unit` as in a truth."""

    span: Span
    area: float
    amount: float
    unit: str


@dataclass(frozen=True, slots=True)
class Made:
    """The pictures with the defect in them, and where it is."""

    frames: tuple[Picture, ...]
    events: tuple[Event, ...]


def replaced(frames: Sequence[Picture], span: Span, instead: Sequence[Picture]) -> tuple[Picture, ...]:
    """The frames with those of the span replaced."""
    if len(instead) != len(span.frames):
        raise ValueError(f"{len(instead)} pictures for {len(span.frames)} frames")
    return (*frames[: span.start], *instead, *frames[span.end :])


def motion(clip: Clip, lag: int = 1) -> Numbers:
    """[frames] mean absolute luma difference, in levels, of each frame to the one `lag` before; 0 where none is."""
    moved = np.zeros(len(clip.frames))
    for index in range(lag, len(clip.frames)):
        now, before = (clip.luma(at)[::2, ::2].astype(np.int16) for at in (index, index - lag))
        moved[index] = np.abs(now - before).mean()
    return moved


def block_means(plane: NDArray[np.int16]) -> Numbers:
    """[rows, columns] mean of each macroblock of 16 x 16; those at the right and lower edge may be smaller."""
    height, width = plane.shape
    across, down = np.arange(0, width, MACROBLOCK), np.arange(0, height, MACROBLOCK)
    sums = np.add.reduceat(np.add.reduceat(plane, down, axis=0, dtype=np.int64), across, axis=1)
    sizes = np.outer(np.diff(np.append(down, height)), np.diff(np.append(across, width)))
    return np.asarray(sums / sizes, dtype=np.float64)


def block_difference(first: Plane, second: Plane) -> Numbers:
    """[rows, columns] mean absolute difference of two luma planes in levels, for each macroblock."""
    return block_means(np.abs(first.astype(np.int16) - second))


def wrong_share(first: Plane, second: Plane) -> float:
    """Share of the macroblocks in which two luma planes differ by a mean of more than 6 levels."""
    return float((block_difference(first, second) > WRONG_LEVELS).mean())
