from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scene import moving

from monitor.lab.defects.corruption import ENCODED, Least, compare, damage, wrong_blocks
from monitor.lab.defects.footage import Footage, decoded, write


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(moving(6), tmp_path_factory.mktemp("clips") / "clean.ts", "h264", 400_000, None)


@pytest.mark.parametrize("lost", [True, False])
def test_the_truth_is_where_the_decodes_differ(clean: Path, tmp_path: Path, lost: bool) -> None:
    damaged = tmp_path / "damaged.ts"
    for seed in range(10):
        damaged.write_bytes(damage(clean.read_bytes(), [0.3], 6, lost, np.random.default_rng(seed)))
        truths, slight = compare(clean, damaged, 10, ENCODED)
        if truths:
            break
    right, wrong = decoded(clean), decoded(damaged)
    shown = [wrong_blocks(right[pts], wrong.get(pts, right[pts]))[0] for pts in sorted(right)]
    (truth,) = truths
    first, last = round(truth.start_s * 10), round(truth.end_s * 10)
    assert max(shown[:first], default=0) < 0.01
    assert max(shown[last:], default=0) < 0.01
    assert last - first >= 3
    assert 0.01 <= truth.area <= 1
    beside = {n for each in slight for n in range(round(each.start_s * 10), round(each.end_s * 10))}
    assert beside == {n for n, area in enumerate(shown) if area > 0 and not first <= n < last}


def test_a_whole_stream_has_no_event(clean: Path) -> None:
    assert compare(clean, clean, 10, ENCODED) == ((), ())


def test_what_is_too_small_or_too_short_is_no_event(clean: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.ts"
    damaged.write_bytes(damage(clean.read_bytes(), [0.3, 0.6], 6, True, np.random.default_rng(0)))
    for least in (Least(1.1, 3, 6.0), Least(0.01, 100, 6.0)):
        truths, slight = compare(clean, damaged, 10, least)
        assert truths == ()
        assert slight


def test_blocks_are_counted_by_their_mean() -> None:
    right = Footage(np.full((1, 144, 128), 100, np.uint8), 10)
    wrong = Footage(right.whole.copy(), 10)
    wrong.luma[0, 16:32, 32:64] += 10
    wrong.luma[0, 48:56, 0:16] += 10  # Half of a block: 5 levels on average, too little.
    share, apart = wrong_blocks(right.whole[0], wrong.whole[0])
    assert share == pytest.approx(2 / 48)
    assert apart == 10


def test_brightness_that_is_off_glares_and_texture_that_moved_does_not() -> None:
    rng = np.random.default_rng(0)
    right = Footage(np.full((1, 144, 128), 100, np.uint8), 10)
    right.luma[0] += rng.integers(0, 60, right.luma[0].shape, np.uint8)
    wrong = Footage(right.whole.copy(), 10)
    wrong.luma[0, 0:32] = np.roll(right.luma[0, 0:32], 5, axis=1)
    wrong.luma[0, 48:64, 0:32] += 14
    assert wrong_blocks(right.whole[0], wrong.whole[0])[0] == pytest.approx(18 / 48)
    assert wrong_blocks(right.whole[0], wrong.whole[0], 12.0) == (pytest.approx(2 / 48), pytest.approx(14))


def test_one_damage_that_shows_more_and_less_is_one_event(tmp_path: Path) -> None:
    """Large for 4 pictures, a block for 9, large again; then, after whole pictures, a block alone."""
    footage = Footage(np.full((50, 216, 256), 100, np.uint8), 25)
    clean = write(footage, tmp_path / "clean.ts", "h264", 2_000_000, None)
    for n in (*range(10, 14), *range(23, 27)):
        footage.luma[n, :64, :128] = 180
    for n in (*range(14, 23), *range(40, 44)):
        footage.luma[n, :16, :16] = 180
    damaged = write(footage, tmp_path / "damaged.ts", "h264", 2_000_000, None)
    for least in (ENCODED, Least(0.02, 5, 12.0, glares=True)):
        truths, slight = compare(clean, damaged, 25, least)
        assert [(truth.start_s, truth.end_s) for truth in truths] == [(0.4, 1.08)]
        assert [(truth.start_s, truth.end_s) for truth in slight] == [(1.6, 1.76)]
