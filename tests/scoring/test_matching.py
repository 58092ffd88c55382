"""Defects and detections are paired one to one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scored import found, truth

from monitor.lab.truth import Truth
from monitor.scoring.matching import Found, match, overlap


@pytest.mark.parametrize(
    ("spans", "share"),
    [
        ((0, 4, 0, 4), 1.0),
        ((0, 4, 2, 4), 0.5),
        ((0, 4, 2, 6), 1 / 3),
        ((0, 4, 4, 6), 0.0),
        ((0, 4, 5, 6), 0.0),
        ((1, 2, 0, 4), 0.25),
        ((3, 3, 3, 3), 0.0),
    ],
)
def test_overlap_is_intersection_over_union(spans: tuple[float, float, float, float], share: float) -> None:
    assert overlap(*spans) == pytest.approx(share)
    assert overlap(*spans[2:], *spans[:2]) == pytest.approx(share)


@pytest.mark.parametrize(
    ("truths", "detections", "pairs", "misses", "extras"),
    [
        ([(4, 8)], [(4, 8)], [(0, 0)], [], []),
        ([(4, 8)], [(6, 8)], [(0, 0)], [], []),
        ([(4, 8)], [(6.1, 8)], [], [0], [0]),
        ([(4, 8)], [(2, 10)], [(0, 0)], [], []),
        ([(4, 8)], [(2, 10.1)], [], [0], [0]),
        # Told twice is told once too often; the better one counts.
        ([(4, 8)], [(5, 8), (4, 8)], [(0, 1)], [], [0]),
        # Two in one are one found, one missed: neither takes half of it.
        ([(4, 6), (7, 8)], [(4, 8)], [(0, 0)], [1], []),
        # The best overlap first, whichever defect comes first.
        ([(0, 10), (4, 12)], [(4, 12), (3, 10)], [(0, 1), (1, 0)], [], []),
        ([], [(1, 2)], [], [], [0]),
        ([(1, 2)], [], [], [0], []),
        # What is not closed ends with the clip, of 20 s.
        ([(14, 20)], [(14, None)], [(0, 0)], [], []),
        ([(4, 8)], [(4, None)], [], [0], [0]),
    ],
)
def test_pairs_misses_and_extras(
    truths: list[tuple[float, float]],
    detections: list[tuple[float, float | None]],
    pairs: list[tuple[int, int]],
    misses: list[int],
    extras: list[int],
) -> None:
    real, told = [truth(*span) for span in truths], [found(*span) for span in detections]
    done = match(real, told, 20.0)
    assert [(real.index(pair.truth), told.index(pair.found)) for pair in done.pairs] == pairs
    assert [real.index(each) for each in done.misses] == misses
    assert [told.index(each) for each in done.extras] == extras


@pytest.mark.parametrize(
    ("detections", "pairs", "extras"),
    [
        # As long as the defect, and then half as long again, where there is still a little of it.
        ([(4, 12)], [(0, 0)], []),
        # Nothing else excuses what is too long.
        ([(0, 9)], [], [0]),
        ([(8, 12)], [], []),
        ([(10, 15)], [], []),
        ([(11, 15)], [], [0]),
        ([(4, 8), (9, 12)], [(0, 0)], []),
        ([(12, 12)], [], []),
        ([(13, 13)], [], [0]),
    ],
)
def test_what_is_wrong_but_less_than_asked_for_counts_neither_way(
    detections: list[tuple[float, float]], pairs: list[tuple[int, int]], extras: list[int]
) -> None:
    told = [found(*span) for span in detections]
    done = match([truth(4, 7)], told, 20.0, slight=[truth(8, 12.5)])
    assert [(0, told.index(pair.found)) for pair in done.pairs] == pairs
    assert [told.index(each) for each in done.extras] == extras


@pytest.mark.parametrize(
    ("amount", "told", "agree"),
    [(60, 75, True), (60, 85, False), (60, -60, False), (-1000, -1090, True), (-1000, -1110, False)],
)
def test_what_has_a_size_must_have_it(amount: float, told: float, agree: bool) -> None:
    truth = Truth("av_sync", 10, 30, 1.0, amount, "ms")
    matched = match([truth], [Found("av_sync", 10, 30, 20, amount=told)], 40)
    assert bool(matched.pairs) == agree
    assert bool(matched.extras) != agree
    assert match([truth], [Found("av_sync", 10, 30, 20)], 40).pairs


def test_how_late_and_how_far_off() -> None:
    [pair] = match([truth(4, 8)], [found(4.2, 7.5, told_s=5.5)], 20.0).pairs
    assert pair.delay_s == pytest.approx(1.5)
    assert pair.edges_s == (pytest.approx(0.2), pytest.approx(0.5))
    [open_one] = match([truth(4, 8)], [found(4, None, told_s=3.0)], 9.0).pairs
    assert (open_one.end_s, open_one.delay_s) == (9.0, -1.0)
    assert open_one.edges_s == (0.0, 1.0)


spans = st.lists(
    st.tuples(st.integers(0, 30), st.integers(1, 10)).map(lambda each: (each[0], each[0] + each[1])), max_size=5
)


@given(spans, spans)
def test_each_is_used_once_and_none_is_lost(real: list[tuple[int, int]], told: list[tuple[int, int]]) -> None:
    truths, detections = [truth(*span) for span in real], [found(*span) for span in told]
    done = match(truths, detections, 40.0)
    assert sorted([*(p.truth.start_s for p in done.pairs), *(t.start_s for t in done.misses)]) == sorted(
        a for a, _ in real
    )
    assert len(done.pairs) + len(done.extras) == len(told)
    assert all(overlap(p.truth.start_s, p.truth.end_s, p.found.start_s, p.end_s) >= 0.5 for p in done.pairs)
