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
FINE_LU, COARSE_LU = 0.2, 0.5
"""Bins of a histogram of momentary levels, and of short-term ones, ..."""
OVER_GATE_LU = 80
"""... from the absolute gate so far up."""
SURROUND = 1.41
"""Weight of channels beside the listener, 60 to 120 degrees off the middle."""

Levels = NDArray[np.floating[Any]]


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


def histogram(levels: Levels, bin_lu: float) -> NDArray[np.int64]:
    """How many of these levels lie in each bin; those below the absolute gate in none."""
    heard = np.asarray(levels, np.float64)[np.asarray(levels) > ABSOLUTE_GATE]
    bins = round(OVER_GATE_LU / bin_lu)
    return np.bincount(np.minimum((heard - ABSOLUTE_GATE) / bin_lu, bins - 1).astype(np.int64), minlength=bins)


def integrated_of(counts: Levels, bin_lu: float) -> float:
    """`integrated` of a histogram of momentary levels, which may have weights for counts: to half a bin."""
    return _mean(*_gated(counts, bin_lu, RELATIVE_GATE))


def range_of(counts: Levels, bin_lu: float) -> float:
    """`loudness_range` of a histogram of short-term levels: to a bin."""
    gated, _ = _gated(counts, bin_lu, RANGE_GATE)
    total = np.cumsum(gated)
    if not total[-1] > 0:
        return 0.0
    low, high = np.searchsorted(total, [share / 100 * total[-1] for share in (LOW, HIGH)])
    return float(high - low) * bin_lu


def _gated(counts: Levels, bin_lu: float, gate: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The counts above a gate relative to the mean of all, and the level of each bin."""
    levels = np.arange(0.5, len(counts)) * bin_lu + ABSOLUTE_GATE
    exact = counts.astype(np.float64)
    return np.where(levels > _mean(exact, levels) + gate, exact, 0.0), levels


def _mean(counts: NDArray[np.float64], levels: NDArray[np.float64]) -> float:
    total = float(counts.sum())
    return float(lufs(float(counts @ 10 ** ((levels - OFFSET_DB) / 10)) / total)) if total > 0 else float("-inf")


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
