"""What a stream costs, before anybody has watched it: cores by codec, size and frame rate, as they were measured.

Owns the table and how it is read between its rows. Opens one file, measures nothing; `jobs/bench.py` measures and
writes tables. What is measured of a stream while it is watched is the better number; this one is for placing it.
"""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from monitor.errors import SettingsError
from monitor.media.source import Track

SHIPPED = Path(__file__).with_name("costs.toml")
USUAL_FPS = 30.0
SOUND_CORES = 0.005
"""A stereo track of AAC, decoded and measured."""


@dataclass(frozen=True, slots=True)
class Cost:
    """One measured row: cores (CPU seconds per second of stream) that the monitor takes, decoding and all.

    `codec` by FFmpeg's name ("h264", "hevc", "av1", "mpeg2video", ...); `width`, `height` in pixels; `fps` per second.
    """

    codec: str
    width: int
    height: int
    fps: float
    cpu_s_per_s: float

    @property
    def pixels_per_s(self) -> float:
        """What the cost of one codec goes with, more or less."""
        return self.width * self.height * self.fps


@dataclass(frozen=True, slots=True)
class CostTable:
    """Rows of one machine. `machine`: its processor and cores; `date`: when it was measured, as "2026-11-24"."""

    machine: str
    date: str
    rows: tuple[Cost, ...]

    @classmethod
    def load(cls, path: Path | None = None) -> CostTable:
        """The table in a file; without one, the table that comes with the package.

        Raises SettingsError naming file, line, key, value, rule and remedy.
        """
        place = SHIPPED if path is None else path
        try:
            text = place.read_text(encoding="utf-8")
            written = tomllib.loads(text)
        except FileNotFoundError:
            raise SettingsError(f"cost table {place}: no such file; `jobs/bench.py --cost-table` makes one") from None
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise SettingsError(f"cost table {place}: cannot be read as TOML: {error}; mend the file") from None
        return _Reading(place, text.splitlines()).table(written)

    def toml(self) -> str:
        """The table as a file."""
        lines = [
            "# CPU seconds that the monitor takes per second of stream, decoding and all. Made by jobs/bench.py.",
            f"machine = {_quoted(self.machine)}",
            f"date = {_quoted(self.date)}",
        ]
        for row in self.rows:
            lines += ["", "[[rows]]", f"codec = {_quoted(row.codec)}", f"width = {row.width}"]
            lines += [f"height = {row.height}", f"fps = {row.fps:g}", f"cpu_s_per_s = {row.cpu_s_per_s:.4g}"]
        return "\n".join(lines) + "\n"

    def estimate(self, codec: str, width: int, height: int, fps: float) -> float:
        """Cores that a stream takes: its row where there is one; else the row of its codec that is nearest in size,
        then in rate, by pixels per second; for a codec that is not in the table, what the dearest one would take.

        `width`, `height` at least 1, `fps` above 0; raises ValueError otherwise.
        """
        if width < 1 or height < 1 or not 0 < fps < math.inf:
            raise ValueError(f"stream of {width}x{height} at {fps} fps: must be at least 1x1 and above 0 fps")
        wanted = Cost(codec, width, height, fps, math.nan)
        codecs = {row.codec for row in self.rows}
        return max(self._scaled(wanted, like) for like in ([codec] if codec in codecs else codecs))

    def _scaled(self, wanted: Cost, codec: str) -> float:
        """The cost of a stream if it were of this codec."""

        def distance(row: Cost) -> tuple[float, float]:
            size = (row.width * row.height) / (wanted.width * wanted.height)
            return abs(math.log(size)), abs(math.log(row.fps / wanted.fps))

        nearest = min((row for row in self.rows if row.codec == codec), key=distance)
        return nearest.cpu_s_per_s * wanted.pixels_per_s / nearest.pixels_per_s


@cache
def shipped() -> CostTable:
    """The table that comes with the package."""
    return CostTable.load()


def usual_cores() -> float:
    """Cores of a stream of which nothing is known: as if it were H.264, 1920 x 1080, 30 pictures a second."""
    return shipped().estimate("h264", 1920, 1080, USUAL_FPS)


def expected_cores(tracks: Iterable[Track]) -> float:
    """Cores that the tracks of an open source will take, by the shipped table. Its rows have one track of sound each;
    every other one is counted beside them."""
    kinds = [track.kind for track in tracks]
    pictures = sum(_expected(track) for track in tracks if track.kind == "video")
    return pictures + SOUND_CORES * max(0, kinds.count("audio") - kinds.count("video"))


def _expected(track: Track) -> float:
    if not (track.width and track.height):
        return usual_cores()
    return shipped().estimate(track.codec, track.width, track.height, track.fps or USUAL_FPS)


def dearest(rows: Iterable[Cost]) -> tuple[Cost, ...]:
    """One row per codec, size and rate: the dearest; sorted."""
    found: dict[tuple[str, int, int, float], Cost] = {}
    for row in sorted(rows, key=lambda row: row.cpu_s_per_s):
        found[(row.codec, row.width, row.height, row.fps)] = row
    return tuple(sorted(found.values(), key=lambda row: (row.codec, row.pixels_per_s)))


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class _Reading:
    """A file that is being read, for errors that name the line."""

    place: Path
    lines: list[str]

    def table(self, written: dict[str, Any]) -> CostTable:
        for key in written.keys() - {"machine", "date", "rows"}:
            raise self._error(None, key, "is not known; take it out or correct its spelling")
        rows = written.get("rows")
        if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
            raise self._error(None, "rows", "must be one [[rows]] for each measured stream, at least one; add it")
        words = {key: written.get(key) for key in ("machine", "date")}
        for key, word in words.items():
            if not isinstance(word, str) or not word:
                raise self._error(None, key, f"is {word!r}; must be text in quotes")
        costs = tuple(self._row(i, row) for i, row in enumerate(rows))
        return CostTable(str(words["machine"]), str(words["date"]), costs)

    def _row(self, i: int, row: dict[str, Any]) -> Cost:
        for key in row.keys() - set(Cost.__slots__):
            raise self._error(i, key, "is not known; take it out or correct its spelling")
        codec = row.get("codec")
        if not isinstance(codec, str) or not codec:
            raise self._error(i, "codec", f"is {codec!r}; must be the codec's name in quotes")
        width, height = (self._number(i, row, key, whole=True) for key in ("width", "height"))
        fps, cost = (self._number(i, row, key) for key in ("fps", "cpu_s_per_s"))
        return Cost(codec, int(width), int(height), fps, cost)

    def _number(self, i: int, row: dict[str, Any], key: str, whole: bool = False) -> float:
        value = row.get(key)
        number = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
        if number and 0 < float(value or 0) < math.inf:
            return float(value or 0)
        raise self._error(i, key, f"is {value!r}; must be a {'whole ' if whole else ''}number above 0")

    def _error(self, i: int | None, key: str, rule: str) -> SettingsError:
        """`i`: number of the row that the key is in, or should be."""
        heads = [n for n, line in enumerate(self.lines) if line.split("#")[0].strip() == "[[rows]]"]
        start, end = 0, heads[0] if heads else len(self.lines)
        if i is not None and i < len(heads):
            start, end = heads[i], [*heads, len(self.lines)][i + 1]
        keyed = (n for n in range(start, end) if self.lines[n].split("=")[0].strip().strip("\"'") == key)
        return SettingsError(f"cost table {self.place}, line {next(keyed, start) + 1}: key {key!r} {rule}")
