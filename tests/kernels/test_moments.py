"""Clicks, gaps and shelves: what they are by definition, made by hand, and any cut of the same sound."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from monitor.errors import KernelError
from monitor.kernels import TICKS, SoundMoments, moment_state, sound_moments
from monitor.kernels.moments import FINE, LATE, SHELF_OVER, SHELF_ROWS, SHELF_UNDER, STEP

RATE = 48_000
Samples = NDArray[np.float32]


def edges_of(rows: int, rate: int = RATE, first: int = 0) -> NDArray[np.int64]:
    ticks = np.arange(first * TICKS, (first + rows) * TICKS + 1, dtype=np.int64)
    found = ticks * rate // 1000
    return found - found[0]


def measure(samples: Samples, rate: int = RATE) -> SoundMoments:
    samples = np.atleast_2d(samples).astype(np.float32)
    return sound_moments(samples, edges_of(samples.shape[1] * 10 // rate, rate), moment_state(len(samples)))


def music(seconds: float = 2.0, rate: int = RATE, seed: int = 1) -> Samples:
    """Notes with overtones, and a little noise."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * rate)) / rate
    tones = sum(
        a * np.sin(2 * np.pi * hz * t + p)
        for hz, a, p in zip((220, 443, 890, 1789), (4, 3, 2, 1), range(4), strict=True)
    )
    return (0.05 * tones + 0.001 * rng.standard_normal(len(t))).astype(np.float32)


