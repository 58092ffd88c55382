"""`jobs/score.py` as a person or a pipeline runs it."""

from __future__ import annotations

import json
import os
import re
import runpy
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import clips
import pytest

from monitor.lab.clips import make_clip

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, str(ROOT / "jobs/score.py")]
SMALL = ("--size", "128x96", "--fps", "10", "--strengths", "strong", "--workers", "2")


def score(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=120, check=False, cwd=ROOT)


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds of moving pictures, for tuning and for reporting; and a text."""
    folder = tmp_path_factory.mktemp("clips")
    made = make_clip(folder / "show.ts", "h264", 160, 96, 10, 3.0)
    shutil.copy(made, folder / "tune.ts")
    (folder / "notes.txt").write_text("no clip")
    (folder / "split.toml").write_text('reporting = ["show.ts"]\ntuning = ["tune.ts"]\n')
    return folder


def test_defects_are_made_found_and_scored_beside_ffmpeg(media: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    arguments = ("--media", str(media), *SMALL, "--kinds", "black,freeze", "--events", "2", "--keep", str(kept))
    done = score(*arguments, "--json", "--verbose")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    rows = {(row["kind"], row["by"], row["strength"]): row for row in said["rows"]}
    assert set(rows) == {
        (k, b, s) for k in ("black", "freeze") for b in ("monitor", "ffmpeg") for s in ("strong", "all")
    }
    black = rows["black", "monitor", "all"]
    assert (black["events"], black["precision"], black["recall"], black["f1"]) == (2, 1.0, 1.0, 1.0)
    assert 1.0 <= black["delay_p50_s"] <= black["delay_p95_s"] < 2.0
    assert black["false_alarms_per_stream_hour"] == 0
    assert black["false_alarm_upper_95"] == pytest.approx(3.0 / said["clean_hours"], rel=0.01)
    assert (said["use"], said["clips"], said["clean"], said["seeds"]) == (
        *("reporting", ["show.ts"], ["show.ts"], [10_000, 10_000]),
    )
    assert "how well it finds them" in done.stderr
    assert "note: skipped: notes.txt (no media file)" in done.stderr
    assert len(list(kept.glob("*.ts"))) == len(list(kept.glob("*.truth.json"))) == 2


def test_tuning_takes_other_clips_and_other_seeds(media: Path) -> None:
    """And the table is on standard output."""
    arguments = ("--kinds", "black", "--use", "tuning", "--events", "1", "--clean", str(media / "tune.ts"))
    done = score("--media", str(media), *SMALL, *arguments)
    assert done.returncode == 0, done.stderr
    assert "for tuning: settings fast, seeds 0 to 0, defects made of tune.ts" in done.stdout
    assert "clean: 0.1 minutes of tune.ts" in done.stdout
    assert re.search("^black +lab +monitor +all ", done.stdout, re.MULTILINE)
    assert "how well it finds them" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--media", "nowhere"), "--media nowhere: no such folder"),
        (("--media", "EMPTY"), "no clip for reporting in it; it is empty"),
        (("--media", "MEDIA", "--kinds", "sepia"), "--kinds sepia: not known; choose from"),
        (("--media", "MEDIA", "--events", "0"), "--events 0: must be from 1"),
        (("--media", "MEDIA", "--size", "640"), "--size 640: must be two whole numbers, as in 640x360"),
        (("--media", "MEDIA", "--size", "641x360"), "size 641x360: width and height must be even"),
        (("--media", "MEDIA", "--settings", "none.toml"), "settings 'none.toml'"),
        (("--media", "MEDIA", "--split", "none.toml"), "split none.toml: cannot be read"),
        (("--media", "MEDIA", "--seconds", "5"), "--seconds 5: must be 13 or more"),
        (("--kinds", "black"), "the following arguments are required: --media"),
        (("--media", "MEDIA", "--use", "fun"), "invalid choice: 'fun'"),
    ],
)
def test_bad_arguments_are_2_with_value_rule_and_remedy(
    media: Path, tmp_path: Path, arguments: tuple[str, ...], said: str, refused: Callable[..., str]
) -> None:
    given = [{"MEDIA": str(media), "EMPTY": str(tmp_path)}.get(each, each) for each in arguments]
    assert said in refused("score", *given)


def test_nothing_scored_is_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clips.make_clip(tmp_path / "still.mp4", [("black", 2.0)])
    split = tmp_path / "split.toml"
    split.write_text('reporting = ["still.mp4"]\n')
    few = ("--kinds", "combing", "--strengths", "strong", "--events", "1", "--size", "64x64", "--fps", "10")
    main = runpy.run_path(COMMAND[1])["main"]
    assert main(["--media", str(tmp_path), "--split", str(split), *few, "--workers", "1"]) == 2
    told = capsys.readouterr()
    assert "enough motion" in told.out
    assert "nothing was scored" in told.err


def test_bad_arguments_end_the_command_with_2() -> None:
    done = score("--media", "nowhere")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "score.py: --media nowhere: no such folder; name a folder of clips\n"


def test_ctrl_c_ends_it_with_a_word_and_all_that_it_started(media: Path, tmp_path: Path) -> None:
    command = [*COMMAND, "--media", str(media), *SMALL, "--kinds", "black", "--events", "5000"]
    place = {**os.environ, "TMPDIR": str(tmp_path)}
    # A shell's background jobs are deaf to Ctrl-C, and so would be what they start: these tests, and this.
    listening = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, cwd=ROOT, start_new_session=True, env=place, preexec_fn=listening
    ) as running:
        assert running.stderr is not None
        while not running.stderr.readline().startswith("lab black"):
            assert running.poll() is None
        os.killpg(running.pid, signal.SIGINT)  # as a terminal does: all of its group
        said = running.communicate(timeout=60)[1]
    assert running.returncode == 130
    assert said.splitlines()[-1] == "score.py: stopped; nothing was scored"
    assert "Traceback" not in said
    # Reading to the end of its standard error has waited for all that it started; nothing is left of what they made.
    assert list(tmp_path.iterdir()) == []
