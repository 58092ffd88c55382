"""What the tests of all jobs share."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path

import pytest

JOBS = Path(__file__).parents[2] / "jobs"


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Run a job in this process, with arguments that it refuses: what it says on standard error. Starting a program
    takes seconds, and there are many ways to be wrong."""

    def run(job: str, *arguments: object) -> str:
        main = runpy.run_path(str(JOBS / f"{job}.py"))["main"]
        try:
            status = main([str(each) for each in arguments])
        except SystemExit as ended:
            status = int(ended.code or 0)
        told = capsys.readouterr()
        assert (status, told.out) == (2, "")
        return told.err

    return run
