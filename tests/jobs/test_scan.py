"""`jobs/scan.py` as a person or a pipeline runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import av
import pytest
import ray
from clips import make_clip

from monitor.store import open_results

ROOT = Path(__file__).parents[2]


def scan(*arguments: str, address: str = "") -> subprocess.CompletedProcess[str]:
    """`address`: of a Ray cluster that is there already; without one, the job starts its own."""
    command = [sys.executable, str(ROOT / "jobs/scan.py"), *arguments]
    place = {**os.environ, "RAY_ADDRESS": address}
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=ROOT, env=place)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("archive")
    make_clip(folder / "black.mp4", [("moving", 1.0), ("black", 2.0), ("moving", 1.0)])
    make_clip(folder / "clean.mp4", [("moving", 2.0)])
    make_clip(folder / "picture only.mp4", [("moving", 2.0)], sound=False)
    return folder


def test_a_folder_is_scanned_and_fail_on_fails(folder: Path, tmp_path: Path) -> None:
    results = str(tmp_path / "results")
    done = scan(str(folder), "--results", results, "--settings", "fast", "--fail-on", "black,silence")
    assert done.returncode == 1, done.stderr
    assert "black.mp4: black (minor) 1.0" in done.stdout
    assert "picture only.mp4: no sound" in done.stdout
    assert "3 of 3 sources read" in done.stdout
    assert "found black (--fail-on)" in done.stderr
    rows = open_results(results).detections().to_pylist()
    assert [(Path(row["stream"]).name, row["kind"]) for row in rows] == [("black.mp4", "black")]


def test_all_read_is_0_and_one_that_cannot_be_is_1(folder: Path, tmp_path: Path, cluster: None) -> None:
    clean, address = str(folder / "clean.mp4"), ray.get_runtime_context().gcs_address
    done = scan(clean, "--results", str(tmp_path / "a"), "--fail-on", "black", address=address)
    assert done.returncode == 0, done.stderr
    gone = str(tmp_path / "gone.mp4")
    done = scan(clean, gone, "--results", str(tmp_path / "b"), address=address)
    assert done.returncode == 1
    assert "cannot be read" in done.stdout
    assert "gone.mp4" in done.stdout
    assert "1 of 2 sources read" in done.stdout


def test_recordings_are_compared_with_their_reference(tmp_path: Path, cluster: None, media: Path) -> None:
    """The same with its sound a third of a second late, and another programme."""
    sintel, other = media / "sintel_trailer_480p.mp4", media / "webcam_quiet_19s.flv"
    late = tmp_path / "late.mp4"
    delayed(sintel, late, 0.333)
    address = ray.get_runtime_context().gcs_address
    options = ("--reference", str(sintel), "--settings", "fast", "--fail-on", "av_sync,mismatch")
    done = scan(str(late), str(other), *options, "--results", str(tmp_path / "results"), address=address)
    assert done.returncode == 1, done.stderr
    assert "found av_sync, mismatch (--fail-on)" in done.stderr
    results = open_results(str(tmp_path / "results"))
    found = results.detections(kind="av_sync").to_pylist()
    assert {Path(row["stream"]).name for row in found} == {"late.mp4"}
    numbers = dict(number for row in found for number in row["evidence"])
    assert numbers["by_reference_most_ms"] == pytest.approx(333, abs=10)
    assert numbers["apart_s"] == pytest.approx(0.333, abs=0.05), "which its timestamps say, too"
    assert {Path(row["stream"]).name for row in results.detections(kind="mismatch").to_pylist()} == {other.name}
    compared = [row for row in results.events().to_pylist() if row["kind"] == "compared"]
    told = {(Path(row["stream"]).name, dict(row["numbers"]).get("alike")) for row in compared}
    assert {("late.mp4", 1.0), (other.name, 0.0)} <= told


def delayed(source: Path, out: Path, by_s: float) -> None:
    """The packets of a clip, those of sound later."""
    with av.open(str(source)) as clip, av.open(str(out), "w") as copy:
        kept = [*clip.streams.video, *clip.streams.audio]
        streams = {stream.index: copy.add_stream_from_template(stream) for stream in kept}
        for packet in clip.demux():
            if packet.dts is None or packet.stream.index not in streams:
                continue
            if packet.stream.type == "audio":
                ticks = round(by_s / packet.time_base)
                packet.dts, packet.pts = packet.dts + ticks, packet.pts + ticks
            packet.stream = streams[packet.stream.index]
            copy.mux(packet)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("x.mp4", "--fail-on", "blakc"), "no such kind; choose from black"),
        (("x.mp4", "--settings", "nowhere.toml"), "neither a built-in profile"),
        (("x.mp4", "--workers", "0"), "must be at least 1"),
        (("nothing-*.mp4",), "matches no file"),
        (("gopher://x/y",), "gopher"),
        (("x.mp4", "--reference", "nowhere.mov"), "nowhere.mov: no such file"),
        (("x.mp4", "--reference", __file__), "test_scan.py: is not media that can be read"),
        (("x.mp4", "--results", "/dev/null/results"), "/dev/null/results"),
        ((), "required"),
    ],
)
def test_bad_arguments_are_2_with_the_remedy(
    arguments: tuple[str, ...], said: str, refused: Callable[..., str]
) -> None:
    assert said in refused("scan", *arguments)


def test_bad_arguments_end_the_command_with_2() -> None:
    done = scan("nothing-*.mp4")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("scan.py: ")
    assert len(done.stderr.splitlines()) == 1
