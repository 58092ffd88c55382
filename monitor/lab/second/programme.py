"""The clean sound that defects are put into: a stretch of a source's, at a level of broadcasting. Owns what is refused.

Nothing is stretched in time, as that would leave traces of its own; the pictures beside it need not go along.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from monitor.errors import SettingsError
from monitor.lab.second.pictures import Event, Numbers, Sound, Span
from monitor.lab.second.places import LONGEST_S, SHORTEST_S, Axis, choose_on, unsuited
from monitor.lab.second.sound_graph import loudness
from monitor.lab.second.source import SOUND_RATE, opened

HOP = SOUND_RATE // 100
"""Samples of a level: 10 ms."""
FLOOR_DB = -120.0

_TARGET_LUFS = (-26.0, -16.0)
_GAIN_DB = (-24.0, 12.0)
_MOST_PEAK = 10 ** (-3 / 20)
_LEAST_LUFS = -31.0
_SEAM_S = 0.1
_HEARD_BELOW_DB = 16.0
_EDGE_HOPS = 20
_OWN_GAP_DB = 40.0


@dataclass(frozen=True, slots=True)
class Programme:
    """Clean sound and how loud it is. `levels`: RMS of every 10 ms and channel in dBFS; `mono`: the source has one
    channel."""

    sound: Sound
    name: str
    lufs: float
    mono: bool = False
    levels: Numbers = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "levels", levels(self.sound))

    @property
    def heard_db(self) -> float:
        """What is above this level is heard as programme, and not as a pause of it."""
        return self.lufs - _HEARD_BELOW_DB

    def heard(self, channels: list[int] | None = None) -> NDArray[np.bool_]:
        """Of every 10 ms whether something is heard, in all of these channels (None: in any)."""
        if channels is None:
            return np.asarray(self.levels.max(axis=0) > self.heard_db)
        return np.asarray(self.levels[channels].min(axis=0) > self.heard_db)

    def places(self, dice: np.random.Generator, suits: Callable[[Span], bool], needs: str, *, tries: int = 400,
               lasts_s: tuple[float, float] = (SHORTEST_S, LONGEST_S)) -> tuple[Span, ...]:  # fmt: skip
        """Two spans of samples at random that suit, or one. Raises SettingsError where there is none."""
        axis = Axis(self.name, self.sound.shape[1], SOUND_RATE, *lasts_s)
        return choose_on(axis, dice, suits, needs, tries)


@dataclass(frozen=True, slots=True)
class Spoiled:
    """The sound with the defect in it, and where, in samples. `over`: it passes full scale, and is to be encoded so."""

    sound: Sound
    events: tuple[Event, ...]
    over: bool = False


def levels(sound: Sound) -> Numbers:
    """[channels, tens of ms] RMS in dBFS."""
    return _power_db(sound, HOP)


def _power_db(sound: Sound, window: int) -> Numbers:
    whole = sound[:, : sound.shape[1] // window * window].reshape(len(sound), -1, window).astype(np.float64)
    power = np.square(whole).mean(axis=2)
    return np.asarray(10 * np.log10(np.maximum(power, 10 ** (FLOOR_DB / 10))))


def hops(span: Span) -> slice:
    """The tens of ms that lie in a span."""
    return slice(-(-span.start // HOP), span.end // HOP)


def edges_heard(heard: NDArray[np.bool_], span: Span) -> bool:
    """Whether the 200 ms before and after a span are programme for the most part."""
    before, after = span.start // HOP, -(-span.end // HOP)
    sides = heard[before - _EDGE_HOPS : before], heard[after : after + _EDGE_HOPS]
    # The 30 ms next to it wholly: that is where an edge is heard.
    return all(side.mean() > 0.7 for side in sides) and bool(sides[0][-3:].all() and sides[1][:3].all())


def longest(flags: NDArray[np.bool_] | np.bool_) -> int:
    """Length of the longest run of true ones."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], np.asarray(flags, dtype=np.int8), [0]))))
    return int(max(edges[1::2] - edges[::2], default=0))


def own_gaps(programme: Programme) -> int:
    """How often 2.5 ms of a channel are 40 dB quieter than what is 30 ms before and after."""
    power = _power_db(programme.sound, HOP // 4)
    fell = power[:, 12:-12] < np.minimum(power[:, :-24], power[:, 24:]) - _OWN_GAP_DB
    return int(np.count_nonzero(np.diff(fell.any(axis=0).astype(np.int8)) > 0))


def hear(path: Path, seconds: float, dice: np.random.Generator) -> Programme:
    """A stretch of a source's sound at random, in a loop where it is shorter, of two channels.

    Brought to -26 to -16 LUFS by one gain for all of it, of no more than 12 dB, with no peak above -3 dBFS. Raises
    SettingsError where the source has no sound or that stretch is too quiet to hear a defect of it.
    """
    wanted = round(seconds * SOUND_RATE)
    found, mono = _decoded(path, seconds, dice)
    sound = _looped(found, wanted)
    peak = float(np.abs(sound).max())
    own = loudness(sound)
    target = dice.uniform(*_TARGET_LUFS)
    room_db = 20 * np.log10(_MOST_PEAK / max(peak, 1e-6))
    gain_db = float(min(np.clip(target - own, *_GAIN_DB), room_db))
    if own + gain_db < _LEAST_LUFS:
        raise unsuited(
            _Source(path.name),
            f"its sound is too quiet: {own:.0f} LUFS, with a gain of {gain_db:.0f} dB less than {_LEAST_LUFS:.0f} LUFS",
        )
    return Programme(sound * np.float32(10 ** (gain_db / 20)), path.name, own + gain_db, mono)


@dataclass(frozen=True, slots=True)
class _Source:
    name: str


def _decoded(path: Path, seconds: float, dice: np.random.Generator) -> tuple[Sound, bool]:
    """The stretch, shorter where the source is; and whether it has one channel."""
    with opened(path) as container:
        if not container.streams.audio:
            raise unsuited(_Source(path.name), "it has no sound")
        stream = container.streams.audio[0]
        whole_s = container.duration / av.time_base if container.duration else 0.0
        start = dice.uniform(0.0, max(whole_s - seconds - _SEAM_S, 0.0))
        end = start + seconds + _SEAM_S
        resampler = AudioResampler(format="fltp", layout="stereo", rate=SOUND_RATE)
        mono = stream.codec_context.channels == 1
        frames: list[av.AudioFrame | None] = []
        try:
            for frame in container.decode(stream):
                if frame.time is not None and frame.time > end:
                    break
                if frame.time is None or frame.time >= start:
                    frames.append(frame)
        except av.error.InvalidDataError as error:
            raise SettingsError(f"source {path}: its sound is damaged: {error}; give a clip that is sound") from error
        frames.append(None)
        pieces = [done.to_ndarray() for frame in frames for done in resampler.resample(frame)]
    if not pieces:
        raise unsuited(_Source(path.name), "nothing of its sound can be decoded")
    return np.concatenate(pieces, axis=1, dtype=np.float32), mono


def _looped(sound: Sound, wanted: int) -> Sound:
    """As long as wanted. Where the end meets the beginning one fades into the other: a cut would be a click."""
    seam = min(round(_SEAM_S * SOUND_RATE), sound.shape[1] // 4)
    fade = np.sin(np.linspace(0, np.pi / 2, seam, dtype=np.float32))
    whole = sound
    while whole.shape[1] < wanted:
        both = whole[:, -seam:] * fade[::-1] + sound[:, :seam] * fade
        whole = np.concatenate((whole[:, :-seam], both, sound[:, seam:]), axis=1)
    return np.ascontiguousarray(whole[:, :wanted])
