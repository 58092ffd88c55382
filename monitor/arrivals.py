"""When things arrived: what is overdue, which track is missing, and what the clock said when content was live.

Owns the live clock of one stream. It sees only times, and reports absences as events in whole seconds, so that whoever
judges them needs no clock. Deterministic: the same arrivals and the same `tick` times give the same events, and more
ticks give no others.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from monitor.records import Event, EventKind, Readings

BURST_S = 1.0
"""What arrives within this much time is one burst; a segment of 6 s that comes at once is not overdue for 6 s."""
MAX_AHEAD_S = 30.0
TRACK_SLACK_S = 1.0
"""How far tracks may be apart in what has been read so far without one being missed (interleaving)."""
JOIN_SLACK_S = 3.0
"""How much more a track is given after a source was opened: pictures can be shown only from a key frame on."""
EVERY_SECOND_UNTIL = 60
"""Absences are reported every second at first, then every ten."""
CLOCK_SLACK = 1e-3
"""How fast a sender's clock may run slow against ours before its content counts as late, in seconds per second."""


@dataclass(frozen=True, slots=True)
class ArrivalsState:
    """What must outlive a worker: where media time and the clock stood."""

    last_t_s: float = 0.0
    last_at: float = math.nan
    down_from: float | None = None
    reported_s: int = 0
    """Whole seconds of the absence that goes on which have been reported."""
    absent_from: float = math.nan
    """Since when that absence goes on. What arrived before does not end it, however late it is measured."""
    anchor: float = math.inf
    """Least difference of arrival and media time: the live edge."""
    burst: tuple[tuple[float, float], ...] = ()
    """(arrived_at, t_s) of the last second."""
    due_at: float = math.inf
    tracks: tuple[tuple[str, float, int], ...] = ()
    """Of each expected track: media second until which it is not missed, whole seconds reported as missing."""


