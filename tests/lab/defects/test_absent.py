"""Packets of sound that are left out."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from monitor.lab.defects import make
from monitor.lab.defects.footage import Size

SMALL = Size(128, 96, 10, 20)


@pytest.mark.parametrize("name", ["a.ts", "a.mp4"])
def test_sound_is_absent_where_it_says_so(name: str, tmp_path: Path) -> None:
    case = make("track_loss", "middle", None, tmp_path / name, 1, SMALL)
    with av.open(str(tmp_path / name)) as clip:
        begins = (clip.start_time or 0) / av.time_base
        times = np.array([float(p.pts * p.time_base) - begins for p in clip.demux(audio=0) if p.pts is not None])
    holes = [(times[k], times[k + 1]) for k in np.flatnonzero(np.diff(times) > 0.5)]
    assert len(holes) == 2
    for truth, (before, after) in zip(case.truths, holes, strict=True):
        assert (before, after) == (pytest.approx(truth.start_s, abs=0.04), pytest.approx(truth.end_s, abs=0.04))
        assert truth.amount == pytest.approx(truth.end_s - truth.start_s, abs=0.001)
        assert 2.5 <= truth.amount <= 3.0
