"""Protocols that PyAV's FFmpeg lacks (SRT, RIST, DASH), read through a program and a pipe.

Owns the program's life and the pipe. SRT and RIST are passed on byte for byte, so that whatever is wrong inside the
transport stream can still be seen; of DASH the chosen tracks are copied into NUT with their own timestamps. A URL
stands on the program's command line, where other users of the same machine can read it: FFmpeg and srt-live-transmit
take it in no other way.
"""

from __future__ import annotations

import functools
import json
import os
import select
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from monitor.errors import SourceError
from monitor.media.ladder import Candidate, choose
from monitor.media.redact import redact
from monitor.records import Stream
from monitor.settings import SourceSettings

BRIDGED_SCHEMES = ("srt", "rist")
TAIL = 2000
"""Most characters of the program's own words that are kept."""

# The program lives no longer than the pipe on its keeper's standard input, which ends with us even when we are killed.
# (PR_SET_PDEATHSIG would end it with the *thread* that started it, and needs code between fork and exec.)
KEEPER = """
exec 3<&0
"$@" </dev/null 3<&- &
child=$!
(read -r _ <&3; kill -9 "$child") >/dev/null 2>&1 &
watch=$!
exec 3<&-
wait "$child"
status=$?
kill "$watch" 2>/dev/null
wait "$watch" 2>/dev/null
exit "$status"
"""


class Reader(Protocol):
    """What an `Input` reads through when FFmpeg does not open the source itself."""

    failure: str | None
    """Why reading failed (redacted); None at an orderly end."""

    duration_s: float | None
    is_nut: bool
    """The container is NUT; otherwise FFmpeg finds out."""

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; none at the end or after a failure. Never raises: FFmpeg's code cannot pass it on."""

    def close(self) -> None:
        """Give back what is held. May be called again, and from another thread than the one that reads."""


