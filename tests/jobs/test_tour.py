"""`jobs/tour.py` as a person runs it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
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


def material(folder: Path) -> None:
    """A photograph, and a programme with sound."""
    make_clip(folder / "programme.mp4", [("moving", 0.5)])
    pixels = np.random.default_rng(1).integers(0, 256, (45, 80, 3), dtype=np.uint8)
    frame = VideoFrame.from_ndarray(np.kron(pixels, np.ones((16, 16, 1), np.uint8)), format="rgb24")
    with av.open(str(folder / "p.png"), "w", format="image2") as out:
        stream = out.add_stream("png", rate=1)
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "rgb24"
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def test_tours_are_made_once_and_named_by_their_seed(tmp_path: Path) -> None:
    material(tmp_path)
    arguments = ("--pictures", tmp_path, "--sound", tmp_path, "--out", tmp_path / "out", "--hours", 0.0006, "--fps", 10)
    done = tour(*arguments, "--size", "160x90", "--seed", 4)
    assert done.returncode == 0, done.stderr
    made = tmp_path / "out" / "tour_00004.ts"
    assert made.stat().st_size > 1000
    assert "tour_00004.ts: 1 of 1" in done.stderr
    written = made.stat().st_mtime_ns
    assert tour(*arguments, "--size", "160x90", "--seed", 4).returncode == 0
    assert made.stat().st_mtime_ns == written


def test_bad_arguments_are_one_line_and_status_2(tmp_path: Path, refused: Callable[..., str]) -> None:
    (tmp_path / "file").write_text("no folder")
    for arguments, said in (
        (("--hours", 0), "--hours 0: must be from 0.0001 to 100"),
        (("--size", "wide"), "--size wide: must be two whole numbers"),
        (("--size", "161x90"), "--size 161x90: sides must be even, from 16 to 4096"),
        (("--size", "0x0"), "--size 0x0: sides must be even, from 16 to 4096"),
        (("--fps", 0), "--fps 0: must be from 1 to 120"),
        (("--seed", -1), "--seed -1: must be from 0 to 19999"),
        (("--out", tmp_path / "file"), "file: cannot be made"),
        ((), "none of the 0 pictures in it"),
    ):
        assert said in refused(
            "tour", "--pictures", tmp_path, "--sound", tmp_path, "--out", tmp_path / "out", *arguments
        )


def test_tours_are_for_tuning_or_for_reporting_by_their_seed() -> None:
    split = Split.load(SHIPPED)
    assert part("tour_00007.ts", split) == "tuning"
    assert part("tour_10007.ts", split) == "reporting"


def test_ctrl_c_ends_it_at_once_and_leaves_nothing_that_is_not_whole(tmp_path: Path) -> None:
    material(tmp_path)
    out = tmp_path / "out"
    arguments = ("--pictures", tmp_path, "--sound", tmp_path, "--out", out, "--hours", 3, "--size", "160x90")
    command = [sys.executable, str(ROOT / "jobs/tour.py"), *map(str, arguments)]
    # A shell's background jobs are deaf to Ctrl-C, and so would be what they start: these tests, and this.
    listening = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, cwd=ROOT, start_new_session=True, preexec_fn=listening
    ) as running:
        assert running.stderr is not None
        assert running.stderr.readline() == "18 tours of 600 s to make, of 1 photographs\n"
        os.killpg(running.pid, signal.SIGINT)
        said = running.communicate(timeout=60)[1]
    assert running.returncode == 130
    assert said.splitlines()[-1] == "tour.py: stopped"
    assert "Traceback" not in said
    assert list(out.iterdir()) == []
