"""Loudness of a programme from its readings: momentary, short-term, integrated, range. Pure; has no opinion.

ITU-R BS.1770-5 (weights, gating), EBU Tech 3341 (momentary, short-term), EBU Tech 3342 (range). Works on the column
`k_dbfs` of 100 ms rows; `momentary_dbfs` is finer, see `monitor.audio`. Levels are LUFS, ranges LU; -inf: nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

OFFSET_DB = -0.691
"""BS.1770-5: makes a sine of 997 Hz at full scale in one front channel -3.01 LKFS."""
MOMENTARY_ROWS, SHORT_TERM_ROWS = 4, 30
"""400 ms, 3 s."""
ABSOLUTE_GATE, RELATIVE_GATE, RANGE_GATE = -70.0, -10.0, -20.0
LOW, HIGH = 10, 95
"""Percentiles of the range."""
BIN_LU, BINS = 0.1, 850
"""A histogram of levels: from the absolute gate up, so fine."""
SURROUND = 1.41
"""Weight of channels beside the listener, 60 to 120 degrees off the middle."""

Levels = NDArray[np.floating[Any]]

_CENTRES = ABSOLUTE_GATE + (np.arange(BINS) + 0.5) * BIN_LU
_POWERS = 10 ** ((_CENTRES - OFFSET_DB) / 10)


def weights(channels: Sequence[str]) -> NDArray[np.float64]:
    """BS.1770-5's weight of each channel by FFmpeg's names: none for low frequencies, 1.41 for those beside the
    listener. BL and BR are beside in layouts that have no SL and SR (5.1), and behind him in those that have (7.1)."""
    beside = {"SL", "SR"} if {"SL", "SR"} & set(channels) else {"BL", "BR"}
    return np.array([0.0 if name.startswith("LFE") else SURROUND if name in beside else 1.0 for name in channels])


def power(k_dbfs: Levels, channels: Sequence[str]) -> NDArray[np.float64]:
    """Weighted sum over channels of mean squares [N, channels] in dB: power [N]. A row that was not measured is NaN."""
    with np.errstate(invalid="ignore"):
        found: NDArray[np.float64] = 10 ** (np.asarray(k_dbfs, np.float64) / 10) @ weights(channels)
    return found


def lufs(mean_power: Levels | float) -> NDArray[np.float64]:
    """Loudness of a mean power."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found: NDArray[np.float64] = OFFSET_DB + 10 * np.log10(mean_power)
    return found


def sliding(row_power: NDArray[np.float64], rows: int) -> NDArray[np.float64]:
    """Mean power of each `rows` rows in a row: [N - rows + 1], empty where there are fewer."""
    if len(row_power) < rows:
        return np.empty(0)
    return np.asarray(np.lib.stride_tricks.sliding_window_view(row_power, rows).mean(axis=1))


def momentary(row_power: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of each 400 ms, every 100 ms."""
    return lufs(sliding(row_power, MOMENTARY_ROWS))


def short_term(row_power: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of each 3 s, every 100 ms."""
    return lufs(sliding(row_power, SHORT_TERM_ROWS))


def integrated(row_power: NDArray[np.float64]) -> float:
    """Of the whole: blocks of 400 ms, every 100 ms, gated twice. -inf where all lies below the gates."""
    blocks = sliding(row_power, MOMENTARY_ROWS)
    blocks = blocks[lufs(blocks) > ABSOLUTE_GATE]
    if not len(blocks):
        return float("-inf")
    return float(lufs(blocks[lufs(blocks) > lufs(blocks.mean()) + RELATIVE_GATE].mean()))


def histogram(levels: Levels) -> NDArray[np.int64]:
    """How many of these levels lie in each bin; those below the absolute gate in none."""
    heard = np.asarray(levels, np.float64)[np.asarray(levels) > ABSOLUTE_GATE]
    return np.bincount(np.minimum((heard - ABSOLUTE_GATE) / BIN_LU, BINS - 1).astype(np.int64), minlength=BINS)


def integrated_of(counts: Levels) -> float:
    """`integrated` of a histogram of momentary levels, which may have weights for counts: to half a bin."""
    counts = counts.astype(np.float64)
    gated = np.where(_mean_of(counts) + RELATIVE_GATE < _CENTRES, counts, 0.0)
    return _mean_of(gated)


def range_of(counts: Levels) -> float:
    """`loudness_range` of a histogram of short-term levels, likewise."""
    counts = counts.astype(np.float64)
    total = np.cumsum(np.where(_mean_of(counts) + RANGE_GATE < _CENTRES, counts, 0.0))
    if not total[-1] > 0:
        return 0.0
    low, high = np.searchsorted(total, [share / 100 * total[-1] for share in (LOW, HIGH)])
    return float(high - low) * BIN_LU


def _mean_of(counts: Levels) -> float:
    total = float(counts.sum())
    return float(lufs(float(counts @ _POWERS) / total)) if total > 0 else float("-inf")


def loudness_range(row_power: NDArray[np.float64]) -> float:
    """EBU Tech 3342: between the 10th and the 95th percentile of the short-term loudness, gated twice; 0 where all lies
    below the gates."""
    blocks = sliding(row_power, SHORT_TERM_ROWS)
    blocks = blocks[lufs(blocks) > ABSOLUTE_GATE]
    if not len(blocks):
        return 0.0
    levels = np.sort(lufs(blocks[lufs(blocks) > lufs(blocks.mean()) + RANGE_GATE]))
    low, high = (levels[round((len(levels) - 1) * share / 100)] for share in (LOW, HIGH))
    return float(high - low)
