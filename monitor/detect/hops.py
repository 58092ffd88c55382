"""Hops of 10 ms out of rows of sound, for kinds that judge by the peaks of these."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from monitor.audio import HOPS_PER_SECOND, peak_code
from monitor.detect.hold import Evidence, Rows
from monitor.kernels import HOPS
from monitor.records import Readings, Reason

NOISE_BELOW_DB, NOISE_CREST_DB = 6.0, 12.0
"""A row whose mean level is so far below a level is below it, even if some peaks are above it by up to this: those of
noise are 10 to 13 dB above its mean."""


NOTHING_DBFS = np.float32(-200.0)
"""The level of nothing at all in evidence, which has no infinite numbers."""


class Hops(NamedTuple):
    """The hops that were measured."""

    codes: NDArray[np.uint8]
    """[hops, channels]: of their peaks."""
    rows: Rows
    """Their times; none of them is bad, and the evidence is the level of the loudest channel."""
    row: NDArray[np.int64]
    """The row of sound that each is of."""


def hops(sound: Readings) -> Hops:
    """The hops of rows of sound."""
    codes = sound.prints["peak"]
    n, channels, _ = codes.shape
    offsets = np.tile(np.arange(HOPS) / HOPS_PER_SECOND, n)
    lasts = np.minimum(np.repeat(sound.duration_s, HOPS) - offsets, 1 / HOPS_PER_SECOND)
    measured = (np.repeat(sound.reason, HOPS) != Reason.CORRUPT) & (lasts > 0)
    by_hop = codes.transpose(0, 2, 1).reshape(n * HOPS, channels)
    # The mean level is of the whole row; that of a hop in it is below its own peak.
    loudest = np.repeat(np.fmax(sound.values["rms_dbfs"].max(axis=1), NOTHING_DBFS), HOPS)
    loudest = np.minimum(loudest, _most_dbfs(by_hop.max(axis=1)))
    evidence: Evidence = {"rms_dbfs": (loudest[measured], "max")}
    rows = Rows(
        t_s=(np.repeat(sound.t_s, HOPS) + offsets)[measured],
        duration_s=lasts[measured],
        at=(np.repeat(sound.at, HOPS) + offsets)[measured],
        bad=np.zeros(int(measured.sum()), np.bool_),
        evidence=evidence,
    )
    return Hops(by_hop[measured], rows, np.repeat(np.arange(n), HOPS)[measured])


def silent(sound: Readings, heard: Hops, dbfs: float) -> NDArray[np.bool_]:
    """Which hops have no sound [hops, channels]: their peak is below a level, in steps of 0.5 dB; or they are of noise
    that is no louder than that."""
    rms = np.fmax(sound.values["rms_dbfs"], NOTHING_DBFS)[heard.row]
    noise = (rms < dbfs - NOISE_BELOW_DB) & (heard.codes < peak_code(dbfs + NOISE_CREST_DB))
    return below(heard.codes, dbfs) | noise


def below(codes: NDArray[np.uint8], dbfs: float) -> NDArray[np.bool_]:
    """Which peaks are below a level."""
    return np.asarray(codes < peak_code(dbfs))


def _most_dbfs(codes: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The upper end of what codes of peaks say."""
    return np.where(codes > 0, (codes.astype(np.float64) + 1 - 255) / 2, NOTHING_DBFS)
