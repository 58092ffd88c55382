"""Sound that is not there for a while in a recording whose pictures, or other sound, go on. Live, the clock tells."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import numpy as np

from monitor.records import Readings

LEAST_S = 1.0
"""A hole is as long; what is shorter may be a `dropout`."""
BUCKET_S = 0.25
REMEMBERED = 480
"""Two minutes of each track: tracks of one file lie as far apart at most."""
ASKED = 16
"""So many holes of which it is not known whether others go on over them."""


class Hole(NamedTuple):
    """Media seconds from the end of what came before to the beginning of what came after."""

    track: str
    start_s: float
    end_s: float


class Holes:
    """Of one recording. Keeps when something of each track came, for the last two minutes."""

    def __init__(self) -> None:
        self._ends_s: dict[str, float] = {}
        self._there: dict[str, deque[int]] = {}
        self._asked: deque[Hole] = deque(maxlen=ASKED)

    def came(self, rows: Readings) -> list[Hole]:
        """Some rows of a track; the holes of sound over which another track is known, by now, to go on."""
        ends_s = np.maximum.accumulate(rows.t_s + rows.duration_s)
        before_s = np.concatenate(([self._ends_s.get(rows.track, rows.t_s[0])], ends_s[:-1]))
        self._ends_s[rows.track] = max(float(ends_s[-1]), float(before_s[0]))
        there = self._there.setdefault(rows.track, deque(maxlen=REMEMBERED))
        last = there[-1] if there else -1
        there.extend(bucket for bucket in np.unique(rows.t_s // BUCKET_S).astype(int).tolist() if bucket > last)
        if rows.track != "video":
            for k in np.flatnonzero(rows.t_s - before_s >= LEAST_S):
                self._asked.append(Hole(rows.track, float(before_s[k]), float(rows.t_s[k])))
        if not self._asked:
            return []
        known = [hole for hole in self._asked if self._others_go_on(hole)]
        oldest_s = max(self._ends_s.values()) - BUCKET_S * REMEMBERED
        still = [hole for hole in self._asked if hole not in known and hole.end_s >= oldest_s]
        self._asked = deque(still, maxlen=ASKED)
        return known

    def _others_go_on(self, hole: Hole) -> bool:
        # In its middle: at a jump of the timestamps, tracks end and begin a little apart.
        first, last = hole.start_s // BUCKET_S + 2, hole.end_s // BUCKET_S - 2
        others = [there for track, there in self._there.items() if track != hole.track]
        return any(first <= bucket <= last for there in others for bucket in there)
