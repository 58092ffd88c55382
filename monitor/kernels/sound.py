"""Sound kernel, CPU twin (numba): everything that is measured of a run of samples in the time domain, in one go.

Owns the filters of ITU-R BS.1770-5 (K-weighting, true peak) and what a run is. Says nothing about what is loud.
"""

from __future__ import annotations

import math
from functools import cache
from typing import NamedTuple

import numba as nb
import numpy as np
from numba import types
from numpy.typing import NDArray

from monitor.errors import KernelError

HOPS = 10
"""Hops in a row."""

CLIP_LEVEL = np.float32(10 ** (-0.1 / 20))
"""A sample this close to full scale counts for a clipping run: -0.1 dBFS, which lossy coding leaves of a flat top."""

BEYOND = np.float32(1e6)
"""No sound has samples of 120 dB above full scale: bytes that are none were taken for floats. Neither has it NaN."""

_PHASE_0 = [0.0017089843750, 0.0109863281250, -0.0196533203125, 0.0332031250000, -0.0594482421875, 0.1373291015625]
_PHASE_0 += [0.9721679687500, -0.1022949218750, 0.0476074218750, -0.0266113281250, 0.0148925781250, -0.0083007812500]
_PHASE_1 = [-0.0291748046875, 0.0292968750000, -0.0517578125000, 0.0891113281250, -0.1665039062500, 0.4650878906250]
_PHASE_1 += [0.7797851562500, -0.2003173828125, 0.1015625000000, -0.0582275390625, 0.0330810546875, -0.0189208984375]
TRUE_PEAK_TAPS = np.array([_PHASE_0, _PHASE_1, _PHASE_1[::-1], _PHASE_0[::-1]], np.float32)
"""The interpolating filter of ITU-R BS.1770-5, Annex 2: 12 taps for each of 4 phases."""

_HISTORY = TRUE_PEAK_TAPS.shape[1] - 1
_REACH = np.float32(1.001 * np.abs(TRUE_PEAK_TAPS).sum(axis=1).max())
"""No interpolated value exceeds the samples around it by more than this: most stretches need not be looked at."""
_STRETCH = 64
_ALL_BUT_SIGN = np.int32(0x7FFFFFFF)
_QUIET = 1e-15
"""A filter state below this is nothing: it would only decay into numbers that are slow to compute with."""


class SoundState(NamedTuple):
    """What goes on from one run of samples to the next, per channel. Mutable arrays, changed by `sound_rows`."""

    filters: NDArray[np.float64]
    """[channels, 4]: the two biquads of the K-weighting."""
    history: NDArray[np.float32]
    """[channels, 11]: the last samples, for the true peak."""
    runs: NDArray[np.int64]
    """[channels, 2]: how long the last samples have been zero, and at full scale."""


class SoundRows(NamedTuple):
    """N rows of ten hops. All but the first two are [N, channels]."""

    hop_peak: NDArray[np.float32]
    """[N * 10, channels]: largest absolute sample of each hop."""
    k_energy: NDArray[np.float64]
    """[N * 10, channels]: sum of squares of each hop after K-weighting."""
    energy: NDArray[np.float64]
    """Sum of squares."""
    true_peak: NDArray[np.float32]
    """Largest absolute value of the signal, interpolated four times."""
    zero_run: NDArray[np.int64]
    """Longest run of samples that are exactly 0, in samples, with what of it lies in rows before."""
    clip_run: NDArray[np.int64]
    """... of samples at or beyond CLIP_LEVEL, of one sign or both."""
    cross: NDArray[np.float64]
    """Sum of products with the partner channel's samples; 0 where there is none."""
    finite: NDArray[np.bool_]
    """Whether every sample was a number below BEYOND. Those that were not count as 0 everywhere."""


def k_weighting(rate: int) -> NDArray[np.float64]:
    """The two biquads of ITU-R BS.1770-5, Annex 1, at a sample rate: float64 [2, 5] of b0 b1 b2 a1 a2.

    The standard tabulates 48 kHz only; other rates follow from the analogue filters that this table comes from, a high
    shelf of +4 dB at 1682 Hz and a high pass at 38 Hz, by the bilinear transform.
    """
    shelf_hz, gain_db, shelf_q = 1681.974450955533, 3.999843853973347, 0.7071752369554196
    k = math.tan(math.pi * shelf_hz / rate)
    high = 10 ** (gain_db / 20)
    band = high**0.4996667741545416
    a0 = 1 + k / shelf_q + k * k
    shelf = [high + band * k / shelf_q + k * k, 2 * (k * k - high), high - band * k / shelf_q + k * k]
    shelf += [2 * (k * k - 1), 1 - k / shelf_q + k * k]
    pass_hz, pass_q = 38.13547087602444, 0.5003270373238773
    k = math.tan(math.pi * pass_hz / rate)
    c0 = 1 + k / pass_q + k * k
    high_pass = [1.0, -2.0, 1.0, 2 * (k * k - 1) / c0, (1 - k / pass_q + k * k) / c0]
    return np.array([[value / a0 for value in shelf], high_pass])


