"""One small clip for all that is timed: 160 x 96 at 25 pictures a second, one second, with stereo sound."""

from __future__ import annotations

import pytest

from monitor.kernels import warm_up
from monitor.lab.clips import make_clip
from monitor.lab.yardsticks import Clip, probe


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    warm_up()
    return probe(make_clip(tmp_path_factory.mktemp("bench") / "small.ts", "h264", 160, 96, 25, 1.0))
