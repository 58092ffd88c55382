"""Every record, in the order in which data meets them: the system on one page.

    Stream -> Frame, FrameBatch, SoundBlock -> Readings, Event -> Detection -> Incident
                                                    └─ Coverage: which seconds were watched, and why not where not

Records are frozen, check their shapes when they are made, and print shapes, not pixels. Time is an integer `pts` with
a time base as long as it comes from the stream; it is turned once into `t_s`, seconds of media time since the first
frame of the watch. `at` and everything that ends in `_at` is UTC in seconds since 1970, NaN or None where there is no
clock (recorded files).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Depth = Literal["full", "nonref", "key"]
Severity = Literal["info", "minor", "major", "critical"]
SEVERITIES: tuple[Severity, ...] = ("info", "minor", "major", "critical")

GRID = (9, 16)
"""Rows and columns of every map of the picture (`Readings.grids`)."""
PLACES = GRID[0] * GRID[1]

NO_LABELS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a stream should carry. A track that is expected and does not come, or goes, is a `track_loss`.

    `audio_tracks` is the least number of sound tracks; `None`: one, if there is to be sound at all.
    """

    video: bool = True
    audio: bool = True
    audio_tracks: int | None = None

    @property
    def least_audio_tracks(self) -> int:
        """How many sound tracks there must be at the least."""
        if not self.audio:
            return 0
        return 1 if self.audio_tracks is None else self.audio_tracks


@dataclass(frozen=True, slots=True)
class Stream:
    """One thing to watch: where it is, what is expected of it, which settings apply.

    `url` may carry credentials: it goes to the opener and nowhere else; `monitor.media.redact` makes it printable.
    `rendition` names one variant of an adaptive ladder ("720p", "1280x720", "#2": the third; `None`: the best one);
    `group` ties the renditions of one programme together. `profile` names the settings (`None`: the job's own).
    `reference`: id of the stream that carries the same programme as it should be (the origin of an edge, what goes into
    an encoder): the two are compared.
    """

    id: str
    url: str = field(repr=False)
    labels: Mapping[str, str] = field(default_factory=lambda: NO_LABELS)
    profile: str | None = None
    rendition: str | None = None
    group: str | None = None
    reference: str | None = None
    headers: Mapping[str, str] = field(default_factory=lambda: NO_LABELS, repr=False)
    user_agent: str | None = None
    expect: Expectation = Expectation()


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded picture, in the decoder's own memory.

    `planes`: luma, then chroma (two planes, or U and V as two strided views of one), each a view [height, width] of
    uint8 or uint16 whose rows are `strides[0]` bytes apart: nothing is copied or converted. `owner` keeps that memory
    alive. Pixels of `bit_depth` bits lie in the low bits, but for P010 and P016 (see `msb_aligned`).
    `duration` in ticks, 0 if unknown. `arrived_at` UTC seconds, NaN for files. `transfer`: ITU-T H.273 code.
    `coded`: 1 by itself (I), 2 from pictures before it (P), 3 from both sides (B); 0 if the decoder does not say.
    """

    pts: int
    duration: int
    arrived_at: float
    planes: tuple[NDArray[Any], ...] = field(repr=False)
    owner: object = field(repr=False, compare=False)
    pixel_format: str
    bit_depth: int
    full_range: bool
    transfer: int = 2
    interlaced: bool = False
    key: bool = False
    corrupt: bool = False
    coded: int = 0
    msb_aligned: bool = False

    def __post_init__(self) -> None:
        if not self.planes or any(p.ndim != 2 for p in self.planes):
            raise ValueError(f"a frame needs planes of two dimensions, got {[p.shape for p in self.planes]}")
        if not 1 <= self.bit_depth <= 16:
            raise ValueError(f"bit depth is {self.bit_depth}, must be 1 to 16")

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of luma in pixels."""
        height, width = self.planes[0].shape
        return int(height), int(width)


