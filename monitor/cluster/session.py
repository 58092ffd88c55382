"""One live stream in a worker: a reader thread that waits for the network, a bounded queue, a pipeline.

The reader opens the source, reads packets, and opens it again with growing waits. It never decodes: decode threads of
the workplace call `work`, which takes about a second of packets at a time. A reader that hangs in a read (it cannot be
killed) holds up nobody: absences are counted by `tick`, and the queue is its only door.
"""

from __future__ import annotations

import logging
import math
import random
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from monitor.cluster.costs import expected_cores
from monitor.cluster.turns import Turns
from monitor.errors import SourceError
from monitor.media.backoff import Backoff
from monitor.media.redact import redact
from monitor.media.source import Input, open_input
from monitor.pipeline import Checkpoint, Outcome, Pipeline, TimedPacket
from monitor.records import EventKind, Stream
from monitor.settings import Profile
from monitor.sync import Compared

ANNOUNCE_S = 0.4
"""Packets wait this long for others, so that decode threads take many at a time: a step costs the detectors about as
much for one picture as for twenty."""
STEADY_S = 10.0
"""A connection that lasted this long was a good one: the next wait is the first again."""
RATE_WINDOW_S = 5.0

log = logging.getLogger(__name__)

State = Literal["connecting", "watching", "stalled", "waiting", "ended"]


@dataclass(frozen=True, slots=True)
class Status:
    """What a person, and whoever places it, wants to know of a stream at a glance. `lag_s`: how far measuring is behind
    the live edge. `cores`: what it is expected to cost, by the cost table; NaN until it was opened."""

    stream: str
    state: State
    detail: str
    fps: float
    lag_s: float
    frames: int
    dropped_s: float
    incident: str
    cores: float = math.nan


@dataclass(frozen=True, slots=True)
class _Opened:
    source: Input


@dataclass(frozen=True, slots=True)
class _Closed:
    kind: EventKind
    reason: str
    settled: threading.Event


