"""What all tests share: the real clips beside the project, and one embedded Ray cluster."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

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
    "test_bench.py",
    "test_demonstration.py",
    "test_growth.py",
    "test_live.py",
    "test_publish.py",
    "test_readme.py",
    "test_scan.py",
    "test_watch.py",
    "test_watching.py",
)
"""Folders and files of tests that watch live streams or measure: they come first, in one process."""
LIVE = "on time"
_GROWING = pytest.StashKey[tuple[subprocess.Popen[bytes], Path]]()
_POLITE = pytest.StashKey[bool]()
# A test may run README's commands, which install this project anew: what starts meanwhile finds it all the same.
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH"))))


def _group(nodeid: str) -> str:
    path = nodeid.split("::")[0]
    return LIVE if any(part in ON_TIME for part in path.split("/")) else path


class Sharing(LoadScopeScheduling):
    """With `-n 2` one process does what wants to be on time, the other, file by file, what only computes."""

    def _split_scope(self, nodeid: str) -> str:
        return _group(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Sharing:
    """Who does what."""
    return Sharing(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What wants to be on time comes first, as it takes longest; what runs beside is waited for at its end."""
    items.sort(key=lambda item: (_group(item.nodeid) != LIVE, item.get_closest_marker("beside") is not None))


def _give_way() -> None:
    """Let others go first, also where a system shares its processors among sessions (Linux calls that autogroup)."""
    os.nice(10)
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text("10", encoding="ascii")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """What only computes gives way. Two minutes of watching begin with the first test that wants to be on time, in a
    process of their own that gives way, too, if anything is to be known of them."""
    config = item.session.config
    if _group(item.nodeid) != LIVE:
        if "PYTEST_XDIST_WORKER" in os.environ and not config.stash.get(_POLITE, False):
            config.stash[_POLITE] = True
            with suppress(OSError):
                os.setsid()
            _give_way()
    elif _GROWING not in config.stash and any(each.get_closest_marker("beside") for each in item.session.items):
        folder = Path(tempfile.mkdtemp(prefix="monitor-growing-"))
        with (folder / "output").open("wb") as output:
            command = [sys.executable, str(Path(__file__).parent / "growing.py"), str(folder)]
            process = subprocess.Popen(
                command, stdout=output, stderr=output, start_new_session=True, preexec_fn=_give_way
            )
        config.stash[_GROWING] = process, folder


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
