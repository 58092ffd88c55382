"""Sound blocks -> readings, one row per 100 ms, per channel, never mixed down. Has no opinion.

Columns of `values`, each [N, channels]:
    peak_dbfs       largest absolute sample, dB below full scale; -inf for digital silence
    rms_dbfs        root mean square, dB re full scale; -inf for digital silence
    true_peak_dbtp  largest absolute value of the signal between the samples too, ITU-R BS.1770-5 Annex 2 (4 x)
    k_dbfs          mean square after K-weighting, dB; BS.1770-5 Annex 1: loudness of a block = -0.691 + 10 lg of the
                    sum over channels of G * 10 ** (k_dbfs / 10). Four rows are a 400 ms gating block, one row its step
    momentary_dbfs  the same of the 400 ms that end with one of the row's ten hops, of which it is the loudest over all
                    channels: EBU Tech 3341's maximum of the momentary loudness, every 10 ms
    zero_run_s      longest run of samples that are exactly zero, with what of it lies in the rows before
    clip_run        longest run of samples within 0.1 dB of full scale or beyond, in samples, likewise
    correlation     of the two channels of a pair (FL and FR, ...), -1 to 1; 0 where one of them is digital silence;
                    NaN for a channel without a partner
    click_db        how far the sample that is least foreseen by those before it (linear prediction) stands out of what
                    is not foreseen around it, within 10 ms; 0: nothing that counts. Of music 10 to 15, of hard
                    percussion up to 30. It is known 10 ms late, and may be of the end of the row before
    gap_ms          length of the longest gap within sound that ended in the row: it falls by 22 dB or more within 2 ms,
                    and comes back to within 10 dB as fast, after 2 to 120 ms; 0: none
    flat_top        0 to 1: how much of what is near the loudest level lies at one level, within the 1.5 s that end with
                    the row: 0.05 to 0.15 in natural sound, more where the tops of the waves are cut off, and in a sine
    top_db          how much louder than 1.5 % of the samples 0.1 % of them are, within the same time: 2 to 4 dB in
                    natural sound, less than 1 where the tops of the waves are cut off; NaN in what is below -42 dBFS
    tone_hz         the frequency of the strongest line of the spectrum, and ...
    tone_db         ... the power of that line by that of all else, -99 to 99 dB (a sine at 16 bits: about 90); NaN, as
                    tone_hz, in digital silence and in rows of less than 100 ms
Prints, u8, in steps of half a decibel, rounded down; 255 = 0 dB and above, 1 = -127 dB and below, 0 = nothing at all:
    peak            [N, channels, 10]: the peak of each hop of 10 ms. `peak_code(threshold)` is the code of a level: a
                    hop is below a threshold (a multiple of 0.5 dB) exactly when its code is below that
    spectrum        [N, channels, 20]: power, re a sine at full scale, at each of LINES_HZ (one bin of 10 Hz: mains hum
                    and its harmonics) and in the octaves between BANDS_HZ (hiss; the surroundings of a hum), of the row
                    under a Hann window; 0 above half the sample rate and in rows of less than 100 ms
    turn            [N, channels, 10]: where each of LINES_HZ stands in its wave as the row begins, in 256ths of a turn.
                    All of them have whole waves in a row: what goes on at just that frequency stands still
    floor           [N, channels, 3]: power of the noise in the bands between FLOOR_HZ, as the quietest quarter of the
                    bins of each tell it: what is between the partials of the sound. 0 as in `spectrum`
    together        [N, channels, 10]: the correlation of the two channels of a pair in each of the octaves between
                    BANDS_HZ, 1 = -1 and 255 = 1 (`correlation_of` tells); 0 as in `spectrum`, where one of the two has
                    nothing there, and for a channel without a partner

Rows lie on a grid of 100 ms from the first sample of a track's epoch; a gap in the sound starts a new grid, and there
the filters start from rest.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from monitor.kernels import (
    HOPS,
    TICKS,
    MomentState,
    SoundMoments,
    SoundRows,
    SoundState,
    k_weighting,
    moment_state,
    sound_moments,
    sound_rows,
    sound_state,
)
from monitor.loudness import weights
from monitor.media.timeline import Timeline
from monitor.records import Readings, Reason, SoundBlock

MADE_BY = "sound@6/cpu"
OCTAVE_DB = 20 * math.log10(2)
HOPS_PER_SECOND = 100
ROWS_PER_SECOND = HOPS_PER_SECOND // HOPS
MAX_GAP_S = 0.02
"""A jump between blocks beyond this is a gap; below, it is jitter of the timestamps."""

LINES_HZ = (50, 60, 100, 120, 150, 180, 200, 240, 250, 300)
BANDS_HZ = (20, 40, 80, 160, 320, 640, 1250, 2500, 5000, 10_000, 20_000)
FLOOR_HZ = (2500, 5000, 10_000, 15_000)
"""Lossy coders leave nothing above."""
FLOOR_SHARE = 0.25
"""So many of a band's bins are taken for noise alone."""
TURN = 256
UPRIGHT = 127
"""So many steps of the print `together` are a correlation of 1."""

