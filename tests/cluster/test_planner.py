"""Placing streams is a pure function."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.cluster.planner import place


def test_streams_stay_and_new_ones_go_where_there_is_least_to_do() -> None:
    streams = {"a": 0.2, "b": 0.2, "c": 0.2, "d": 0.2}
    plan = place(streams, {"a": "w1", "b": "w1"}, ["w1", "w2"], per_worker=10)
    assert plan == {"a": "w1", "b": "w1", "c": "w2", "d": "w2"}


def test_one_dear_stream_weighs_as_much_as_many_cheap_ones() -> None:
    streams = {"2160p": 0.8} | {f"480p {n}": 0.1 for n in range(8)}
    plan = place(streams, {}, ["w1", "w2"], per_worker=10)
    assert plan.pop("2160p") == "w1"
    assert set(plan.values()) == {"w2"}


def test_streams_of_a_lost_worker_go_elsewhere() -> None:
    assert place({"a": 0.1, "b": 0.1}, {"a": "gone", "b": "w1"}, ["w1", "w2"], 10) == {"a": "w2", "b": "w1"}


def test_what_does_not_fit_is_left_out_and_nobody_is_moved_for_it() -> None:
    assert place({"a": 0.1, "b": 0.1, "c": 0.1}, {"b": "w1"}, ["w1"], per_worker=2) == {"a": "w1", "b": "w1"}
    assert place({"a": 0.1}, {}, [], 5) == {}


def test_a_full_worker_is_passed_over_though_it_has_the_least_to_do() -> None:
    placed = {"a": "w1", "b": "w2"}
    assert place({"a": 0.01, "b": 0.9, "c": 0.1}, placed, ["w1", "w2"], per_worker=1) == placed
    assert place({"a": 0.01, "b": 0.9, "c": 0.1}, placed, ["w1", "w2", "w3"], per_worker=1)["c"] == "w3"


def test_a_stream_and_its_reference_are_on_one_worker_if_there_is_room() -> None:
    streams = {"origin": 0.5, "a": 0.4, "b": 0.3, "edge": 0.1, "edge 2": 0.1}
    references = {"edge": "origin", "edge 2": "origin"}
    plan = place(streams, {}, ["w1", "w2"], 10, references)
    assert plan["edge"] == plan["edge 2"] == plan["origin"]
    assert plan["a"] != plan["origin"]
    later = place(streams, {"edge": "w2", "a": "w1"}, ["w1", "w2"], 10, references)
    assert later["origin"] == later["edge 2"] == "w2"
    full = place(streams, {"origin": "w1", "a": "w1"}, ["w1", "w2"], 2, references)
    assert full["edge"] == "w2"
    assert place(streams, {"origin": "w1", "edge": "w2"}, ["w1", "w2"], 10, references)["edge"] == "w2", "nobody moves"


WORKERS = ["w1", "w2", "w3"]


@given(
    st.dictionaries(st.text(min_size=1, max_size=3), st.floats(0.001, 2), max_size=40),
    st.dictionaries(st.text(min_size=1, max_size=3), st.sampled_from([*WORKERS, "gone"])),
    st.sets(st.sampled_from(WORKERS)),
    st.integers(1, 20),
)
def test_always(streams: dict[str, float], placed: dict[str, str], workers: set[str], per_worker: int) -> None:
    plan = place(streams, placed, workers, per_worker)
    assert plan == place(streams, placed, sorted(workers), per_worker)
    assert set(plan) <= set(streams)
    assert set(plan.values()) <= workers
    assert all(plan[s] == placed[s] for s in streams if placed.get(s) in workers)
    room = sum(max(0, per_worker - list(plan.values()).count(w)) for w in workers)
    assert len(plan) == len(streams) or room == 0


@given(st.dictionaries(st.integers(0, 999).map(str), st.floats(0.001, 2), min_size=1, max_size=60), st.integers(1, 3))
def test_no_worker_has_more_than_another_by_more_than_its_cheapest_stream(streams: dict[str, float], n: int) -> None:
    plan = place(streams, {}, WORKERS[:n], per_worker=100)
    loads = {worker: [streams[s] for s, w in plan.items() if w == worker] for worker in WORKERS[:n]}
    lightest = min(map(sum, loads.values()))
    assert all(sum(load) - min(load) <= lightest + 1e-9 for load in loads.values() if load)
    assert sum(map(len, loads.values())) == len(streams)
    assert sum(map(sum, loads.values())) == pytest.approx(sum(streams.values()))
