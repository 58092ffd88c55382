"""What is kept of the readings of a stream for comparing it: the last seconds of its sound and pictures, small."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from monitor.kernels import HOPS
from monitor.records import PLACES, Readings, Reason

HOP_S = 0.01
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


@dataclass(slots=True)
class Prints:
    """The last `keep_s` seconds of one stream. `track`: of its sound, the one that is compared."""

    keep_s: float
    track: str = "audio:0"
    _sound: list[SoundPrint] = field(default_factory=list)
    _picture: list[PicturePrint] = field(default_factory=list)

    def add(self, readings: Iterable[Readings]) -> None:
        """Go on with these. What was not measured is left out."""
        for rows in readings:
            if rows.track == self.track and len(rows):
                self._sound.append(_heard(rows))
            elif rows.track == "video" and len(rows):
                self._picture.append(_seen(rows))
        self._sound = _recent(self._sound, self.keep_s)
        self._picture = _recent(self._picture, self.keep_s)

    @property
    def sound(self) -> SoundPrint:
        """All that is kept of the sound, in the order of time."""
        if not self._sound:
            return SoundPrint(np.empty(0), np.empty(0, np.float32))
        t_s = np.concatenate([part.t_s for part in self._sound])
        order = np.argsort(t_s, kind="stable")
        return SoundPrint(t_s[order], np.concatenate([part.level_db for part in self._sound])[order])

    @property
    def picture(self) -> PicturePrint:
        """All that is kept of the pictures, in the order of time."""
        if not self._picture:
            return PicturePrint(np.empty(0), np.empty((0, PLACES), np.uint8))
        t_s = np.concatenate([part.t_s for part in self._picture])
        order = np.argsort(t_s, kind="stable")
        return PicturePrint(t_s[order], np.concatenate([part.maps for part in self._picture])[order])


Print = TypeVar("Print", SoundPrint, PicturePrint)


def _recent(parts: list[Print], keep_s: float) -> list[Print]:
    """Those that reach into the last seconds of all."""
    last = max((part.t_s[-1] for part in parts if len(part.t_s)), default=0.0)
    return [part for part in parts if len(part.t_s) and part.t_s[-1] >= last - keep_s]


def _heard(rows: Readings) -> SoundPrint:
    codes = rows.prints["peak"].max(axis=1).astype(np.float32)  # [n, hops] of the loudest channel.
    t_s = rows.t_s[:, None] + (np.arange(HOPS) + 0.5) * HOP_S
    level = np.maximum((codes - 255) / 2, np.float32(FLOOR_DB))
    whole = (rows.reason == Reason.MEASURED)[:, None] & (np.arange(HOPS) * HOP_S < rows.duration_s[:, None])
    return SoundPrint(t_s[whole], level[whole].astype(np.float32))


def _seen(rows: Readings) -> PicturePrint:
    whole = rows.reason != Reason.CORRUPT
    return PicturePrint(rows.t_s[whole], rows.grids["mean"].reshape(len(rows), -1)[whole])