HANN_SPREAD = 1.5
"""A sine's power in its own bin and the two beside it, by that in its own, under a Hann window."""
LINE_BINS = 2
"""A sine between two bins reaches so many to either side."""
MOMENTARY_HOPS = 40
_QUIETEST = -math.log(1 - FLOOR_SHARE)
"""So much of their mean power the quietest bins of noise have at most: it is spread exponentially."""

_MIRROR = str.maketrans("LR", "RL")

COLUMNS = (
    *("peak_dbfs", "rms_dbfs", "true_peak_dbtp", "k_dbfs", "momentary_dbfs", "zero_run_s", "clip_run", "correlation"),
    *("click_db", "gap_ms", "flat_top", "top_db", "tone_hz", "tone_db"),
)
PRINTS = ("peak", "spectrum", "turn", "floor", "together")


def peak_code(dbfs: float) -> int:
    """The code of a level in the prints."""
    return int(np.clip(math.floor(2 * dbfs) + 255, 1, 255))


def correlation_of(codes: NDArray[np.uint8]) -> NDArray[np.float64]:
    """What the codes of the print `together` stand for: -1 to 1; NaN where it was not measured."""
    return np.where(codes > 0, (codes.astype(np.float64) - 1 - UPRIGHT) / UPRIGHT, np.nan)


def partners(channels: Sequence[str]) -> NDArray[np.int64]:
    """For each channel the index of the other one of its pair, or -1: left and right of one place (FL and FR, BL and
    BR), or, where the channels have no names (ch0, ch1, ...), each two that follow each other."""
    places = {name: i for i, name in enumerate(channels)}
    found = []
    for i, name in enumerate(channels):
        mirrored = name.translate(_MIRROR)
        other = f"ch{i ^ 1}" if name.startswith("ch") else mirrored
        found.append(places.get(other, -1) if other != name else -1)
    return np.array(found, np.int64)


@dataclass(slots=True)
class _Grid:
    """The sound of one track since its last gap: where the grid begins, and the samples that fill no row yet."""

    first: SoundBlock
    state: SoundState
    weighting: NDArray[np.float64]
    partners: NDArray[np.int64]
    tick_s: float
    start_s: float
    """Media time of the first sample, looked up at once: a timeline forgets old epochs."""
    moments: MomentState
    heard: NDArray[np.float64]
    """Weight of each channel in the loudness of the track."""
    k_before: NDArray[np.float64]
    """[39, channels]: K-weighted energies of the last hops."""
    row: int = 0
    end: int = 0
    samples: list[NDArray[np.float32]] = field(default_factory=list)
    arrivals: list[tuple[int, float]] = field(default_factory=list)
    """For each block whose samples wait: where it ends, and when it arrived."""


