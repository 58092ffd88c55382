"""What is kept of the readings of a stream for comparing it: the last seconds of its sound and pictures, small."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from monitor.kernels import HOPS
from monitor.records import PLACES, Readings, Reason

HOP_S = 0.01
GONE_S = 5.0
"""A track that is so far behind the others brings nothing more."""
FLOOR_DB = -60.0
"""What is quieter tells nothing: coders differ there."""


@dataclass(frozen=True, slots=True)
class SoundPrint:
    """`t_s` float64 [n]: middle of each hop; `level_db` float32 [n]: peak of the loudest channel, from FLOOR_DB on."""

    t_s: NDArray[np.float64]
    level_db: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class PicturePrint:
    """`t_s` float64 [n]: when each picture is shown first; `maps` uint8 [n, places]: its means of luma."""

    t_s: NDArray[np.float64]
    maps: NDArray[np.uint8]


NO_SOUND = SoundPrint(np.empty(0), np.empty(0, np.float32))
NO_PICTURE = PicturePrint(np.empty(0), np.empty((0, PLACES), np.uint8))

Print = TypeVar("Print", SoundPrint, PicturePrint)


@dataclass(slots=True)
class Prints:
    """The last `keep_s` seconds of one stream: of its pictures, and of each of its sound tracks. One may add while
    others read."""

    keep_s: float
    clock_s: float = math.nan
    """UTC less media time of what came last: where this stream stands on the clock. NaN for files."""
    _sounds: dict[str, list[SoundPrint]] = field(default_factory=dict)
    _pictures: list[PicturePrint] = field(default_factory=list)

    def add(self, readings: Iterable[Readings]) -> None:
        """Go on with these. What was not measured is left out."""
        for rows in readings:
            if not len(rows):
                continue
            self.clock_s = float(rows.at[-1] - rows.t_s[-1])
            if rows.track == "video":
                self._pictures = _recent([*self._pictures, seen(rows)], self.keep_s)
            else:
                parts = _recent([*self._sounds.get(rows.track, []), heard(rows)], self.keep_s)
                self._sounds = {**self._sounds, rows.track: parts}

    @property
    def tracks(self) -> tuple[str, ...]:
        """Names of the sound tracks."""
        return tuple(sorted(self._sounds))

    @property
    def span(self) -> tuple[float, float]:
        """From when to when there is everything that the stream brings: media seconds; nothing: inf to -inf. A track
        that is gone is waited for no longer."""
        sounds = self._sounds
        times = [(part[0].t_s[0], part[-1].t_s[-1]) for part in sounds.values() if part]
        if pictures := self._pictures:
            times.append((pictures[0].t_s[0], pictures[-1].t_s[-1]))
        if not times:
            return math.inf, -math.inf
        last_s = max(last for _, last in times)
        times = [each for each in times if each[1] >= last_s - GONE_S]
        return float(max(first for first, _ in times)), float(min(last for _, last in times))

    def sound(self, track: str, first_s: float = -math.inf, last_s: float = math.inf) -> SoundPrint:
        """The sound of a track between two times, in the order of time."""
        parts = _between(self._sounds.get(track, []), first_s, last_s)
        if not parts:
            return NO_SOUND
        t_s = np.concatenate([part.t_s for part in parts])
        order = _order(t_s, first_s, last_s)
        return SoundPrint(t_s[order], np.concatenate([part.level_db for part in parts])[order])

    def picture(self, first_s: float = -math.inf, last_s: float = math.inf) -> PicturePrint:
        """The pictures between two times, likewise."""
        parts = _between(self._pictures, first_s, last_s)
        if not parts:
            return NO_PICTURE
        t_s = np.concatenate([part.t_s for part in parts])
        order = _order(t_s, first_s, last_s)
        return PicturePrint(t_s[order], np.concatenate([part.maps for part in parts])[order])


def _recent(parts: list[Print], keep_s: float) -> list[Print]:
    """Those that reach into the last seconds of all."""
    parts = [part for part in parts if len(part.t_s)]
    last = max((float(part.t_s[-1]) for part in parts), default=0.0)
    return parts if not parts or parts[0].t_s[-1] >= last - keep_s else [p for p in parts if p.t_s[-1] >= last - keep_s]


def _between(parts: Sequence[Print], first_s: float, last_s: float) -> list[Print]:
    return [part for part in parts if part.t_s[-1] >= first_s and part.t_s[0] <= last_s]


def _order(t_s: NDArray[np.float64], first_s: float, last_s: float) -> NDArray[np.int64]:
    """Indices of what lies between two times, in the order of time."""
    order = np.argsort(t_s, kind="stable")
    return np.asarray(order[(t_s[order] >= first_s) & (t_s[order] <= last_s)])


def heard(rows: Readings) -> SoundPrint:
    """The print of sound readings."""
    codes = rows.prints["peak"].max(axis=1).astype(np.float32)  # [n, hops] of the loudest channel.
    t_s = rows.t_s[:, None] + (np.arange(HOPS) + 0.5) * HOP_S
    level = np.maximum((codes - 255) / 2, np.float32(FLOOR_DB))
    whole = (rows.reason == Reason.MEASURED)[:, None] & (np.arange(HOPS) * HOP_S < rows.duration_s[:, None])
    return SoundPrint(t_s[whole], level[whole].astype(np.float32))


def seen(rows: Readings) -> PicturePrint:
    """The print of picture readings."""
    whole = rows.reason != Reason.CORRUPT
    return PicturePrint(rows.t_s[whole], rows.grids["mean"].reshape(len(rows), -1)[whole])
