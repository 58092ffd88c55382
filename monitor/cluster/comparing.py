"""Streams and their references in one process: keeps the prints of those that are compared, says when a pair is due,
and whether a defect came from the reference, or in after it."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from monitor.records import Detection, EventKind, Readings, Stream
from monitor.sync import Compared, Pair, Prints

KEEP_S = 170.0
"""An edge may be a minute behind its origin, or before it; see `monitor.sync.compare`."""
SILENT_S = 10.0
"""A reference that brings nothing for so long is not there."""
ABSENT_S = 30.0
"""A reference that is not watched here for so long is told."""
TRACE_S = 10.0
"""The reference is looked at for so long beyond where a defect was told before it is said that it has not the same."""
NEAR_S = 3.0
"""A defect of the same kind that began so near, or goes on, is the same."""
REMEMBER_S = 600.0
NO_TRACE = ("no_input", "stall", "track_loss", "av_sync", "mismatch")
"""Kinds of arrival, and of the comparison itself."""


@dataclass(frozen=True, slots=True)
class Note:
    """An event to tell of a watched stream."""

    kind: EventKind
    value: float
    detail: str
    track: str = ""


@dataclass(slots=True)
class _Pair:
    reference: str
    pair: Pair
    absent_from: float | None = None
    told_absent: bool = False
    reached_s: float = -math.inf
    brought_at: float = field(default_factory=time.monotonic)
    """How far the reference came, and when it last came further (monotonic)."""
    offset_s: float | None = None
    queued: bool = False
    to_trace: list[tuple[float, Detection]] = field(default_factory=list)
    """With the media second at which each was told."""


class Comparing:
    """Thread-safe; a pair is compared by one caller at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._prints: dict[str, Prints] = {}
        self._pairs: dict[str, _Pair] = {}
        self._seen: dict[str, dict[str, Detection]] = {}
        """Detections of streams that are references, by their names."""

    def watch(self, stream: Stream) -> None:
        """A stream begins to be watched."""
        if stream.reference is None:
            return
        with self._lock:
            mine, theirs = (self._prints.setdefault(id, Prints(KEEP_S)) for id in (stream.id, stream.reference))
            self._pairs[stream.id] = _Pair(stream.reference, Pair(theirs, mine))
            self._seen.setdefault(stream.reference, {})

    def forget(self, stream: str) -> None:
        """A stream is watched no more. If it is watched again, its media time begins anew: what was kept of it would be
        taken for what comes then."""
        with self._lock:
            self._pairs.pop(stream, None)
            used = {id for watched, pair in self._pairs.items() for id in (watched, pair.reference)}
            self._prints = {id: prints for id, prints in self._prints.items() if id in used}
            self._seen = {id: seen for id, seen in self._seen.items() if id in used}
            if stream in used:
                self._prints[stream], self._seen[stream] = Prints(KEEP_S), {}
                for watched, pair in self._pairs.items():
                    if pair.reference == stream:
                        self._pairs[watched] = _Pair(stream, Pair(self._prints[stream], self._prints[watched]))

    def add(self, stream: str, readings: Iterable[Readings], detections: Iterable[Detection]) -> None:
        """What came of a stream; of no interest, unless it is one of a pair."""
        with self._lock:
            prints = self._prints.get(stream)
            if prints is None:
                return
            prints.add(readings)
            seen, pair = self._seen.get(stream), self._pairs.get(stream)
            for detection in detections:
                if seen is not None:
                    seen[detection.detection_id] = detection
                if pair is not None and detection.revision == 0 and detection.kind not in NO_TRACE:
                    pair.to_trace.append((max(detection.start_s, prints.span[1]), detection))
            if pair is not None:
                pair.to_trace = [each for each in pair.to_trace if each[0] >= prints.span[1] - KEEP_S]
            if seen:
                old_s = prints.span[1] - REMEMBER_S
                self._seen[stream] = {
                    id: each for id, each in seen.items() if each.end_s is None or each.end_s >= old_s
                }

    def due(self, watched: Collection[str]) -> list[str]:
        """Streams for which `compare` has something to do, or `notes` something to tell. `watched`: in this process."""
        now = time.monotonic()
        found = []
        with self._lock:
            for stream, pair in self._pairs.items():
                self._look_for(pair, pair.reference in watched, now)
                absent = self._absent(pair, now) and not pair.told_absent
                here = pair.absent_from is None
                if stream in watched and not pair.queued and (absent or (here and _is_due(pair.pair))):
                    pair.queued = True
                    found.append(stream)
        return found

    def _look_for(self, pair: _Pair, watched: bool, now: float) -> None:
        """Whether the reference is here, and brings something."""
        last_s = self._prints[pair.reference].span[1]
        if watched and last_s > pair.reached_s:
            pair.reached_s, pair.absent_from, pair.told_absent = last_s, None, False
            pair.brought_at = now
        elif pair.absent_from is None and (not watched or now - pair.brought_at >= SILENT_S):
            pair.absent_from = now

    def _absent(self, pair: _Pair, now: float) -> bool:
        return pair.absent_from is not None and now - pair.absent_from >= ABSENT_S

    def compare(self, stream: str) -> list[Compared]:
        """What comparing a stream with its reference finds now."""
        with self._lock:
            pair = self._pairs.get(stream)
            if pair is None:
                return []
            here = pair.absent_from is None
        # Takes some hundredths of a second, in which reports go on.
        found = pair.pair.compare() if here else []
        with self._lock:
            pair.queued = False
            if any(each.alike for each in found):
                pair.offset_s = pair.pair.offset_s
        return found

    def notes(self, stream: str) -> list[Note]:
        """What else is to be told of a stream: each once."""
        with self._lock:
            pair = self._pairs.get(stream)
            if pair is None:
                return []
            found = []
            if self._absent(pair, time.monotonic()) and not pair.told_absent:
                pair.told_absent = True
                why = "is not watched by this worker, or brings nothing"
                found.append(Note("not_compared", 0.0, f"reference {pair.reference!r} {why}"))
            if pair.offset_s is not None:
                reached_s = self._prints[pair.reference].span[1]
                waiting = []
                for told_s, each in pair.to_trace:
                    if told_s - pair.offset_s + TRACE_S <= reached_s:
                        found.append(self._traced(each, pair.reference, pair.offset_s))
                    else:
                        waiting.append((told_s, each))
                pair.to_trace = waiting
            return found

    def _traced(self, detection: Detection, reference: str, offset_s: float) -> Note:
        there_s = detection.start_s - offset_s
        same = [
            each
            for each in self._seen[reference].values()
            if (each.kind, each.track) == (detection.kind, detection.track)
            and each.start_s - NEAR_S <= there_s
            and (each.end_s is None or there_s <= each.end_s + NEAR_S)
        ]
        told = f"{detection.kind} {detection.detection_id}"
        if same:
            here = f"{told} came from {reference!r}, which has {same[-1].detection_id}"
            return Note("traced", 1.0, here, detection.track)
        return Note("traced", 0.0, f"{told} came in after {reference!r}, which has none there", detection.track)


def _is_due(pair: Pair) -> bool:
    """Whether there is something to compare. Where that cannot be told, comparing fails, too: and is listened to."""
    try:
        return pair.due
    except Exception:  # noqa: BLE001 - whoever asks serves all streams
        return True
