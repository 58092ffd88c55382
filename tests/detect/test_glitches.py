"""Moments that come again: clicks, gaps, cut tops, peaks beyond a limit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from builders import heard, inputs, pieces, run, spans, together

from monitor.detect.glitches import Click, Clipping, Dropout, TruePeak
from monitor.records import Readings, Reason
from monitor.settings import FAST


def at(n: int, moments: dict[int, float], usual: float) -> np.ndarray:
    column = np.full(n, usual)
    for row, value in moments.items():
        column[row] = value
    return column


def test_clicks_that_come_again_are_one_detection_from_the_first_to_the_last() -> None:
    clicks = at(60, {10: 23.0, 14: 30.0, 20: 28.0, 26: 27.0, 34: 23.0}, 12.0)
    found = run(Click, inputs(heard(60, click_db=clicks)), inputs(ended=True))
    assert spans(found) == [("audio:0", 1.0, None), ("audio:0", 1.0, 3.5)]
    assert found[-1].severity == "minor"
    assert found[-1].evidence["strongest"] == 30
    assert found[-1].evidence["click_db_FL"] == 27


@pytest.mark.parametrize(
    "moments", [{40: 33.0}, {10: 33.0, 30: 33.0, 50: 33.0}, {10: 25.0, 14: 25.0, 18: 25.0, 22: 25.0}, {10: 60.0}]
)
def test_single_ones_those_far_apart_and_weak_ones_are_none(moments: dict[int, float]) -> None:
    assert run(Click, inputs(heard(80, click_db=at(80, moments, 12.0))), inputs(ended=True)) == []


def test_one_that_is_far_above_all_else_is_enough_once_that_is_known() -> None:
    found = run(Click, inputs(heard(80, click_db=at(80, {40: 37.0, 60: 38.0}, 12.0))), inputs(ended=True))
    assert [span[1:] for span in spans(found) if span[2]] == [(4.0, 4.1), (6.0, 6.1)]
    drums = np.where(np.arange(80) % 2 == 0, 15.0, 12.0)
    drums[40] = 37.0
    assert run(Click, inputs(heard(80, click_db=drums)), inputs(ended=True)) == []


@pytest.mark.parametrize("silent", [39, 40])
def test_sound_that_begins_or_ends_sharply_is_no_click(silent: int) -> None:
    edge = heard(80, click_db=at(80, {40: 37.0}, 12.0))
    edge.prints["peak"][silent, :, 4:] = 0
    assert run(Click, inputs(edge), inputs(ended=True)) == []
    assert run(Click, *pieces(edge, 1), inputs(ended=True)) == []


def test_what_goes_on_weakly_for_long_is_not_kept_for_ever() -> None:
    clicks = np.where(np.arange(900) % 6 == 0, 23.0, 12.0)
    clicks[[600, 603, 606]] = 30.0
    state, _ = Click(FAST).step(Click(FAST).start(), inputs(heard(500, click_db=clicks[:500])))
    assert len(state.tracks[0][1].memory.moments) <= 101
    found = run(Click, inputs(heard(900, click_db=clicks)))
    assert [round(d.start_s, 3) for d in found] == [50.4], "ten seconds before the row that made it one"


def test_any_split_gives_the_same() -> None:
    rng = np.random.default_rng(3)
    clicks = np.where(rng.random(200) < 0.15, rng.uniform(20, 32, 200), 12.0)
    whole = heard(200, click_db=clicks)
    once = run(Click, inputs(whole), inputs(ended=True))
    assert once
    for size in (1, 7, 50):
        assert run(Click, *pieces(whole, size), inputs(ended=True)) == once


def test_gaps_in_one_channel_are_a_dropout_and_many_are_grave() -> None:
    gaps = np.zeros((80, 2))
    gaps[10:50:4, 1] = 8
    few = np.where(np.arange(80)[:, None] < 20, gaps, 0)
    assert run(Dropout, inputs(heard(80, gap_ms=few)), inputs(ended=True))[-1].severity == "minor"
    found = run(Dropout, inputs(heard(80, gap_ms=gaps, zero_run_s=gaps / 1000)), inputs(ended=True))
    assert spans(found)[-1] == ("audio:0", 1.0, 4.7)
    faint = run(Dropout, inputs(heard(80, gap_ms=gaps, zero_run_s=gaps / 2000)), inputs(ended=True))
    assert faint[-1].severity == "minor", "gaps with something in them may be of the sound: applause has such"
    claps = heard(80, gap_ms=gaps, zero_run_s=gaps / 1000)
    claps.prints["peak"][:, :, 2:] = 0
    assert run(Dropout, inputs(claps), inputs(ended=True))[-1].severity == "minor"
    assert (found[0].severity, found[-1].severity) == ("minor", "major")
    zeros = gaps / np.where(np.arange(80)[:, None] % 8 == 2, 1000, 2000)
    half = run(Dropout, inputs(heard(80, gap_ms=gaps, zero_run_s=zeros)), inputs(ended=True))
    assert half[-1].severity == "minor", "where half of the gaps are empty, chance makes them so"
    assert (found[-1].evidence["gap_ms_FL"], found[-1].evidence["gap_ms_FR"]) == (0, 8)
    assert run(Dropout, inputs(heard(80, gap_ms=np.where(gaps > 0, 2, 0))), inputs(ended=True)) == []


def test_one_gap_in_steady_sound_is_enough() -> None:
    """Music and speech have none of 6 ms that sound stands around; claps have."""
    gap = heard(80, gap_ms=at(80, {30: 8.0, 60: 5.0}, 0.0))
    found = run(Dropout, inputs(gap), inputs(ended=True))
    assert [span[1:] for span in spans(found) if span[2]] == [(3.0, 3.1)]
    assert found[-1].severity == "minor"
    claps = heard(80, gap_ms=at(80, {30: 8.0}, 0.0))
    claps.prints["peak"][30, :, 5:] = 200 - 31
    assert run(Dropout, inputs(claps), inputs(ended=True)) == []
    faint = heard(80, gap_ms=at(80, {30: 8.0}, 0.0), rms_dbfs=-51.0)
    assert run(Dropout, inputs(faint), inputs(ended=True)) == []


def test_gaps_of_all_lengths_are_pauses_of_what_is_said() -> None:
    """Those of one cause are about as long as each other; others between them end nothing and extend nothing."""
    pauses = heard(80, gap_ms=at(80, {10: 3.0, 14: 5.0, 18: 9.0, 22: 15.0, 26: 40.0, 30: 70.0}, 0.0))
    pauses.prints["peak"][:, :, 5:] = 100
    assert run(Dropout, inputs(pauses), inputs(ended=True)) == []
    both = heard(80, gap_ms=at(80, {10: 30.0, 14: 4.0, 18: 5.0, 20: 50.0, 22: 4.0, 26: 12.0}, 0.0))
    both.prints["peak"][:, :, 5:] = 100
    found = run(Dropout, inputs(both), inputs(ended=True))
    assert spans(found)[-1][1:] == (1.4, 2.3)
    assert run(Dropout, *pieces(both, 3), inputs(ended=True)) == found


def with_holes(hole_s: float, every: int = 5, **values: object) -> list[Readings]:
    """Eight seconds of sound, of which after each so many rows some is absent, and the timestamps go on after it."""
    found, start = [], 0.0
    for _ in range(80 // every):
        found.append(heard(every, start, **values))
        start += every / 10 + hole_s
    return found


@pytest.mark.parametrize("hole_s", [0.022, 0.4])
def test_sound_that_is_absent_within_an_epoch_is_a_dropout(hole_s: float) -> None:
    holes = with_holes(hole_s)
    found = run(Dropout, *(inputs(part) for part in holes), inputs(ended=True))
    assert spans(found)[-1][1] == pytest.approx(0.5 + hole_s, abs=0.01)
    assert found[-1].evidence["gap_ms_FR"] == pytest.approx(1000 * hole_s, abs=0.1)
    assert run(Dropout, inputs(together(holes)), inputs(ended=True)) == found


@pytest.mark.parametrize("hole_s", [-0.1, 0.0, 0.003, 2.5])
def test_jitter_and_what_is_gone_for_long_are_none(hole_s: float) -> None:
    assert run(Dropout, *(inputs(part) for part in with_holes(hole_s)), inputs(ended=True)) == []


def test_holes_between_epochs_and_in_silence_are_none() -> None:
    apart = [replace(part, epoch=n) for n, part in enumerate(with_holes(0.1))]
    assert run(Dropout, *(inputs(part) for part in apart), inputs(ended=True)) == []
    silent = with_holes(0.1, rms_dbfs=-70.0)
    assert run(Dropout, *(inputs(part) for part in silent), inputs(ended=True)) == []


def with_octaves(rows: Readings, low: int, high: int) -> Readings:
    """Codes of the octaves below 2.5 kHz and above it."""
    spectrum = np.full((len(rows), len(rows.channels), 20), low, np.uint8)
    spectrum[:, :, 17:] = high
    return replace(rows, prints={**rows.prints, "spectrum": spectrum})


def test_cut_tops_are_clipping_but_not_of_a_chord_or_sine_nor_of_what_is_quiet() -> None:
    cut = np.where((np.arange(80) >= 20) & (np.arange(80) < 50), 0.3, 0.1)
    loud, quiet = heard(80, flat_top=cut), heard(80, flat_top=cut, peak_dbfs=-50.0)
    found = run(Clipping, inputs(with_octaves(loud, 220, 160)), inputs(ended=True))
    assert spans(found)[-1] == ("audio:0", 1.4, 4.4), "in the middle of what each row tells of"
    tone = heard(80, flat_top=cut, tone_db=40.0)
    assert run(Clipping, inputs(with_octaves(tone, 220, 160)), inputs(ended=True)) == []
    assert run(Clipping, inputs(with_octaves(loud, 220, 90)), inputs(ended=True)) == []
    assert run(Clipping, inputs(with_octaves(loud, 220, 0)), inputs(ended=True)) == []
    assert run(Clipping, inputs(with_octaves(quiet, 120, 110)), inputs(ended=True)) == []


def test_a_tone_is_in_the_tops_that_are_read_after_it() -> None:
    """They are of 1.5 s: all of a line-up tone's are at one level."""
    n = np.arange(80)
    after = heard(
        80, flat_top=np.where((n >= 20) & (n < 55), 0.6, 0.1), tone_db=np.where((n >= 20) & (n < 40), 90.0, 0.0)
    )
    whole = with_octaves(after, 220, 160)
    assert run(Clipping, inputs(whole), inputs(ended=True)) == []
    assert run(Clipping, *pieces(whole, 7), inputs(ended=True)) == []
    cut = heard(
        80, flat_top=np.where((n >= 20) & (n < 70), 0.6, 0.1), tone_db=np.where((n >= 20) & (n < 40), 90.0, 0.0)
    )
    assert run(Clipping, inputs(with_octaves(cut, 220, 160)), inputs(ended=True)), "what is cut later is"