class FileReader:
    """A caller's seekable file object, with its errors kept instead of raised into FFmpeg. The caller closes it."""

    duration_s: float | None = None
    is_nut = False

    def __init__(self, file: BinaryIO) -> None:
        self.failure: str | None = None
        self._file = file

    def read(self, size: int) -> bytes:
        """As `Reader.read`."""
        try:
            return self._file.read(size)
        except (OSError, ValueError, EOFError) as error:
            self.failure = self.failure or redact(f"cannot be read: {error}")
            return b""

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move, as a file does; -1 if that failed."""
        try:
            return self._file.seek(offset, whence)
        except (OSError, ValueError) as error:
            self.failure = self.failure or redact(f"cannot be read: {error}")
            return -1

    def tell(self) -> int:
        """Where reading goes on."""
        return self._file.tell()

    def close(self) -> None:
        """Nothing to give back."""


class Bridge:
    """A running program whose standard output is the source."""

    duration_s: float | None = None
    is_nut = False

    def __init__(self, argv: Sequence[str], settings: SourceSettings, deadline: float) -> None:
        """Start `argv`. Its first byte must come before `deadline` (monotonic), each later one within the time-out."""
        self.failure: str | None = None
        self._name = Path(argv[0]).name
        self._settings = settings
        self._deadline = deadline
        self._heard = False
        self._tail = b""
        self._closed = False
        self._reading = threading.Lock()
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", KEEPER, "monitor-bridge", *argv],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            bufsize=0,
        )
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._out = self._process.stdout.fileno()
        self._err = self._process.stderr.fileno()
        self._poll = select.poll()
        self._poll.register(self._out, select.POLLIN)
        self._poll.register(self._err, select.POLLIN)

    @property
    def pid(self) -> int:
        """Process group of the program and its keeper."""
        return self._process.pid

    def read(self, size: int) -> bytes:
        """As `Reader.read`; waits until the open time-out for the first bytes, then as long as one read may take."""
        with self._reading:
            return b"" if self.failure or self._closed else self._read(size)

    def close(self) -> None:
        """End the program, wait for its end and for that of a read, then close the pipes."""
        self._closed = True
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        with self._reading:
            for pipe in (self._process.stdout, self._process.stderr):
                if pipe is not None:
                    pipe.close()

    def _read(self, size: int) -> bytes:
        deadline = time.monotonic() + self._settings.read_timeout_s if self._heard else self._deadline
        while (left := deadline - time.monotonic()) > 0:
            ready = {fd for fd, _ in self._poll.poll(left * 1000)}
            if self._err in ready:
                self._listen()
            if self._out in ready:
                data = os.read(self._out, size)
                self._heard = self._heard or bool(data)
                if not data:
                    self._ended()
                return data
        limit = self._settings.read_timeout_s if self._heard else self._settings.open_timeout_s
        self.failure = f"gave nothing within {limit:g} s through {self._name}{self._words()}"
        return b""

    def _listen(self) -> None:
        """Keep the end of what the program says about its trouble."""
        said = os.read(self._err, 65536)
        if not said:
            self._poll.unregister(self._err)
        self._tail = (self._tail + said)[-TAIL:]

    def _ended(self) -> None:
        """The program closed its output: orderly, or with a reason."""
        while self._err in {fd for fd, _ in self._poll.poll(0)} and len(self._tail) < TAIL:
            before = self._tail
            self._listen()
            if self._tail == before:
                break
        try:
            status = self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            return
        if status != 0 or not self._heard:
            self.failure = f"{self._name} ended with status {status}{self._words()}"

    def _words(self) -> str:
        lines = [line.strip() for line in self._tail.decode(errors="replace").splitlines() if line.strip()]
        return f": {redact(' | '.join(lines[-3:]))}" if lines else ""


def is_dash(url: str) -> bool:
    """Whether the URL or path names a DASH manifest."""
    return url.partition("?")[0].partition("#")[0].lower().endswith(".mpd")


def bridge(stream: Stream, settings: SourceSettings) -> Bridge:
    """Start the program for a stream of a bridged scheme, or for a DASH manifest.

    Raises SourceError: no such program is installed (and what to install), or the manifest cannot be read.
    """
    deadline = time.monotonic() + settings.open_timeout_s
    if is_dash(stream.url):
        ffmpeg, ffprobe = _ffmpeg("demuxers", "dash"), shutil.which("ffprobe")
        if ffmpeg is None or ffprobe is None:
            raise SourceError("DASH needs ffmpeg and ffprobe with the dash demuxer; install the package ffmpeg")
        return _dash(ffmpeg, ffprobe, stream, settings, deadline)
    scheme = stream.url.split("://")[0].lower()
    if ffmpeg := _ffmpeg("protocols", scheme):
        # The demuxer and the muxer "data" hand on what arrives, without looking into it.
        argv = [ffmpeg, "-hide_banner", "-nostdin", "-loglevel", "error", "-f", "data", "-i", stream.url]
        return Bridge(
            [*argv, "-map", "0", "-c", "copy", "-flush_packets", "1", "-f", "data", "pipe:1"], settings, deadline
        )
    transmit = shutil.which("srt-live-transmit")
    if scheme == "srt" and transmit:
        argv = [transmit, "-q", "-a:no", "-loglevel:error", stream.url, "file://con"]
        return Bridge(argv, settings, deadline)
    other = " or srt-tools" if scheme == "srt" else ""
    raise SourceError(
        f"{scheme.upper()} needs a program that speaks it; install the package ffmpeg (built with it){other}"
    )


def _ffmpeg(what: str, name: str) -> str | None:
    """Path of an installed ffmpeg that knows this protocol or demuxer."""
    path = shutil.which("ffmpeg")
    return path if path and name in _known(path, what) else None


@functools.cache
def _known(path: str, what: str) -> frozenset[str]:
    """The names that `ffmpeg -protocols` lists for input, or `ffmpeg -demuxers`."""
    said = subprocess.run(
        [path, "-hide_banner", f"-{what}"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    ).stdout
    if what == "protocols":
        return frozenset(said.partition("Input:")[2].partition("Output:")[0].split())
    return frozenset(name for line in said.splitlines() if line.startswith(" D") for name in line.split()[1].split(","))


def _dash(ffmpeg: str, ffprobe: str, stream: Stream, settings: SourceSettings, deadline: float) -> Bridge:
    """Look into the manifest, then copy the chosen tracks; ffmpeg does not fetch the others."""
    asked = _request(stream.headers, stream.user_agent)
    argv = [ffprobe, "-v", "error", *asked, "-show_streams", "-show_format", "-of", "json", stream.url]
    try:
        done = subprocess.run(
            argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=settings.open_timeout_s, check=False
        )
    except subprocess.TimeoutExpired:
        done = None
    if done is None:
        raise SourceError(f"the manifest gave nothing within {settings.open_timeout_s:g} s")
    if done.returncode != 0:
        raise SourceError(
            redact(f"the manifest cannot be read: {' | '.join(done.stderr.split(chr(10))[-3:]).strip(' |')}")
        )
    manifest: dict[str, Any] = json.loads(done.stdout)
    candidates = [c for s in manifest.get("streams", ()) if (c := _candidate(s)) is not None]
    maps = [word for c in choose(candidates, stream.rendition) for word in ("-map", f"0:{c.index}")]
    if not maps:
        raise SourceError("the manifest has neither picture nor sound")
    duration = manifest.get("format", {}).get("duration")
    argv = [ffmpeg, "-hide_banner", "-nostdin", "-loglevel", "error", *asked, "-copyts", "-i", stream.url, *maps]
    argv += ["-c", "copy", "-flush_packets", "1", "-f", "nut", "pipe:1"]
    running = Bridge(argv, settings, deadline)
    running.is_nut, running.duration_s = True, float(duration) if duration else None
    return running


def _request(headers: Mapping[str, str], user_agent: str | None) -> list[str]:
    """FFmpeg's arguments for what is sent with each HTTP request."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return (["-headers", lines] if lines else []) + (["-user_agent", user_agent] if user_agent else [])


def _candidate(stream: Mapping[str, Any]) -> Candidate | None:
    """A track as ffprobe prints it; None if it is neither picture nor sound."""
    kind = stream.get("codec_type")
    if kind not in ("video", "audio"):
        return None
    tags = stream.get("tags", {})
    variant = tags.get("variant_bitrate")
    return Candidate(
        index=int(stream["index"]),
        kind="video" if kind == "video" else "audio",
        width=int(stream.get("width", 0)),
        height=int(stream.get("height", 0)),
        variant=int(variant) if variant else None,
        language=tags.get("language"),
    )
