"""`stutter`: motion that does not flow: pictures held and dropped, a lower rate than the stream's own, pictures out of
order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from monitor.detect.base import Inputs
from monitor.detect.hold import Evidence, Hold, HoldState, Rows
from monitor.detect.look import Look
from monitor.detect.picture import durations, shown_pictures
from monitor.kernels.motion import Memory, follow_motion, no_motion
from monitor.records import PLACES, Depth, Detection, Readings
from monitor.settings import Profile, StutterSettings, fingerprint

WINDOW_S = 1.0
"""Holds are counted over the last second."""
OVER_S = 0.5
"""So long after the last hold, or picture out of order, it is over."""
KEPT_S = 60
"""What is usual is so in the last minute in motion without a stutter, kept by the second ..."""
KNOWN_MS, LEAST_MS = 1500, 300
"""... and known after so much of it; of a second, so much must be in motion to count."""
MOST = 0.7
ADOPTED_S = 120.0
"""What goes on for so long is usual."""
OFTEN = 2.0
"""Of a stream that usually has holds (24 pictures shown as 30) or jumps (stop motion), so many times as many are left
out."""
CHANCE = 0.25
"""Of usual holds so many may be followed by a jump by chance."""
CADENCE, LONGER = 2.0, 1.6
"""With so many holds a second usually, one that is so many times as long as usual is as bad as one with a jump."""
FLOWS = 1.2
"""Holds with less than this as their mean jump are repeats: motion flows on after them."""
EPSILON_S = 1e-6

Column = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Mark:
    """A hold that ended (since when, for how long, with what jump; 0: it was none), or a picture out of order."""

    t_s: float
    since_s: float
    hold_s: float
    jump: float
    disorder: bool


class Usual(NamedTuple):
    """Of a second in motion: how many holds, how many jumps; and how long a hold is."""

    holds: float
    jumps: float
    hold_s: float


@dataclass(frozen=True, slots=True)
class StutterState:
    """Memory of the motion as bytes; marks of the last second; by second: its number, milliseconds in motion, how many
    holds and jumps there were, milliseconds held; since when it stutters."""

    hold: HoldState = HoldState()
    memory: tuple[bytes, bytes, bytes] | None = None
    marks: tuple[Mark, ...] = ()
    usual: tuple[tuple[int, ...], ...] = ()
    bad_from_s: float = float("nan")


class Stutter:
    """A frame is in a stutter when within the last second there were `hitches` pictures that were held, with a jump
    after, more than is usual for this stream in motion; or `disordered` pictures that were out of order. Repeats
    without a jump (24 pictures shown as 30, slow motion) are none; what stands is left to `freeze`."""

    kind = "stutter"
    version = 2
    reads = ("difference", "key", "mean", "shown")
    depths: frozenset[Depth] = frozenset(("full",))

    def __init__(self, profile: Profile) -> None:
        self.settings: StutterSettings = profile.stutter
        self._hold = Hold(self.kind, self.settings, f"{self.kind}@{self.version}:{fingerprint(self.settings)}")

    def start(self) -> StutterState:
        """Nothing known."""
        return StutterState()

    def step(self, state: StutterState, seen: Inputs) -> tuple[StutterState, list[Detection]]:
        """Go on with the frames that were seen."""
        found: list[Detection] = []
        for video in shown_pictures(seen):
            state, rows = self._rows(state, video)
            hold, more = self._hold.step(state.hold, seen, video.track, rows)
            state, found = replace(state, hold=hold), found + more
        if seen.ended:
            found += self._hold.end(state.hold)[1]
            state = StutterState()
        return state, found

    def _rows(self, state: StutterState, video: Readings) -> tuple[StutterState, Rows]:
        values = video.values
        memory = _loaded(state.memory)
        change = np.where(values["shown"] == Look.PICTURE, values["difference"], np.nan).astype(np.float64)
        maps = np.ascontiguousarray(video.grids["mean"].reshape(len(video), PLACES))
        since = video.since_previous_s.astype(np.float64)
        hold_s, jump, disorder, moving_s = follow_motion(video.t_s, since, change, values["key"] > 0, maps, memory).T
        new = [
            Mark(
                t_s=float(video.t_s[k]),
                since_s=float(video.t_s[k] - hold_s[k]),
                hold_s=float(hold_s[k]),
                jump=float(jump[k]),
                disorder=bool(disorder[k]),
            )
            for k in np.flatnonzero((hold_s > 0) | (disorder > 0))
        ]
        state = replace(state, memory=(memory[0].tobytes(), memory[1].tobytes(), memory[2].tobytes()))
        seconds = np.floor(video.t_s).astype(np.int64)
        bad, earlier = np.zeros(len(video), np.bool_), np.zeros(len(video))
        for first, last in pairwise([0, *(np.flatnonzero(np.diff(seconds)) + 1).tolist(), len(video)]):
            part = slice(first, last)
            among = [mark for mark in new if video.t_s[first] <= mark.t_s <= video.t_s[last - 1]]
            state, learns = self._second(state, video.t_s[part], among, bad[part], earlier[part])
            jumps = jump[part] >= self.settings.min_jump
            counts = (1000 * moving_s[part], hold_s[part] > 0, jumps, 1000 * hold_s[part])
            state = _learnt(state, int(seconds[first]), [column[learns] for column in counts])
        evidence: Evidence = {"hold_s": (hold_s, "max"), "jump": (jump, "max")}
        return state, Rows(video.t_s - earlier, durations(video) + earlier, video.at - earlier, bad, evidence)

    def _second(
        self, state: StutterState, t_s: Column, new: list[Mark], bad: Flags, earlier: Column
    ) -> tuple[StutterState, Flags]:
        """Judge frames of one second: which are bad, and by how much earlier a stutter began that begins with one. Also
        which of them say what is usual."""
        learns = np.ones(len(t_s), np.bool_)
        if not state.marks and not new:
            return replace(state, bad_from_s=math.nan), learns
        usual = _usual(state, int(t_s[0]))
        marks, bad_from = [*state.marks, *new], state.bad_from_s
        for k, t in enumerate(t_s.tolist()):
            recent = [mark for mark in marks if t - WINDOW_S < mark.t_s <= t + EPSILON_S]
            over = not recent or t - recent[-1].t_s > OVER_S
            if over or usual is None or not self._too_many(recent, usual, going_on=not math.isnan(bad_from)):
                bad_from = math.nan
                continue
            bad[k] = True
            if math.isnan(bad_from):
                bad_from = recent[0].since_s
                earlier[k] = max(0.0, t - bad_from)
            learns[k] = t - bad_from > ADOPTED_S
        kept = tuple(mark for mark in marks if mark.t_s > t_s[-1] - WINDOW_S)
        return replace(state, marks=kept, bad_from_s=bad_from), learns

    def _too_many(self, recent: list[Mark], usual: Usual, going_on: bool) -> bool:
        """A stutter goes on with one less than it begins with."""
        hitches = self.settings.hitches - going_on
        usual_holds, usual_jumps, usual_s = usual
        jumps = [mark.jump for mark in recent if mark.jump > 0]
        cadence = usual_holds >= CADENCE
        large = sum(
            mark.jump >= self.settings.min_jump or (cadence and mark.hold_s > LONGER * usual_s) for mark in recent
        )
        return (
            large >= hitches + OFTEN * usual_jumps + CHANCE * usual_holds
            or (len(jumps) >= hitches + OFTEN * usual_holds and sum(jumps) >= FLOWS * len(jumps))
            or sum(mark.disorder for mark in recent) >= self.settings.disordered
        )


def _usual(state: StutterState, second: int) -> Usual | None:
    """What is usual before a second; None: not known yet. Of most seconds, so that a stutter that was seen late, or not
    at all, does not count."""
    before = np.array([counts for number, *counts in state.usual if number < second]).reshape(-1, 4)
    moving, holds, jumps, held = before[before[:, 0] >= LEAST_MS].T
    if moving.sum() < KNOWN_MS:
        return None
    usual_holds, usual_jumps = (float(np.quantile(1000 * counts / moving, MOST)) for counts in (holds, jumps))
    return Usual(usual_holds, usual_jumps, float(held.sum() / 1000 / max(holds.sum(), 1)))


def _learnt(state: StutterState, second: int, columns: Sequence[NDArray[Any]]) -> StutterState:
    """The state with more of what it counts in a second. Integers: any split adds up to the same."""
    more = [int(np.rint(column).astype(np.int64).sum()) for column in columns]
    if not any(more):
        return state
    kept = {number: counts for number, *counts in state.usual[-KEPT_S:]}
    kept[second] = [a + b for a, b in zip(kept.get(second, (0, 0, 0, 0)), more, strict=True)]
    return replace(state, usual=tuple((number, *kept[number]) for number in sorted(kept))[-KEPT_S:])


def _loaded(kept: tuple[bytes, bytes, bytes] | None) -> Memory:
    """A copy of what is remembered, to go on with."""
    maps, changes, numbers = no_motion()
    if kept is not None:
        maps[:] = np.frombuffer(kept[0], np.uint8).reshape(maps.shape)
        changes[:] = np.frombuffer(kept[1], np.float64)
        numbers[:] = np.frombuffer(kept[2], np.float64)
    return maps, changes, numbers
