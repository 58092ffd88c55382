"""Small media by recipe and small servers on loopback, for the tests of sources. All of it ends what it starts."""

from __future__ import annotations

import contextlib
import functools
import http.server
import io
import re
import shutil
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

import av
import numpy as np

from monitor.errors import SourceError
from monitor.media.source import Input

FPS, RATE = 25, 48000


class Recipe:
    """An encoder of a moving ramp and a 440 Hz tone, written frame by frame."""

    def __init__(
        self,
        target: str | Path | BinaryIO,
        form: str | None = None,
        size: tuple[int, int] | None = (320, 180),
        languages: tuple[str | None, ...] = (None,),
        options: dict[str, str] | None = None,
        gop: int = 25,
        bit_rate: int = 150_000,
    ) -> None:
        place = str(target) if isinstance(target, Path) else target
        self.container = av.open(place, "w", format=form, options=options or {})
        self.video = None
        if size is not None:
            self.video = self.container.add_stream(
                "libx264", rate=FPS, options={"preset": "ultrafast", "tune": "zerolatency", "g": str(gop)}
            )
            self.video.width, self.video.height = size
            self.video.pix_fmt, self.video.bit_rate = "yuv420p", bit_rate
        self.sounds = []
        for language in languages:
            sound = self.container.add_stream("aac", rate=RATE, layout="stereo")
            if language:
                sound.metadata["language"] = language
            self.sounds.append(sound)
        self.frames = self.samples = 0

    def write(self, seconds: float, pace: float | None = None, stop: threading.Event | None = None) -> None:
        """Go on for so many seconds of media; `pace` 1 is real time, None as fast as it goes."""
        started, first = time.monotonic(), self.frames
        for _ in range(round(seconds * FPS)):
            self._frame()
            if pace:
                due = started + (self.frames - first) / FPS / pace
                wait = max(0.0, due - time.monotonic())
                if stop is not None and stop.wait(wait):
                    return
                if stop is None:
                    time.sleep(wait)

    def close(self) -> None:
        """Write what is left."""
        for stream in self.container.streams:
            self.container.mux(stream.encode())
        self.container.close()

    def _frame(self) -> None:
        if self.video is not None:
            width, height = self.video.width, self.video.height
            ramp = np.roll(np.tile(np.arange(width, dtype=np.uint8), (height, 1)), self.frames * 3, axis=1)
            grey = np.full((height // 2, width), 128, np.uint8)
            frame = av.VideoFrame.from_ndarray(np.concatenate([ramp, grey]), format="yuv420p")
            frame.pts, frame.time_base = self.frames, Fraction(1, FPS)
            self.container.mux(self.video.encode(frame))
        self.frames += 1
        while self.sounds and self.samples / RATE < self.frames / FPS:
            tone = (0.3 * np.sin(np.arange(self.samples, self.samples + 1024) * (2 * np.pi * 440 / RATE))).astype("f4")
            for stream in self.sounds:
                block = av.AudioFrame.from_ndarray(np.stack([tone, tone]), format="fltp", layout="stereo")
                block.sample_rate, block.pts, block.time_base = RATE, self.samples, Fraction(1, RATE)
                self.container.mux(stream.encode(block))
            self.samples += 1024


def make(target: str | Path, seconds: float = 2.0, **recipe: object) -> Path:
    """A whole clip."""
    writer = Recipe(target, **recipe)  # type: ignore[arg-type]
    writer.write(seconds)
    writer.close()
    return Path(target)


@functools.cache
def clip_bytes(form: str = "mpegts", seconds: float = 2.0) -> bytes:
    """A clip as bytes, made once."""
    held = io.BytesIO()
    recipe = Recipe(held, form)
    recipe.write(seconds)
    recipe.close()
    return held.getvalue()


class Web:
    """An HTTP server of a folder that counts requests and can be told to hang, refuse, or die."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: Counter[str] = Counter()
        self.headers: list[dict[str, str]] = []
        self.hang = re.compile("(?!)")
        """Paths that get no answer."""
        self._over = threading.Event()
        self._open: list[socket.socket] = []
        web = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                web._answer(self)

            def log_message(self, *args: object) -> None:
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

            def get_request(self) -> tuple[socket.socket, object]:
                connection, peer = super().get_request()
                web._open.append(connection)
                return connection, peer

            def handle_error(self, request: object, address: object) -> None:
                """A player that hangs up is no error here."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.port}/{name}"

    def _answer(self, handler: http.server.BaseHTTPRequestHandler) -> None:
        name = handler.path.partition("?")[0].lstrip("/")
        self.asked[name] += 1
        self.headers.append(dict(handler.headers.items()))
        if self.hang.search(name):
            self._over.wait(60)
            return
        try:
            content = (self.folder / name).read_bytes()
        except OSError:
            handler.send_error(404)
            return
        first = 0
        if (wanted := re.match(r"bytes=(\d+)-", handler.headers.get("Range", ""))) and int(wanted[1]) < len(content):
            first = int(wanted[1])
        handler.send_response(206 if wanted else 200)
        if wanted:
            handler.send_header("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")
        handler.send_header("Accept-Ranges", "bytes")
        handler.send_header("Content-Length", str(len(content) - first))
        handler.end_headers()
        handler.wfile.write(content[first:])

    def close(self) -> None:
        """Hang up on everybody and be gone."""
        if self._over.is_set():
            return
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()


@contextlib.contextmanager
def web(folder: Path) -> Iterator[Web]:
    """A `Web` for a while."""
    server = Web(folder)
    try:
        yield server
    finally:
        server.close()


@contextlib.contextmanager
def peer(said: bytes = b"", then: str = "stall", ask: bool = False) -> Iterator[int]:
    """A TCP server (its port) that says this to everyone, then stalls or closes. `ask`: it reads a request first."""
    over = threading.Event()
    listening = socket.create_server(("127.0.0.1", 0))
    opened = []

    def serve() -> None:
        while not over.is_set():
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            opened.append(connection)
            with contextlib.suppress(OSError):
                if ask:
                    connection.recv(4096)
                connection.sendall(said)
            if then == "close":
                connection.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        over.set()
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        for connection in opened:
            connection.close()
        thread.join()


def free_port(kind: int = socket.SOCK_STREAM) -> int:
    """A port that was free a moment ago."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def datagrams(port: int, packets: list[bytes], seconds: float) -> Iterator[None]:
    """Send these datagrams to `port` evenly over so many seconds, then fall silent."""
    over = threading.Event()

    def send() -> None:
        started = time.monotonic()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            for number, packet in enumerate(packets):
                due = started + number / len(packets) * seconds
                if over.wait(max(0.0, due - time.monotonic())):
                    return
                with contextlib.suppress(ConnectionRefusedError):
                    out.sendto(packet, ("127.0.0.1", port))

    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextlib.contextmanager
def live_hls(folder: Path, seconds: float = 60.0, segment_s: float = 1.0) -> Iterator[threading.Event]:
    """A growing playlist `live.m3u8` in `folder`, at the pace of real time. Setting the event stops its packager."""
    stop = threading.Event()
    folder.mkdir()
    options = {
        "hls_time": str(segment_s),
        "hls_list_size": "5",
        "hls_flags": "delete_segments+omit_endlist",
        "hls_segment_filename": str(folder / "live%05d.ts"),
    }
    recipe = Recipe(folder / "live.m3u8", "hls", options=options, gop=round(segment_s * FPS))

    def pack() -> None:
        recipe.write(3 * segment_s)
        recipe.write(seconds, pace=1, stop=stop)

    thread = threading.Thread(target=pack, daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + 10
        while not (folder / "live.m3u8").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        yield stop
    finally:
        stop.set()
        thread.join()
        recipe.container.close()
        shutil.rmtree(folder, ignore_errors=True)


def lost(source: Input, after: int = 0, do: Callable[[], object] = int) -> tuple[Counter[str], str, float]:
    """Read until the source is lost: packets of each track, why, and how long the last packet was ago.

    Calls `do` once when `after` pictures have come.
    """
    seen: Counter[str] = Counter()
    last = time.time()
    try:
        for track, packet, arrived_at in source.packets():
            assert packet.size > 0
            assert arrived_at >= last - 0.001
            seen[track.name], last = seen[track.name] + 1, arrived_at
            if track.name == "video" and seen["video"] == after:
                do()
    except SourceError as error:
        return seen, str(error), time.time() - last
    raise AssertionError(f"ended without a reason after {seen}")