def test_nothing_begins_before_the_track() -> None:
    found = run(Clipping, inputs(with_octaves(heard(40, start=3.0, flat_top=0.3), 220, 160)), inputs(ended=True))
    assert spans(found)[-1][1] == 3.0


def test_clicks_stand_out_of_percussion_that_goes_on() -> None:
    n = 400
    drums = np.where(np.arange(n) % 3 == 0, 28.0, 12.0)
    drums[250:300:4] = 37.0
    found = spans(run(Click, inputs(heard(n, click_db=drums)), inputs(ended=True)))
    closed = [span for span in found if span[2] is not None]
    assert closed[0][1] < 4, "what drums are is not known yet"
    assert [(start, end) for _, start, end in closed[1:]] == [(pytest.approx(25.0), pytest.approx(29.7, abs=0.2))]


def test_clicks_are_the_same_in_any_split() -> None:
    drums = heard(400, click_db=np.where(np.arange(400) % 3 == 0, 28.0, 12.0) + np.arange(400) % 97 / 10)
    once = run(Click, inputs(drums), inputs(ended=True))
    for size in (1, 7, 130):
        assert run(Click, *pieces(drums, size), inputs(ended=True)) == once


def tops(top_db: float, after_s: float = 5.0, for_s: float = 3.0, n: int = 100) -> Readings:
    """Natural sound, but for a time in which the loudest samples are by so much louder than others."""
    t_s = np.arange(n) / 10
    flat = (t_s >= after_s) & (t_s < after_s + for_s)
    return with_octaves(heard(n, top_db=np.where(flat, top_db, 3.0)), 220, 160)


