from __future__ import annotations

import numpy as np
import pytest
from scene import moving

from monitor.errors import SettingsError
from monitor.lab.defects import coarse
from monitor.lab.defects.footage import Footage


def steps(picture: np.ndarray) -> float:
    return float(np.abs(np.diff(picture.astype(float), axis=1)).mean())


def test_blur_takes_detail_away_and_keeps_the_mean() -> None:
    before = moving(1)
    sharp, soft, softer = before.luma[3], *(_blurred(sigma) for sigma in (1.2, 4.0))
    assert steps(softer) < steps(soft) < steps(sharp)
    assert abs(soft.mean() - sharp.mean()) < 0.5


def _blurred(sigma: float) -> np.ndarray:
    footage = moving(1)
    coarse.blur(footage, 3, 4, sigma, np.random.default_rng(0))
    return footage.luma[3]


def test_noise_has_its_deviation() -> None:
    before, after = moving(1), moving(1)
    coarse.noise(after, 0, 2, 9.0, np.random.default_rng(0))
    added = after.luma[:2].astype(float) - before.luma[:2]
    assert 8 < added.std() < 9.5


def test_banding_leaves_few_levels() -> None:
    footage = moving(1)
    coarse.banding(footage, 0, 1, 24.0, np.random.default_rng(0))
    assert len(np.unique(footage.luma[0])) <= 11


def test_blocks_have_their_edges_on_the_grid() -> None:
    footage = moving(1)
    coarse.blockiness(footage, 0, 1, 120.0, np.random.default_rng(0))
    change = np.abs(np.diff(footage.luma[0].astype(float), axis=1)).mean(axis=0)
    on = change[7::8].mean()
    off = np.delete(change, np.s_[7::8]).mean()
    assert on > 3 * off


def test_levels_are_clipped_or_illegal() -> None:
    seen = set()
    for seed in range(12):
        footage = moving(1)
        coarse.levels(footage, 0, 10, 0.3, np.random.default_rng(seed))
        luma = footage.luma
        crushed, blown = (luma <= 16).mean(), (luma >= 235).mean()
        illegal = (luma < 16).mean() + (luma > 235).mean()
        assert max(crushed, blown) > 0.12
        seen.add("illegal" if illegal > 0.1 else "crushed" if crushed > blown else "blown")
    assert seen == {"illegal", "crushed", "blown"}


def test_levels_of_a_flat_picture_cannot_be_made() -> None:
    flat = Footage(np.full((4, 144, 128), 128, np.uint8), 10)
    for seed in range(4):
        try:
            coarse.levels(flat, 0, 4, 0.3, np.random.default_rng(seed))
        except SettingsError:
            return
    pytest.fail("no error in any of four")