def sound_state(channels: int) -> SoundState:
    """The state before the first sample."""
    return SoundState(
        np.zeros((channels, 4)), np.zeros((channels, _HISTORY), np.float32), np.zeros((channels, 2), np.int64)
    )


def sound_rows(
    samples: NDArray[np.float32],
    edges: NDArray[np.int64],
    partners: NDArray[np.int64],
    weighting: NDArray[np.float64],
    state: SoundState,
) -> SoundRows:
    """Measure rows of ten hops each; `state` is left as it is after the last of them.

    `samples` float32 [channels, n]; hop k is samples[:, edges[k]:edges[k + 1]], and the first begins at 0. What is no
    number below BEYOND is set to 0 in place. `partners` [channels]: the other channel of a pair, or -1. `weighting`: of
    `k_weighting`.
    """
    if (
        samples.ndim != 2
        or samples.dtype != np.float32
        or not samples.flags.carray
        or edges.dtype != np.int64
        or len(edges) % HOPS != 1
        or edges[0] != 0
        or edges[-1] > samples.shape[1]
        or np.any(np.diff(edges) < 0)
    ):
        raise KernelError(
            f"{edges.dtype} edges {edges[:1]}..{edges[-1:]} do not fit samples {samples.shape} {samples.dtype}: int64 "
            f"that rise from 0 within writable float32 [channels, n] in C order, ten hops to a row"
        )
    rows, channels = len(edges) // HOPS, samples.shape[0]
    if partners.shape != (channels,) or len(state.filters) != channels or partners.max(initial=-1) >= channels:
        raise KernelError(f"partners {partners} and state of {len(state.filters)} do not fit {channels} channels")
    shape = (rows, channels)
    out = SoundRows(
        hop_peak=np.zeros((rows * HOPS, channels), np.float32),
        k_energy=np.zeros((rows * HOPS, channels)),
        energy=np.zeros(shape),
        true_peak=np.zeros(shape, np.float32),
        zero_run=np.zeros(shape, np.int64),
        clip_run=np.zeros(shape, np.int64),
        cross=np.zeros(shape),
        finite=np.ones(shape, np.bool_),
    )
    _rows(samples, edges, partners, weighting, *state, *out)
    return out


@cache
def compile_all() -> None:
    """Compile for the types that are used, and for no other from then on."""
    f32, f64, i64 = types.float32[:, ::1], types.float64[:, ::1], types.int64[:, ::1]
    vector, flags = types.int64[::1], types.boolean[:, ::1]
    _rows.compile((f32, vector, vector, f64, f64, f32, i64, f32, f64, f64, f32, i64, i64, f64, flags))
    _rows.disable_compile()


@nb.njit(cache=True, nogil=True)
def _rows(  # type: ignore[no-untyped-def]
    samples,
    edges,
    partners,
    weighting,
    filters,
    history,
    runs,
    hop_peak,
    k_energy,
    energy,
    true_peak,
    zero_run,
    clip_run,
    cross,
    finite,
):
    for channel in range(samples.shape[0]):
        for row in range(energy.shape[0]):
            first, last = edges[row * HOPS], edges[row * HOPS + HOPS]
            part = samples[channel, first:last]
            finite[row, channel] = _mended(part)
            energy[row, channel] = _product(part, part)
            for hop in range(row * HOPS, row * HOPS + HOPS):
                hop_peak[hop, channel] = largest_of(samples[channel, edges[hop] : edges[hop + 1]])
            true_peak[row, channel] = _true_peak(part, history[channel])
            loudest = hop_peak[row * HOPS : row * HOPS + HOPS, channel].max()
            if loudest >= CLIP_LEVEL or _zeros(part):
                zero_run[row, channel], clip_run[row, channel] = _longest_runs(part, runs[channel])
            elif len(part):
                runs[channel] = 0
    spare = np.zeros(filters.shape[1])
    for channel in range(0, samples.shape[0], 2):
        alone = channel + 1 == samples.shape[0]
        other = channel if alone else channel + 1
        states = filters[channel], spare if alone else filters[other]
        for hop in range(k_energy.shape[0]):
            first, last = edges[hop], edges[hop + 1]
            found = _k_weighted(samples[channel, first:last], samples[other, first:last], weighting, *states)
            k_energy[hop, other], k_energy[hop, channel] = found[1], found[0]
    for channel in range(samples.shape[0]):
        other = partners[channel]
        if other >= 0:
            for row in range(energy.shape[0]):
                first, last = edges[row * HOPS], edges[row * HOPS + HOPS]
                cross[row, channel] = _product(samples[channel, first:last], samples[other, first:last])


@nb.njit(cache=True, nogil=True)
def _mended(part):  # type: ignore[no-untyped-def]
    """Sets what is no sample to 0; whether there was nothing of this kind."""
    bad = 0
    for i in range(part.shape[0]):
        good = abs(part[i]) < BEYOND
        bad += not good
        part[i] = part[i] if good else np.float32(0)
    return bad == 0


@nb.njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def _product(a, b):  # type: ignore[no-untyped-def]
    found = 0.0
    for i in range(a.shape[0]):
        found += np.float64(a[i]) * np.float64(b[i])
    return found


