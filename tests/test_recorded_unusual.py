"""Pictures of unusual size, shape, scan and depth: what is wrong in them is found, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from monitor.recorded import Scanned, scan
from monitor.records import Detection, Readings, Stream
from monitor.settings import FAST


@dataclass(frozen=True)
class Unusual:
    """How pictures are made: `black`, `white` in code values of `pixel_format`; `options` of the encoder."""

    width: int = 320
    height: int = 192
    fps: int = 24
    codec: str = "libx264"
    pixel_format: str = "yuv420p"
    black: int = 16
    white: int = 235
    transfer: int | None = None
    options: dict[str, str] = field(default_factory=dict)


TEN_BITS = {"pixel_format": "yuv420p10le", "black": 64, "white": 940}
X265 = {"preset": "ultrafast", "x265-params": "log-level=none"}
CASES = {
    "16x16": Unusual(16, 16),
    "4320p": Unusual(7680, 4320, fps=4),
    "portrait": Unusual(180, 320),
    "interlaced": Unusual(options={"flags": "+ilme+ildct", "x264-params": "tff=1"}),
    "full range": Unusual(pixel_format="yuvj420p", black=0, white=255),
    "PQ": Unusual(codec="libx265", transfer=16, options=X265, **TEN_BITS),  # type: ignore[arg-type]
    "HLG": Unusual(codec="libx265", transfer=18, options=X265, **TEN_BITS),  # type: ignore[arg-type]
}


def make(path: Path, how: Unusual, parts: str) -> Path:
    """Half a second for each letter: "m" hills that move on, "b" black; "1" is a single picture."""
    depth, middle = (np.uint16, 512) if "10" in how.pixel_format else (np.uint8, 128)
    rng = np.random.default_rng(3)
    scale = max(how.width, 64) / 8
    across = np.arange(how.width, dtype=np.float32) / scale
    down = np.cos(np.arange(how.height, dtype=np.float32) / scale)
    grain = rng.integers(-8, 9, how.width).astype(np.float32)
    chroma = np.full((how.height // 2, how.width), middle, depth)
    black = np.concatenate([np.full((how.height, how.width), how.black, depth), chroma])
    with av.open(str(path), "w") as out:
        options = {"preset": "ultrafast", "g": str(how.fps)} | how.options
        video = out.add_stream(how.codec, rate=how.fps, options=options)
        video.width, video.height, video.pix_fmt = how.width, how.height, how.pixel_format
        if how.transfer is not None:
            video.codec_context.color_trc = how.transfer
        count = 0
        for part in parts:
            for _ in range(1 if part == "1" else how.fps // 2):
                planes = black
                if part != "b":
                    hills = 0.5 + 0.3 * np.outer(down, np.sin(across + np.float32(count / 3))) + grain / 255
                    luma = how.black + np.clip(hills, 0, 1) * (how.white - how.black)
                    planes = np.concatenate([luma.astype(depth), chroma])
                frame = av.VideoFrame.from_ndarray(planes, format=how.pixel_format)
                frame.pts, frame.time_base = count, Fraction(1, how.fps)
                out.mux(video.encode(frame))
                count += 1
        out.mux(video.encode(None))
    return path


def watched(path: Path) -> tuple[Scanned, list[Detection], list[Readings]]:
    readings: list[Readings] = []
    done = scan(Stream(id="s", url=str(path)), FAST, readings.extend, lambda *_: None)
    last = {row.detection_id: row for row in done.rows if isinstance(row, Detection)}
    return done, list(last.values()), readings


@pytest.mark.parametrize("name", CASES)
def test_black_is_found_and_nothing_else(name: str, tmp_path: Path) -> None:
    how = CASES[name]
    done, found, readings = watched(make(tmp_path / "clip.mkv", how, "mmbbbbmm"))
    assert done.problem == ""
    assert [d.kind for d in found] == ["black"], found
    assert (found[0].start_s, found[0].end_s) == (pytest.approx(1.0, abs=0.01), pytest.approx(3.0, abs=0.01))
    assert sum(len(part) for part in readings) == 4 * how.fps


@pytest.mark.parametrize("name", CASES)
def test_nothing_is_wrong_with_their_size_or_depth(name: str, tmp_path: Path) -> None:
    done, found, _ = watched(make(tmp_path / "clip.mkv", CASES[name], "mmmm"))
    assert (done.problem, found) == ("", [])


def test_a_single_picture_is_measured_and_says_nothing_over_time(tmp_path: Path) -> None:
    done, found, readings = watched(make(tmp_path / "clip.mkv", Unusual(), "1"))
    assert (done.problem, found) == ("", [])
    (only,) = readings
    assert len(only) == 1
    assert only.values["luma"][0] == pytest.approx(125, abs=10)
    assert np.isnan(only.values["difference"][0]), "nothing to compare it with"