class Session:
    """Watches one stream until stopped. `ready(session)` is called when there is work for a decode thread. `turns`: of
    the threads that do the work of this and other sessions."""

    def __init__(
        self,
        stream: Stream,
        profile: Profile,
        begun: Checkpoint | None,
        ready: Callable[[Session], None],
        since: float | None = None,
        turns: Turns | None = None,
    ) -> None:
        self.stream = stream
        self._begun = begun
        self._settings = profile.source
        self._ready = ready
        self._lock = threading.Lock()
        """Guards the pipeline: one decode thread or the ticker at a time."""
        self._turns = Turns() if turns is None else turns
        """Taken inside of the lock, never the other way round."""
        self._pipeline = Pipeline(
            stream, profile, live=True, now=time.time(), begun=begun, since=since, aside=self._turns.aside
        )
        self._queue: deque[_Opened | _Closed | TimedPacket] = deque()
        self._queue_lock = threading.Lock()
        self._queued_bytes = 0
        self._dropped_s = 0.0
        self._to_report_dropped_s = 0.0
        self._skip_to_key = False
        self._counted_track = "video"
        self._announced_at = -math.inf
        self._released = False
        self._stopping = threading.Event()
        self._last_packet_at = -math.inf
        self._state: State = "connecting"
        self._detail = ""
        self._cores = math.nan
        self._rate: deque[tuple[float, int]] = deque(maxlen=32)
        self._reader = threading.Thread(target=self._read, name=f"read {stream.id}", daemon=True)

    def start(self) -> None:
        """Begin to read. Returns at once."""
        if self._begun is not None and self._begun.ended:
            self._state = "ended"
        else:
            self._reader.start()

    def begin_stop(self) -> None:
        """Tell the reader to end; returns at once, so that many sessions can end together."""
        self._stopping.set()

    def abandon(self) -> None:
        """The watch has crashed: nobody takes from the queue any more, so the reader must not wait for that."""
        self._stopping.set()
        self._released = True

    def stop(self, wait_s: float = 2.0, for_good: bool = True) -> None:
        """End the watch: what is queued is still judged. The reader is given `wait_s` to end; one that hangs in a read
        is left behind. `for_good`: what is open closes; else another worker goes on from the last checkpoint."""
        self._stopping.set()
        while self.work():
            pass
        self._released = True
        if self._reader.ident is not None:
            self._reader.join(wait_s)
        while self.work():
            pass
        if for_good:
            with self._lock:
                self._pipeline.finish(time.time())

    def has_work(self) -> bool:
        """Whether packets wait."""
        return bool(self._queue)

    def is_due(self, now: float) -> bool:
        """Whether something has waited for long enough, or waits for nothing."""
        with self._queue_lock:
            first = self._queue[0] if self._queue else None
        return first is not None and (isinstance(first, _Opened | _Closed) or now - first[2] >= ANNOUNCE_S)

    def work(self) -> bool:
        """Take what is queued, up to about a second of it, through the pipeline. True if more waits."""
        with self._lock:
            batch, marker = self._take_batch()
            now = time.time()
            with self._queue_lock:
                seconds, self._to_report_dropped_s = self._to_report_dropped_s, 0.0
            if seconds:
                self._pipeline.dropped(seconds, now)
            if batch:
                with self._turns:
                    self._pipeline.packets(batch, now)
            if isinstance(marker, _Opened):
                self._pipeline.opened(marker.source.tracks, marker.source.description, now)
            elif marker is not None:
                self._pipeline.closed(marker.kind, marker.reason, now)
                marker.settled.set()
        return self.has_work()

    def _take_batch(self) -> tuple[list[TimedPacket], _Opened | _Closed | None]:
        """Packets in order, up to a second of them, and the marker that ends them, if one does."""
        batch: list[TimedPacket] = []
        first: dict[str, float] = {}
        with self._queue_lock:
            while self._queue:
                item = self._queue.popleft()
                if isinstance(item, _Opened | _Closed):
                    return batch, item
                batch.append(item)
                self._queued_bytes -= item[1].size
                t = seconds_of(item)
                if t is not None and abs(t - first.setdefault(item[0].name, t)) >= 1.0:
                    break
        return batch, None

    def tick(self, now: float) -> None:
        """About once a second: absences are counted, the ledger goes on."""
        with self._lock:
            # Packets that wait to be decoded are not overdue: the pipeline is told when the last one came.
            self._pipeline.tick(now, self._last_packet_at)

    def compared(self, found: Sequence[Compared]) -> None:
        """The stream was compared with its reference."""
        with self._lock:
            self._pipeline.compared(found, time.time())

    def noted(self, kind: EventKind, value: float, detail: str, track: str = "") -> None:
        """Somebody else has something to tell of the stream."""
        with self._lock:
            self._pipeline.noted(kind, value, detail, time.time(), track)

    def report(self) -> tuple[Outcome, Checkpoint, Status]:
        """What came since the last report, the state after exactly that, and how it stands."""
        with self._lock:
            return self._pipeline.take(), self._pipeline.checkpoint(), self._status()

    def _status(self) -> Status:
        now = time.time()
        frames = self._pipeline.frames
        self._rate.append((now, frames))
        while len(self._rate) > 2 and now - self._rate[0][0] > RATE_WINDOW_S:
            self._rate.popleft()
        since, before = self._rate[0]
        fps = (frames - before) / (now - since) if now > since else 0.0
        lag = now - self._pipeline.measured_until
        state = self._state
        if state == "watching" and self._pipeline.overdue:
            state = "stalled"
        incident = self._pipeline.incident
        kinds = "" if incident is None else ", ".join(incident.kinds)
        return Status(self.stream.id, state, self._detail, fps, lag, frames, self._dropped_s, kinds, self._cores)

    def _read(self) -> None:
        """The reader thread: open, read, close, wait, again."""
        backoff = Backoff(
            self._settings.reconnect_first_wait_s, self._settings.reconnect_max_wait_s, random.Random(self.stream.id)
        )
        while not self._stopping.is_set():
            self._state = "connecting"
            began = time.monotonic()
            self._detail, ended = self._connection()
            if ended:
                self._state = "ended"
                return
            if time.monotonic() - began > STEADY_S:
                backoff.reset()
            self._state = "waiting"
            self._stopping.wait(backoff.next())

    def _connection(self) -> tuple[str, bool]:
        """One connection from opening to its end: why it ended, and whether that was the end of a recording."""
        try:
            source = open_input(self.stream, self._settings)
        except Exception as error:  # noqa: BLE001 - as in `_why`
            reason = self._why(error)
            self._put(_Closed("open_failed", reason, threading.Event()))
            return reason, False
        kind: EventKind = "lost" if source.live else "ended"
        reason = "the source ended"
        with source:
            self._put(_Opened(source))
            self._state, self._detail = "watching", source.description
            self._cores = expected_cores(source.tracks)
            try:
                self._packets(source)
            except Exception as error:  # noqa: BLE001 - as in `_why`
                kind, reason = "lost", self._why(error)
            # What the decoders still hold comes out before the container is closed.
            closed = _Closed(kind, reason, threading.Event())
            self._put(closed)
            while not closed.settled.wait(0.1) and not self._released:
                pass
        return reason, kind == "ended"

    def _why(self, error: Exception) -> str:
        """What a person is told of a source that failed. Whatever it was, the reader goes on: it is the only one that
        can open the stream again."""
        if isinstance(error, SourceError):
            return str(error)
        log.error("stream %s: its reader met %s", self.stream.id, redact("".join(traceback.format_exception(error))))
        return redact(f"{type(error).__name__}: {error}")

    def _packets(self, source: Input) -> None:
        began = time.time()
        first: float | None = None
        for item in source.packets():
            if self._stopping.is_set():
                return
            seconds = seconds_of(item)
            if not source.live and seconds is not None:
                # A recording is watched at its own pace.
                first = seconds if first is None else first
                self._stopping.wait(max(0.0, began + seconds - first - time.time()))
                item = (item[0], item[1], time.time())
            self._last_packet_at = item[2]
            self._put_packet(item)

    def _put_packet(self, item: TimedPacket) -> None:
        track, packet, _ = item
        with self._queue_lock:
            if self._skip_to_key and track.kind == "video":
                if not packet.is_keyframe:
                    self._count_dropped(item)
                    return
                self._skip_to_key = False
            self._queue.append(item)
            self._queued_bytes += packet.size
            oldest = next((i for i in self._queue if not isinstance(i, _Opened | _Closed)), item)
            full = self._queued_bytes > self._settings.queue_mib * 2**20 or item[2] - oldest[2] > self._settings.queue_s
            if full:
                self._drop_queue()
        now = time.monotonic()
        if full or now - self._announced_at > ANNOUNCE_S:
            self._announced_at = now
            self._ready(self)

    def _drop_queue(self) -> None:
        """Too much waits: all packets go, and pictures up to the next key frame. Markers stay."""
        for item in self._queue:
            if not isinstance(item, _Opened | _Closed):
                self._count_dropped(item)
        self._queue = deque(item for item in self._queue if isinstance(item, _Opened | _Closed))
        self._queued_bytes = 0
        self._skip_to_key = True

    def _count_dropped(self, item: TimedPacket) -> None:
        """Seconds dropped are counted on one track: pictures if there are any."""
        track, packet, _ = item
        if track.name == self._counted_track and packet.duration:
            seconds = float(packet.duration * packet.time_base)
            self._dropped_s += seconds
            self._to_report_dropped_s += seconds

    def _put(self, marker: _Opened | _Closed) -> None:
        with self._queue_lock:
            self._queue.append(marker)
        if isinstance(marker, _Opened):
            names = [track.name for track in marker.source.tracks]
            self._counted_track = "video" if "video" in names else names[0]
        self._ready(self)


def seconds_of(item: TimedPacket) -> float | None:
    """Raw seconds of a packet in the order of decoding; None where the stream does not say."""
    packet = item[1]
    ticks = packet.pts if packet.dts is None else packet.dts
    return None if ticks is None else float(ticks * packet.time_base)
