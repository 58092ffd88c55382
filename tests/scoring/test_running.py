"""Everything is made and watched by other processes, which are gone when it ends."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from scored import SMALL, die, truth

from monitor.errors import ClusterError
from monitor.scoring import running as module
from monitor.scoring.cases import Clean, Tried
from monitor.scoring.material import Source
from monitor.scoring.plan import Plan
from monitor.scoring.running import run
from monitor.scoring.watched import Watched
from monitor.settings import FAST


@pytest.fixture
def folder(tmp_path: Path, source: Source) -> Path:
    root = tmp_path / "media"
    root.mkdir()
    for name in ("a.ts", "b.ts"):
        shutil.copy(source.path, root / name)
    (root / "split.toml").write_text('reporting = ["*.ts"]')
    return root


class Now:
    """A result that is there at once, of work done here."""

    def __init__(self, work: Any, *given: Any) -> None:
        self.value = work(*given)

    def result(self) -> Any:
        return self.value


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Nothing is started, made or watched: what would be. Clips of b.ts are refused, and cannot be watched."""
    asked: list[tuple[Any, ...]] = []

    def submit(work: Any, *given: Any) -> Now:
        asked.append(given)
        return Now(work, *given)

    class Processes:
        def __enter__(self) -> Any:
            return submit

        def __exit__(self, *_: object) -> None: ...

    def try_case(request: Any, *_: object) -> Tried:
        if request.source.name == "b.ts":
            return Tried(request, "no motion")
        return Tried(request, "", (truth(4, 6), truth(8, 9)), {"monitor": Watched((), 20.0, 10.0)})

    def try_clean(clip: Path, _: object) -> Clean:
        return Clean(clip, "broken") if clip.name == "b.ts" else Clean(clip, "", {"monitor": Watched((), 360.0, 10.0)})

    class Some:
        def __init__(self, waiting: Any) -> None:
            self.done = list(waiting)[-1:]

    monkeypatch.setattr(module, "processes", lambda workers, first: Processes())
    monkeypatch.setattr(module, "wait", lambda waiting, return_when: Some(waiting))
    monkeypatch.setattr(module, "warm_up", lambda: None)
    monkeypatch.setattr(module, "try_case", try_case)
    monkeypatch.setattr(module, "try_clean", try_clean)
    return asked


def test_all_is_done_and_comes_together(folder: Path, here: list[tuple[Any, ...]]) -> None:
    told: list[str] = []
    plan = Plan(folder, FAST, kinds=("black",), strengths=("weak",), events=5, size=SMALL, workers=3)
    report = run(plan, told.append)
    [weak, whole] = [row for row in report.rows if row.by == "monitor"]
    assert (weak.events, weak.misses, whole.strength) == (6, 6, "all")
    assert (report.clips, report.seeds) == (["a.ts"], (10_001, 10_005))
    assert (report.clean, report.clean_hours) == (["a.ts"], 0.1)
    assert weak.false_alarm_upper_95 == pytest.approx(29.96, abs=0.01)
    assert report.notes == ["b.ts was not watched: broken"]
    assert len(report.events) == 6
    assert "lab black weak of b.ts, seed 10000: refused: no motion" in told
    assert "clean: b.ts: broken" in told
    assert "lab black weak of a.ts, seed 10005: 0 of 2 found; 6 of 5 events" in told
    watching = here[0][1]
    assert (watching.profile, watching.ffmpeg) == (FAST, ("black",))
    # Clean clips first: a long one should not be what is left at the end.
    assert [given[0].name for given in here[:2]] == ["a.ts", "b.ts"]
    assert not here[2][2].exists()


def test_too_few_are_said(folder: Path, here: list[tuple[Any, ...]]) -> None:
    (folder / "a.ts").unlink()
    report = run(Plan(folder, FAST, kinds=("black",), strengths=("weak",), events=5, size=SMALL), lambda _: None)
    assert report.rows == []
    assert report.notes[-1] == "lab black weak: 0 of 5 events, 6 cases refused; the last refusal: b.ts: no motion"


def test_made_clips_stay_where_they_are_to_be_kept(folder: Path, here: list[tuple[Any, ...]], tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    run(Plan(folder, FAST, kinds=("black",), events=1, size=SMALL, keep=kept), lambda _: None)
    assert kept.is_dir()
    assert {given[2:] for given in here[2:]} == {(kept, True)}


def test_a_process_that_dies_ends_it_with_the_remedy(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "try_clean", die)
    with pytest.raises(ClusterError, match="died, perhaps for want of memory: make fewer at once than 1 "):
        run(Plan(folder, FAST, kinds=("black",), events=1, size=SMALL), lambda _: None)
    assert multiprocessing.active_children() == []


def test_the_processes_leave_ctrl_c_to_the_one_that_started_them() -> None:
    usual = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    with module.processes(1) as submit:
        blocked = submit(signal.pthread_sigmask, signal.SIG_BLOCK, []).result(60)
    assert signal.SIGINT in blocked
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == usual


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_the_processes(number: signal.Signals) -> None:
    usual = signal.getsignal(signal.SIGTERM)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # These tests may be deaf to it.
    try:
        with pytest.raises(KeyboardInterrupt), module.processes(1) as submit:  # noqa: PT012 - it is raised inside
            submit(time.sleep, 3600)
            assert len(multiprocessing.active_children()) == 1
            os.kill(os.getpid(), number)
            time.sleep(60)
    finally:
        signal.signal(signal.SIGINT, before)
    assert multiprocessing.active_children() == []
    assert signal.getsignal(signal.SIGTERM) == usual
