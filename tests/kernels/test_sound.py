"""The sound kernel equals its plain definitions: NumPy for what is a sum or a maximum, loops for what has a memory."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from numpy.typing import NDArray

from monitor.errors import KernelError
from monitor.kernels import HOPS, SoundRows, SoundState, k_weighting, sound, sound_rows, sound_state

Floats = NDArray[np.float32]
Edges = NDArray[np.int64]

# ITU-R BS.1770-5, Annex 1, tables 1 and 2: b0 b1 b2 a1 a2 at 48 kHz.
SHELF = (1.53512485958697, -2.69169618940638, 1.19839281085285, -1.69065929318241, 0.73248077421585)
HIGH_PASS = (1.0, -2.0, 1.0, -1.99004745483398, 0.99007225036621)
# ITU-R BS.1770-5, Annex 2: coefficients of the interpolating filter, in units of 2 ** -13.
TAPS = (
    np.array(
        [
            [14, 90, -161, 272, -487, 1125, 7964, -838, 390, -218, 122, -68],
            [-239, 240, -424, 730, -1364, 3810, 6388, -1641, 832, -477, 271, -155],
            [-155, 271, -477, 832, -1641, 6388, 3810, -1364, 730, -424, 240, -239],
            [-68, 122, -218, 390, -838, 7964, 1125, -487, 272, -161, 90, 14],
        ]
    )
    / 8192
)
CLIPS_FROM = np.float32(10 ** (-0.1 / 20))


def biquad(x: list[float], b0: float, b1: float, b2: float, a1: float, a2: float) -> list[float]:
    """y[n] = b0 x[n] + b1 x[n-1] + b2 x[n-2] - a1 y[n-1] - a2 y[n-2], from rest."""
    out, x1, x2, y1, y2 = [], 0.0, 0.0, 0.0, 0.0
    for now in x:
        y = b0 * now + b1 * x1 + b2 * x2 - a1 * y1 - a2 * y2
        x1, x2, y1, y2 = now, x1, y, y1
        out.append(y)
    return out


def run_lengths(marked: NDArray[np.bool_]) -> list[int]:
    """For each sample how many marked ones in a row end with it."""
    out, length = [], 0
    for mark in marked.tolist():
        length = length + 1 if mark else 0
        out.append(length)
    return out


def define(samples: Floats, edges: Edges, partners: Edges, weighting: NDArray[np.float64]) -> SoundRows:
    """The truth: what each number of a row is, of sound that begins with its first sample."""
    bad = ~(np.abs(samples) < 1e6)
    clean = np.where(bad, 0, samples).astype(np.float64)
    weighted, between, zeros, clips = [], [], [], []
    for channel in clean:
        weighted.append(biquad(biquad(channel.tolist(), *weighting[0].tolist()), *weighting[1].tolist()))
        four = [np.convolve(channel, taps)[: len(channel)] for taps in TAPS]
        between.append(np.abs([channel, *four]).max(axis=0))
        zeros.append(run_lengths(channel == 0))
        clips.append(run_lengths(np.abs(channel) >= CLIPS_FROM))
    mates = clean[partners] * (partners >= 0)[:, None]

    def per_row(values: object, reduce: np.ufunc, bounds: Edges = edges[::HOPS]) -> NDArray[np.generic]:
        parts = [np.asarray(values)[:, a:b] for a, b in pairwise(bounds)]
        return np.array([reduce.reduce(part, axis=1, initial=0) for part in parts])

    return SoundRows(
        hop_peak=per_row(np.abs(clean), np.maximum, edges),
        energy=per_row(clean**2, np.add),
        k_energy=per_row(np.square(weighted), np.add, edges),
        true_peak=per_row(between, np.maximum),
        zero_run=per_row(zeros, np.maximum),
        clip_run=per_row(clips, np.maximum),
        cross=per_row(clean * mates, np.add),
        finite=per_row(bad, np.add) == 0,
    )


def same(found: SoundRows, truth: SoundRows) -> None:
    for name in ("hop_peak", "zero_run", "clip_run", "finite"):
        np.testing.assert_array_equal(getattr(found, name), getattr(truth, name), err_msg=name)
    for name, tolerance in (("energy", 1e-12), ("cross", 1e-9), ("k_energy", 1e-9), ("true_peak", 1e-6)):
        np.testing.assert_allclose(getattr(found, name), getattr(truth, name), rtol=tolerance, atol=1e-12, err_msg=name)


def contents(name: str, channels: int, n: int) -> Floats:
    rng = np.random.default_rng([len(name), channels])
    noise = rng.standard_normal((channels, n)) * 0.4
    t = np.arange(n)
    if name == "sine":
        noise = np.stack([0.9 * np.sin(t * (0.05 + 0.3 * channel) + channel) for channel in range(channels)])
    elif name == "square":
        noise = np.stack([np.where(t // (7 + channel) % 2, 1.0, -1.0) for channel in range(channels)])
    elif name == "silence":
        noise[:] = 0
    elif name == "bursts":
        noise[:, n // 5 : n // 2] = 0
        noise[:, n // 2 : n // 2 + 700] *= 9
        noise[0, -n // 4 :] = -0.0
        noise = np.clip(noise, -1, 1)
    elif name == "broken":
        for bad in (np.nan, np.inf, -np.inf):
            noise[rng.integers(0, channels, 3), rng.integers(0, n, 3)] = bad
        noise[channels - 1, n // 3 : n // 3 + 40] = np.nan
    return noise.astype(np.float32)


def even(rows: int, hop: int) -> Edges:
    return np.arange(rows * HOPS + 1, dtype=np.int64) * hop


def pairs(channels: int) -> Edges:
    """Each two channels are partners; the last of an odd number has none."""
    mates = np.arange(channels) ^ 1
    return np.where(mates < channels, mates, -1).astype(np.int64)


def measure(samples: Floats, edges: Edges, state: SoundState | None = None, rate: int = 48000) -> SoundRows:
    """... of a copy, by the kernel."""
    channels = len(samples)
    state = state or sound_state(channels)
    return sound_rows(np.array(samples, np.float32, order="C"), edges, pairs(channels), k_weighting(rate), state)


@pytest.mark.parametrize("channels", range(1, 9))
@pytest.mark.parametrize("content", ["noise", "sine", "square", "silence", "bursts", "broken"])
def test_rows_equal_the_definition(content: str, channels: int) -> None:
    samples, edges = contents(content, channels, 2000), even(4, 48)
    same(measure(samples, edges), define(samples, edges, pairs(channels), k_weighting(48000)))


@pytest.mark.parametrize("rate", [8000, 11025, 44100, 192000])
def test_rows_of_other_rates_equal_the_definition(rate: int) -> None:
    edges = np.arange(2 * HOPS + 1, dtype=np.int64) * rate // 100
    samples = contents("noise", 2, int(edges[-1]))
    same(measure(samples, edges, rate=rate), define(samples, edges, pairs(2), k_weighting(rate)))


def test_hops_may_be_empty_and_of_any_length() -> None:
    """Edges that repeat: at the start, inside, a whole row, at the end. An empty hop has peak 0."""
    steps = [0, 0, 5, 1, 0, 300, 2, 0, 0, 90] + [0] * 10 + [17, 0, 0, 400, 3, 3, 3, 0, 60, 0]
    edges = np.append(0, np.cumsum(steps)).astype(np.int64)
    samples = contents("noise", 3, int(edges[-1]))
    samples[1, 200:] = 0
    found = measure(samples, edges)
    same(found, define(samples, edges, pairs(3), k_weighting(48000)))
    assert (found.energy[1] == 0).all()
    assert found.finite[1].all()
    assert found.zero_run[2, 1] == edges[-1] - 200, "a run goes on through an empty row"


def test_no_rows_of_nothing() -> None:
    found = measure(np.zeros((2, 7), np.float32), np.zeros(1, np.int64))
    assert [len(column) for column in found] == [0] * len(found)


@pytest.mark.parametrize("rows", [1, 2])
def test_a_peak_between_the_samples_is_found_wherever_it_lies(rows: int) -> None:
    """... and however much of it lies before or after: between smaller samples than the loudest of the same row."""
    for width, level in ((12, 0.5), (4, 0.7)):
        worst = level * np.sign(TAPS[1, 6 - width // 2 : 6 + width // 2][::-1])
        truth = max(np.abs(np.convolve(worst, taps)).max() for taps in TAPS)
        assert truth > 1
        for first in range(24, 440):
            samples = np.zeros((1, 480), np.float32)
            samples[0, [0, 479]] = 0.99
            samples[0, first : first + width] = worst
            found = measure(samples, even(rows, 48 // rows)).true_peak.max()
            assert found == pytest.approx(truth, rel=1e-6), first


def test_what_is_not_a_number_becomes_zero_in_place_and_is_said_for_its_row_and_channel_only() -> None:
    samples = np.full((2, 50), 0.5, np.float32)
    samples[0, 25] = np.nan
    samples[1, 49] = -np.inf
    found = sound_rows(samples, even(2, 2), pairs(2), k_weighting(48000), sound_state(2))
    assert found.finite.tolist() == [[True, True], [False, True]]
    assert samples[0, 25] == 0
    samples[0, 3:5] = 1e6, -9.9e5
    found = sound_rows(samples, even(2, 2), pairs(2), k_weighting(48000), sound_state(2))
    assert not found.finite[0, 0], "nor is what no sound reaches"
    assert samples[0, 3:5].tolist() == [0, -9.9e5]
    samples[0, 4] = 0.5
    found = sound_rows(samples, even(2, 2), pairs(2), k_weighting(48000), sound_state(2))
    assert found.energy[1].tolist() == [19 * 0.25, 20 * 0.25]
    assert found.cross[1].tolist() == [19 * 0.25, 19 * 0.25]
    assert samples[1, 49] == -np.inf, "beyond the last edge nothing is read or changed"


def test_runs_are_counted_to_the_sample_at_the_levels_that_they_name() -> None:
    samples = np.full((1, 100), 0.25, np.float32)
    samples[0, 3:8] = 0
    samples[0, 20:23] = (CLIPS_FROM, -CLIPS_FROM, 1.5)
    samples[0, 30:40] = np.nextafter(CLIPS_FROM, np.float32(0))
    samples[0, 50:54] = 1e-30
    found = measure(samples, even(1, 10))
    assert (found.zero_run[0, 0], found.clip_run[0, 0]) == (5, 3)


def test_partners_may_be_any_two_channels() -> None:
    samples, edges = contents("noise", 4, 900), even(3, 30)
    partners = np.array([2, -1, 0, 1], np.int64)
    found = sound_rows(samples.copy(), edges, partners, k_weighting(48000), sound_state(4))
    same(found, define(samples, edges, partners, k_weighting(48000)))
    assert (found.cross[:, 1] == 0).all()
    assert (found.cross[:, 3] != 0).all()


@given(cuts=st.lists(st.integers(0, 12), max_size=8), content=st.sampled_from(["noise", "bursts", "broken"]))
@examples(max_examples=60)
def test_any_cut_into_calls_equals_one_call_bit_for_bit(cuts: list[int], content: str) -> None:
    edges = np.arange(12 * HOPS + 1, dtype=np.int64) * 441 // 10
    samples = contents(content, 2, int(edges[-1]))
    whole_state, state = sound_state(2), sound_state(2)
    whole = measure(samples, edges, whole_state)
    bounds = [0, *sorted(cuts), 12]
    parts = []
    for first, last in pairwise(bounds):
        some = edges[first * HOPS : last * HOPS + 1]
        parts.append(measure(samples[:, some[0] :], some - some[0], state))
    for name, *columns in zip(SoundRows._fields, whole, *parts, strict=True):
        np.testing.assert_array_equal(np.concatenate(columns[1:]), columns[0], err_msg=name)
    for one, other in zip(whole_state, state, strict=True):
        np.testing.assert_array_equal(one, other)


def test_silence_after_sound_brings_the_filters_to_rest() -> None:
    """... and not to numbers so small that each step with them takes a hundred times as long."""
    state = sound_state(1)
    measure(contents("noise", 1, 480), even(1, 48), state)
    assert np.abs(state.filters).min() > 0
    measure(np.zeros((1, 48000), np.float32), even(10, 480), state)
    assert (state.filters == 0).all()


def test_k_weighting_is_the_table_of_the_standard() -> None:
    np.testing.assert_allclose(k_weighting(48000), [SHELF, HIGH_PASS], rtol=0, atol=1e-12)


def gain_db(rate: int, hz: float) -> float:
    z = np.exp(-2j * math.pi * hz / rate * np.arange(3))
    return float(sum(20 * np.log10(abs(row[:3] @ z / (np.append(1, row[3:]) @ z))) for row in k_weighting(rate)))


@pytest.mark.parametrize("rate", [32000, 44100, 96000, 192000])
def test_k_weighting_sounds_the_same_at_every_rate(rate: int) -> None:
    for hz in (20, 38, 100, 400, 997, 1682, 3000, 6000):
        assert gain_db(rate, hz) == pytest.approx(gain_db(48000, hz), abs=0.2 if hz > 2000 else 0.06)


def test_true_peak_taps_are_the_table_of_the_standard() -> None:
    np.testing.assert_array_equal(sound.TRUE_PEAK_TAPS, TAPS)


@pytest.mark.parametrize(
    ("samples", "edges"),
    [
        (np.zeros((1, 99), np.float32), even(1, 10)),
        (np.zeros((1, 100), np.float32), even(1, 10)[:-1]),
        (np.zeros((1, 100), np.float32), np.zeros(0, np.int64)),
        (np.zeros((1, 200), np.float32), even(1, 10) + 1),
        (np.zeros((1, 200), np.float32), np.array([0, 1, 2, 3, 2, 5, 6, 7, 8, 9, 10])),
        (np.zeros((1, 200), np.float32), np.array([0, -1, 2, 3, 4, 5, 6, 7, 8, 9, 10])),
        (np.zeros((1, 100), np.float64), even(1, 10)),
        (np.zeros((1, 100), np.int16), even(1, 10)),
        (np.zeros(100, np.float32), even(1, 10)),
    ],
    ids=["beyond", "not whole rows", "no edge", "first is not 0", "fall", "negative", "float64", "int16", "one-dim"],
)
def test_what_does_not_fit_is_refused(samples: Floats, edges: Edges) -> None:
    with pytest.raises(KernelError, match="do not fit"):
        sound_rows(samples, edges, pairs(1), k_weighting(48000), sound_state(1))


@pytest.mark.parametrize(
    ("partners", "channels"),
    [(np.array([-1, 0]), 1), (np.array([1]), 1), (np.array([-1]), 2)],
    ids=["too many", "beyond the channels", "state of two channels"],
)
def test_partners_and_a_state_of_other_channels_are_refused(partners: Edges, channels: int) -> None:
    with pytest.raises(KernelError, match="do not fit 1 channels"):
        sound_rows(np.zeros((1, 100), np.float32), even(1, 10), partners, k_weighting(48000), sound_state(channels))


def test_samples_that_cannot_be_mended_in_place_are_refused() -> None:
    frozen = np.zeros((1, 100), np.float32)
    frozen.setflags(write=False)
    for samples in (frozen, np.zeros((100, 2), np.float32).T):
        with pytest.raises(KernelError, match="writable float32"):
            sound_rows(samples, even(1, 10), pairs(len(samples)), k_weighting(48000), sound_state(len(samples)))


def test_what_is_compiled_is_all_that_is_ever_used() -> None:
    sound.compile_all()
    before = len(sound._rows.signatures)
    for channels in (1, 2, 8):
        measure(contents("noise", channels, 960), even(1, 96))
    assert len(sound._rows.signatures) == before
