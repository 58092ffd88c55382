"""The run: clean clips and cases on all cores, one process each, until there are enough events."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import Any

from monitor.errors import ClusterError
from monitor.kernels import warm_up
from monitor.scoring.cases import Clean, Tried, Watching, try_case, try_clean
from monitor.scoring.figures import matched, score
from monitor.scoring.material import gather
from monitor.scoring.plan import Line, Plan
from monitor.scoring.report import Report, to_look_at
from monitor.scoring.watched import YARDSTICKS

Tell = Callable[[str], None]
Submit = Callable[..., Future[Any]]


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run(plan: Plan, tell: Tell) -> Report:
    """Make, watch and score. `tell` takes lines about the progress.

    Raises SettingsError where there is no material, ClusterError if a process dies. Ctrl-C ends all processes.
    """
    material = gather(plan.media, plan.use, plan.split, plan.clean)
    lines = plan.lines(material.sources)
    with ExitStack() as held:
        folder = plan.keep
        if folder is None:
            folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="monitor-score-")))
        folder.mkdir(exist_ok=True)
        tell("compiling the kernels")
        warm_up()
        watching = Watching(plan.profile, tuple(kind for kind in plan.kinds if kind in YARDSTICKS))
        submit = held.enter_context(processes(plan.workers, warm_up))
        clean = _work(plan, lines, material.clean, watching, folder, submit, tell)
    cases = [case for line in lines for case in line.cases]
    notes = [*material.notes, *(f"{each.clip.name} was not watched: {each.problem}" for each in clean if each.problem)]
    notes += [line.shortfall for line in lines if line.shortfall]
    watched = [each for each in clean if each.seen]
    used = [case.request.seed for case in cases] or [plan.seeds[0]]
    return Report(
        use=plan.use,
        profile=plan.profile.name,
        clips=sorted({case.request.source.name for case in cases}),
        seeds=(min(used), max(used)),
        clean=[each.clip.name for each in watched],
        clean_hours=sum(each.seen["monitor"].media_s for each in watched) / 3600,
        rows=score(cases, clean),
        events=to_look_at(cases, clean, plan.kinds),
        notes=notes,
    )


def _work(
    plan: Plan,
    lines: Sequence[Line],
    clean: Sequence[Path],
    watching: Watching,
    folder: Path,
    submit: Submit,
    tell: Tell,
) -> list[Clean]:
    """Have all done. What comes of cases goes to their lines; what comes of clean clips is returned, in their order."""
    waiting: dict[Future[Any], Line | None] = {}
    left = list(clean)
    done: dict[Path, Clean] = {}
    try:
        while True:
            while len(waiting) < plan.workers:
                if left:
                    waiting[submit(try_clean, left.pop(0), watching)] = None
                    continue
                asked = next(((line, case) for line in lines if (case := line.next()) is not None), None)
                if asked is None:
                    break
                waiting[submit(try_case, asked[1], watching, folder, plan.keep is not None)] = asked[0]
            if not waiting:
                return [done[each] for each in clean]
            for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                line, result = waiting.pop(future), future.result()
                if line is not None:
                    line.take(result)
                    tell(_told(line, result))
                else:
                    done[result.clip] = result
                    tell(f"clean: {result.clip.name}: {result.problem or 'watched'}")
    except BrokenProcessPool:
        raise ClusterError(
            f"a process that made and watched clips died, perhaps for want of memory: "
            f"make fewer at once than {plan.workers} (--workers), or smaller ones (--size, --seconds)"
        ) from None


def _told(line: Line, tried: Tried) -> str:
    if tried.refused:
        return f"{tried.request}: refused: {tried.refused}"
    found = len(matched(tried, "monitor").pairs)
    return f"{tried.request}: {found} of {len(tried.truths)} found; {line.events} of {line.want} events"


@contextmanager
def processes(workers: int, first: Callable[[], None] | None = None) -> Iterator[Submit]:
    """Processes that work, and are gone afterwards, however it ends; to be told to end (SIGTERM) is as Ctrl-C.
    `first`: what each does before it works."""
    before = set(active_children())
    executor = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=first)

    def submit(*work: Any) -> Future[Any]:
        # A process is started here and inherits this: Ctrl-C in a terminal reaches all, and is for this one to handle.
        usual = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            return executor.submit(*work)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, usual)

    handled = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        try:
            yield submit
        except BaseException:
            for child in set(active_children()) - before:
                child.terminate()
            raise
        finally:
            executor.shutdown(wait=True, cancel_futures=True)
    finally:
        signal.signal(signal.SIGTERM, handled)