@nb.njit(cache=True, nogil=True)
def largest_of(part):  # type: ignore[no-untyped-def]
    """The largest size, of numbers that are finite: they are in the order of their bits but for the sign, and integers
    are compared in a fifth of the time."""
    bits = part.view(np.int32)
    found = np.int32(0)
    for i in range(bits.shape[0]):
        found = max(found, bits[i] & _ALL_BUT_SIGN)
    return np.int32(found).view(np.float32)


@nb.njit(cache=True, nogil=True, fastmath={"contract"})
def _k_weighted(part, other, weighting, state, other_state):  # type: ignore[no-untyped-def]
    """Energies of two channels after both biquads (transposed direct form II): together, as each waits for itself."""
    b0, b1, b2, a1, a2 = weighting[0]
    c0, c1, c2, d1, d2 = weighting[1]
    s, t, u, v = state
    s_, t_, u_, v_ = other_state
    found, found_ = 0.0, 0.0
    for i in range(part.shape[0]):
        x, x_ = np.float64(part[i]), np.float64(other[i])
        y, y_ = b0 * x + s, b0 * x_ + s_
        s, s_ = b1 * x - a1 * y + t, b1 * x_ - a1 * y_ + t_
        t, t_ = b2 * x - a2 * y, b2 * x_ - a2 * y_
        z, z_ = c0 * y + u, c0 * y_ + u_
        u, u_ = c1 * y - d1 * z + v, c1 * y_ - d1 * z_ + v_
        v, v_ = c2 * y - d2 * z, c2 * y_ - d2 * z_
        found += z * z
        found_ += z_ * z_
    for k, value in enumerate((s, t, u, v)):
        state[k] = value if abs(value) > _QUIET else 0.0
    for k, value in enumerate((s_, t_, u_, v_)):
        other_state[k] = value if abs(value) > _QUIET else 0.0
    return found, found_


@nb.njit(cache=True, nogil=True, fastmath={"nnan", "nsz", "reassoc", "contract"})
def _interpolated(line, taps, values):  # type: ignore[no-untyped-def]
    """One phase of the interpolating filter over a line of samples, of which the first eleven are history. All taps in
    one expression of slices: tap by tap takes four times as long, and neighbours by number do not become vectors."""
    n = line.shape[0] - 11
    t0, t1, t2, t3, t4, t5 = taps[0], taps[1], taps[2], taps[3], taps[4], taps[5]
    t6, t7, t8, t9, t10, t11 = taps[6], taps[7], taps[8], taps[9], taps[10], taps[11]
    a, b, c, d, e, f = line[11:], line[10 : 10 + n], line[9 : 9 + n], line[8 : 8 + n], line[7 : 7 + n], line[6 : 6 + n]
    g, h, k, m, o, p = line[5 : 5 + n], line[4 : 4 + n], line[3 : 3 + n], line[2 : 2 + n], line[1 : 1 + n], line[:n]
    for i in range(n):
        late = t0 * a[i] + t1 * b[i] + t2 * c[i] + t3 * d[i] + t4 * e[i] + t5 * f[i]
        values[i] = late + t6 * g[i] + t7 * h[i] + t8 * k[i] + t9 * m[i] + t10 * o[i] + t11 * p[i]


@nb.njit(cache=True, nogil=True, fastmath={"nnan", "nsz", "reassoc", "contract"})
def _true_peak(part, history):  # type: ignore[no-untyped-def]
    """Largest absolute value between the samples, 5 to 6 of them late; and of the samples themselves."""
    n = part.shape[0]
    line = np.empty(n + _HISTORY, np.float32)
    line[:_HISTORY] = history
    line[_HISTORY:] = part
    history[:] = line[n:]
    values = np.empty(_STRETCH, np.float32)
    found = largest_of(part)
    for start in range(0, n, _STRETCH):
        stop = min(start + _STRETCH, n)
        if largest_of(line[start : stop + _HISTORY]) * _REACH <= found:
            continue
        for phase in range(TRUE_PEAK_TAPS.shape[0]):
            _interpolated(line[start : stop + _HISTORY], TRUE_PEAK_TAPS[phase], values)
            found = max(found, largest_of(values[: stop - start]))
    return found


@nb.njit(cache=True, nogil=True)
def _zeros(part):  # type: ignore[no-untyped-def]
    found = 0
    for i in range(part.shape[0]):
        found += part[i] == 0
    return found


@nb.njit(cache=True, nogil=True)
def _longest_runs(part, runs):  # type: ignore[no-untyped-def]
    zeros, clips = runs
    longest_zeros, longest_clips = np.int64(0), np.int64(0)
    for i in range(part.shape[0]):
        size = abs(part[i])
        zeros = np.int64(zeros + 1) if size == 0 else np.int64(0)
        clips = np.int64(clips + 1) if size >= CLIP_LEVEL else np.int64(0)
        longest_zeros = max(longest_zeros, zeros)
        longest_clips = max(longest_clips, clips)
    runs[0], runs[1] = zeros, clips
    return longest_zeros, longest_clips
