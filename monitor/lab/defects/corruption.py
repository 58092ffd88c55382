"""block_corruption as it happens: bytes flipped and packets lost in the encoded stream, which a decoder conceals."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from monitor.lab.defects.footage import Plane, decoded, seconds_of
from monitor.lab.packets import PACKET, VIDEO_PID, pids_of, starts_of
from monitor.lab.truth import Truth

Rng = np.random.Generator

BLOCK = 16
APART = 6.0
"""A macroblock is wrong when it differs by so many levels on average: visible where it has an edge."""
JOINED = 5
"""Runs of damaged pictures with so few others between are one event, and so are those between which all are wrong."""


@dataclass(frozen=True, slots=True)
class Least:
    """The least damage that is an event: share of the picture, pictures, mean difference in the wrong macroblocks.

    `glares`: only macroblocks count whose luma as a whole is off by that much. Pixel by pixel, texture that has moved a
    little differs as much as rubbish does, and nobody sees it.
    """

    area: float
    pictures: int
    apart: float
    glares: bool = False


ENCODED = Least(0.01, 3, APART)
BAKED = Least(0.02, 5, 12.0, glares=True)


def damage(data: bytes, at: Iterable[float], packets: int, lost: bool, rng: Rng) -> bytes:
    """MPEG-TS whose video packets, a burst of so many from each of these shares of the stream on, are lost, or have
    bytes flipped. What begins a PES packet is left alone: its loss would be a lost picture, and a gap in time."""
    whole = np.frombuffer(data, np.uint8).reshape(-1, PACKET).copy()
    video = np.flatnonzero((pids_of(whole) == VIDEO_PID) & ~starts_of(whole))
    gone = np.zeros(len(whole), np.bool_)
    for share in at:
        first = int(share * len(video))
        for row in video[first : first + packets]:
            if lost:
                gone[row] = True
            else:
                where = rng.integers(PACKET // 4, PACKET, 4)
                whole[row, where] ^= rng.integers(1, 256, 4, dtype=np.uint8)
    return whole[~gone].tobytes()


def compare(
    clean: Path, damaged: Path, fps: int, least: Least, kind: str = "block_corruption"
) -> tuple[tuple[Truth, ...], tuple[Truth, ...]]:
    """Where the decode of a damaged clip differs from that of the clean one: events, and what is wrong beside them, but
    less than `least`. Pictures that did not come out are taken as the last one shown again."""
    right, wrong = decoded(clean), decoded(damaged)
    at_all = _wrongs(right, wrong)
    found = _wrongs(right, wrong, least.apart) if least.glares else at_all
    bad = [n for n, (area, apart) in enumerate(found) if area >= least.area and apart >= least.apart]
    some = {n for n, (area, _) in enumerate(at_all) if area > 0}
    events = [run for run in _runs(bad, JOINED, some) if len(run) >= least.pictures]
    within = {n for run in events for n in range(run[0], run[-1] + 1)}
    beside = _runs(sorted(some - within))
    truths = tuple(_truth(run, found, fps, kind) for run in events)
    return truths, tuple(_truth(run, at_all, fps, kind) for run in beside)


def _wrongs(right: dict[int, Plane], wrong: dict[int, Plane], glares: float | None = None) -> list[tuple[float, float]]:
    """Of each picture in order: share of wrong macroblocks, and their mean difference."""
    found = []
    shown: Plane | None = None
    for pts in sorted(right):
        shown = wrong.get(pts, shown)
        if shown is None or shown.shape != right[pts].shape:
            found.append((1.0, 255.0))
        else:
            found.append(wrong_blocks(right[pts], shown, glares))
    return found


def wrong_blocks(right: Plane, shown: Plane, glares: float | None = None) -> tuple[float, float]:
    """Share of the macroblocks of a picture that differ by more than APART, and their mean difference in levels; or
    those whose mean luma is off by at least `glares` levels, and by how much it is."""
    apart = block_difference(right, shown, glares is not None)
    bad = apart > APART if glares is None else apart >= glares
    return (float(bad.mean()), float(apart[bad].mean())) if bad.any() else (0.0, 0.0)


def block_difference(right: Plane, shown: Plane, of_means: bool = False) -> NDArray[np.float64]:
    """Mean absolute luma difference of each macroblock [rows, columns] that lies wholly in the picture, or absolute
    difference of its mean luma."""
    rows, columns = right.shape[0] * 2 // 3 // BLOCK, right.shape[1] // BLOCK
    a, b = (p[: rows * BLOCK, : columns * BLOCK].astype(np.int16) for p in (right, shown))
    blocks = (a - b).reshape(rows, BLOCK, columns, BLOCK)
    return np.asarray(np.abs(blocks.mean(axis=(1, 3))) if of_means else np.abs(blocks).mean(axis=(1, 3)))


def _runs(numbers: list[int], joined: int = 0, some: Container[int] = ()) -> list[list[int]]:
    """Numbers that follow each other, but for `joined` others between, or any that are in `some`."""
    runs: list[list[int]] = []
    for n in numbers:
        if runs and (n - runs[-1][-1] <= joined + 1 or all(k in some for k in range(runs[-1][-1] + 1, n))):
            runs[-1].append(n)
        else:
            runs.append([n])
    return runs


def _truth(run: list[int], found: list[tuple[float, float]], fps: int, kind: str) -> Truth:
    area, apart = (float(np.mean([found[n][k] for n in run])) for k in range(2))
    return Truth(kind, seconds_of(run[0], fps), seconds_of(run[-1] + 1, fps), area, apart, "levels")
