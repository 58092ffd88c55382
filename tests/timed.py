"""Rows of readings of which only the times matter."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from monitor.records import Readings


def readings(
    t: Sequence[float], arrived: Sequence[float] | None = None, track: str = "video", lasts: float = 0.04
) -> Readings:
    """Rows at these media seconds. `arrived`: on the clock; None: of a file, which has none."""
    n = len(t)
    return Readings(
        stream="s",
        track=track,
        epoch=0,
        time_base=Fraction(1, 1000),
        depth="full",
        pts=(np.array(t) * 1000).astype(np.int64),
        t_s=np.array(t),
        duration_s=np.full(n, lasts),
        since_previous_s=np.full(n, lasts, np.float32),
        arrived_at=np.full(n, np.nan) if arrived is None else np.array(arrived),
        at=np.full(n, np.nan),
        reason=np.zeros(n, np.uint8),
        values={},
        made_by="test@1",
    )
