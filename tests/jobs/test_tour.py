"""`jobs/tour.py` as a person runs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame
from clips import make_clip

from monitor.scoring.material import SHIPPED, Split, part

ROOT = Path(__file__).parents[2]


def tour(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "jobs/tour.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=ROOT)


def test_tours_are_made_once_and_named_by_their_seed(tmp_path: Path) -> None:
    make_clip(tmp_path / "programme.mp4", [("moving", 0.5)])
    pixels = np.random.default_rng(1).integers(0, 256, (45, 80, 3), dtype=np.uint8)
    frame = VideoFrame.from_ndarray(np.kron(pixels, np.ones((16, 16, 1), np.uint8)), format="rgb24")
    with av.open(str(tmp_path / "p.png"), "w", format="image2") as out:
        stream = out.add_stream("png", rate=1)
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "rgb24"
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    arguments = ("--pictures", tmp_path, "--sound", tmp_path, "--out", tmp_path / "out", "--hours", 0.0006, "--fps", 10)
    done = tour(*arguments, "--size", "160x90", "--seed", 4)
    assert done.returncode == 0, done.stderr
    made = tmp_path / "out" / "tour_00004.ts"
    assert made.stat().st_size > 1000
    assert "tour_00004.ts: 1 of 1" in done.stderr
    written = made.stat().st_mtime_ns
    assert tour(*arguments, "--size", "160x90", "--seed", 4).returncode == 0
    assert made.stat().st_mtime_ns == written


def test_bad_arguments_are_one_line_and_status_2(tmp_path: Path) -> None:
    for arguments, said in (
        (("--hours", 0), "--hours 0: must be above 0, at most 100"),
        (("--size", "wide"), "--size wide: must be two whole numbers"),
        ((), "none of the 0 pictures in it"),
    ):
        done = tour("--pictures", tmp_path, "--sound", tmp_path, "--out", tmp_path / "out", *arguments)
        assert done.returncode == 2
        assert said in done.stderr
        assert "Traceback" not in done.stderr


def test_tours_are_for_tuning_or_for_reporting_by_their_seed() -> None:
    split = Split.load(SHIPPED)
    assert part("tour_00007.ts", split) == "tuning"
    assert part("tour_10007.ts", split) == "reporting"
