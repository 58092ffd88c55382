"""Which seconds of a stream were watched, and why not where not. Watched and not watched add up to all of its time.

Live, the ledger is a player: media that was measured is what it has to play; the clock is how fast it plays. A second
in which it has something to play was watched, one in which it starves is a gap. A segment that comes early is played
later, and a second that never came cannot be hidden by one that came twice. For files, media time is the axis itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from monitor.records import Coverage, Depth

GRACE_S = 1.0
"""Starving for less than this is jitter of arrival."""
PIECE_S = 10.0
"""A piece is written when it is this long, or ends."""
MAX_CREDIT_S = 120.0


@dataclass(frozen=True, slots=True)
class LedgerState:
    """Where the player stands, what it has to play, and the piece that is not written yet."""

    cursor: float
    """UTC (live) or media second (files) up to which all is accounted for."""
    chunks: tuple[tuple[float, bool, str], ...] = field(default_factory=tuple)
    """Seconds to play, whether they were watched, and why not."""
    piece_from: float | None = None
    piece: tuple[bool, str] = (False, "")


class Ledger:
    """Accounts for every second of one stream from `cursor` on."""

    def __init__(self, stream: str, depth: Depth, live: bool, state: LedgerState) -> None:
        self.stream = stream
        self.depth = depth
        self.live = live
        self.state = state
        self._written: list[Coverage] = []

    def media(self, seconds: float, watched: bool, reason: str = "") -> None:
        """So many seconds of media came, and were watched or not."""
        if seconds <= 0:
            return
        chunks = list(self.state.chunks)
        if chunks and chunks[-1][1:] == (watched, reason):
            chunks[-1] = (chunks[-1][0] + seconds, watched, reason)
        else:
            chunks.append((seconds, watched, reason))
        surplus = sum(c[0] for c in chunks) - MAX_CREDIT_S
        if self.live and surplus > 0:
            chunks[-1] = (max(0.0, chunks[-1][0] - surplus), *chunks[-1][1:])
        self.state = replace(self.state, chunks=tuple(chunks))
        if not self.live:
            self._play(float("inf"))

    def advance(self, now: float, reason: str, grace_s: float = GRACE_S) -> None:
        """The clock stands at `now`; where there was nothing to play, `reason` says why. Live only."""
        self._play(now)
        if now - self.state.cursor > grace_s:
            self._account(now, False, reason)

    def gap(self, until: float, reason: str) -> None:
        """All up to `until` was not watched."""
        if until > self.state.cursor:
            self._account(until, False, reason)

    def _play(self, until: float) -> None:
        while self.state.chunks and self.state.cursor < until:
            (seconds, watched, reason), *rest = self.state.chunks
            step = min(seconds, until - self.state.cursor)
            left = () if seconds - step < 1e-9 else ((seconds - step, watched, reason),)
            self.state = replace(self.state, chunks=(*left, *rest))
            self._account(self.state.cursor + step, watched, reason)

    def _account(self, until: float, watched: bool, reason: str) -> None:
        state = self.state
        if state.piece_from is not None and state.piece != (watched, reason):
            self._write()
        started = self.state.piece_from if self.state.piece_from is not None else state.cursor
        self.state = replace(self.state, cursor=until, piece_from=started, piece=(watched, reason))

    def _write(self) -> None:
        state = self.state
        if state.piece_from is None or state.cursor <= state.piece_from:
            return
        watched, reason = state.piece
        span = (state.piece_from, state.cursor)
        at, s = (span, (None, None)) if self.live else ((None, None), span)
        self._written.append(
            Coverage(self.stream, watched, reason, self.depth, at[0], at[1], s[0], s[1], span[1] - span[0])
        )
        self.state = replace(state, piece_from=None)

    def take(self, everything: bool = False) -> list[Coverage]:
        """The pieces that are complete; with `everything`, also the one that is not."""
        state = self.state
        if state.piece_from is not None and (everything or state.cursor - state.piece_from >= PIECE_S):
            self._write()
        written, self._written = self._written, []
        return written
