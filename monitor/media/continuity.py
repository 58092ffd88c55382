"""Do the timestamps of a source go on, or jump? Pure arithmetic on packet times: knows no PyAV.

Owns the rule what a jump is, and begins the epochs of the timeline. Packets are judged in decoding order, before
decoding: pictures that a decoder swallows leave no gap here.

A step backwards of more than `JUMP_S` is always a jump. A step forwards is none where something explains it:
- the packet before lasted that long (slide shows, variable frame rate in MP4);
- another track of the same source went through that time (one track paused or was lost for a while);
- the format gives each picture its own time and this is a file: a picture is shown until the next (`paced`);
- the clock: it came no earlier than was usual, so the sender paused, or content was lost, and its time went on;
- a pause in arrival that was about as long, and longer than pauses between segments were.

Pictures are reordered: after the first packet beyond a step there come some from before it. So a track has two lines
for a while, the one it is on and the one it was on, and a packet that goes on with either belongs to that one. A single
damaged timestamp is one jump, and what follows it goes on where it was.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
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

REORDERED = 16
"""Most pictures that H.264 and H.265 reorder: after so many packets elsewhere, the line left behind is forgotten."""

AHEAD = 8
"""How many pictures further than usual a PTS may be ahead of its DTS. Beyond, the step is in the PTS and the DTS, which
trails by the reordering, has yet to follow."""

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
class Line:
    """Timestamps that follow each other. `due`: the tick expected next; `missed`: packets elsewhere since."""

    epoch: int
    due: int
    missed: int = 0


@dataclass(slots=True)
class Follower:
    """What is known of one track: given, then learnt. `ahead`: by how many ticks a PTS usually precedes its DTS."""

    kind: Literal["video", "audio"]
    time_base: Fraction
    start_s: float | None
    paced: bool
    line: Line | None = None
    left: Line | None = None
    ahead: int = 0
    wrapped: int = 0
    arrived_at: float = math.nan
    lag_s: float = math.nan
    burst_at: float = math.nan
    burst_lag_s: float = math.nan
    pause_s: float = 0.0
    """How long nothing came before the burst that goes on ..."""
    usual_pause_s: float = 0.0
    """... and before the one before it."""
    wraps: bool = False
    """Whether its timestamps wrap at 33 bits."""
    base: tuple[int, int] = (1, 1)
    """The time base as two integers: those of a fraction cost two calls at each use, and every packet uses them."""

    def __post_init__(self) -> None:
        self.wraps = self.time_base == WRAPPING
        self.base = (self.time_base.numerator, self.time_base.denominator)

    def at_s(self, ticks: int) -> float:
        """Raw seconds of a tick."""
        numerator, denominator = self.base
        return ticks * numerator / denominator

    @property
    def epoch(self) -> int:
        """Of the latest packet; -1 before the first."""
        return -1 if self.line is None else self.line.epoch

    @property
    def due_s(self) -> float:
        """Raw seconds at which the next packet is expected; -inf before the first."""
        return -math.inf if self.line is None else self.at_s(self.line.due)

    def resume(self, ticks: int) -> bool:
        """Whether a packet goes on with the line of this track or the one that it left, which it is on from then."""
        for line in (self.line, self.left):
            if line is not None and abs(self.at_s(ticks - line.due)) <= JUMP_S:
                if line is self.left:
                    self.line, self.left = self.left, self.line
                return True
        return False

    def turn(self, line: Line) -> None:
        """Go on with another line."""
        self.left, self.line = self.line, line

    def note(self, ticks: int, duration: int, arrived_at: float) -> None:
        """Remember where a packet leaves the track, and how late it came."""
        assert self.line is not None
        self.line.due, self.line.missed = ticks + duration, 0
        if self.left is not None:
            self.left.missed += 1
            if self.left.missed > REORDERED:
                self.left = None
        lag = arrived_at - self.at_s(ticks)
        if arrived_at - self.arrived_at >= BURST_GAP_S:
            self.burst_at, self.burst_lag_s = arrived_at, lag
            self.usual_pause_s, self.pause_s = self.pause_s, arrived_at - self.arrived_at
        self.arrived_at, self.lag_s = arrived_at, lag


class Continuity:
    """Follows the watched tracks of one opened source. `timeline` is the latest; the first packet begins an epoch.

    `held` gives the epochs of packets whose frames are still to come: those are not forgotten either.
    """

    def __init__(
        self,
        tracks: Mapping[str, Follower],
        timeline: Timeline | None,
        resume_at_s: float,
        held: Callable[[], Iterable[int]] = tuple,
    ) -> None:
        self._held = held
        self.timeline = Timeline() if timeline is None else timeline
        self._tracks = tracks
        self._resume_at_s = resume_at_s
        self._begun = False

    def epoch(self, name: str) -> int:
        """The epoch of the latest packet of a track."""
        return self._tracks[name].epoch

    def unwrap(self, name: str, dts: int | None, pts: int | None) -> tuple[int | None, int | None]:
        """The timestamps of a packet with the wrap at 33 bits undone; other time bases are left as they are."""
        track = self._tracks[name]
        first = dts if dts is not None else pts
        if not track.wraps or first is None:
            return dts, pts
        if track.line is not None:
            for turn in (WRAP, -WRAP):
                if abs(first + track.wrapped + turn - track.line.due) <= WRAP_NEAR:
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
        ticks = _decoding_time(track, dts, pts, duration)
        jump: Jump | None = None
        if track.line is None:
            if not self._begun:
                self._begin(track, ticks if pts is None else pts)
            track.line = Line(self.timeline.epoch, ticks)
            if dts is not None and pts is not None:
                track.ahead = max(0, pts - ticks)
        elif not track.resume(ticks):
            if self._explained(track, ticks, arrived_at):
                track.turn(Line(track.epoch, ticks))
            else:
                jump = self._jump(track, ticks)
        track.note(ticks, duration, arrived_at)
        return jump

    def _begin(self, track: Follower, ticks: int) -> None:
        """The first epoch of this source: its origin is the earliest time of the watched tracks."""
        origin = first = ticks * track.time_base
        if track.start_s is not None and abs(track.start_s - first) <= BELIEVED_S:
            starts = [
                round(other.start_s / other.time_base) * other.time_base
                for other in self._tracks.values()
                if other.start_s is not None and other.start_s > first - 2 * BELIEVED_S
            ]
            origin = min(starts)
        self.timeline = self.timeline.begin(origin, self._resume_at_s)
        self._begun = True

    def _explained(self, track: Follower, ticks: int, arrived_at: float) -> bool:
        """Whether something explains that this packet does not follow the one before."""
        expected, got = track.due_s, track.at_s(ticks)
        if got < expected:
            return False
        others = [other for other in self._tracks.values() if other is not track and other.epoch == track.epoch]
        if any(other.due_s >= (expected + got) / 2 for other in others):
            return True
        if math.isnan(arrived_at):
            alone = all(other.due_s < expected - TOGETHER_S for other in others)
            return track.paced and alone
        # A demuxer may hold the last packets from before a pause until more comes: then the step is in the burst.
        pause, usual_pause = arrived_at - track.arrived_at, track.pause_s
        if pause < BURST_GAP_S and arrived_at - track.burst_at < BURST_GAP_S:
            pause, usual_pause = track.pause_s, track.usual_pause_s
        if pause > usual_pause + CLOCK_S and got - expected <= pause + CLOCK_S:
            return True
        usual = track.burst_lag_s if arrived_at - track.burst_at <= BURST_S else track.lag_s
        return arrived_at - got >= usual - CLOCK_S

    def _jump(self, track: Follower, ticks: int) -> Jump | None:
        """Turn to the epoch of those that jumped with this track, or begin one; the jump if it is the first."""
        assert track.line is not None
        jump = Jump(track.due_s, track.at_s(ticks))
        track.lag_s = track.burst_at = track.burst_lag_s = math.nan
        for other in self._tracks.values():
            if other.epoch > track.epoch and abs(other.due_s - jump.got_s) <= TOGETHER_S:
                track.turn(Line(other.epoch, ticks))
                return None
        t_s = track.line.due * track.time_base + self.timeline.offset(track.epoch)
        lines = [line for other in self._tracks.values() for line in (other.line, other.left)]
        in_use = [*(line.epoch for line in lines if line is not None), *self._held()]
        self.timeline = self.timeline.begin(ticks * track.time_base, t_s, in_use)
        track.turn(Line(self.timeline.epoch, ticks))
        return jump


def _decoding_time(track: Follower, dts: int | None, pts: int | None, duration: int) -> int:
    """The DTS of a packet, or what stands for it where it has none or one that does not fit its PTS."""
    if dts is None or pts is None:
        known = dts if dts is not None else pts
        return known if known is not None else 0 if track.line is None else track.line.due
    if track.line is None:
        return dts if abs(track.at_s(pts - dts)) <= BELIEVED_S else pts
    ahead = pts - dts - track.ahead
    if track.at_s(ahead - AHEAD * duration) > JUMP_S:
        return dts + ahead
    return pts if track.at_s(dts - pts) > JUMP_S else dts