@dataclass(frozen=True, slots=True)
class FrameBatch:
    """Some frames of one track in the order of presentation, with the frame before them (`None` at the start)."""

    stream: str
    track: str
    epoch: int
    time_base: Fraction
    depth: Depth
    previous: Frame | None
    frames: tuple[Frame, ...]
    dropped_before: int = 0


@dataclass(frozen=True, slots=True)
class SoundBlock:
    """Sound of one track: `samples` float32 [channels, n], full scale ±1, never mixed down.

    `layout` is FFmpeg's name of the channel layout ("stereo", "5.1"), `channels` their names ("FL", "FR").
    """

    stream: str
    track: str
    epoch: int
    pts: int
    time_base: Fraction
    arrived_at: float
    rate: int
    layout: str
    channels: tuple[str, ...]
    samples: NDArray[np.float32] = field(repr=False)
    corrupt: bool = False

    def __post_init__(self) -> None:
        if self.samples.ndim != 2 or self.samples.shape[0] != len(self.channels):
            raise ValueError(f"samples are {self.samples.shape}, must be [{len(self.channels)} channels, n]")


class Reason(IntEnum):
    """Why a row of readings has NaN in it. 0: nothing is missing that there is to measure (a channel without a partner
    has no correlation). Of several reasons, one is told."""

    MEASURED = 0
    NOT_DUE = 1
    """This column is measured only on some frames, and this is not one."""
    NO_PREVIOUS = 2
    """The frame before is not there (start, gap) or has another size or format."""
    CORRUPT = 3
    """The decoder gave no usable picture or sound."""
    UNSUPPORTED = 4
    """The pixel or sample format cannot be measured."""
    TOO_SMALL = 5
    """Too few samples (end of a track, a gap) or pixels (8 or fewer across or down) for some measurement."""


@dataclass(frozen=True, slots=True)
class Readings:
    """Numbers for N frames of a track, or for N blocks of 100 ms of sound. NaN = not measured; `reason` says why.

    `values`: column -> float32[N], or float32[N, channels] for sound. `grids`: column -> u8[N, 9, 16], maps of the
    picture. `prints`: column -> u8[N, ...], fine-grained codes (for sound: a 10 ms hop).
    `duration_s`: how long each row lasts. `since_previous_s`: from the row before, NaN at the start of an epoch.
    `at`: UTC when this content was at the live edge as far as can be told, never later than `arrived_at`.
    `made_by`: name@version/twin of the maker; the version goes up when any number can change.
    """

    stream: str
    track: str
    epoch: int
    time_base: Fraction
    depth: Depth
    pts: NDArray[np.int64]
    t_s: NDArray[np.float64]
    duration_s: NDArray[np.float64]
    since_previous_s: NDArray[np.float32]
    arrived_at: NDArray[np.float64]
    at: NDArray[np.float64]
    reason: NDArray[np.uint8]
    values: Mapping[str, NDArray[np.float32]]
    made_by: str
    grids: Mapping[str, NDArray[np.uint8]] = field(default_factory=dict)
    prints: Mapping[str, NDArray[np.uint8]] = field(default_factory=dict)
    channels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        n = len(self.pts)
        columns: dict[str, NDArray[Any]] = {
            name: getattr(self, name)
            for name in ("t_s", "duration_s", "since_previous_s", "arrived_at", "at", "reason")
        }
        columns |= dict(self.values) | dict(self.grids) | dict(self.prints)
        for name, column in columns.items():
            if len(column) != n:
                raise ValueError(f"column {name!r} has {len(column)} rows, pts has {n}")
        for name, grid in self.grids.items():
            if grid.shape[1:] != GRID:
                raise ValueError(f"grid {name!r} is {grid.shape[1:]}, must be {GRID}")

    def only(self, wanted: Collection[str]) -> Readings:
        """The same with only these columns. They were looked at already: to do so again, for every detector at every
        step, would take longer than some detectors do."""
        part = object.__new__(Readings)
        for name in Readings.__slots__:
            kept = getattr(self, name)
            if name in ("values", "grids", "prints"):
                kept = {column: kept[column] for column in wanted if column in kept}
            object.__setattr__(part, name, kept)
        return part

    def has_any(self, columns: Collection[str]) -> bool:
        """Whether one of these columns is there."""
        return any(name in self.values or name in self.grids or name in self.prints for name in columns)

    def __len__(self) -> int:
        return len(self.pts)

    def __repr__(self) -> str:
        return f"Readings({self.stream!r}, {self.track!r}, epoch={self.epoch}, n={len(self)}, {list(self.values)})"