class Arrivals:
    """The live clock of one stream."""

    def __init__(self, stream: str, state: ArrivalsState) -> None:
        self.stream = stream
        self.state = state

    def opened(self, now: float, tracks: tuple[str, ...], resume_at_s: float) -> None:
        """A source is open and goes on at this media second; `tracks` are those that are expected or there."""
        known = {name: n for name, _, n in self.state.tracks}
        starts = tuple((name, resume_at_s + JOIN_SLACK_S, known.get(name, 0)) for name in tracks)
        self.state = replace(self.state, down_from=None, reported_s=0, due_at=now, burst=(), tracks=starts)

    def closed(self, now: float) -> None:
        """There is no open source from now on."""
        if self.state.down_from is None:
            self.state = replace(self.state, down_from=now, reported_s=0, burst=(), due_at=math.inf)

    def came(self, readings: Readings, epoch: int) -> Iterator[Event]:
        """Rows came: absences end. Yields `resumed` if the source had been overdue."""
        state = self.state
        first_at, last_at = float(readings.arrived_at[0]), float(readings.arrived_at[-1])
        end = float(readings.t_s[-1] + readings.duration_s[-1])
        if state.reported_s and last_at <= state.absent_from:
            self.state = replace(state, last_t_s=max(state.last_t_s, end))
            return
        if state.reported_s and state.down_from is None:
            back_at = float(readings.arrived_at[readings.arrived_at > state.absent_from][0])
            yield self._event("resumed", "", epoch, state.last_t_s, back_at, back_at - state.absent_from)
            state = replace(state, anchor=math.inf)
        ends = np.concatenate(([state.last_t_s], readings.t_s[:-1] + readings.duration_s[:-1]))
        holes = readings.t_s - np.maximum(ends, state.last_t_s)
        hole = float(holes[holes > TRACK_SLACK_S].sum())
        if hole > 0:
            # Media time that no track went through is nobody's absence: the others are given as much.
            state = replace(state, tracks=tuple((name, t + hole, n) for name, t, n in state.tracks))
        recent = [*state.burst, (first_at, float(readings.t_s[0])), (last_at, end)]
        recent = [(at, t) for at, t in recent if last_at - at <= BURST_S]
        ahead = max(t for _, t in recent) - min(t for _, t in recent) - (last_at - recent[0][0])
        due_at = last_at + min(max(0.0, ahead), MAX_AHEAD_S)
        if not math.isinf(state.due_at) and not state.reported_s:
            due_at = max(due_at, state.due_at)
        self.state = replace(
            state,
            burst=(recent[0], recent[-1]),
            due_at=due_at,
            reported_s=0,
            last_t_s=max(state.last_t_s, end),
            last_at=last_at,
        )
        yield from self._tracks(readings.track, end, epoch, last_at)

    def tick(self, now: float, last_packet_at: float, epoch: int) -> Iterator[Event]:
        """Time passes: an event for each whole second that a source is overdue, or that there is none.

        `last_packet_at`: when the last packet came, decoded or not (what waits to be decoded is not overdue).
        """
        state = self.state
        if state.down_from is not None:
            since, kind = state.down_from, "down"
        elif not math.isinf(state.due_at):
            since, kind = max(state.due_at, last_packet_at), "overdue"
        else:
            return
        for second in _seconds(state.reported_s, now - since):
            self.state = replace(self.state, reported_s=second, absent_from=since)
            yield self._event(kind, "", epoch, state.last_t_s + second, since + second, second)  # type: ignore[arg-type]

    def live_edge(self, readings: Readings) -> NDArray[np.float64]:
        """The column `at`: UTC when each row was at the live edge, as far as known at that row; never after arrival."""
        if np.isnan(readings.arrived_at).all():
            return readings.at
        slack = CLOCK_SLACK * readings.t_s
        offsets = readings.arrived_at - readings.t_s - slack
        anchors = np.minimum.accumulate(np.concatenate(([self.state.anchor], offsets)))[1:]
        self.state = replace(self.state, anchor=float(anchors[-1]))
        edge: NDArray[np.float64] = readings.t_s + anchors + slack
        return edge

    def edge_of_last(self) -> float:
        """UTC at which the newest content was at the live edge; NaN if none came yet."""
        state = self.state
        return math.nan if math.isinf(state.anchor) else state.last_t_s * (1 + CLOCK_SLACK) + state.anchor

    def _tracks(self, track: str, end: float, epoch: int, at: float) -> Iterator[Event]:
        """A track came up to `end`. Behind the others it is late, not missing: what is missed counts from here."""
        until = {name: (t, n) for name, t, n in self.state.tracks}
        if track in until and until[track][1]:
            yield self._event("track_back", track, epoch, end, at, until[track][1])
        if track in until:
            until[track] = (max(end, self.state.last_t_s - TRACK_SLACK_S), 0)
        self.state = replace(self.state, tracks=tuple((name, t, n) for name, (t, n) in until.items()))

    def missing(self, epoch: int) -> Iterator[Event]:
        """Which tracks lag behind the one that came furthest; to be asked when all that came together was told."""
        tracks = []
        for name, t, reported in self.state.tracks:
            for second in _seconds(reported, self.state.last_t_s - t - TRACK_SLACK_S):
                reported = second
                yield self._event("track_missing", name, epoch, t + second, self.state.last_at, second)
            tracks.append((name, t, reported))
        self.state = replace(self.state, tracks=tuple(tracks))

    def _event(self, kind: EventKind, track: str, epoch: int, t_s: float, at: float, value: float) -> Event:
        return Event(self.stream, track, epoch, t_s, at, kind, float(value))


def _seconds(reported: int, passed: float) -> Iterator[int]:
    """Whole seconds beyond those reported that have passed, thinned out when it goes on."""
    second = reported + 1
    while second <= passed:
        if second <= EVERY_SECOND_UNTIL or second % 10 == 0:
            yield second
        second += 1