class SoundMeter:
    """Cuts the sound of one stream's tracks into rows and measures them. Keeps less than 100 ms of each track between
    calls of `take`."""

    def __init__(self) -> None:
        self._grids: dict[str, _Grid] = {}
        self._ended: list[_Grid] = []

    def add(self, block: SoundBlock, timeline: Timeline) -> None:
        """Go on with a track. A block that does not join the one before begins a new grid."""
        grid = self._grids.get(block.track)
        if grid is not None and not _joins(grid, block):
            self._ended.append(grid)
            grid = None
        if grid is None:
            state = sound_state(len(block.channels))
            weighting, pairs = k_weighting(block.rate), partners(block.channels)
            start_s = timeline.seconds(block.epoch, block.pts, block.time_base)
            heard, before = weights(block.channels), np.zeros((MOMENTARY_HOPS - 1, len(block.channels)))
            moments = moment_state(len(block.channels))
            grid = _Grid(block, state, weighting, pairs, float(block.time_base), start_s, moments, heard, before)
            self._grids[block.track] = grid
        grid.end += block.samples.shape[1]
        grid.samples.append(block.samples)
        grid.arrivals.append((grid.end, block.arrived_at))

    def take(self, ended: bool = False) -> list[Readings]:
        """The rows that what was added completes. `ended`: nothing follows, so the last row may be shorter."""
        if ended:
            self._ended.extend(self._grids.values())
            self._grids.clear()
        found = []
        for grid in self._ended:
            if grid.end > _edge(grid.row * HOPS, grid.first.rate):
                rows = -(-grid.end * ROWS_PER_SECOND // grid.first.rate)
                found.append(_measure(grid, max(rows, grid.row + 1)))
        self._ended.clear()
        for grid in self._grids.values():
            rows = grid.end * HOPS_PER_SECOND // grid.first.rate // HOPS
            if rows > grid.row:
                found.append(_measure(grid, rows))
        return found


def _edge(hop: int, rate: int) -> int:
    """First sample of a hop."""
    return hop * rate // HOPS_PER_SECOND


def _joins(grid: _Grid, block: SoundBlock) -> bool:
    """Whether a block goes on where the grid stands: same epoch, rate and layout, timestamps within a hop or two."""
    first = grid.first
    if (block.epoch, block.rate, block.layout) != (first.epoch, first.rate, first.layout):
        return False
    if block.time_base is not first.time_base and block.time_base != first.time_base:
        return False
    return abs((block.pts - first.pts) * grid.tick_s - grid.end / first.rate) <= MAX_GAP_S


def _measure(grid: _Grid, until: int) -> Readings:
    """Measure rows [grid.row, until) and keep the samples beyond them."""
    first, rate = grid.first, grid.first.rate
    start = _edge(grid.row * HOPS, rate)
    samples = np.concatenate(grid.samples, axis=1)
    hops = np.arange(grid.row * HOPS, until * HOPS + 1, dtype=np.int64)
    edges = np.minimum(hops * rate // HOPS_PER_SECOND - start, samples.shape[1])
    measured = sound_rows(samples, edges, grid.partners, grid.weighting, grid.state)
    ticks = np.arange(grid.row * TICKS, until * TICKS + 1, dtype=np.int64)
    short = sound_moments(
        samples, np.minimum(ticks * rate // (ROWS_PER_SECOND * TICKS) - start, samples.shape[1]), grid.moments
    )
    bounds = edges[::HOPS]
    n = np.diff(bounds)
    arrived_at = [next(at for end, at in grid.arrivals if end >= start + bound) for bound in bounds[1:].tolist()]
    reason = np.where(edges[1:].reshape(-1, HOPS)[:, -2] < bounds[1:], Reason.MEASURED, Reason.TOO_SMALL)
    finite: NDArray[np.bool_] = np.all(measured.finite, axis=1)
    offsets = start + bounds[:-1]
    base = first.time_base
    momentary = _momentary(grid, measured.k_energy, rate)
    spectra = _spectra(samples, bounds, rate, grid.partners)
    readings = Readings(
        stream=first.stream,
        track=first.track,
        epoch=first.epoch,
        time_base=base,
        depth="full",
        pts=first.pts + np.rint(offsets / (rate * grid.tick_s)).astype(np.int64),
        t_s=grid.start_s + offsets / rate,
        duration_s=n / rate,
        since_previous_s=np.where(offsets > 0, 1 / ROWS_PER_SECOND, np.nan).astype(np.float32),
        arrived_at=np.array(arrived_at),
        at=np.full(len(n), np.nan),
        reason=np.where(finite, reason, Reason.CORRUPT).astype(np.uint8),
        values=_values(measured, n, rate, grid.partners, finite, momentary, short, spectra.tones),
        prints={
            "peak": _codes(measured.hop_peak.astype(np.float64) ** 2)
            .reshape(len(n), HOPS, -1)
            .transpose(0, 2, 1)
            .copy(),
            "spectrum": spectra.power,
            "turn": spectra.turn,
            "floor": spectra.floor,
            "together": spectra.together,
        },
        made_by=MADE_BY,
        channels=first.channels,
    )
    grid.samples = [samples[:, edges[-1] :].copy()]
    grid.arrivals = [part for part in grid.arrivals if part[0] > start + edges[-1]]
    grid.row = until
    return readings


def _momentary(grid: _Grid, k_energy: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    """Mean squares [N, channels] of the loudest 400 ms that end in each row; before the first sample was silence."""
    energy = np.concatenate((grid.k_before, k_energy))
    grid.k_before = energy[len(k_energy) :]
    windows = np.lib.stride_tricks.sliding_window_view(energy, MOMENTARY_HOPS, axis=0).sum(axis=2)
    loudest = (windows @ grid.heard).reshape(-1, HOPS).argmax(axis=1)
    found: NDArray[np.float64] = windows[np.arange(len(loudest)) * HOPS + loudest]
    return found / (rate * MOMENTARY_HOPS / HOPS_PER_SECOND)


class _Tones(NamedTuple):
    """[N, channels]."""

    hz: NDArray[np.float64]
    db: NDArray[np.float64]


def _values(
    rows: SoundRows,
    n: NDArray[np.int64],
    rate: int,
    pairs: NDArray[np.int64],
    finite: NDArray[np.bool_],
    momentary: NDArray[np.float64],
    short: SoundMoments,
    tones: _Tones,
) -> dict[str, NDArray[np.float32]]:
    with np.errstate(divide="ignore", invalid="ignore"):
        both = np.sqrt(rows.energy * rows.energy[:, pairs])
        correlation = np.where(both > 0, np.clip(rows.cross / both, -1, 1), 0.0)
        values: dict[str, NDArray[Any]] = {
            "peak_dbfs": 20 * np.log10(rows.hop_peak.reshape(len(n), HOPS, -1).max(axis=1)),
            "rms_dbfs": 10 * np.log10(rows.energy / n[:, None]),
            "true_peak_dbtp": 20 * np.log10(rows.true_peak),
            "k_dbfs": 10 * np.log10(rows.k_energy.reshape(len(n), HOPS, -1).sum(axis=1) / n[:, None]),
            "momentary_dbfs": 10 * np.log10(momentary),
            "zero_run_s": rows.zero_run / rate,
            "clip_run": rows.clip_run,
            "correlation": np.where(pairs >= 0, correlation, np.nan),
            "click_db": np.where(short.click > 0, 20 * np.log10(short.click), 0.0),
            "gap_ms": short.gap,
            "flat_top": short.shelf,
            "top_db": OCTAVE_DB * short.top,
            "tone_hz": tones.hz,
            "tone_db": tones.db,
        }
    found = {name: column.astype(np.float32) for name, column in values.items()}
    if not finite.all():
        for column in found.values():
            column[~finite] = np.nan
    return found


def _codes(power: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Half decibels below full scale, as `peak_code` says; power is the square of a level."""
    with np.errstate(divide="ignore"):
        codes = np.clip(np.floor(20 * np.log10(power)) + 255, 1, 255)
    return np.where(power > 0, codes, 0).astype(np.uint8)


class _Bins(NamedTuple):
    """For rows of 100 ms at one sample rate. Lines and bands above half the rate are left out."""

    window: NDArray[np.float32]
    """Scaled so that a sine at full scale has power 1 in its bin."""
    lines: list[int]
    """The bin of each line."""
    edges: list[int]
    """The first bin of each band, and of what is above them."""
    floors: list[int]
    """The same of the bands of the floor."""


@lru_cache(maxsize=64)
def _bins(rate: int) -> _Bins:
    n = rate // ROWS_PER_SECOND
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / n)) * 4 / n
    lines = [bin_ for bin_ in (round(hz * n / rate) for hz in LINES_HZ) if bin_ <= n // 2]
    edges, floors = (
        [edge for edge in (math.ceil(hz * n / rate) for hz in ends) if edge <= n // 2] for ends in (BANDS_HZ, FLOOR_HZ)
    )
    return _Bins(window.astype(np.float32), lines, edges, floors)


class _Spectra(NamedTuple):
    """Of rows: the prints `spectrum`, `turn`, `floor` and `together`, and the strongest line of each."""

    power: NDArray[np.uint8]
    turn: NDArray[np.uint8]
    floor: NDArray[np.uint8]
    together: NDArray[np.uint8]
    tones: _Tones


def _spectra(samples: NDArray[np.float32], bounds: NDArray[np.int64], rate: int, pairs: NDArray[np.int64]) -> _Spectra:
    """Of rows of samples [channels, n] between bounds."""
    window, lines, edges, floors = _bins(rate)
    n, channels = len(window), samples.shape[0]
    shape = len(bounds) - 1, channels
    power, floor = np.zeros((*shape, len(LINES_HZ) + len(BANDS_HZ) - 1)), np.zeros((*shape, len(FLOOR_HZ) - 1))
    waves = np.zeros((*shape, len(LINES_HZ)), np.complex64)
    bands = min(len(edges), len(BANDS_HZ) - 1)
    together = np.full((*shape, len(BANDS_HZ) - 1), np.nan)
    firsts = [(k, mate) for k, mate in enumerate(pairs.tolist()) if k < mate]
    part = np.empty((channels, n), np.float32)
    tones = _Tones(*np.full((2, *shape), np.nan))
    for row in np.flatnonzero(np.diff(bounds) >= n).tolist() if edges else ():
        start = int(bounds[row])
        np.multiply(samples[:, start : start + n], window, out=part)
        spectrum = np.fft.rfft(part)
        bins = spectrum.real**2 + spectrum.imag**2
        waves[row, :, : len(lines)] = spectrum[:, lines]
        power[row, :, : len(lines)] = bins[:, lines]
        octaves = np.add.reduceat(bins, edges, axis=1)[:, :bands]
        power[row, :, len(LINES_HZ) : len(LINES_HZ) + bands] = octaves / HANN_SPREAD
        for a, b in firsts:
            products = spectrum.real[a] * spectrum.real[b] + spectrum.imag[a] * spectrum.imag[b]
            size = np.sqrt(octaves[a] * octaves[b])
            np.divide(np.add.reduceat(products, edges)[:bands], size, out=together[row, a, :bands], where=size > 0)
            together[row, b] = together[row, a]
        for band, (first, last) in enumerate(pairwise(floors)):
            quiet = int(FLOOR_SHARE * (last - first))
            floor[row, :, band] = np.partition(bins[:, first:last], quiet, axis=1)[:, quiet] * (last - first)
        for channel in range(channels):
            tones.hz[row, channel], tones.db[row, channel] = _strongest(bins[channel], rate / n)
    turn = np.rint(np.angle(waves) * (TURN / (2 * np.pi))).astype(np.int16) % TURN
    codes = np.nan_to_num(np.rint(UPRIGHT * np.clip(together, -1, 1)) + 1 + UPRIGHT)
    return _Spectra(
        _codes(power),
        turn.astype(np.uint8),
        _codes(floor / (HANN_SPREAD * _QUIETEST)),
        codes.astype(np.uint8),
        tones,
    )


def _strongest(bins: NDArray[np.float32], bin_hz: float) -> tuple[float, float]:
    """Frequency of the strongest line of a spectrum under a Hann window, and its power by that of all else, in dB."""
    top = int(bins[:-1].argmax())
    if bins[top] == 0:
        return math.nan, math.nan
    line, whole = float(bins[max(top - LINE_BINS, 0) : top + LINE_BINS + 1].sum()), float(bins.sum(dtype=np.float64))
    side = top + 1 if top == 0 or bins[top + 1] > bins[top - 1] else top - 1
    by = math.sqrt(float(bins[side]) / float(bins[top]))
    off = (2 * by - 1) / (1 + by) * (side - top)
    return (top + off) * bin_hz, min(max(10 * math.log10(line / max(whole - line, 1e-12 * line)), -99.0), 99.0)
