"""Which worker watches which stream: a pure function from a snapshot to a plan. Does not import Ray."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def place(streams: Iterable[str], placed: Mapping[str, str], workers: Iterable[str], per_worker: int) -> dict[str, str]:
    """A worker for every stream that has none, on the one with the fewest; streams stay where they are.

    Deterministic. A worker takes `per_worker` streams at the most; streams beyond what all can take are not in the
    answer, and the caller says so.
    """
    load = dict.fromkeys(sorted(workers), 0)
    plan: dict[str, str] = {}
    waiting: list[str] = []
    for stream in streams:
        worker = placed.get(stream)
        if worker in load:
            plan[stream] = worker
            load[worker] += 1
        else:
            waiting.append(stream)
    for stream in waiting:
        if not load:
            break
        worker = min(load, key=lambda name: (load[name], name))
        if load[worker] >= per_worker:
            break
        plan[stream] = worker
        load[worker] += 1
    return plan
