"""Watched and not watched add up to all of a stream's time."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.coverage import Ledger, LedgerState
from monitor.records import Coverage


def ledger(at: float = 0.0, live: bool = True) -> Ledger:
    return Ledger("s", "full", live, LedgerState(cursor=at))


def pieces(rows: list[Coverage]) -> list[tuple[float, float, bool, str]]:
    merged: list[tuple[float, float, bool, str]] = []
    for row in rows:
        a, b = (row.start_at, row.end_at) if row.start_at is not None else (row.start_s, row.end_s)
        assert a is not None
        assert b is not None
        if merged and merged[-1][2:] == (row.watched, row.reason):
            merged[-1] = (merged[-1][0], round(b, 6), *merged[-1][2:])
        else:
            merged.append((round(a, 6), round(b, 6), row.watched, row.reason))
    return merged


def test_segments_that_come_in_bursts_are_watched_throughout() -> None:
    book = ledger()
    for segment in range(5):
        book.media(6.0, watched=True)
        for second in range(6):
            book.advance(segment * 6.0 + second + 1, "stall")
    assert pieces(book.take(everything=True)) == [(0, 30, True, "")]


def test_jitter_below_the_grace_is_no_gap() -> None:
    book = ledger()
    for second in range(20):
        book.advance(second + 0.9, "stall")
        book.media(1.0, watched=True)
    assert all(watched for _, _, watched, _ in pieces(book.take(everything=True)))


def test_starving_is_a_gap_with_its_reason() -> None:
    book = ledger()
    book.media(10.0, watched=True)
    for second in range(1, 31):
        book.advance(float(second), "stall")
    book.media(5.0, watched=True)
    book.advance(35.0, "stall")
    assert pieces(book.take(everything=True)) == [(0, 10, True, ""), (10, 30, False, "stall"), (30, 35, True, "")]


def test_media_that_was_dropped_is_a_gap_when_its_turn_comes() -> None:
    book = ledger()
    book.media(3.0, watched=True)
    book.media(2.0, watched=False, reason="overload")
    book.media(3.0, watched=True)
    book.advance(8.0, "stall")
    assert pieces(book.take(everything=True)) == [(0, 3, True, ""), (3, 5, False, "overload"), (5, 8, True, "")]


def test_a_file_lies_on_media_time() -> None:
    book = ledger(live=False)
    book.media(4.0, watched=True)
    book.media(2.0, watched=False, reason="decode_error")
    book.gap(10.0, "truncated")
    rows = book.take(everything=True)
    assert pieces(rows) == [(0, 4, True, ""), (4, 6, False, "decode_error"), (6, 10, False, "truncated")]
    assert all(row.start_at is None for row in rows)


def test_pieces_are_written_while_they_go_on() -> None:
    book = ledger()
    book.media(25.0, watched=True)
    book.advance(9.0, "stall")
    assert book.take() == []
    book.advance(12.0, "stall")
    assert [row.seconds for row in book.take()] == [12.0]


@given(
    st.lists(
        st.tuples(st.floats(0, 8), st.sampled_from([0.0, 0.04, 1.0, 6.0]), st.booleans(), st.booleans(), st.booleans()),
        max_size=40,
    )
)
def test_it_always_adds_up(steps: list[tuple[float, float, bool, bool, bool]]) -> None:
    book, now, rows = ledger(100.0), 100.0, []
    for passed, media, watched, take, move in steps:
        now += passed
        book.media(media, watched, "" if watched else "overload")
        book.advance(now, "stall")
        if take or move:
            rows += book.take(everything=move)
        if move:
            book = Ledger("s", "full", True, book.state)
    book.advance(now, "stopped", grace_s=0.0)
    rows += book.take(everything=True)
    assert sum(row.seconds for row in rows) == pytest.approx(now - 100.0)
    for a, b in itertools.pairwise(rows):
        assert a.end_at == b.start_at
    if rows:
        assert rows[0].start_at == 100.0
        assert rows[-1].end_at == pytest.approx(now)
