"""Clean sound that is easily taken for faulty: what it is, and that nothing grave is told of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from monitor.lab.clean_sound import RECIPES, clean_sound, write_clean_sound
from monitor.lab.scenes import RATE
from monitor.recorded import scan
from monitor.records import Detection, Stream
from monitor.settings import DEFAULT, FAST


@pytest.mark.parametrize("name", RECIPES)
def test_it_is_sound_below_full_scale_and_of_its_seed(name: str) -> None:
    made = clean_sound(name, 5.0, 1)
    assert (made.shape, made.dtype) == ((2, 5 * RATE), np.float32)
    assert 0.003 < np.abs(made).max() <= 0.95
    np.testing.assert_array_equal(made, clean_sound(name, 5.0, 1))
    assert not np.array_equal(made, clean_sound(name, 5.0, 2))


@pytest.mark.parametrize(("name", "codec"), list(zip(RECIPES, ["aac", "ac3", "opus"] * 3, strict=False)))
def test_nothing_grave_is_told_of_it(name: str, codec: str, tmp_path: Path) -> None:
    clip = write_clean_sound(tmp_path / "clean.ts", name, 40.0, 7, codec)
    for profile in (DEFAULT, FAST):
        done = scan(Stream(id=name, url=str(clip)), profile, lambda readings: None, lambda *_: None)
        grave = [row for row in done.rows if isinstance(row, Detection) and row.severity in ("major", "critical")]
        assert grave == []
        assert done.problem == ""
