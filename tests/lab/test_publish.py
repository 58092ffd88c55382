"""The lab's own process: real streams in real time, read over every transport; and how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import pytest
from reading import motion, read

from monitor.errors import ClusterError, SettingsError
from monitor.lab.publish import PACKAGE_ROOT, LiveLab
from monitor.lab.schedule import Planned, Recipe

RECIPES = (
    Recipe("hls", "news", "hls", 160, 90, 10),
    Recipe("http", "sports", "http", 160, 90, 10),
    Recipe("tcp", "cartoon", "tcp", 160, 90, 10, planned=(Planned("black", 0, 60),)),
    Recipe("udp", "film", "udp", 160, 90, 10),
    Recipe("away", "film", "hls", 160, 90, 10, planned=(Planned("no_input", 0, 600),)),
)


def gone(pid: int, within_s: float = 5) -> bool:
    """Whether this process ends (or waits only to be buried) in time."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.02)
    return False


def test_every_transport_can_be_read_in_real_time(tmp_path: Path) -> None:
    with LiveLab(RECIPES, None, tmp_path) as lab:
        streams = {stream.id: stream for stream in lab.streams}
        assert [stream.id for stream in lab.streams] == [recipe.id for recipe in RECIPES]
        assert streams["tcp"].labels == {"programme": "cartoon", "transport": "tcp"}
        assert abs(lab.started_at("hls") - time.time()) < 5
        with pytest.raises(KeyError):
            lab.started_at("nobody")
        for name in ("http", "udp", "tcp"):
            seen = read(streams[name].url, pictures=15)
            # What is read now is what is due now.
            now = time.time() - lab.started_at(name)
            assert seen.picture_s[-1] == pytest.approx(now, abs=1.0), name
            black = float(seen.luma[-1].mean()) < 20
            assert (black, bool(motion(seen.luma[-10:]).min() > 0.1)) == (name == "tcp", name != "tcp"), name
        seen = read(streams["hls"].url, pictures=15)
        assert -9 < seen.picture_s[0] - (time.time() - lab.started_at("hls")) < -3.5
        with pytest.raises(av.error.FFmpegError):
            read(streams["away"].url, pictures=1)
        assert lab.running
    assert gone(lab.pid)
    assert not lab.running
    lab.stop()
    kept = read((tmp_path / "tcp.ts").read_bytes())
    assert kept.picture_s[0] == 0


def test_streams_end_after_their_duration() -> None:
    recipes = (Recipe("tcp", "news", "tcp", 160, 90, 10), Recipe("hls", "news", "hls", 160, 90, 10))
    with LiveLab(recipes, 1.5) as lab:
        seen = read(lab.streams[0].url)
        assert 1.0 < seen.picture_s[-1] < 1.55
        assert len(read(lab.streams[1].url).luma) > 60


def test_one_id_twice_is_refused() -> None:
    with pytest.raises(SettingsError, match="'tcp' is there twice"):
        LiveLab((RECIPES[2], RECIPES[2]), None)


def test_a_process_that_does_not_come_up_says_why(tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match="FileNotFoundError"):
        LiveLab(RECIPES[2:3], None, tmp_path / "missing")


def test_a_process_that_died_is_not_passed_over() -> None:
    lab = LiveLab(RECIPES[2:3], None)
    os.kill(lab.pid, signal.SIGKILL)
    os.waitid(os.P_PID, lab.pid, os.WEXITED | os.WNOWAIT)
    with pytest.raises(ClusterError, match="had died \\(exit status -9\\)"):
        lab.stop()


def test_it_ends_when_its_parent_is_killed() -> None:
    program = (
        "from monitor.lab.publish import LiveLab\n"
        "from monitor.lab.schedule import Recipe\n"
        "lab = LiveLab((Recipe('a', 'news', 'udp', 160, 90, 10),), None)\n"
        "print(lab.pid, flush=True)\n"
        "input()\n"
    )
    environment = os.environ | {"PYTHONPATH": str(PACKAGE_ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert not gone(pid, 0.3)
        parent.kill()
        assert gone(pid)


def test_ctrl_c_is_the_watchers_to_handle() -> None:
    with LiveLab(RECIPES[2:3], None) as lab:
        # A terminal sends it to the whole group of the watcher.
        assert os.getpgid(lab.pid) != os.getpgid(0)
