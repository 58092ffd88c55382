"""What is overdue, what is missing, and what the clock said."""

from __future__ import annotations

import numpy as np
import pytest
from timed import readings

from monitor.arrivals import Arrivals, ArrivalsState
from monitor.records import Event, Readings


def steady(first: float, last: float, track: str = "video", late: float = 102.0) -> Readings:
    """Rows every tenth of a second up to `last`."""
    t = [first + i / 10 for i in range(round((last - first) * 10) + 1)]
    return readings(t, [late + x for x in t], track)


def opened(*tracks: str) -> Arrivals:
    arrivals = Arrivals("s", ArrivalsState())
    arrivals.closed(100.0)
    arrivals.opened(101.0, tracks or ("video",), 0.0)
    return arrivals


def came(arrivals: Arrivals, *parts: Readings) -> list[Event]:
    """What a pipeline does with the rows of a step."""
    return [event for part in parts for event in arrivals.came(part, 0)] + list(arrivals.missing(0))


def brief(events: list[Event]) -> list[tuple[str, float]]:
    return [(event.kind, event.value) for event in events]


def test_no_source_is_counted_in_whole_seconds_however_often_it_is_asked() -> None:
    arrivals = Arrivals("s", ArrivalsState())
    arrivals.closed(100.0)
    events = [e for now in np.arange(100, 103.6, 0.25) for e in arrivals.tick(float(now), -np.inf, 0)]
    assert brief(events) == [("down", 1), ("down", 2), ("down", 3)]
    assert [e.at for e in events] == [101, 102, 103]


def test_a_burst_is_not_overdue_until_it_has_been_played() -> None:
    arrivals = opened()
    segment = [i * 0.04 for i in range(150)]
    came(arrivals, readings(segment, [102.0] * 150))
    assert list(arrivals.tick(108.5, 102.0, 0)) == []
    overdue = list(arrivals.tick(110.1, 102.0, 0))
    assert brief(overdue) == [("overdue", 1), ("overdue", 2)]
    assert overdue[0].t_s == pytest.approx(7.0)
    assert brief(came(arrivals, readings([6.0], [110.5]))) == [("resumed", 2.5)]


def test_packets_that_wait_to_be_decoded_are_not_overdue() -> None:
    arrivals = opened()
    came(arrivals, readings([0.0], [102.0]))
    assert list(arrivals.tick(110.0, 109.5, 0)) == []


def test_a_long_absence_is_reported_ever_more_seldom() -> None:
    arrivals = Arrivals("s", ArrivalsState())
    arrivals.closed(0.0)
    values = [e.value for e in arrivals.tick(100.0, -np.inf, 0)]
    assert values == [*range(1, 61), 70, 80, 90, 100]


def test_a_track_that_stays_behind_is_missing_until_it_is_back() -> None:
    arrivals = opened("video", "audio:0")
    came(arrivals, readings([0.0], [101.0], "audio:0"))
    assert came(arrivals, steady(0.0, 0.9)) == []
    missing = came(arrivals, steady(1.0, 3.1))
    assert brief(missing) == [("track_missing", 1), ("track_missing", 2)]
    assert {e.track for e in missing} == {"audio:0"}
    assert brief(came(arrivals, readings([3.1], [104.0], "audio:0"))) == [("track_back", 2)]


def test_the_live_edge_is_never_after_arrival_and_evens_out_bursts() -> None:
    arrivals = opened()
    first = readings([0.0, 1.0, 2.0], [102.0, 102.0, 102.0])
    assert arrivals.live_edge(first).tolist() == pytest.approx([102.0, 102.0, 102.0])
    later = readings([3.0, 4.0, 5.0], [105.0, 105.0, 105.0])
    assert arrivals.live_edge(later).tolist() == pytest.approx([103.0, 104.0, 105.0], abs=0.01)
    recorded = readings([0.0], [np.nan])
    assert np.isnan(arrivals.live_edge(recorded)).all()


def test_a_track_that_never_came_is_given_a_little_longer() -> None:
    arrivals = opened("video", "audio:0")
    assert came(arrivals, steady(0.0, 4.9, "audio:0")) == []
    assert brief(came(arrivals, readings([5.0], [107.0], "audio:0"))) == [("track_missing", 1)]


def test_what_arrived_before_an_absence_does_not_end_it() -> None:
    """The last, partial block of sound is measured only when the next one comes."""
    arrivals = opened("audio:0")
    came(arrivals, readings([0.0], [102.0], "audio:0"))
    assert brief(list(arrivals.tick(105.5, 102.0, 0))) == [("overdue", 1), ("overdue", 2), ("overdue", 3)]
    assert came(arrivals, readings([0.04], [102.0], "audio:0")) == []
    assert brief(came(arrivals, readings([0.08, 4.0], [102.0, 106.04], "audio:0"))) == [("resumed", pytest.approx(4))]


def test_media_time_that_no_track_went_through_is_nobodys_absence() -> None:
    """After a pause of the sender one track comes first; the other is as far as it can be."""
    arrivals = opened("video", "audio:0")
    came(arrivals, readings([0.0], [102.0]))
    came(arrivals, readings([0.0], [102.0], "audio:0"))
    # Rows from before and after the pause may come together.
    assert came(arrivals, readings([0.04, 8.0, 8.5], [110.0] * 3, "audio:0")) == []
    assert brief(came(arrivals, steady(8.6, 10.5, "audio:0"))) == [("track_missing", 1)]


def test_tracks_that_come_in_one_step_do_not_miss_each_other() -> None:
    arrivals = opened("video", "audio:0")
    assert came(arrivals, steady(0.0, 9.0), steady(0.0, 9.0, "audio:0")) == []


def test_a_track_that_comes_late_is_not_missing() -> None:
    """Sound that goes on 20 s behind the picture is late; it was told as lost again after every block."""
    arrivals = opened("video", "audio:0")
    came(arrivals, steady(0.0, 3.0), steady(0.0, 3.0, "audio:0"))
    assert brief(came(arrivals, steady(3.1, 23.0)))[-1] == ("track_missing", 19)
    assert brief(came(arrivals, steady(3.1, 4.0, "audio:0"))) == [("track_back", 19)]
    assert came(arrivals, steady(23.1, 24.0), steady(4.1, 5.0, "audio:0")) == []
    assert brief(came(arrivals, steady(24.1, 26.0))) == [("track_missing", 1), ("track_missing", 2)]
