"""What all tests share: the real clips beside the project, and one embedded Ray cluster."""

from __future__ import annotations

import os
import sys
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
