"""The house keeps its floors: a file imports only from floors below its own, and libraries only through their doors."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = (
    ("errors",),
    ("records", "kernels"),
    ("settings",),
    ("media",),
    ("catalog",),
    ("columns", "loudness"),
    ("measure", "audio", "arrivals", "coverage", "holes"),
    ("sync",),
    ("detect",),
    ("incidents",),
    ("store",),
    ("pipeline",),
    ("recorded", "lab"),
    ("cluster",),
    ("terminal",),
    ("watching", "demonstration", "benchmark", "scoring"),
    ("jobs",),
)
HEIGHT = {name: height for height, names in enumerate(FLOORS) for name in names}
DOORS = {
    "av": {"media", "lab"},
    "numba": {"kernels"},
    "cupy": {"kernels"},
    "pyarrow": {"store", "catalog"},
    "ray": {"cluster", "jobs"},
}
FILES = sorted([*(ROOT / "monitor").rglob("*.py"), *(ROOT / "jobs").glob("*.py")])


def floor_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return parts[0] if parts[0] == "jobs" else parts[1]


def imports(path: Path) -> list[str]:
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.append(node.module)
            names += [f"monitor.{alias.name}" for alias in node.names if node.module == "monitor"]
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_floor(path: Path) -> None:
    here = floor_of(path)
    if here == "__init__":
        return
    assert here in HEIGHT, f"{path.name}: give it a floor in this test"
    for name in imports(path):
        top, *rest = name.split(".")
        if top == "monitor" and rest:
            there = rest[0]
            assert there == here or HEIGHT[there] < HEIGHT[here], (
                f"{path.name} on floor {here!r} imports {name}, which is not below it"
            )
        assert here in DOORS.get(top, {here}), f"{path.name} on floor {here!r} imports {top}; its door is {DOORS[top]}"


def test_the_planner_knows_no_ray() -> None:
    assert not [n for n in imports(ROOT / "monitor/cluster/planner.py") if n.split(".")[0] == "ray"]


def test_tests_mirror_the_package() -> None:
    """Every module is tested by a file at the same path, but those that only show or wrap (tested through the jobs)."""
    through_others = {"__init__", "errors", "records", "base", "engine", "scenes"}
    missing = []
    for path in FILES:
        relative = path.relative_to(ROOT)
        if relative.parts[0] == "monitor" and path.stem not in through_others:
            expected = ROOT / "tests" / Path(*relative.parts[1:]).with_name(f"test_{path.stem}.py")
            if not expected.exists():
                missing.append(str(relative))
    assert missing == []
