"""Too loud, too quiet, and jumps against a programme's own past."""

from __future__ import annotations

import numpy as np
import pytest
from builders import heard, inputs, pieces, run, spans

from monitor.detect.loudness import Loudness
from monitor.records import Detection, Readings, Reason
from monitor.settings import DEFAULT, FAST, Profile

LUFS = -0.691 + 10 * np.log10(2)
"""Loudness of 0 dB in each of two channels."""


def programme(*steps: tuple[float, float]) -> Readings:
    """So many LUFS for so many seconds each."""
    levels = np.concatenate([np.full(round(10 * seconds), lufs - LUFS) for lufs, seconds in steps])
    return heard(len(levels), k_dbfs=levels)


def told(rows: Readings, profile: Profile = DEFAULT) -> list[Detection]:
    return run(Loudness, inputs(rows), inputs(ended=True), profile=profile)


def by(standard: str) -> Profile:
    return DEFAULT.model_copy(update={"loudness": DEFAULT.loudness.model_copy(update={"standard": standard})})


@pytest.mark.parametrize(
    ("standard", "right", "wrong"),
    [("r128", (-22.1, -23.9), (-21.9, -24.1)), ("a85", (-22.1, -25.9), (-21.9, -26.1)), ("none", (-8, -44), (-6, -46))],
)
def test_a_programme_beyond_its_standard_is_told_with_its_numbers(
    standard: str, right: tuple[float, ...], wrong: tuple[float, ...]
) -> None:
    for lufs in right:
        assert told(programme((lufs, 100)), by(standard)) == []
    for lufs in wrong:
        found = told(programme((lufs, 100)), by(standard))
        assert {d.severity for d in found} == {"minor"}
        assert found[-1].evidence["integrated_lufs"] == pytest.approx(lufs, abs=0.11)
        assert ("target_lufs" in found[-1].evidence) == (standard != "none")
        assert found[-1].evidence["range_lu"] < 0.2


@pytest.mark.parametrize("by_lu", [12, -12])
def test_a_jump_against_its_own_past_is_told_where_it_is(by_lu: float) -> None:
    found = told(programme((-23, 30), (-23 + by_lu, 20), (-23, 20)))
    assert spans(found)[-1][1:] == pytest.approx((30, 50), abs=1.6)
    assert found[-1].severity == "minor"
    assert found[-1].evidence["integrated_lufs"] == pytest.approx(-23, abs=1)
    assert found[-1].evidence["short_term_max_lufs" if by_lu > 0 else "short_term_min_lufs"] == pytest.approx(
        -23 + by_lu, abs=0.1
    )


def test_small_jumps_short_ones_and_what_comes_with_the_programme_are_none() -> None:
    assert told(programme((-23, 30), (-15, 20), (-23, 20))) == []
    assert told(programme((-23, 30), (-8, 6), (-23, 20))) == []
    assert told(programme((-33, 5), (-15, 30)), FAST) == [], "too little is known of its past"
    assert told(programme(*[(-17, 4), (-33, 4)] * 8)) == []


def test_what_stays_after_a_jump_becomes_usual() -> None:
    found = told(programme((-25, 30), (-13, 200)))
    assert spans(found)[-1][1:] == pytest.approx((30, 151), abs=4)


def test_silence_and_pauses_are_not_judged() -> None:
    for lufs in (-120, -65):
        assert told(programme((-23, 30), (lufs, 60), (-23, 30)), FAST) == []
    assert told(programme((-120, 100))) == []


def test_what_was_not_measured_says_nothing() -> None:
    broken = programme((-23, 30), (-3, 20))
    broken.reason[300:] = Reason.CORRUPT
    assert told(broken, FAST) == []


def test_any_split_gives_the_same_and_little_is_kept() -> None:
    rng = np.random.default_rng(8)
    whole = programme(*[(rng.uniform(-45, -5), rng.uniform(1, 20)) for _ in range(12)], (-120, 2), (-23, 10))
    once = told(whole, FAST)
    assert len(once) > 4
    for size in (1, 7, 130):
        assert run(Loudness, *pieces(whole, size), inputs(ended=True)) == once
    state, _ = Loudness(DEFAULT).step(Loudness(DEFAULT).start(), inputs(programme((-23, 600))))
    assert len(state.tracks[0][1].memory.rows) <= 40
