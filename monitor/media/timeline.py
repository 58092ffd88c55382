"""Media time: an integer timestamp and its time base become seconds here, once. Pure: knows no PyAV and no clock.

Owns the epochs and their offsets. Does not decide when a new epoch begins (`monitor.media.continuity`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

KEPT = 8
"""Epochs that stay known: results of an epoch come out seconds after it ended, never many epochs later."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """One epoch: `t_s` = raw seconds of the stream + `offset_s`, without rounding."""

    number: int
    offset_s: Fraction


@dataclass(frozen=True, slots=True)
class Timeline:
    """Maps (epoch, pts) to `t_s`, seconds of media time. Small, frozen and picklable: it is part of a checkpoint.

    0.0 is the earliest timestamp of the watched tracks; each new epoch goes on where the one before ended. `epochs`:
    the last ones, ascending; empty before anything has arrived.
    """

    epochs: tuple[Anchor, ...] = ()

    @property
    def epoch(self) -> int:
        """The latest epoch; 0 before anything has arrived."""
        return self.epochs[-1].number if self.epochs else 0

    def offset(self, epoch: int) -> Fraction:
        """What to add to raw seconds of this epoch. Raises ValueError for an epoch that is not known (any more)."""
        for anchor in reversed(self.epochs):
            if anchor.number == epoch:
                return anchor.offset_s
        known = ", ".join(str(anchor.number) for anchor in self.epochs) or "none"
        raise ValueError(f"epoch {epoch} is not on this timeline (known: {known}); ask before {KEPT} more have begun")

    def seconds(self, epoch: int, pts: int, time_base: Fraction) -> float:
        """Seconds of media time at `pts` ticks of `time_base`: exact, rounded once to a double."""
        offset = self.offset(epoch)
        ticks = pts * time_base.numerator * offset.denominator + offset.numerator * time_base.denominator
        return ticks / (time_base.denominator * offset.denominator)

    def begin(self, raw_s: Fraction | float, t_s: Fraction | float, in_use: Iterable[int] = ()) -> Timeline:
        """With one more epoch, in which the raw time `raw_s` is at `t_s`.

        Older epochs are forgotten beyond the last eight, but for those `in_use`: a track may stay behind in one while
        another jumps again and again.
        """
        number = self.epochs[-1].number + 1 if self.epochs else 0
        used = set(in_use)
        kept = tuple(a for a in self.epochs if a.number in used or a.number > number - KEPT)
        return Timeline((*kept, Anchor(number, Fraction(t_s) - Fraction(raw_s))))