EventKind = Literal[
    "opened",  # the source was opened; detail: container and tracks
    "open_failed",  # it could not be; detail: why
    "lost",  # an open source failed or ended; detail: why
    "ended",  # a recorded file was read to its end
    "down",  # there is no open source; value: whole seconds so far
    "overdue",  # the source is open and nothing arrived; value: whole seconds since something was due
    "resumed",  # something arrived again; value: seconds that it was overdue
    "timestamp_jump",  # value: seconds that timestamps jumped (negative: back), beyond what the clock explains
    "decode_error",  # value: packets or frames that could not be decoded
    "format",  # first format of a track; detail: the format
    "format_change",  # detail: old -> new
    "track_missing",  # an expected track is not there, or brought nothing lately; value: seconds
    "track_back",  # ... and is back
    "dropped",  # this machine could not keep up; value: seconds of media dropped
    "compared",  # with its reference; value: seconds that sound is later than picture (NaN: not known)
    "not_compared",  # it has a reference, but cannot be compared with it; detail: why
    "traced",  # a detection, and whether its reference has the same: value 1 it came from there, 0 it came in after it
    "interleaving",  # a track lies so far behind another in the stream; value: seconds
    "moved",  # another worker goes on with this stream; value: seconds not watched
]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a stream at a moment: decoder errors, reconnects, jumps, changes of format."""

    stream: str
    track: str
    epoch: int
    t_s: float
    at: float
    kind: EventKind
    value: float = 0.0
    detail: str = ""
    pts: int | None = None
    numbers: Mapping[str, float] = field(default_factory=dict)
    """What else was found, by name."""


@dataclass(frozen=True, slots=True)
class Detection:
    """One kind of defect on one stream from a time to a time. Written when it opens, becomes grave, and closes.

    `start_s`, `end_s`: media time. For kinds about arrival (`no_input`, `stall`) no media passes: there `end_s -
    start_s` is time by the clock. `end_s` is None while open. `evidence`: the numbers that decided it.
    `detector`: name@version:settings hash.
    """

    detection_id: str
    revision: int
    stream: str
    kind: str
    track: str
    start_s: float
    end_s: float | None
    start_at: float | None
    end_at: float | None
    severity: Severity
    confidence: float
    evidence: Mapping[str, float]
    detector: str
    seen_at: float | None = None
    """UTC when this row was made (live)."""

    def __post_init__(self) -> None:
        if self.end_s is not None and self.end_s < self.start_s:
            raise ValueError(f"{self.kind} on {self.stream} ends at {self.end_s} s, before its start {self.start_s} s")
        if not 0 <= self.confidence <= 1:
            raise ValueError(f"confidence is {self.confidence}, must be 0 to 1")


@dataclass(frozen=True, slots=True)
class Incident:
    """What a person or a correction acts on: detections of one stream that belong together; opens and closes once."""

    incident_id: str
    revision: int
    stream: str
    state: Literal["open", "resolved"]
    kinds: tuple[str, ...]
    detections: tuple[str, ...]
    severity: Severity
    start_s: float
    end_s: float | None
    start_at: float | None
    end_at: float | None


@dataclass(frozen=True, slots=True)
class Coverage:
    """A piece of a stream's time that was watched, or was not and why. The pieces of a stream join without overlap.

    Live, the pieces lie on the clock (`start_at` to `end_at`); for files, on media time (`start_s` to `end_s`).
    `reason` is empty where `watched`.
    """

    stream: str
    watched: bool
    reason: str
    depth: Depth
    start_at: float | None
    end_at: float | None
    start_s: float | None
    end_s: float | None
    seconds: float
