"""Which worker watches which stream: a pure function from a snapshot to a plan. Does not import Ray."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def place(
    streams: Mapping[str, float],
    placed: Mapping[str, str],
    workers: Iterable[str],
    per_worker: int,
    references: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """A worker for every stream that has none, on the one with the least to do; streams stay where they are.

    `streams`: what each costs, in cores; the dearest are placed first, so that the cheap ones even out what is left.
    `references`: with which stream one is compared: both are on one worker, if that has room when the second is placed.
    Deterministic. A worker takes `per_worker` streams at the most; streams beyond what all can take are not in the
    answer, and the caller says so.
    """
    kin: dict[str, list[str]] = {}
    for stream, reference in (references or {}).items():
        kin.setdefault(stream, []).append(reference)
        kin.setdefault(reference, []).append(stream)
    load = dict.fromkeys(sorted(workers), (0.0, 0))
    plan: dict[str, str] = {}
    waiting: list[str] = []
    for stream, cores in streams.items():
        worker = placed.get(stream)
        if worker in load:
            plan[stream] = worker
            load[worker] = (load[worker][0] + cores, load[worker][1] + 1)
        else:
            waiting.append(stream)
    for stream in sorted(waiting, key=lambda stream: (-streams[stream], stream)):
        open_ = [name for name, (_, count) in load.items() if count < per_worker]
        if not open_:
            break
        with_kin = {plan[other] for other in kin.get(stream, ()) if other in plan}
        worker = min([name for name in open_ if name in with_kin] or open_, key=lambda name: load[name])
        plan[stream] = worker
        load[worker] = (load[worker][0] + streams[stream], load[worker][1] + 1)
    return plan
