from __future__ import annotations

import numpy as np
import pytest
from scene import moving

from monitor.lab.defects import pictures
from monitor.lab.defects.make import Change

CHANGES: dict[str, Change] = {
    name: getattr(pictures, name) for name in ("black", "solid_color", "test_pattern", "snow", "letterbox")
}


@pytest.mark.parametrize("kind", CHANGES)
@pytest.mark.parametrize("seed", range(6))
def test_only_what_is_asked_for_changes(kind: str, seed: int) -> None:
    amount = {"letterbox": 0.12, "test_pattern": 0.04, "snow": 40.0}.get(kind, 1.0)
    before, after = moving(1), moving(1)
    area = CHANGES[kind](after, 3, 7, amount, np.random.default_rng(seed))
    same = (before.whole == after.whole).all(axis=(1, 2))
    assert same.tolist() == [True] * 3 + [False] * 4 + [True] * 3
    assert 0 < area <= 1


def test_black_is_dark_and_grey_but_for_a_logo() -> None:
    for seed in range(6):
        footage = moving(1)
        pictures.black(footage, 3, 7, 1.5, np.random.default_rng(seed))
        assert np.mean(footage.luma[5] < 26) > 0.98
        assert all((plane == 128).all() for plane in footage.chroma(5))


def test_snow_has_its_deviation_and_no_picture() -> None:
    footage = moving(1)
    pictures.snow(footage, 0, 2, 40.0, np.random.default_rng(1))
    first, second = footage.luma[:2].astype(float)
    assert 37 < first.std() < 42
    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.05


def test_bars_are_as_wide_as_said() -> None:
    widths = set()
    for seed in range(20):
        footage = moving(1)
        area = pictures.letterbox(footage, 0, 1, 0.125, np.random.default_rng(seed))
        black = footage.luma[0] == 16
        rows, columns = black.all(axis=1).mean(), black.all(axis=0).mean()
        widths.add((round(float(rows), 2), round(float(columns), 2)))
        assert area == 0.25
    assert widths == {(0.25, 0.0), (0.0, 0.25)}
