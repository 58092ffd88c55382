"""When a defect that goes on opens and closes: after it has lasted, after it has stayed away. Held by detectors.

Decides row by row on the rows' own times, so any split into batches decides the same; works on runs of equal rows, so
it costs a few operations per batch. Evidence is kept as extremes, which any split adds up to the same number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from monitor.detect.base import Inputs, detection_id
from monitor.records import SEVERITIES, Detection, Severity
from monitor.settings import Temporal

MAX_ROW_S = 2.0
"""A row speaks for the time until the next one, up to this. A longer hole was not measured: it ends a run that has not
opened, and says nothing about one that has."""
EPSILON_S = 1e-6

Extreme = Literal["min", "max"]
Evidence = Mapping[str, tuple[NDArray[np.floating[Any]], Extreme]]


@dataclass(frozen=True, slots=True)
class HoldState:
    """Where one defect of one track stands. Times are media seconds, `*_at` UTC (NaN: no clock)."""

    bad_from: float | None = None
    """Start of the run of bad rows, or of the open detection."""
    bad_from_at: float = float("nan")
    good_from: float | None = None
    """Start of the good rows after an open detection: from here on it must stay away."""
    gone_s: float = float("nan")
    """When the defect went, which becomes the end: the first good row, or the last bad one before a hole."""
    seen_until: float = float("-inf")
    """End of the last row."""
    evidence: tuple[tuple[str, Extreme, float], ...] = ()
    grave_s: float = 0.0
    """How long it has been grave so far."""
    closed_s: float = float("-inf")
    """End of the last detection: no other begins before it, whatever its first row claims."""
    bad_until: float = float("-inf")
    """How far the bad rows of the run reach: what is told to have begun earlier may lie before it."""
    confidence: float = 0.0
    open: Detection | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """N rows in the order in which they end: when, how long, on the clock, and whether the defect is there. A row may
    claim to have begun before an earlier one ended.

    `grave`: whether it is bad enough for the severity of the settings (`None`: always). `confidence`: of each row, 0 to
    1 (`None`: 1); a detection has that of its surest row.
    """

    t_s: NDArray[np.float64]
    duration_s: NDArray[np.float64]
    at: NDArray[np.float64]
    bad: NDArray[np.bool_]
    evidence: Evidence
    grave: NDArray[np.bool_] | None = None
    confidence: NDArray[np.float64] | None = None

    def measured(self, valid: NDArray[np.bool_]) -> Rows:
        """Only the rows that were measured; the others say nothing."""
        if valid.all():
            return self
        return Rows(
            t_s=self.t_s[valid],
            duration_s=self.duration_s[valid],
            at=self.at[valid],
            bad=self.bad[valid],
            evidence={name: (values[valid], how) for name, (values, how) in self.evidence.items()},
            grave=None if self.grave is None else self.grave[valid],
            confidence=None if self.confidence is None else self.confidence[valid],
        )


class Hold:
    """Open after `min_duration_s`, close after `clear_s`; a detection runs from the first bad row to the first good.

    Its severity is at most `minor` until it has been grave for `grave_s`; then it is told again, with the one of the
    settings.
    """

    def __init__(self, kind: str, settings: Temporal, detector: str, method: str = "") -> None:
        """`method`: tells apart detections of one kind, on one track, that begin together."""
        self.kind = kind
        self._name = f"{kind}/{method}" if method else kind
        self.settings = settings
        self.detector = detector

    def step(self, state: HoldState, seen: Inputs, track: str, rows: Rows) -> tuple[HoldState, list[Detection]]:
        """Go on with these rows; the detections that opened or closed by them."""
        found: list[Detection] = []
        if not len(rows.t_s):
            return state, found
        if state.bad_from is None and not rows.bad.any():
            # Nothing is open and nothing begins, as nearly always.
            state = HoldState(seen_until=float(rows.t_s[-1] + rows.duration_s[-1]), closed_s=state.closed_s)
        else:
            for first, last in _runs(rows):
                state = self._run(state, seen, track, rows, first, last, found)
        return state, found

    def end(self, state: HoldState) -> tuple[HoldState, list[Detection]]:
        """Nothing more comes: an open detection ends where the good rows began, or with the last row."""
        found: list[Detection] = []
        if state.open is None:
            return HoldState(), found
        if state.good_from is not None:
            return self._close(state, state.gone_s, found), found
        return self._close(state, max(state.seen_until, state.open.start_s), found), found

    def _run(
        self, state: HoldState, seen: Inputs, track: str, rows: Rows, first: int, last: int, found: list[Detection]
    ) -> HoldState:
        """Rows first..last (inclusive) follow each other without a hole and are all bad or all good."""
        start = float(rows.t_s[first])
        hole = start - state.seen_until > MAX_ROW_S
        bad = bool(rows.bad[first])
        if not hole:
            # The row before speaks until this one: only now may a run have become long enough.
            if state.open is None and state.bad_from is not None:
                state = self._open_if_due(state, seen, track, start, found)
            elif state.open is not None and state.good_from is not None:
                state = self._close_if_due(state, start, found)
        if state.open is None and (hole or not bad):
            state = HoldState(closed_s=state.closed_s)
        if bad:
            state = self._bad(state, seen, track, rows, first, last, found)
        elif state.open is not None:
            if state.good_from is None:
                state = replace(state, good_from=start, gone_s=state.seen_until if hole else start)
            state = self._close_if_due(state, float(_ends(rows, first, last)[-1]), found)
        end = float(rows.t_s[last] + rows.duration_s[last])
        return replace(state, seen_until=end)

    def _bad(
        self, state: HoldState, seen: Inputs, track: str, rows: Rows, first: int, last: int, found: list[Detection]
    ) -> HoldState:
        if state.bad_from is None:
            start, at = float(rows.t_s[first]), float(rows.at[first])
            told_s = state.closed_s - start
            if 0 < told_s < rows.duration_s[first]:
                start, at = state.closed_s, at + told_s
            state = replace(state, bad_from=start, bad_from_at=at, bad_until=start)
        state = replace(state, good_from=None, gone_s=float("nan"))
        if state.open is None:
            assert state.bad_from is not None
            lasted = _ends(rows, first, last) - state.bad_from
            due = np.flatnonzero(lasted >= self.settings.min_duration_s - EPSILON_S)
            opening = first + int(due[0]) if len(due) else last
            state = _added(state, rows, first, opening)
            if not len(due):
                return state
            state = self._open_if_due(state, seen, track, float(lasted[due[0]] + state.bad_from), found)
            first = opening + 1
        if first <= last and state.open is not None and state.open.severity != self.settings.severity:
            grave = np.flatnonzero(_grave_s(state, rows, first, last) >= self.settings.grave_s - EPSILON_S)
            if len(grave):
                turning = first + int(grave[0])
                state = self._graver(_added(state, rows, first, turning), found)
                first = turning + 1
        return _added(state, rows, first, last) if first <= last else state

    def _graver(self, state: HoldState, found: list[Detection]) -> HoldState:
        """The open detection is told again: it has become grave."""
        assert state.open is not None
        graver = replace(state.open, revision=state.open.revision + 1, **self._judged(state))
        found.append(graver)
        return replace(state, open=graver)

    def _judged(self, state: HoldState) -> dict[str, Any]:
        """Severity, confidence and evidence as they stand."""
        grave = state.grave_s >= self.settings.grave_s - EPSILON_S
        return {
            "severity": self.settings.severity if grave else _at_most_minor(self.settings.severity),
            "confidence": state.confidence,
            "evidence": {name: value for name, _, value in state.evidence},
        }

    def _open_if_due(
        self, state: HoldState, seen: Inputs, track: str, until: float, found: list[Detection]
    ) -> HoldState:
        assert state.bad_from is not None
        if until - state.bad_from < self.settings.min_duration_s - EPSILON_S:
            return state
        detection = Detection(
            detection_id=detection_id(seen, self._name, track, state.bad_from),
            revision=0,
            stream=seen.stream,
            kind=self.kind,
            track=track,
            start_s=state.bad_from,
            end_s=None,
            start_at=_clock(state.bad_from_at),
            end_at=None,
            detector=self.detector,
            **self._judged(state),
        )
        found.append(detection)
        return replace(state, open=detection)

    def _close_if_due(self, state: HoldState, until: float, found: list[Detection]) -> HoldState:
        assert state.good_from is not None
        if until - state.good_from < self.settings.clear_s - EPSILON_S:
            return state
        return self._close(state, state.gone_s, found)

    def _close(self, state: HoldState, end_s: float, found: list[Detection]) -> HoldState:
        assert state.open is not None
        found.append(
            replace(
                state.open,
                revision=state.open.revision + 1,
                end_s=end_s,
                # Media time between the two is what lasted; the clock of each row may be better known later on.
                end_at=None if state.open.start_at is None else state.open.start_at + end_s - state.open.start_s,
                **self._judged(state),
            )
        )
        return HoldState(closed_s=end_s)


def _runs(rows: Rows) -> list[tuple[int, int]]:
    """First and last index of each run of rows that are alike and have no hole between them."""
    changes = np.diff(rows.bad.astype(np.int8)) != 0
    holes = np.diff(rows.t_s) - rows.duration_s[:-1] > MAX_ROW_S
    cuts = np.flatnonzero(changes | holes)
    firsts = np.concatenate(([0], cuts + 1))
    lasts = np.concatenate((cuts, [len(rows.t_s) - 1]))
    return [(int(a), int(b)) for a, b in zip(firsts, lasts, strict=True)]


def _ends(rows: Rows, first: int, last: int) -> NDArray[np.float64]:
    """When each of these rows ends: with its duration, or where the next one starts."""
    starts = rows.t_s[first : last + 1]
    ends: NDArray[np.float64] = starts + rows.duration_s[first : last + 1]
    ends[:-1] = np.maximum(ends[:-1], starts[1:])
    return ends


def _at_most_minor(severity: Severity) -> Severity:
    return min(severity, "minor", key=SEVERITIES.index)


def _grave_s(state: HoldState, rows: Rows, first: int, last: int) -> NDArray[np.float64]:
    """After each of these rows: how long it has been grave. Added up row by row, so that any split gives the same; what
    lies before the end of an earlier row counts once."""
    starts, lengths = rows.t_s[first : last + 1], rows.duration_s[first : last + 1]
    reached = np.maximum.accumulate(np.concatenate(([state.bad_until], starts + lengths)))
    twice = reached[:-1] - starts
    lengths = np.where(twice > EPSILON_S, np.maximum(lengths - twice, 0.0), lengths)
    if rows.grave is not None:
        lengths = np.where(rows.grave[first : last + 1], lengths, 0.0)
    return np.add.accumulate(np.concatenate(([state.grave_s], lengths)))[1:]


def _added(state: HoldState, rows: Rows, first: int, last: int) -> HoldState:
    """The state with what rows first..last (inclusive) show."""
    part = None if rows.confidence is None else rows.confidence[first : last + 1]
    return replace(
        state,
        evidence=_merge(state.evidence, rows, first, last),
        grave_s=float(_grave_s(state, rows, first, last)[-1]),
        bad_until=max(state.bad_until, float((rows.t_s[first : last + 1] + rows.duration_s[first : last + 1]).max())),
        confidence=max(state.confidence, 1.0 if part is None else float(part.max())),
    )


def _merge(
    evidence: tuple[tuple[str, Extreme, float], ...], rows: Rows, first: int, last: int
) -> tuple[tuple[str, Extreme, float], ...]:
    """The evidence with the extremes of rows first..last."""
    before = {name: value for name, _, value in evidence}
    merged: list[tuple[str, Extreme, float]] = []
    for name, (values, how) in rows.evidence.items():
        part = float((np.min if how == "min" else np.max)(values[first : last + 1]))
        if name in before:
            part = (min if how == "min" else max)(part, before[name])
        merged.append((name, how, part))
    return tuple(merged)


def _clock(at: float) -> float | None:
    return None if np.isnan(at) else at
