"""Do the timestamps of a source go on, or jump? Pure arithmetic on packet times: knows no PyAV.

Owns the rule what a jump is, and begins the epochs of the timeline. Packets are judged in decoding order (DTS), before
decoding: pictures that a decoder swallows leave no gap here.

A step backwards of more than `JUMP_S` is always a jump. A step forwards is none where something explains it:
- the packet before lasted that long (slide shows, variable frame rate in MP4);
- another track of the same source went through that time (one track paused or was lost for a while);
- the format gives each picture its own time and this is a file: a picture is shown until the next (`paced`);
- the clock: it came no earlier than was usual, so the sender paused, or content was lost, and its time went on.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from monitor.media.timeline import Timeline

JUMP_S = 0.5
"""Smaller steps are gaps and jitter, not jumps."""

TOGETHER_S = 5.0
"""Tracks that jump to within this of each other jumped together: one event, one epoch."""

CLOCK_S = 1.0
"""How much earlier than usual a packet may come after a gap that the clock explains."""

BURST_GAP_S = 1.0
BURST_S = 15.0
"""Segmented streams come in bursts: content is as late as usual only at the head of one, which is taken as the measure
for as long as the longest segments in use, and a half."""

APART_S = 5.0
"""A DTS further from the PTS than any reordering takes is made up; then the PTS is judged."""

BELIEVED_S = 5.0
"""A container's start time that the first packet contradicts by more than this is not believed."""

WRAP = 2**33
WRAPPING = Fraction(1, 90_000)
WRAP_NEAR = 10 * 90_000
"""MPEG timestamps have 33 bits of 90 kHz (ISO/IEC 13818-1). FFmpeg undoes the first wrap; after 26.5 hours the next
comes through, and is undone here if what follows it joins to within 10 s."""


@dataclass(frozen=True, slots=True)
class Jump:
    """Timestamps of a track did not go on. In seconds of the stream's own time."""

    expected_s: float
    got_s: float

    @property
    def seconds(self) -> float:
        """How far: positive forwards, negative back."""
        return self.got_s - self.expected_s


@dataclass(slots=True)
class Follower:
    """Where one track stands. `due`: tick at which its next packet is expected, None before the first."""

    kind: Literal["video", "audio"]
    time_base: Fraction
    start_s: float | None
    paced: bool
    epoch: int = -1
    due: int | None = None
    wrapped: int = 0
    arrived_at: float = math.nan
    lag_s: float = math.nan
    burst_at: float = math.nan
    burst_lag_s: float = math.nan

    def at_s(self, ticks: int) -> float:
        """Raw seconds of a tick."""
        return ticks * self.time_base.numerator / self.time_base.denominator

    @property
    def due_s(self) -> float:
        """Raw seconds at which the next packet is expected; -inf before the first."""
        return -math.inf if self.due is None else self.at_s(self.due)


class Continuity:
    """Follows the watched tracks of one opened source. `timeline` is the latest; the first packet begins an epoch."""

    def __init__(self, tracks: Mapping[str, Follower], timeline: Timeline | None, resume_at_s: float) -> None:
        self.timeline = Timeline() if timeline is None else timeline
        self._tracks = tracks
        self._resume_at_s = resume_at_s
        self._begun = False

    def unwrap(self, name: str, dts: int | None, pts: int | None) -> tuple[int | None, int | None]:
        """The timestamps of a packet with the wrap at 33 bits undone; other time bases are left as they are."""
        track = self._tracks[name]
        if track.time_base != WRAPPING:
            return dts, pts
        first = dts if dts is not None else pts
        if first is None:
            return None, None
        if track.due is not None:
            for turn in (WRAP, -WRAP):
                if abs(first + track.wrapped + turn - track.due) <= WRAP_NEAR:
                    track.wrapped += turn
                    break
        if dts is not None:
            dts += track.wrapped
        if pts is not None:
            pts += track.wrapped
            # The two may lie on either side of the wrap.
            pts += 0 if dts is None else WRAP * round((dts - pts) / WRAP)
        return dts, pts

    def follow(self, name: str, dts: int | None, pts: int | None, duration: int, arrived_at: float) -> Jump | None:
        """Take note of the next packet of a track; the jump if this packet is one that nothing explains.

        `dts`, `pts`: unwrapped; a packet that has neither goes on from the one before. `duration`: in ticks, 0 if not
        known. `arrived_at`: UTC, NaN for files. Tracks that jump together give one jump.
        """
        track = self._tracks[name]
        ticks = dts if dts is not None else pts
        if ticks is None:
            ticks = track.due or 0
        elif pts is not None and abs(track.at_s(pts - ticks)) > APART_S:
            ticks = pts
        if not self._begun:
            self._begin(track, ticks if pts is None else pts)
        jump: Jump | None = None
        if track.due is None:
            track.epoch = self.timeline.epoch
        elif not self._goes_on(track, ticks, arrived_at):
            jump = self._jump(track, ticks)
        self._note(track, ticks, duration, arrived_at)
        return jump

    def epoch(self, name: str) -> int:
        """The epoch in which the packets of a track are now."""
        return self._tracks[name].epoch

    def _begin(self, track: Follower, ticks: int) -> None:
        """The first epoch of this source: its origin is the earliest time of the watched tracks."""
        first = ticks * track.time_base
        origin = first
        if track.start_s is not None and abs(track.start_s - first) <= BELIEVED_S:
            starts = [
                round(other.start_s / other.time_base) * other.time_base
                for other in self._tracks.values()
                if other.start_s is not None and other.start_s > first - 2 * BELIEVED_S
            ]
            origin = min(starts)
        self.timeline = self.timeline.begin(origin, self._resume_at_s)
        self._begun = True

    def _goes_on(self, track: Follower, ticks: int, arrived_at: float) -> bool:
        """Whether this packet follows the one before without a jump."""
        expected, got = track.due_s, track.at_s(ticks)
        if abs(got - expected) <= JUMP_S:
            return True
        if got < expected:
            return False
        others = [other for other in self._tracks.values() if other is not track and other.epoch == track.epoch]
        if any(other.due_s >= (expected + got) / 2 for other in others):
            return True
        if math.isnan(arrived_at):
            alone = all(other.due_s < expected - TOGETHER_S for other in others)
            return track.paced and alone
        usual = track.burst_lag_s if arrived_at - track.burst_at <= BURST_S else track.lag_s
        return arrived_at - got >= usual - CLOCK_S

    def _jump(self, track: Follower, ticks: int) -> Jump | None:
        """Move a track to the epoch of those that jumped with it, or begin one; the jump if it is the first."""
        jump = Jump(track.due_s, track.at_s(ticks))
        track.lag_s = track.burst_at = track.burst_lag_s = math.nan
        for other in self._tracks.values():
            if other.epoch > track.epoch and abs(other.due_s - jump.got_s) <= TOGETHER_S:
                track.epoch = other.epoch
                return None
        t_s = (track.due or 0) * track.time_base + self.timeline.offset(track.epoch)
        in_use = [other.epoch for other in self._tracks.values()]
        self.timeline = self.timeline.begin(ticks * track.time_base, t_s, in_use)
        track.epoch = self.timeline.epoch
        return jump

    @staticmethod
    def _note(track: Follower, ticks: int, duration: int, arrived_at: float) -> None:
        """Remember where this packet leaves its track, and how late it came."""
        track.due = ticks + duration
        lag = arrived_at - track.at_s(ticks)
        if arrived_at - track.arrived_at >= BURST_GAP_S:
            track.burst_at, track.burst_lag_s = arrived_at, lag
        track.arrived_at, track.lag_s = arrived_at, lag
