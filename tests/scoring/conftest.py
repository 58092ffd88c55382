"""One small clip of moving pictures to make defects of: 160 x 96 at 10 pictures a second, with sound."""

from __future__ import annotations

import pytest

from monitor.kernels import warm_up
from monitor.lab.clips import make_clip
from monitor.scoring.material import Source


@pytest.fixture(scope="session", autouse=True)
def warm() -> None:
    """As in a worker process: kernels that were compiled for the first clip that came along are not those of all."""
    warm_up()


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Source:
    return Source(make_clip(tmp_path_factory.mktemp("clips") / "a.ts", "h264", 160, 96, 10, 3.0), "a.ts")
