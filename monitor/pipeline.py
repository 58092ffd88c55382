"""All floors of one stream composed in one process: no Ray, no GPU, no disk, no thread, no clock of its own.

    packets -> Decoder -> measure / SoundMeter -> detect -> gather        -> Outcome
                   └ events ┘        Arrivals ┘      Ledger (coverage) ┘

Whoever holds a pipeline opens the source, hands packets in, tells it the time, and takes the outcome out. What must
survive the holder is in `checkpoint()`; a pipeline made from it elsewhere goes on.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

from monitor.arrivals import Arrivals, ArrivalsState
from monitor.audio import SoundMeter
from monitor.coverage import Ledger, LedgerState
from monitor.detect import DetectorStates, Inputs, panel
from monitor.holes import Hole, Holes
from monitor.incidents import IncidentState, gather
from monitor.measure import PictureMeter
from monitor.media.decode import Decoder
from monitor.media.source import Track
from monitor.media.timeline import Timeline
from monitor.records import (
    Coverage,
    Depth,
    Detection,
    Event,
    EventKind,
    FrameBatch,
    Incident,
    Readings,
    Reason,
    SoundBlock,
    Stream,
)
from monitor.settings import Profile
from monitor.sync import Compared

TimedPacket = tuple[Track, Any, float]
"""A packet (PyAV's) with its track, and when it arrived: UTC seconds, NaN for files."""

PATIENCE_S = 2.0
"""How much longer than its time-out opening a source may take before it counts as failed."""
LEAST_MISSING_S = 1.0
"""A recorded track that ends so long before the others is missing."""
MAX_HOLE_S = 2.0
"""A frame may last this long where the stream does not say how long; a longer hole in the pictures was not watched."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a stream takes along when it moves, or when its worker dies: small, frozen, picklable."""

    watch: str
    timeline: Timeline | None
    arrivals: ArrivalsState
    ledger: LedgerState
    detectors: DetectorStates
    incident: IncidentState
    covered_s: float
    ended: bool = False
    """A recording that was watched to its end: it is not begun again."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a stream since it was last taken."""

    readings: list[Readings] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    detections: list[Detection] = field(default_factory=list)
    incidents: list[Incident] = field(default_factory=list)
    coverage: list[Coverage] = field(default_factory=list)

    def rows(self) -> list[Readings | Event | Detection | Incident | Coverage]:
        """All of it, for a writer."""
        return [*self.readings, *self.events, *self.detections, *self.incidents, *self.coverage]


class Pipeline:
    """One stream. Not thread-safe: one caller at a time. `now` is UTC seconds when live, NaN for files; `since`: from
    when on the stream is to be accounted for, if that was earlier. `aside`: see Decoder."""

    def __init__(
        self,
        stream: Stream,
        profile: Profile,
        live: bool,
        now: float,
        begun: Checkpoint | None = None,
        since: float | None = None,
        aside: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self.stream = stream
        self._aside = aside
        self.live = live
        self.depth: Depth = "full"
        self._panel = panel(profile)
        self._states: DetectorStates = {} if begun is None else begun.detectors
        self._incident = IncidentState() if begun is None else begun.incident
        self._watch = (f"{now:.3f}" if live else "file") if begun is None else begun.watch
        self._timeline = None if begun is None else begun.timeline
        self._arrivals = Arrivals(stream.id, ArrivalsState() if begun is None else begun.arrivals)
        self._covered_s = 0.0 if begun is None else begun.covered_s
        first = now if since is None else min(since, now)
        start = LedgerState(cursor=first if live else 0.0) if begun is None else begun.ledger
        self._ledger = Ledger(stream.id, self.depth, live, start)
        self._decoder: Decoder | None = None
        self._picture = PictureMeter()
        self._sound = SoundMeter()
        self._holes = Holes()
        self._primary = "video"
        self._reached_s = 0.0
        self._ends: dict[str, float] = {}
        """Media second up to which each track came."""
        self._trouble = ""
        self._out = Outcome()
        self.frames = 0
        """Frames measured so far."""
        if begun is not None:
            away = now - begun.ledger.cursor
            self._ledger.advance(now, "moved", grace_s=0.0)
            self._emit("moved", value=max(0.0, away), at=now)
        self._since, self._opened = now, False
        self._ended = False if begun is None else begun.ended
        self._patience_s = profile.source.open_timeout_s + PATIENCE_S

    @property
    def measured_until(self) -> float:
        """UTC at which the newest measured content was at the live edge; NaN before the first frame."""
        return self._arrivals.edge_of_last()

    @property
    def media_s(self) -> float:
        """Media seconds accounted for so far."""
        return self._covered_s

    @property
    def overdue(self) -> bool:
        """Whether an open source has brought nothing for a second or more after something was due."""
        return self._arrivals.state.reported_s > 0 and self._arrivals.state.down_from is None

    @property
    def incident(self) -> Incident | None:
        """The incident that is open."""
        return self._incident.incident

    def opened(self, tracks: Sequence[Track], description: str, now: float) -> None:
        """A source is open: decoders for its tracks, and what is missing among those expected."""
        state = self._arrivals.state
        away = 0.0 if math.isnan(state.last_at) else max(0.0, now - state.last_at)
        resume_at = state.last_t_s + (away if self.live else 0.0)
        self._decoder = Decoder(self.stream.id, tracks, self.depth, self._timeline, resume_at, self._aside)
        self._picture, self._sound = PictureMeter(), SoundMeter()
        names = [track.name for track in tracks]
        self._ends = {name: self._ends.get(name, 0.0) for name in names}
        self._primary = "video" if "video" in names else names[0]
        expected = self.stream.expect
        wanted = (["video"] if expected.video else []) + [f"audio:{i}" for i in range(expected.least_audio_tracks)]
        self._arrivals.opened(now, tuple(dict.fromkeys([*wanted, *names])), resume_at)
        self._opened = True
        self._emit("opened", at=now, detail=description)
        self._step((), (), now)

    def packets(self, packets: Iterable[TimedPacket], now: float) -> None:
        """Decode, measure and judge these packets."""
        assert self._decoder is not None, "packets before a source was opened"
        self._take(self._decoder.decode(packets), now)

    def closed(self, kind: EventKind, reason: str, now: float) -> None:
        """The source failed to open, was lost, or ended: what is still in the decoders comes out."""
        if self._decoder is not None:
            self._take(self._decoder.flush(), now, drained=True)
            self._decoder.close()
            self._timeline = self._decoder.timeline
            self._decoder = None
        self._emit(kind, at=now, detail=reason)
        if self.live and kind == "ended":
            # Nothing more is due: what is open closes, and what follows is no fault.
            self._ended, self._trouble = True, "ended"
            self._step((), (), now, ended=True)
            return
        if self.live:
            self._trouble = "no_input"
            self._arrivals.closed(now if self._opened else self._since)
        self._step((), (), now)

    def tick(self, now: float, last_packet_at: float = -math.inf) -> None:
        """Time passes (live): call about once a second, also when nothing arrives."""
        if self._ended:
            self._ledger.advance(now, "ended")
            return
        epoch = self._epoch
        if not self._opened and now - self._since > self._patience_s:
            # Opening should have failed by now: whoever opens it hangs, and a first try that hangs is no input too.
            self._arrivals.closed(self._since)
        events = tuple(self._arrivals.tick(now, last_packet_at, epoch))
        state = self._arrivals.state
        if state.down_from is not None:
            reason = "no_input"
        elif not self._opened:
            reason = "connecting"
        else:
            reason = self._trouble or "stall"
        self._ledger.advance(now, reason)
        self._step((), events, now)

    def compared(self, found: Sequence[Compared], now: float) -> None:
        """The stream was compared with its reference. What comes after its end is of no use."""
        if found and not self._ended:
            self._step((), [event for each in found for event in each.events(self.stream.id, self._epoch)], now)

    def noted(self, kind: EventKind, value: float, detail: str, now: float, track: str = "") -> None:
        """Somebody else has something to tell of the stream."""
        self._emit(kind, at=now, value=value, detail=detail, track=track)

    def dropped(self, seconds: float, now: float) -> None:
        """So many seconds of packets were dropped before decoding, because this machine could not keep up."""
        self._ledger.media(seconds, watched=False, reason="overload")
        self._emit("dropped", value=seconds, at=now)
        self._step((), (), now)

    def finish(self, now: float, duration_s: float | None = None) -> None:
        """The watch of this stream ends: what is open closes. `duration_s`: what a file says it lasts."""
        if self.live:
            self._ledger.advance(now, self._trouble or "stopped", grace_s=0.0)
        elif duration_s is not None and duration_s - self._reached_s > max(1.0, 0.02 * duration_s):
            self._ledger.gap(duration_s, self._trouble or "truncated")
        self._step((), () if self.live else self._missing(), now, ended=True)
        self._out.coverage.extend(self._ledger.take(everything=True))

    def _missing(self) -> list[Event]:
        """Tracks of a recording that end before the others, or have nothing in them."""
        return [
            self._lost(Hole(name, end_s, self._reached_s))
            for name, end_s in self._ends.items()
            if self._reached_s - end_s >= LEAST_MISSING_S
        ]

    def _lost(self, hole: Hole) -> Event:
        lasted_s = hole.end_s - hole.start_s
        return Event(self.stream.id, hole.track, self._epoch, hole.end_s, math.nan, "track_missing", lasted_s)

    def take(self) -> Outcome:
        """What came of the stream since the last call."""
        self._out.coverage.extend(self._ledger.take())
        taken, self._out = self._out, Outcome()
        return taken

    def checkpoint(self) -> Checkpoint:
        """What a pipeline elsewhere needs to go on from here. Rows not taken yet are not in it."""
        timeline = self._timeline if self._decoder is None else self._decoder.timeline
        return Checkpoint(
            self._watch,
            timeline,
            self._arrivals.state,
            self._ledger.state,
            self._states,
            self._incident,
            self._covered_s,
            self._ended,
        )

    @property
    def _epoch(self) -> int:
        timeline = self._timeline if self._decoder is None else self._decoder.timeline
        return 0 if timeline is None else timeline.epoch

    def _take(self, decoded: Iterable[FrameBatch | SoundBlock | Event], now: float, drained: bool = False) -> None:
        """Measure what the decoder gives. `drained`: nothing more comes of it."""
        assert self._decoder is not None
        events: list[Event] = []
        for item in decoded:
            if isinstance(item, FrameBatch):
                self._picture.add(item, self._decoder.timeline)
                self.frames += len(item.frames)
            elif isinstance(item, SoundBlock):
                self._sound.add(item, self._decoder.timeline)
            else:
                events.append(item)
        sound = self._sound.take(drained)
        events += [event for rows in sound for event in self._no_numbers(rows)]
        self._step([*self._picture.take(), *sound], events, now)

    def _step(self, readings: Iterable[Readings], events: Sequence[Event], now: float, ended: bool = False) -> None:
        """One step of everything that works on readings and events."""
        joined = list(readings)
        events = list(events)
        if any(event.kind == "decode_error" for event in events):
            self._trouble = "decode_error"
        for i, rows in enumerate(joined):
            self._ends[rows.track] = float(rows.t_s[-1] + rows.duration_s[-1])
            self._reached_s = max(self._reached_s, self._ends[rows.track])
            if rows.track == self._primary:
                self._cover(rows)
            if self.live:
                events.extend(self._arrivals.came(rows, rows.epoch))
            else:
                events.extend(self._lost(hole) for hole in self._holes.came(rows))
            joined[i] = replace(rows, at=self._arrivals.live_edge(rows))
        if self.live and joined:
            events.extend(self._arrivals.missing(self._epoch))
        self._out.events.extend(events)
        seen = Inputs(
            stream=self.stream.id,
            watch=self._watch,
            video=tuple(r for r in joined if r.track == "video"),
            audio=tuple(r for r in joined if r.track != "video"),
            events=tuple(events),
            ended=ended,
        )
        if joined or events or ended:
            self._states, found = self._panel.step(self._states, seen)
        else:
            found = []
        if self.live:
            found = [replace(detection, seen_at=now) for detection in found]
        clock = now if self.live else self._covered_s
        self._incident, incidents = gather(self._incident, found, clock, ended)
        self._out.readings.extend(joined)
        self._out.detections.extend(found)
        self._out.incidents.extend(incidents)

    def _no_numbers(self, rows: Readings) -> list[Event]:
        """One for each row of sound in which there are samples that are no numbers."""
        detail = "samples that are NaN, infinite or beyond a million times full scale"
        return [
            Event(self.stream.id, rows.track, rows.epoch, t_s, arrived_at, "decode_error", 1.0, detail)
            for t_s, arrived_at, reason in zip(
                rows.t_s.tolist(), rows.arrived_at.tolist(), rows.reason.tolist(), strict=True
            )
            if reason == Reason.CORRUPT
        ]

    def _cover(self, rows: Readings) -> None:
        """Account for the media time that these rows of the primary track speak for."""
        start, end = float(rows.t_s[0]), float(rows.t_s[-1] + rows.duration_s[-1])
        hole = start - self._covered_s
        if hole <= MAX_HOLE_S:
            start = min(start, self._covered_s)
        elif not self.live:
            # Live, the clock goes on in a hole, and the ledger starves: it needs no telling.
            self._ledger.media(hole, watched=False, reason=self._trouble or "no_frames")
        seconds = end - max(start, self._covered_s)
        corrupt = (rows.reason == Reason.CORRUPT).all()
        self._ledger.media(seconds, watched=not corrupt, reason="decode_error" if corrupt else "")
        self._covered_s = max(self._covered_s, end)
        self._trouble = ""

    def _emit(self, kind: EventKind, at: float, value: float = 0.0, detail: str = "", track: str = "") -> None:
        """An event of the source itself, or of one track."""
        event = Event(self.stream.id, track, self._epoch, self._arrivals.state.last_t_s, at, kind, value, detail)
        self._out.events.append(event)
