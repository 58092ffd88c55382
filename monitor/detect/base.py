"""What a detector is, and what it is shown. Decides nothing itself.

A detector decides over time and keeps nothing in itself: it is built from its settings, and its state goes in and comes
out of `step`. States are frozen and picklable, so a stream moves between machines with them, a crash goes on from the
last one stored, and a notebook runs the very same function over history.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol, TypeVar

from monitor.records import Depth, Detection, Event, Readings

State = TypeVar("State")


@dataclass(frozen=True, slots=True)
class Inputs:
    """What happened since the last step, in the order of time within each part.

    `watch` tells apart two watches of one stream that both begin at 0 s. `ended`: the stream was read to its end or
    is watched no more; what is open closes.
    """

    stream: str
    watch: str
    video: tuple[Readings, ...] = ()
    audio: tuple[Readings, ...] = ()
    events: tuple[Event, ...] = ()
    ended: bool = False

    def shown(self, columns: Collection[str]) -> Inputs:
        """The same with only these columns, and without readings that have none of them (but where no column is read,
        when rows came): a detector that reads another one fails at once, not in a notebook."""
        video, audio = (
            tuple(readings.only(columns) for readings in part if not columns or readings.has_any(columns))
            for part in (self.video, self.audio)
        )
        return Inputs(self.stream, self.watch, video, audio, self.events, self.ended)


class Detector(Protocol[State]):
    """One kind of defect. Any split of the same inputs into steps gives the same states and the same detections."""

    kind: str
    version: int
    reads: tuple[str, ...]
    """The only columns that it is shown."""
    depths: frozenset[Depth]
    """Depths at which it can judge."""

    def start(self) -> State:
        """The state of a stream of which nothing is known."""
        ...

    def step(self, state: State, seen: Inputs) -> tuple[State, list[Detection]]:
        """Go on from `state` with what was seen: the next state, and detections that opened or closed by it."""
        ...


ALL_DEPTHS: frozenset[Depth] = frozenset(("full", "nonref", "key"))


def detection_id(seen: Inputs, kind: str, track: str, start_s: float) -> str:
    """The name of a detection: the same fault of the same watch has the same one everywhere, also after a restart."""
    text = f"{seen.stream}|{seen.watch}|{kind}|{track}|{round(start_s * 1000)}"
    return hashlib.blake2s(text.encode(), digest_size=10).hexdigest()
