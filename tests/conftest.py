"""What all tests share: the real clips beside the project, and one embedded Ray cluster."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# How long an example takes says nothing on a machine that others use.
settings.register_profile("here", deadline=None)
settings.load_profile("here")

SHARED = Path(__file__).parents[2] / "shared"
sys.path.insert(0, str(Path(__file__).parent))


def _folder(name: str) -> Path:
    folder = SHARED / name
    if not folder.is_dir():
        message = f"the folder of real clips and reference values is not beside the project ({name})"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return folder


@pytest.fixture(scope="session")
def media() -> Path:
    """The folder of real clips."""
    return _folder("media")


@pytest.fixture(scope="session")
def references() -> Path:
    """The folder of reference values that this project did not make."""
    return _folder("references")


@pytest.fixture(scope="session")
def cluster() -> Iterator[None]:
    """An embedded Ray cluster with room for a few workers, whatever the machine has."""
    from monitor.cluster.engine import engine

    with engine(cpus=8):
        yield


ON_TIME = (
    "benchmark",
    "cluster",
    "jobs",
    "test_demonstration.py",
    "test_growth.py",
    "test_readme.py",
    "test_watching.py",
)
"""What watches live streams or measures, and wants the machine to itself: last."""
_GROWING = pytest.StashKey[tuple[subprocess.Popen[bytes], Path]]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What only computes comes first, beside the two minutes of `growing.py`, which then are over."""
    here = Path(__file__).parent
    items.sort(key=lambda item: item.path.relative_to(here).parts[0] in ON_TIME)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Two minutes of watching begin at once, in a process of their own, if anything is to be known of them."""
    if session.config.option.collectonly or not any(item.get_closest_marker("beside") for item in session.items):
        return
    folder = Path(tempfile.mkdtemp(prefix="monitor-growing-"))
    with (folder / "output").open("wb") as output:
        command = [sys.executable, str(Path(__file__).parent / "growing.py"), str(folder)]
        process = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
    session.config.stash[_GROWING] = process, folder


def pytest_unconfigure(config: pytest.Config) -> None:
    """Nothing is left behind, also after Ctrl-C."""
    if _GROWING in config.stash:
        process, folder = config.stash[_GROWING]
        process.terminate()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def growing(request: pytest.FixtureRequest) -> Path:
    """The folder with what came of the two minutes, which are waited for."""
    process, folder = request.config.stash[_GROWING]
    assert process.wait(300) == 0, (folder / "output").read_text(encoding="utf-8", errors="replace")
    return folder
