"""A case is made, watched and cleared away, or kept and used again."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from scored import SMALL, truth

from monitor.errors import SettingsError
from monitor.lab.truth import Case, write_case
from monitor.scoring import cases as module
from monitor.scoring.cases import Request, Watching, try_case, try_clean
from monitor.scoring.material import Source
from monitor.settings import FAST

BOTH = Watching(FAST, ("black",))


@pytest.fixture
def asked(source: Source) -> Request:
    return Request("lab", "black", "weak", source, 10_003, SMALL)


def test_a_case_from_making_to_finding(asked: Request, tmp_path: Path) -> None:
    done = try_case(asked, BOTH, tmp_path, keep=False)
    assert (done.request, done.refused) == (asked, "")
    assert {each.kind for each in done.truths} == {"black"}
    assert list(done.seen) == ["monitor", "ffmpeg"]
    for seen in done.seen.values():
        assert seen.media_s == pytest.approx(20.0, abs=0.2)
        assert seen.fps == 10.0
    starts = [each.start_s for each in done.seen["monitor"].found if each.kind == "black"]
    assert starts == pytest.approx([each.start_s for each in done.truths], abs=0.11)
    assert list(tmp_path.iterdir()) == []


def test_without_kinds_of_ffmpeg_only_the_monitor_watches(source: Source) -> None:
    assert list(try_clean(source.path, Watching(FAST)).seen) == ["monitor"]
    assert list(try_clean(source.path, BOTH).seen) == ["monitor", "ffmpeg"]


def test_a_clean_clip_that_cannot_be_watched_says_why(tmp_path: Path) -> None:
    done = try_clean(tmp_path / "gone.ts", BOTH)
    assert "does not exist" in done.problem
    assert done.seen == {}


@pytest.fixture
def makes(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A generator that makes empty clips with what it is told to; nobody watches them."""
    told = SimpleNamespace(made=0, truths=(truth(4, 6),), error=None)

    def make(kind: str, strength: Any, source: Path, out: Path, seed: int, size: object) -> Case:
        out.write_bytes(b"clip")
        told.made += 1
        if told.error is not None:
            raise told.error
        case = Case(kind, strength, seed, source.name, "lab", told.truths)
        write_case(out, case)
        return case

    monkeypatch.setattr(module, "maker", lambda generator: make)
    monkeypatch.setattr(Watching, "__call__", lambda watching, clip: {"monitor": clip.name})
    return told


def test_a_kept_clip_is_used_again_if_it_is_this_case(asked: Request, makes: Any, tmp_path: Path) -> None:
    first = try_case(asked, BOTH, tmp_path, keep=True)
    assert {path.name for path in tmp_path.iterdir()} == {asked.name, asked.name + ".truth.json"}
    assert try_case(asked, BOTH, tmp_path, keep=True) == first
    assert makes.made == 1
    other = Case("black", "weak", asked.seed, "other.ts", "lab", (truth(1, 2),))
    write_case(tmp_path / asked.name, other)
    assert try_case(asked, BOTH, tmp_path, keep=True) == first
    assert makes.made == 2
    (tmp_path / f"{asked.name}.truth.json").write_text("{")
    assert try_case(asked, BOTH, tmp_path, keep=True) == first
    assert makes.made == 3


def test_a_refusal_comes_back_and_leaves_nothing(asked: Request, makes: Any, tmp_path: Path) -> None:
    makes.error = SettingsError("no motion; take another clip")
    done = try_case(asked, BOTH, tmp_path, keep=False)
    assert (done.refused, done.truths, done.seen) == ("no motion; take another clip", (), {})
    makes.error, makes.truths = None, ()
    assert try_case(asked, BOTH, tmp_path, keep=False).refused == "made without a defect"
    assert list(tmp_path.iterdir()) == []


def test_a_bug_is_no_refusal_and_names_its_case(asked: Request, makes: Any, tmp_path: Path) -> None:
    makes.error = ZeroDivisionError("oh")
    with pytest.raises(ZeroDivisionError) as caught:
        try_case(asked, BOTH, tmp_path, keep=False)
    assert caught.value.__notes__ == ["in the case lab black weak of a.ts, seed 10003"]
    assert list(tmp_path.iterdir()) == []


def test_no_two_requests_share_a_file(asked: Request) -> None:
    assert asked.name == "lab-black-weak-a.ts-10003-128x96-10fps-20s.ts"
    others = [
        dataclasses.replace(asked, **change)
        for change in (
            {"generator": "second"},
            {"kind": "blur"},
            {"strength": "middle"},
            {"source": Source(Path("b.ts"), "b.ts")},
            {"source": Source(Path("more/a.ts"), "more/a.ts")},
            {"seed": 10_004},
            {"size": dataclasses.replace(SMALL, seconds=21)},
            {"size": dataclasses.replace(SMALL, fps=12)},
        )
    ]
    assert len({asked.name, *(other.name for other in others)}) == 9
    assert all("/" not in other.name for other in others)
