"""`jobs/watch.py` as a person runs it: a catalog that is edited, Ctrl-C, bad input refused before anything starts."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from clips import make_clip

from monitor.store import open_results

ROOT = Path(__file__).parents[2]


class Watch:
    """A running watch whose lines can be waited for."""

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, "-u", str(ROOT / "jobs/watch.py"), *arguments]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT, start_new_session=True
        )
        self.lines: list[str] = []
        self._queue: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._queue.put(line)

    def until(self, text: str, limit_s: float = 60.0) -> str:
        """The first new line with this text."""
        deadline = time.monotonic() + limit_s
        while True:
            try:
                line = self._queue.get(timeout=max(0.01, deadline - time.monotonic()))
            except queue.Empty:
                pytest.fail(f"no line with {text!r} within {limit_s} s:\n{''.join(self.lines)}")
            self.lines.append(line)
            if text in line:
                return line

    def end(self, number: int = signal.SIGINT, limit_s: float = 30.0) -> int:
        """Ask it to end, as Ctrl-C does for the whole group; its exit status."""
        os.killpg(self.process.pid, number)
        return self.process.wait(limit_s)


@pytest.fixture
def running() -> Iterator[list[Watch]]:
    started: list[Watch] = []
    yield started
    for watch in started:
        if watch.process.poll() is None:
            watch.end(signal.SIGKILL)


def catalog(*streams: tuple[str, str]) -> str:
    return "".join(f'[[stream]]\nid = "{name}"\nurl = "{url}"\n' for name, url in streams)


def test_a_catalog_that_is_edited_and_ctrl_c(tmp_path: Path, running: list[Watch]) -> None:
    a = make_clip(tmp_path / "a.mp4", [("moving", 60.0)])
    b = make_clip(tmp_path / "b.mp4", [("moving", 2.0), ("black", 30.0)])
    place, results = tmp_path / "streams.toml", str(tmp_path / "results")
    place.write_text(catalog(("a", a.as_uri())))
    watch = Watch(str(place), "--results", results, "--settings", "fast")
    running.append(watch)
    watch.until("Watching 1 streams")
    time.sleep(4.0)  # let it watch for a while: an untouched stream must not be opened twice
    place.write_text(catalog(("a", a.as_uri()), ("b", b.as_uri())))
    began = time.monotonic()
    watch.until("1 added (b)", 10.0)
    watch.until("OPENED    b: black", 20.0)
    assert time.monotonic() - began < 15.0
    place.write_text(catalog(("a", a.as_uri())) + "[[stream]]\nid = 'a'\n")
    assert "streams.toml" in watch.until("note", 10.0)
    place.write_text(catalog(("a", a.as_uri())))
    watch.until("1 removed (b)", 15.0)
    watch.until("closed    b: black", 15.0)
    assert watch.end() == 0
    watch.until("Ended in", 5.0)
    stored = open_results(results)
    opened = [row["stream"] for row in stored.events().to_pylist() if row["kind"] == "opened"]
    assert opened == ["a", "b"]
    (black,) = stored.detections(stream="b", kind="black").to_pylist()
    assert black["end_at"] is not None
    every = stored.detections(stream="b", kind="black", all_revisions=True).to_pylist()
    assert sorted(row["revision"] for row in every) == list(range(black["revision"] + 1)), "none lost, none twice"
    assert {row["stream"] for row in stored.coverage().to_pylist()} == {"a", "b"}
    assert stored.readings("video", stream="a").num_rows > 50


def test_sigterm_ends_it_cleanly_too(tmp_path: Path, running: list[Watch]) -> None:
    place = tmp_path / "streams.toml"
    place.write_text(catalog(("gone", "tcp://user:hunter2@127.0.0.1:9")))
    watch = Watch(str(place), "--results", str(tmp_path / "results"), "--settings", "fast")
    running.append(watch)
    watch.until("OPENED    gone: no_input")
    os.kill(watch.process.pid, signal.SIGTERM)
    watch.until("Ended in", 20.0)
    assert watch.process.wait(20) == 0
    rows = open_results(str(tmp_path / "results")).detections().to_pylist()
    assert [(row["kind"], row["end_s"] is None) for row in rows] == [("no_input", False)]
    assert "hunter2" not in "".join(watch.lines)
    assert not [p for p in (tmp_path / "results").rglob("*") if p.is_file() and b"hunter2" in p.read_bytes()]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[stream]]\nid = "a"\n', "url"),
        (catalog(("a", "tcp://h:1"), ("a", "tcp://h:2")), "'a'"),
        ('[[stream]]\nid = "a"\nurl = "tcp://h:1"\nlabel = {}\n', "label"),
        (catalog(("a", "gopher://h/x")), "gopher"),
        ('[[stream]]\nid = "a"\nurl = "tcp://h:1"\nprofile = "nope"\n', "nope"),
        ("", "no stream"),
        ("[[stream", "TOML"),
    ],
)
def test_a_bad_catalog_is_refused_before_anything_starts(
    tmp_path: Path, text: str, said: str, refused: Callable[..., str]
) -> None:
    place = tmp_path / "streams.toml"
    place.write_text(text)
    told = refused("watch", place, "--results", tmp_path / "results")
    assert "streams.toml" in told
    assert said in told
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize("duration", ["nan", "0", "-1"])
def test_a_duration_that_is_none_is_refused(duration: str, refused: Callable[..., str]) -> None:
    assert f"--duration {float(duration)}: must be above 0" in refused("watch", "--duration", duration)


def test_a_results_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "streams.toml"
    place.write_text(catalog(("a", "tcp://127.0.0.1:9")))
    command = [sys.executable, str(ROOT / "jobs/watch.py"), str(place), "--results", "/dev/null/results"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=ROOT)
    assert done.returncode == 2
    assert "/dev/null/results" in done.stderr
    assert "Traceback" not in done.stderr
