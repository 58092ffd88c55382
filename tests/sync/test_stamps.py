"""Gaps, drift and tracks that begin apart, as their timestamps tell them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from builders import cut, event, heard, video

from monitor.records import Event, Readings
from monitor.sync import Stamped, StampState, stamp


def moved(rows: Readings, from_s: float, by_s: float) -> Readings:
    """Later by so much from a time on."""
    return replace(rows, t_s=np.where(rows.t_s >= from_s - 1e-9, rows.t_s + by_s, rows.t_s))


def said(sound: Readings, pictures: Readings, events: tuple[Event, ...] = (), size: int = 10**6) -> list[Stamped]:
    state, found = StampState(), []
    for k in range(0, max(len(sound), len(pictures)), size):
        parts = [[part] if len(part) else [] for part in (cut(sound, k, k + size), cut(pictures, k, k + size))]
        state, more = stamp(state, *parts, events if k == 0 else ())
        found += more
    return found


def test_in_step() -> None:
    found = said(heard(200), video(500))
    assert [each.t_s for each in found] == [float(t) for t in range(18)]
    assert all((each.error_s, each.apart_s, each.behind_s) == (0, 0, 0) for each in found)


@pytest.mark.parametrize("by_s", [0.3, 0.06, -0.06])
def test_a_gap_in_the_sound_makes_it_early_where_it_is_joined(by_s: float) -> None:
    found = said(moved(heard(300), 5.0, by_s), video(800))
    assert [each.error_s for each in found[:4]] == [0] * 4
    assert [each.error_s for each in found[6:]] == pytest.approx([-by_s] * len(found[6:]))


def test_a_gap_in_both_is_none_and_one_in_the_picture_alone_is_none() -> None:
    assert all(abs(each.error_s) < 1e-9 for each in said(moved(heard(300), 5.0, 0.4), moved(video(750), 5.0, 0.4)))
    assert all(each.error_s == 0 for each in said(heard(300), moved(video(750), 5.0, 0.4)))


def test_a_clock_that_drifts_adds_up_and_is_forgotten_after_a_minute() -> None:
    sound = heard(1200)
    # 20 ms every 10 s: 2000 ppm, for a minute.
    for k in range(1, 7):
        sound = moved(sound, 10.0 * k + 0.02 * (k - 1), 0.02)
    found = said(sound, video(3000))
    assert min(each.error_s for each in found) == pytest.approx(-0.12, abs=0.021)
    assert found[5].error_s == 0
    assert found[-1].error_s > -0.06


def test_recordings_whose_tracks_begin_apart() -> None:
    found = said(replace(heard(200), t_s=heard(200).t_s + 1.5), video(500))
    assert (found[0].t_s, found[0].duration_s, found[0].apart_s) == (0.0, 2.0, 1.5)
    assert found[1].apart_s == 0
    live = said(replace(heard(200), t_s=heard(200).t_s + 1.5), video(500, at=1000.0))
    assert live[0].apart_s == 0, "who joins waits for a key frame"


def test_a_track_that_lies_behind() -> None:
    late = [event("interleaving", t, 2.5) for t in (3.1, 7.2, 8.2, 9.0)]
    found = said(heard(200), video(500), (*late, event("dropped", 3.0, 9.0)))
    assert [each.t_s for each in found if each.behind_s == 2.5] == [8, 9], "once, it is the end of a stall"


def test_sound_that_was_away_and_another_epoch_say_nothing() -> None:
    assert all(each.error_s == 0 for each in said(moved(heard(300), 5.0, 8.0), video(1000)))
    first, second = cut(heard(300), 0, 50), replace(moved(cut(heard(300), 50, 300), 0, 0.4), epoch=1)
    state, one = stamp(StampState(), [first], [video(125)], ())
    _, two = stamp(state, [second], [video(600, 5.0)], ())
    assert all(each.error_s == 0 for each in [*one, *two])


@pytest.mark.parametrize("size", [1, 13, 90])
def test_any_split_says_the_same(size: int) -> None:
    sound, pictures = moved(heard(300), 5.0, 0.2), moved(video(750, at=1000.0), 9.0, 0.3)
    events = (event("interleaving", 7.2, 2.5), event("interleaving", 8.2, 2.5))
    assert said(sound, pictures, events, size) == said(sound, pictures, events)


def test_a_track_that_is_gone_for_long_leaves_nothing_behind_and_comes_back_without_a_flood() -> None:
    state, _ = stamp(StampState(), [heard(100)], [video(250)], ())
    for k in range(1, 60):
        state, found = stamp(state, [], [video(250, 10.0 * k)], [event("interleaving", 10.0 * k, 2.0)])
    assert found == []
    assert len(state.clocks) + len(state.behind) + len(state.picture_gaps) < 150
    state, found = stamp(state, [replace(heard(100), t_s=heard(100).t_s + 5e6)], [video(250, 5e6)], ())
    assert len(found) < 100