@pytest.mark.parametrize("rate", [8000, 44_100, 48_000, 192_000])
def test_a_sample_out_of_place_is_a_click_where_it_is(rate: int) -> None:
    samples = music(rate=rate)
    clean = 20 * np.log10(measure(samples, rate).click[2:])
    samples[rate + rate // 20] += 0.15
    dirty = 20 * np.log10(measure(samples, rate).click[2:])
    assert clean.max() < 18
    assert dirty[8, 0] > 26
    assert np.delete(dirty[:, 0], [8]).max() < 18


def test_a_click_just_before_the_end_of_a_row_is_of_the_next_one() -> None:
    samples = music()
    samples[RATE - RATE // 1000 * (LATE - 2)] += 0.15
    click = 20 * np.log10(measure(samples).click[:, 0])
    assert click[10] > 26
    assert click[9] < 18


@pytest.mark.parametrize(("ms", "told"), [(1, 0), (5, 5), (30, 30), (110, 110), (200, 0)])
def test_sound_that_is_gone_for_milliseconds_is_a_gap(ms: int, told: int) -> None:
    samples = music(seed=2)
    at = RATE + 25 * RATE // 1000
    samples[at : at + ms * RATE // 1000] = 0
    gaps = measure(samples).gap[:, 0]
    assert gaps.max() == told
    assert np.count_nonzero(gaps) == (told > 0)
    if told:
        assert np.flatnonzero(gaps)[0] == (1.025 + ms / 1000) // 0.1


def test_sound_that_fades_out_or_in_has_no_gap() -> None:
    for fade in (np.geomspace(1, 3e-3, RATE // 25), np.geomspace(3e-3, 1, RATE // 25)):
        samples = music()
        if fade[0] == 1:
            samples[RATE - len(fade) : RATE] *= fade
            samples[RATE : RATE + 480] = 0
        else:
            samples[RATE : RATE + 480] = 0
            samples[RATE + 480 : RATE + 480 + len(fade)] *= fade
        assert measure(samples).gap.max() == 0


def test_what_is_hardly_audible_has_neither() -> None:
    samples = music() * np.float32(1e-3)
    samples[RATE : RATE + 480] = 0
    samples[RATE * 3 // 2] += 1e-3
    found = measure(samples)
    assert found.gap.max() == 0
    assert found.click.max() == 0


def shelf(samples: Samples) -> float:
    """By definition: levels of a sixteenth of an octave, in even steps."""
    size = np.abs(samples.astype(np.float64))
    exponents = np.arange(-7, 2)
    levels = np.concatenate([2.0**e * (1 + np.arange(FINE) / FINE) for e in exponents])
    beyond = np.array([np.count_nonzero(size >= level) for level in levels], float)
    beyond[0] = len(size)  # What is below the lowest is counted there.
    found = 0.0
    for k in range(SHELF_UNDER, len(levels) - SHELF_OVER, STEP):
        if beyond[k] >= 0.01 * len(size):
            found = max(found, beyond[k] / beyond[k - SHELF_UNDER] * (1 - beyond[k + SHELF_OVER] / beyond[k]))
    return found


@pytest.mark.parametrize("cut", [1.0, 0.6, 0.3])
@pytest.mark.parametrize("what", ["noise", "music", "sine"])
def test_a_shelf_is_what_it_is_by_definition_and_rises_where_tops_are_cut(what: str, cut: float) -> None:
    rng = np.random.default_rng(5)
    samples = {
        "noise": 0.2 * rng.standard_normal(RATE // 10),
        "music": music(0.1),
        "sine": 0.5 * np.sin(np.arange(RATE // 10) * 0.1),
    }[what].astype(np.float32)
    top = np.abs(samples).max()
    samples = np.clip(samples, -cut * top, cut * top).astype(np.float32)
    found = float(measure(samples).shelf[0, 0])
    assert found == pytest.approx(shelf(samples), abs=1e-6)
    assert (found > 0.17) == (cut < 1.0 or what == "sine")


@pytest.mark.parametrize(("cut", "most"), [(1.0, 9.0), (0.98, 0.08), (0.9, 0.08)])
def test_the_top_is_the_distance_of_two_levels_and_small_where_tops_are_cut(cut: float, most: float) -> None:
    """0.98: 2 % of the samples are cut."""
    samples = (0.1 * np.random.default_rng(7).standard_normal(RATE)).astype(np.float32)
    ceiling = np.float32(np.quantile(np.abs(samples), cut))
    samples = np.clip(samples, -ceiling, ceiling)
    found = measure(samples).top[9, 0]
    near, top = np.quantile(np.abs(samples), [1 - 0.015, 1 - 0.001])
    assert found == pytest.approx(np.log2(top / near), abs=1.5 / FINE)
    assert found < most


def test_what_is_quiet_has_no_top() -> None:
    faint = (0.002 * np.random.default_rng(7).standard_normal(RATE)).astype(np.float32)
    assert np.isnan(measure(faint).top).all()


def test_a_shelf_is_of_the_last_rows() -> None:
    samples = music(4.0, seed=3) * np.repeat(np.random.default_rng(3).uniform(0.1, 1, 40), 4800).astype(np.float32)
    samples = np.clip(samples, -0.3, 0.3)
    found = measure(samples).shelf[:, 0]
    for row in (0, 3, SHELF_ROWS, 39):
        part = samples[max(row + 1 - SHELF_ROWS, 0) * 4800 : (row + 1) * 4800]
        assert found[row] == pytest.approx(shelf(part), abs=1e-6)


@pytest.mark.parametrize("cuts", [[1, 2, 3], [7], [3, 9, 14]])
def test_any_cut_into_calls_equals_one_call(cuts: list[int]) -> None:
    rng = np.random.default_rng(6)
    samples = np.stack([music(seed=1), music(seed=2)])
    samples[:, rng.integers(0, samples.shape[1], 12)] += 0.3
    samples[1, RATE // 2 : RATE // 2 + 700] = 0
    whole = measure(samples)
    state, parts, bounds = moment_state(2), [], [0, *cuts, 20]
    for first, last in pairwise(bounds):
        part = np.ascontiguousarray(samples[:, first * 4800 : last * 4800])
        parts.append(sound_moments(part, edges_of(last - first), state))
    for name, column in zip(SoundMoments._fields, whole, strict=True):
        np.testing.assert_array_equal(np.concatenate([getattr(part, name) for part in parts]), column, err_msg=name)


def test_short_and_empty_rows() -> None:
    state = moment_state(1)
    short = np.minimum(edges_of(2), 4900)
    found = sound_moments(music(0.2)[None, :4900].copy(), short, state)
    assert np.isfinite(found.click).all()
    nothing = sound_moments(np.zeros((1, 0), np.float32), np.zeros(TICKS + 1, np.int64), state)
    assert [column.max() for column in nothing[:3]] == [0, 0, 0]
    assert np.isnan(nothing.top).all()


def test_digital_silence_is_nothing() -> None:
    silence = measure(np.zeros(RATE, np.float32))
    assert [column.max() for column in silence[:3]] == [0, 0, 0]
    assert np.isnan(silence.top).all()


def test_what_does_not_fit_is_refused() -> None:
    good = np.zeros((1, 9600), np.float32)
    for samples, edges, channels in (
        (good.astype(np.float64), edges_of(2), 1),
        (good, edges_of(3), 1),
        (good, edges_of(2)[:-1], 1),
        (good, edges_of(2)[::-1].copy(), 1),
        (good, edges_of(2), 2),
    ):
        with pytest.raises(KernelError, match="do not fit"):
            sound_moments(samples, edges, moment_state(channels))
