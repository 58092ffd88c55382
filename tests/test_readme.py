"""The README's two commands, taken from it and run; the demonstration shortened, the tests only collected."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"```sh\n(python3 -m venv .*?)\n```", README)


def run(command: str, limit_s: float) -> str:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST") and k != "PYTHONPATH"}
    done = subprocess.run(
        command, shell=True, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=limit_s, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_there_are_two_and_each_is_one_line() -> None:
    assert len(COMMANDS) == 2
    assert all("\n" not in command for command in COMMANDS)
    assert COMMANDS[0].endswith("jobs/watch.py")
    assert COMMANDS[1].endswith("pytest -n 2")


def test_the_main_job_finds_what_it_scheduled(tmp_path: Path) -> None:
    """Stated in the README: it ends with a table, where results lie, and a line that reads them, which works."""
    said = run(f"{COMMANDS[0]} --duration 30 --results {tmp_path / 'demo'}", 180)
    found = re.search(r"(\d+) of (\d+) scheduled defects found; (\d+) detections not", said)
    assert found, said
    # On a machine that others use, one defect of a shortened run may be missed, and one sender may stall unasked.
    assert int(found[1]) >= int(found[2]) - 1, said
    assert int(found[3]) <= 1, said
    line = re.search(r"^ *(\.venv/bin/python -c .*)$", said, re.MULTILINE)
    assert line, said
    assert "'kind': 'black'" in run(line[1], 60)


def test_the_test_command_works_and_is_what_ci_runs() -> None:
    said = run(f"{COMMANDS[1]} --collect-only", 180)
    assert re.search(r"\d{3,}(/\d+)? tests collected", said), said[-500:]
    picked = re.search(r"command=\$\((grep .*) README.md\)", (ROOT / ".ci/run").read_text(encoding="utf-8"))
    assert picked
    assert run(f"{picked[1]} README.md", 10).strip() == COMMANDS[1]
