"""Which part of the picture was in motion, and stands since all of it stopped at once: a frozen window beside what
goes on (a ticker, a clock, the other half of a split screen), or a picture that stands under noise. Decides nothing
about time. The loop, and each of the ways to see it, are in `monitor.kernels.standing`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.detect.picture import durations
from monitor.kernels.standing import LATE, Memory, follow_standing, nothing_stands
from monitor.records import PLACES, Readings
from monitor.settings import FreezeSettings

CLOSE_S = 0.13
"""Frames further apart than eight a second do not show by their means whether they stopped at once."""

Kept = tuple[bytes, ...]
"""What `follow_standing` remembers; empty: nothing yet."""


@dataclass(frozen=True, slots=True)
class Windows:
    """Of N frames: the share of the picture that stands (0: nothing); for how long it stood already; whether it stands
    beside or after motion that noise cannot be; the share that was live before, in a scene that goes on."""

    area: NDArray[np.float64]
    late_s: NDArray[np.float64]
    sure: NDArray[np.bool_]
    live: NDArray[np.float64]


def watch_windows(kept: Kept, video: Readings, settings: FreezeSettings) -> tuple[Kept, Windows]:
    """Go on with these frames. A place moves with a mean difference above `max_moving` levels to the frame before; it
    drifts with a mean that differs by more than `max_drift` from what it was. No more than the share `min_window` of
    the picture in motion is too little to see a window by."""
    memory = _loaded(kept)
    known = ~np.isnan(video.values["difference"])
    close = known & (video.since_previous_s <= CLOSE_S)
    difference, mean = (
        np.ascontiguousarray(video.grids[name].reshape(len(video), PLACES)) for name in ("difference", "mean")
    )
    limits = settings.max_moving, settings.max_drift, settings.min_window
    told = follow_standing(video.t_s, known, close, video.values["key"] > 0, difference, mean, memory, *limits)
    live, moving, quiet, means = told.T
    late_s = np.where((moving > 0) | (quiet > 0), 0.0, LATE * durations(video))
    windows = Windows(np.maximum(np.maximum(moving, quiet), means), late_s, moving > 0, live)
    return tuple(part.tobytes() for part in memory), windows


def _loaded(kept: Kept) -> Memory:
    """A copy of what is remembered, to go on with."""
    memory = nothing_stands()
    parts: tuple[NDArray[Any], ...] = memory
    for part, data in zip(parts, kept, strict=False):
        part[:] = np.frombuffer(data, part.dtype).reshape(part.shape)
    return memory
