"""`jobs/bench.py` as a person or a pipeline runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from clips import make_clip as make_parts

from monitor.cluster.costs import CostTable
from monitor.lab.clips import make_clip

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, str(ROOT / "jobs/bench.py")]


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=120, check=False, cwd=ROOT)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(make_clip(tmp_path_factory.mktemp("bench") / "small.ts", "h264", 160, 96, 25, 1.0))


def test_a_clip_is_measured_printed_and_written_as_a_cost_table(clip: str, tmp_path: Path) -> None:
    table = tmp_path / "costs.toml"
    done = bench("--media", clip, "--rounds", "1", "--profile", "--streams", "2", "--cost-table", str(table), "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    [row] = found["rows"]
    assert (row["what"], row["codec"], row["width"], row["height"], row["fps"]) == ("small.ts", "h264", 160, 96, 25.0)
    assert row["ratio_to_decode"] == pytest.approx(row["monitor_cpu_s"] / row["decode_cpu_s"])
    assert row["ratio_to_ffmpeg"] == pytest.approx(row["monitor_cpu_s"] / row["ffmpeg_cpu_s"])
    assert (row["frames"], row["media_s"]) == (25, pytest.approx(1.0))
    assert found["machine"]["cores"] >= 1
    assert found["kernels"]
    assert found["profile"]
    assert found["streams"][0]["streams"] == 2
    assert found["notes"] == []
    for title in ("what a stream costs", "where it goes", "kernels", "many in one process"):
        assert title in done.stderr
    costs = CostTable.load(table)
    assert costs.rows[0].cpu_s_per_s == pytest.approx(row["monitor_cpu_s"] / row["media_s"], rel=1e-3)
    assert costs.machine == f"{found['machine']['cpu']}, {found['machine']['cores']} cores"


def test_the_table_is_on_standard_output_and_a_table_that_cannot_be_written_is_1(clip: str) -> None:
    arguments = ("--media", clip, "--seconds", "0.5", "--rounds", "1", "--ffmpeg-rounds", "0")
    done = bench(*arguments, "--cost-table", "/dev/full")
    assert done.returncode == 1, done.stderr
    assert "/dev/full: cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert "small.ts │ h264" in done.stdout
    assert "what a stream costs" not in done.stderr


def test_bad_files_are_2_with_the_remedy(tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("no clip\n")
    sound = make_parts(tmp_path / "sound.mp4", [("moving", 0.2)], picture=False)
    for path, said in (
        (text, "text.txt: is not media that can be read"),
        (sound, "sound.mp4: holds no picture"),
    ):
        done = bench("--media", str(path))
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--rounds", "0"), "--rounds 0: must be from 1 to 1000"),
        (("--cost-table", "/nowhere/costs.toml"), "/nowhere/costs.toml: must be a file in a folder that exists"),
        (("--cost-table", "."), "--cost-table .: must be a file"),
    ],
)
def test_bad_arguments_are_2_with_value_rule_and_remedy(
    arguments: tuple[str, ...], said: str, refused: Callable[..., str]
) -> None:
    assert said in refused("bench", *arguments)


def test_ctrl_c_ends_it_with_a_word_and_all_that_it_started(clip: str) -> None:
    command = [*COMMAND, "--media", clip, "--rounds", "1000", "--ffmpeg-rounds", "0"]
    # A shell's background jobs are deaf to Ctrl-C, and so would be what they start: these tests, and this.
    listening = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, cwd=ROOT, start_new_session=True, preexec_fn=listening
    ) as running:
        assert running.stderr is not None
        while not running.stderr.readline().startswith("memory"):
            assert running.poll() is None
        os.killpg(running.pid, signal.SIGINT)  # as a terminal does: all of its group
        said = running.communicate(timeout=60)[1]
    assert running.returncode == 130
    assert said.splitlines() == ["bench.py: stopped; nothing was measured to its end"]
