from __future__ import annotations

import pytest

from monitor.kernels import warm_up


@pytest.fixture(autouse=True, scope="session")
def compiled() -> None:
    """Kernels as they are used: compiled for the types of streams, and for no other."""
    warm_up()
