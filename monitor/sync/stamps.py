"""Sound against picture by their timestamps alone: second by second, what a player makes of them that joins the sound
over its gaps, as many do.

- gaps in the sound that the picture has not, and overlaps, add up: also those of a clock that drifts, since sound is
  put where its timestamps say as soon as they are 20 ms beside its samples
- a recording whose tracks begin apart
- one track that lies far behind the other in the stream (an event of the decoder): a player must wait for it

Where timestamps are right, a good player is in step all the same: this is said with less confidence than what is seen
and heard.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from monitor.records import Event, Readings

WINDOW_S = 60
"""Gaps are remembered so long: a player finds back into step some time."""
LEAST_GAP_S = 0.004
MOST_GAP_S = 5.0
"""A longer one is no matter of synchronisation: sound was away."""
PICTURE_GAP_S = 0.1
"""Pictures that come so late are a gap, too."""
SETTLED_S = 2
"""Seconds that both tracks must have gone on before one is judged."""

Gaps = tuple[tuple[float, float], ...]
"""When each ended, and how long it was (media seconds)."""


@dataclass(frozen=True, slots=True)
class Stamped:
    """One second. `error_s`: by how much sound would be late; `apart_s`: by how much it began later than the picture,
    in the first second; `behind_s`: how far one track lies behind the other in the stream."""

    t_s: float
    duration_s: float
    at: float
    error_s: float
    apart_s: float = 0.0
    behind_s: float = 0.0


@dataclass(frozen=True, slots=True)
class StampState:
    """Of one sound track beside the picture: gaps in either, where both stand, and the second that is next."""

    sound_gaps: Gaps = ()
    sound_away: Gaps = ()
    picture_gaps: Gaps = ()
    behind: Gaps = ()
    sound_from: float | None = None
    picture_from: float | None = None
    sound_s: float = -math.inf
    sound_epoch: int = -1
    picture_s: float = -math.inf
    clocks: Gaps = ()
    """Of the first picture of each second: when, and UTC less that."""
    next_s: int | None = None


def stamp(
    state: StampState, audio: Iterable[Readings], video: Iterable[Readings], events: Iterable[Event]
) -> tuple[StampState, list[Stamped]]:
    """Go on with readings of one sound track and of the picture, and with events. Any split gives the same."""
    for rows in video:
        if len(rows):
            state = _picture(state, rows)
    for rows in audio:
        if len(rows):
            state = _sound(state, rows)
    late = tuple((event.t_s, event.value) for event in events if event.kind == "interleaving")
    if late:
        state = replace(state, behind=(*state.behind, *late))
    found: list[Stamped] = []
    if state.sound_from is None or state.picture_from is None:
        return state, found
    begins = state.next_s is None
    second = math.floor(max(state.sound_from, state.picture_from)) if state.next_s is None else state.next_s
    until = math.floor(min(state.sound_s, state.picture_s)) - SETTLED_S
    while second < until:
        # Of seconds in which one of them was away nothing is said.
        away_until = max(_away_until(gaps, second) for gaps in (state.sound_away, state.picture_gaps))
        if away_until > second + 1:
            second = min(math.floor(away_until), until)
            continue
        found.append(_second(state, second))
        second += 1
    if not found:
        return _forgotten(state), found
    if begins and all(math.isnan(clock_s) for _, clock_s in state.clocks):
        # Live, pictures are shown from a key frame on: whoever joins sees them begin later.
        apart_s = state.sound_from - state.picture_from
        start_s = min(state.sound_from, state.picture_from)
        found[0] = replace(found[0], t_s=start_s, duration_s=found[0].t_s + 1 - start_s, apart_s=apart_s)
    return _forgotten(replace(state, next_s=second)), found


def _forgotten(state: StampState) -> StampState:
    """Without what is too long ago."""
    old_s = max(state.sound_s, state.picture_s) - 2 * WINDOW_S
    if state.next_s is not None:
        old_s = max(old_s, state.next_s - WINDOW_S)
    recent_s = old_s if state.next_s is None else max(old_s, state.next_s - 2)
    return replace(
        state,
        sound_gaps=_since(state.sound_gaps, old_s),
        sound_away=_since(state.sound_away, old_s),
        picture_gaps=_since(state.picture_gaps, old_s),
        behind=_since(state.behind, recent_s),
        clocks=_since(state.clocks, recent_s),
    )


def _since(gaps: Gaps, t_s: float) -> Gaps:
    return gaps if not gaps or gaps[0][0] > t_s else tuple(gap for gap in gaps if gap[0] > t_s)


def _second(state: StampState, second: int) -> Stamped:
    error_s = -sum(
        size - _shared(end_s, size, state.picture_gaps)
        for end_s, size in state.sound_gaps
        if second + 1 - WINDOW_S < end_s <= second + 1
    )
    # Once, it is the end of a stall.
    behind_s = min(
        max((size for t_s, size in state.behind if first <= t_s < first + 1), default=0.0)
        for first in (second - 1, second)
    )
    clock_s = next((clock_s for t_s, clock_s in reversed(state.clocks) if t_s < second + 1), math.nan)
    return Stamped(float(second), 1.0, second + clock_s, error_s, 0.0, behind_s)


def _away_until(gaps: Gaps, second: int) -> float:
    """The end of the long gap that this second lies in; the second itself, if it does in none."""
    return max((end for end, size in gaps if size >= MOST_GAP_S and end - size <= second < end), default=float(second))


def _shared(end_s: float, size: float, others: Gaps) -> float:
    """How much of a gap is also one of the others."""
    return sum(max(0.0, min(end_s, end) - max(end_s - size, end - length)) for end, length in others)


def _picture(state: StampState, rows: Readings) -> StampState:
    ends = np.maximum.accumulate(rows.t_s + rows.duration_s)
    before = np.concatenate(([state.picture_s if math.isfinite(state.picture_s) else rows.t_s[0]], ends[:-1]))
    gaps = rows.t_s - before
    new = tuple((float(rows.t_s[k]), float(gaps[k])) for k in np.flatnonzero(gaps > PICTURE_GAP_S).tolist())
    seconds = np.floor(np.concatenate(([state.clocks[-1][0] if state.clocks else -1.0], rows.t_s)))
    first = np.flatnonzero(np.diff(seconds) > 0)
    clocks = tuple((float(rows.t_s[k]), float(rows.at[k] - rows.t_s[k])) for k in first.tolist())
    return replace(
        state,
        picture_gaps=(*state.picture_gaps, *new),
        picture_from=float(rows.t_s[0]) if state.picture_from is None else state.picture_from,
        picture_s=max(state.picture_s, float(ends[-1])),
        clocks=(*state.clocks, *clocks),
    )


def _sound(state: StampState, rows: Readings) -> StampState:
    ends = rows.t_s + rows.duration_s
    before = np.concatenate(([state.sound_s if math.isfinite(state.sound_s) else rows.t_s[0]], ends[:-1]))
    gaps = rows.t_s - before
    size = np.abs(gaps)
    counts = (size > LEAST_GAP_S) & (size < MOST_GAP_S)
    counts[0] &= rows.epoch == state.sound_epoch  # Where an epoch begins, the clock says where it is.
    new = [(float(rows.t_s[k]), float(gaps[k])) for k in np.flatnonzero(counts).tolist()]
    away = [(float(rows.t_s[k]), float(gaps[k])) for k in np.flatnonzero(gaps >= MOST_GAP_S).tolist()]
    return replace(
        state,
        sound_gaps=(*state.sound_gaps, *new),
        sound_away=(*state.sound_away, *away),
        sound_from=float(rows.t_s[0]) if state.sound_from is None else state.sound_from,
        sound_s=float(ends[-1]),
        sound_epoch=rows.epoch,
    )
