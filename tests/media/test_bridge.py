"""Bridges: time-outs through a pipe, a program that lives no longer than its stream, and SRT for real if it can be."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import random

import pytest
from serving import clip_bytes, free_port, lost, make, web

from monitor.errors import SourceError
from monitor.media import bridge as module
from monitor.media.source import Input, open_input
from monitor.records import Stream
from monitor.settings import SourceSettings

Program = Callable[[str, str], None]


def opened(url: str, rendition: str | None = None, read_s: float = 0.5) -> Input:
    settings = SourceSettings(open_timeout_s=1.5, read_timeout_s=read_s)
    return open_input(Stream("x", url, rendition=rendition), settings)


def alive(pid: int) -> bool:
    """Whether this process runs (one that has ended and waits to be collected does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def ends(pid: int, within_s: float = 5) -> bool:
    deadline = time.monotonic() + within_s
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not alive(pid)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Makes the only program of a name that can be found; its `$0.pid` gets the process id."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setattr(module.shutil, "which", lambda name: shutil_which(name, path=str(tmp_path / "bin")))
    (tmp_path / "clip.ts").write_bytes(clip_bytes())

    def write(name: str, script: str) -> None:
        path = tmp_path / "bin" / name
        path.write_text(f"#!/bin/sh\necho $$ > $0.pid\ncd {tmp_path}\n{script}\n")
        path.chmod(0o755)

    return write


shutil_which = shutil.which


def pid_of(tmp_path: Path, name: str = "srt-live-transmit") -> int:
    return int((tmp_path / "bin" / f"{name}.pid").read_text())


def test_a_program_that_ends_in_order_ends_the_stream(program: Program) -> None:
    program("srt-live-transmit", "cat clip.ts")
    with opened("srt://127.0.0.1:1?passphrase=secret") as source:
        assert source.live
        seen, why, _ = lost(source)
    assert seen["video"] == 50
    assert why.startswith("srt://127.0.0.1:1?passphrase=***: ended")


def test_a_program_that_stalls_is_lost_in_time_and_ends_with_the_stream(program: Program, tmp_path: Path) -> None:
    program("srt-live-transmit", "cat clip.ts; exec sleep 60")
    with opened("srt://127.0.0.1:1") as source:
        started = time.monotonic()
        with pytest.raises(SourceError, match=r"gave nothing within 0.5 s through srt-live-transmit"):
            list(source.packets())
        assert 0.4 < time.monotonic() - started < 2
        assert alive(pid_of(tmp_path))
    assert not alive(pid_of(tmp_path))
    source.close()


def test_a_program_that_says_nothing_is_not_open_in_time(program: Program, tmp_path: Path) -> None:
    program("srt-live-transmit", "exec sleep 60")
    started = time.monotonic()
    with pytest.raises(SourceError, match=r"gave nothing within 1.5 s through srt-live-transmit$"):
        opened("srt://127.0.0.1:1")
    assert time.monotonic() - started < 3
    assert not alive(pid_of(tmp_path))


def test_what_a_program_says_is_the_reason_without_its_secrets(program: Program) -> None:
    password = str(random())
    program("srt-live-transmit", 'echo "cannot reach $4: rejected" >&2; exit 3')
    with pytest.raises(SourceError, match=r"ended with status 3: cannot reach srt://.*rejected$") as caught:
        opened(f"srt://127.0.0.1:1?passphrase={password}")
    assert password not in "".join(traceback.format_exception(caught.value))


def test_a_program_that_talks_without_end_does_not_get_stuck(program: Program) -> None:
    program(
        "srt-live-transmit",
        'for i in $(seq 4000); do echo "warning $i of many that fill a pipe" >&2; done; cat clip.ts',
    )
    with opened("srt://127.0.0.1:1") as source, pytest.raises(SourceError, match="ended"):
        list(source.packets())


def test_close_from_another_thread_ends_a_read_at_once(program: Program) -> None:
    program("srt-live-transmit", "cat clip.ts; exec sleep 60")
    source = opened("srt://127.0.0.1:1", read_s=30)
    threading.Timer(0.5, source.close).start()
    started = time.monotonic()
    with pytest.raises(SourceError, match="ended"):
        list(source.packets())
    assert time.monotonic() - started < 5


def test_without_a_program_the_error_says_what_to_install(program: Program) -> None:
    with pytest.raises(SourceError, match=r"SRT needs a program that speaks it; install .*ffmpeg .* or srt-tools$"):
        opened("srt://127.0.0.1:1")
    with pytest.raises(SourceError, match=r"RIST needs a program that speaks it; install .*ffmpeg \(built with it\)$"):
        opened("rist://127.0.0.1:1")
    with pytest.raises(SourceError, match=r"^http://h/a.mpd\?token=\*\*\*: DASH needs ffmpeg"):
        opened("http://h/a.mpd?token=secret")
    program("ffmpeg", "echo Input:; echo rtmp; echo Output:; echo srt")
    with pytest.raises(SourceError, match="SRT needs a program"):
        opened("srt://127.0.0.1:1")


def test_ffmpeg_is_preferred_where_it_speaks_the_protocol(program: Program) -> None:
    program("ffmpeg", 'case "$*" in *-protocols*) echo Input:; echo srt; echo Output:;; *) cat clip.ts;; esac')
    program("srt-live-transmit", "exit 9")
    with opened("srt://127.0.0.1:1") as source:
        assert [track.name for track in source.tracks] == ["video", "audio:0"]


OWNER = """
import sys, threading, time
from monitor.media.bridge import Bridge
from monitor.settings import SourceSettings
held = []
thread = threading.Thread(target=lambda: held.append(Bridge([sys.argv[1]], SourceSettings(), time.monotonic() + 60)))
thread.start()
thread.join()
print(held[0].read(2).decode(), flush=True)
threading.Event().wait()
"""


def test_a_killed_owner_takes_its_program_along_but_an_ended_thread_does_not(program: Program, tmp_path: Path) -> None:
    """PR_SET_PDEATHSIG would kill the program when the thread that started it ends."""
    program("endless", "echo on; exec sleep 60")
    argv = [sys.executable, "-c", OWNER, str(tmp_path / "bin" / "endless")]
    owner = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
    assert owner.stdout is not None
    with owner.stdout:
        assert owner.stdout.readline() == "on\n"
        pid = pid_of(tmp_path, "endless")
        assert alive(pid)
        owner.send_signal(signal.SIGKILL)
        owner.wait()
    assert ends(pid)


def has_srt() -> bool:
    path = shutil.which("ffmpeg")
    return bool(path) and "srt" in module._known(path, "protocols")


@pytest.mark.skipif(not has_srt(), reason="no ffmpeg with SRT is installed: nothing that could send it")
@pytest.mark.parametrize("receiver", ["ffmpeg", "srt-live-transmit"])
def test_srt_for_real(tmp_path: Path, receiver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which(receiver) is None:
        pytest.skip(f"{receiver} is not installed")
    other = {"ffmpeg", "srt-live-transmit"} - {receiver}
    monkeypatch.setattr(module.shutil, "which", lambda name: None if name in other else shutil_which(name))
    clip = make(tmp_path / "a.ts", 3, form="mpegts")
    port = free_port(socket.SOCK_DGRAM)
    target = f"srt://127.0.0.1:{port}?mode=listener&passphrase=open-sesame"
    argv = [str(shutil_which("ffmpeg")), "-v", "error", "-re", "-stream_loop", "9", "-i", str(clip), "-c", "copy"]
    sender = subprocess.Popen([*argv, "-f", "mpegts", target], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not listens(port):
            assert sender.poll() is None
            time.sleep(0.02)
        settings = SourceSettings(open_timeout_s=10, read_timeout_s=1)
        with open_input(Stream("x", f"srt://127.0.0.1:{port}?passphrase=open-sesame"), settings) as source:
            assert [track.name for track in source.tracks] == ["video", "audio:0"]
            seen, why, _ = lost(source, after=20, do=sender.kill)
            assert re.search(r"passphrase=\*\*\*: (gave nothing|ended|.* ended with status)", why), why
            assert seen["video"] >= 20
            assert seen["audio:0"] >= 20
    finally:
        sender.kill()
        sender.wait()


def listens(port: int) -> bool:
    """Whether a process is bound to this UDP port."""
    return any(f":{port:04X} " in line for line in Path("/proc/net/udp").read_text().splitlines())


@pytest.mark.skipif(not (shutil.which("ffmpeg") and shutil.which("ffprobe")), reason="ffmpeg is not installed")
def test_of_dash_only_one_rendition_is_fetched(tmp_path: Path) -> None:
    make(tmp_path / "hi.mp4", 4, size=(640, 360))
    make(tmp_path / "lo.mp4", 4, size=(160, 90), languages=())
    argv = [str(shutil.which("ffmpeg")), "-v", "error", "-i", "hi.mp4", "-i", "lo.mp4", "-map", "0:v", "-map", "1:v"]
    argv += ["-map", "0:a", "-c", "copy", "-f", "dash", "-seg_duration", "1", "a.mpd"]
    subprocess.run(argv, cwd=tmp_path, check=True, stdin=subprocess.DEVNULL, env={"PATH": os.environ["PATH"]})
    settings = SourceSettings(open_timeout_s=10, read_timeout_s=3)
    for rendition, wanted in [(None, "0"), ("90p", "1")]:
        with web(tmp_path) as server:
            with open_input(Stream("x", server.url("a.mpd"), rendition=rendition), settings) as source:
                assert not source.live
                assert source.duration_s == pytest.approx(4, abs=0.2)
                seen = Counter(track.name for track, _, _ in source.packets())
                assert seen["video"] == 100
                assert seen["audio:0"] > 180
            fetched = {n: sum(v for k, v in server.asked.items() if f"chunk-stream{n}" in k) for n in "01"}
            assert fetched.pop(wanted) >= 4
            assert max(fetched.values()) <= 2
            with pytest.raises(SourceError, match=r"none.mpd\?token=\*\*\*: the manifest cannot be read: .*404"):
                opened(server.url("none.mpd?token=secret"))
