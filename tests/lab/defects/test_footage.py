from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scene import moving

from monitor.errors import SettingsError
from monitor.lab.defects.footage import Size, decoded, read, write


@pytest.mark.parametrize(("codec", "name"), [("h264", "a.ts"), ("hevc", "a.mp4")])
def test_what_is_written_is_read_again(codec: str, name: str, tmp_path: Path) -> None:
    footage = moving()
    clip = write(footage, tmp_path / name, codec, 800_000, None)
    shown = decoded(clip)
    assert len(shown) == len(footage)
    apart = np.abs(np.stack([shown[pts] for pts in sorted(shown)]).astype(int) - footage.whole).mean()
    assert 0 < apart < 8
    again = read(clip, Size(128, 96, 10, 2))
    assert np.abs(again.luma.astype(int) - footage.luma).mean() < 8


def test_the_same_pictures_give_the_same_bytes(tmp_path: Path) -> None:
    clips = [write(moving(1), tmp_path / name, "h264", 300_000, None).read_bytes() for name in ("a.ts", "b.ts")]
    assert clips[0] == clips[1]


def test_motion_is_told(tmp_path: Path) -> None:
    footage = moving(1)
    footage.whole[5:8] = footage.whole[5]
    moved = footage.moved()
    assert moved[0] == 0
    assert (moved[1:6] > 1).all()
    assert (moved[6:8] == 0).all()


@pytest.mark.parametrize(
    ("width", "height", "fps", "seconds"), [(65, 96, 10, 2), (32, 96, 10, 2), (128, 96, 1, 2), (3840, 2160, 60, 600)]
)
def test_sizes_that_cannot_be(width: int, height: int, fps: int, seconds: float) -> None:
    with pytest.raises(SettingsError, match="must be"):
        Size(width, height, fps, seconds)


def test_a_source_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.ts").write_bytes(b"nothing")
    with pytest.raises(SettingsError, match="give another file"):
        read(tmp_path / "a.ts", Size())
