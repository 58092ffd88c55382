"""Placing streams is a pure function."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from monitor.cluster.planner import place


def test_streams_stay_and_new_ones_go_where_there_are_fewest() -> None:
    plan = place(["a", "b", "c", "d"], {"a": "w1", "b": "w1"}, ["w1", "w2"], per_worker=10)
    assert plan == {"a": "w1", "b": "w1", "c": "w2", "d": "w2"}


def test_streams_of_a_lost_worker_go_elsewhere() -> None:
    assert place(["a", "b"], {"a": "gone", "b": "w1"}, ["w1", "w2"], 10) == {"a": "w2", "b": "w1"}


def test_what_does_not_fit_is_left_out_and_nobody_is_moved_for_it() -> None:
    assert place(["a", "b", "c"], {"b": "w1"}, ["w1"], per_worker=2) == {"a": "w1", "b": "w1"}
    assert place(["a"], {}, [], 5) == {}


@given(
    st.lists(st.text(min_size=1, max_size=3), unique=True, max_size=40),
    st.dictionaries(st.text(min_size=1, max_size=3), st.sampled_from(["w1", "w2", "w3", "gone"])),
    st.sets(st.sampled_from(["w1", "w2", "w3"])),
    st.integers(1, 20),
)
def test_always(streams: list[str], placed: dict[str, str], workers: set[str], per_worker: int) -> None:
    plan = place(streams, placed, workers, per_worker)
    assert plan == place(streams, placed, sorted(workers), per_worker)
    assert set(plan) <= set(streams)
    assert set(plan.values()) <= workers
    assert all(plan[s] == placed[s] for s in streams if placed.get(s) in workers)
    room = sum(max(0, per_worker - list(plan.values()).count(w)) for w in workers)
    assert len(plan) == len(streams) or room == 0