def test_tops_that_became_flat_are_clipping_where_no_shelf_is_left() -> None:
    found = run(Clipping, inputs(tops(0.9)), inputs(ended=True))
    assert spans(found)[-1] == ("audio:0", pytest.approx(4.4), pytest.approx(7.4))
    assert found[-1].evidence["top_db_FL"] == pytest.approx(0.9)
    assert run(Clipping, inputs(tops(1.2)), inputs(ended=True)) == [], "not by much flatter than before"
    assert run(Clipping, inputs(tops(0.9, after_s=0.0, for_s=10.0)), inputs(ended=True)) == [], "it is mastered so"


def test_what_stays_flat_is_told_for_a_minute() -> None:
    (_, closed) = spans(run(Clipping, inputs(tops(0.5, for_s=200, n=1200)), inputs(ended=True)))
    assert closed[1:] == (pytest.approx(4.4), pytest.approx(75, abs=10))


def test_flat_tops_are_the_same_in_any_split() -> None:
    whole = tops(0.9)
    once = run(Clipping, inputs(whole), inputs(ended=True))
    for size in (1, 7, 23):
        assert run(Clipping, *pieces(whole, size), inputs(ended=True)) == once


def test_a_peak_beyond_the_limit_is_told_and_closes_seconds_later() -> None:
    peaks = at(80, {10: 1.5, 25: 0.9}, -2.0)
    found = run(TruePeak, inputs(heard(80, true_peak_dbtp=peaks)))
    assert spans(found) == [("audio:0", 1.0, None), ("audio:0", 1.0, 2.6)]
    assert found[-1].evidence["true_peak_dbtp_FR"] == pytest.approx(1.5)
    assert run(TruePeak, inputs(heard(80, true_peak_dbtp=0.4)), inputs(ended=True)) == []


def test_what_was_not_measured_says_nothing() -> None:
    broken = heard(40, click_db=np.nan, gap_ms=50.0)
    broken.reason[:] = Reason.CORRUPT
    for kind in (Click, Dropout):
        assert run(kind, inputs(broken), inputs(ended=True)) == []
