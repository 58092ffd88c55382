"""What several picture detectors need: rows from readings, and where the active picture lies."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.detect.base import Inputs
from monitor.records import Readings
from monitor.settings import BlackSettings

BARS = ("bar_top", "bar_bottom", "bar_left", "bar_right")
BLACK_READS = ("dark", "lit", "chroma_offset", *BARS)
LEAST_TILES = 24
"""Pictures of fewer tiles of 16 x 16 pixels (96 x 54 has 24) are too small to tell texture from snow, noise, seams."""
BUCKET_S = 10
BUCKETS = 6
"""Bars are the narrowest dark margins of lit pictures in the last minute, kept per 10 s of media time."""
NEVER_LIT = (math.inf,) * 4


@dataclass(frozen=True, slots=True)
class BarsState:
    """Narrowest margins (top, bottom, left, right) of each of the last periods in which something was lit."""

    buckets: tuple[tuple[int, tuple[float, float, float, float]], ...] = ()


class BlackPicture:
    """Says for each frame whether it is black. Shared by `black` and by `freeze`, which leaves black to it."""

    def __init__(self, settings: BlackSettings) -> None:
        self.settings = settings

    def judge(self, state: BarsState, video: Readings) -> tuple[BarsState, NDArray[np.bool_], NDArray[np.float64]]:
        """Next state; black or not; share of dark pixels in the active picture."""
        values = video.values
        dark = values["dark"].astype(np.float64)
        ratio = dark
        if self.settings.ignore_bars:
            state, bars = _bars(state, video)
            active = 1.0 - bars
            # Bars are dark throughout, so what is dark in the active picture is what is dark beyond them.
            ratio = np.where(active > 0, (dark - bars) / np.where(active > 0, active, 1.0), 1.0)
            ratio = np.where(values["lit"] > 0, ratio, np.maximum(ratio, dark))
        black = (
            (ratio >= self.settings.dark_ratio)
            & (values["lit"] <= self.settings.max_lit_ratio)
            & (values["chroma_offset"] <= self.settings.max_chroma)
        )
        return state, black, ratio


def _bars(state: BarsState, video: Readings) -> tuple[BarsState, NDArray[np.float64]]:
    """Next state, and for each frame the share of the picture that bars take, as known at that frame."""
    margins = np.stack([video.values[name] for name in BARS], axis=1).astype(np.float64)
    margins[video.values["lit"] <= 0] = np.inf
    state, narrowest = narrowest_bars(state, margins, video.t_s)
    top, bottom, left, right = narrowest.T
    active = np.maximum(0.0, 1.0 - top - bottom) * np.maximum(0.0, 1.0 - left - right)
    return state, np.where(np.isinf(top), 0.0, 1.0 - active)


def narrowest_bars(
    state: BarsState, margins: NDArray[np.float64], t_s: NDArray[np.float64]
) -> tuple[BarsState, NDArray[np.float64]]:
    """Next state, and for each frame the narrowest margins [N, 4] within the last minute up to it; infinite where there
    were none. `margins`: those of the frames, infinite where nothing is lit."""
    numbers = np.floor(t_s / BUCKET_S).astype(np.int64)
    found = np.empty_like(margins)
    buckets = dict(state.buckets)
    turns = np.flatnonzero(np.diff(numbers)) + 1
    for first, last in pairwise([0, *turns.tolist(), len(t_s)]):
        bucket = int(numbers[first])
        known = np.array(buckets.get(bucket, NEVER_LIT))
        narrowest = np.minimum(np.minimum.accumulate(margins[first:last]), known)
        recent = np.array([m for b, m in buckets.items() if bucket - BUCKETS < b != bucket] or [NEVER_LIT])
        found[first:last] = np.minimum(narrowest, recent.min(axis=0))
        if np.isfinite(narrowest[-1, 0]):
            buckets[bucket] = tuple(narrowest[-1].tolist())
    return BarsState(tuple(sorted(buckets.items())[-BUCKETS:])), found


def durations(video: Readings) -> NDArray[np.float64]:
    """How long each frame lasts; where the stream does not say, as long as from the frame before, at most a second."""
    lasts: NDArray[np.float64] = np.where(video.duration_s > 0, video.duration_s, 0.0)
    if not lasts.all():
        lasts = np.where(lasts > 0, lasts, or_zero(np.clip(video.since_previous_s, 0.0, 1.0)))
    return lasts


def or_zero(numbers: NDArray[Any]) -> NDArray[np.float64]:
    """The numbers, 0 for each NaN. NumPy's own function, which does more, takes several times as long."""
    return np.where(np.isnan(numbers), 0.0, numbers)


def shown_pictures(seen: Inputs) -> tuple[Readings, ...]:
    """The readings of the watched picture track that have rows."""
    return tuple(readings for readings in seen.video if len(readings))
