"""Streams over HTTP: live HLS (RFC 8216) from memory, and progressive MPEG-TS. One server for all streams of a lab.

/ID/index.m3u8, /ID/NUMBER.ts    live HLS
/ID.ts                           progressive, without end
"""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread

from monitor.lab.encode import SEGMENT_S, Piece
from monitor.lab.outlets import LOOPBACK, Clients
from monitor.lab.schedule import Outage

WINDOW = 5
"""Segments in a playlist."""
KEPT = 3
"""Segments still served after they left the playlist, for a reader that is just fetching them."""
LOOK_AGAIN_S = 0.1
IDLE_S = 60.0
"""A client that asks for nothing this long is disconnected."""
PATH = re.compile(r"/([\w.-]+?)(?:/(index\.m3u8|\d+\.ts)|\.ts)")


class HlsOutlet:
    """A live playlist and its last segments. Written by one thread, read by those of the server."""

    def __init__(self, address: str, name: str) -> None:
        self.url = f"{address}/{name}/index.m3u8"
        self.outage: Outage | None = None
        self._lock = Lock()
        self._segments: deque[_Segment] = deque(maxlen=WINDOW + KEPT)
        self._parts: list[bytes] = []
        self._from_s: float | None = None
        self._next = 0
        self._ended = False

    def send(self, piece: Piece) -> None:
        """Add to the segment in the making; a key frame that is due closes it and begins the next."""
        if piece.key_s is not None:
            self._close(piece.key_s)
            self._from_s = piece.key_s
        self._parts.append(piece.data)

    def tend(self, outage: Outage | None) -> None:
        """Fail clients in this way from now on."""
        self.outage = outage

    def pause(self, at_s: float) -> None:
        """Close the segment in the making: a packager does not sit on what it has."""
        self._close(at_s)

    def finish(self) -> None:
        """Say in the playlist that the stream has ended."""
        self._ended = True

    def resource(self, name: str) -> tuple[str, bytes] | None:
        """Type and content of the playlist or of a segment; None where there is none (any more)."""
        with self._lock:
            if name == "index.m3u8":
                return ("application/vnd.apple.mpegurl", self._playlist().encode()) if self._segments else None
            number = int(name.removesuffix(".ts"))
            found = next((segment for segment in self._segments if segment.number == number), None)
        return None if found is None else ("video/mp2t", found.data)

    def _close(self, at_s: float) -> None:
        if self._from_s is None:
            return
        segment = _Segment(self._next, at_s - self._from_s, b"".join(self._parts))
        self._from_s, self._parts = None, []
        self._next += 1
        with self._lock:
            self._segments.append(segment)

    def _playlist(self) -> str:
        shown = list(self._segments)[-WINDOW:]
        lines = ["#EXTM3U", "#EXT-X-VERSION:3", f"#EXT-X-TARGETDURATION:{math.ceil(SEGMENT_S)}"]
        lines.append(f"#EXT-X-MEDIA-SEQUENCE:{shown[0].number}")
        for segment in shown:
            lines += [f"#EXTINF:{segment.seconds:.3f},", f"{segment.number}.ts"]
        if self._ended:
            lines.append("#EXT-X-ENDLIST")
        return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class _Segment:
    number: int
    seconds: float
    data: bytes = field(repr=False)


class HttpOutlet:
    """Progressive MPEG-TS: whoever asks gets the stream from the next key frame on."""

    def __init__(self, address: str, name: str) -> None:
        self.url = f"{address}/{name}.ts"
        self.outage: Outage | None = None
        self.clients = Clients()

    def send(self, piece: Piece) -> None:
        """Send it to all clients."""
        if self.outage is None:
            self.clients.send(piece)

    def tend(self, outage: Outage | None) -> None:
        """Fail clients in this way from now on; those already reading are dropped, or starve ("mute")."""
        if outage in ("error", "drop") and self.outage is None:
            self.clients.drop()
        self.outage = outage
        self.clients.pump()

    def pause(self, at_s: float) -> None:
        """Nothing to do."""

    def finish(self) -> None:
        """End all answers."""
        self.clients.drop()


class WebServer:
    """Serves the outlets that are put into `outlets` by stream id, on a free port, from daemon threads."""

    def __init__(self) -> None:
        self.outlets: dict[str, HlsOutlet | HttpOutlet] = {}
        outlets, stopping = self.outlets, Event()

        class Bound(_Handler):
            pass

        Bound.outlets, Bound.stopping = outlets, stopping
        self._stopping = stopping
        self._server = _Server((LOOPBACK, 0), Bound)
        self.address = f"http://{LOOPBACK}:{self._server.server_address[1]}"
        self._thread = Thread(target=self._server.serve_forever, args=(LOOK_AGAIN_S,), name="lab-web", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop listening and end all answers that wait."""
        self._stopping.set()
        for outlet in self.outlets.values():
            if isinstance(outlet, HttpOutlet):
                outlet.finish()
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing: a reader that hangs up in the middle of an answer is what this lab is for."""


class _Handler(BaseHTTPRequestHandler):
    """Answers one connection; fails it where the stream's outage says so."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_S
    outlets: Mapping[str, HlsOutlet | HttpOutlet]
    stopping: Event

    def do_GET(self) -> None:
        """Playlist, segment or endless stream."""
        path = PATH.fullmatch(self.path.partition("?")[0])
        outlet = self.outlets.get(path[1]) if path else None
        if path is None or outlet is None:
            self._say(HTTPStatus.NOT_FOUND)
        elif outlet.outage:
            self._fail(outlet)
        elif isinstance(outlet, HttpOutlet):
            self._stream(outlet)
        else:
            answer = outlet.resource(path[2]) if path[2] else None
            if answer is None:
                self._say(HTTPStatus.NOT_FOUND)
            else:
                self._say(HTTPStatus.OK, *answer)

    def _fail(self, outlet: HlsOutlet | HttpOutlet) -> None:
        if outlet.outage == "error":
            self._say(HTTPStatus.SERVICE_UNAVAILABLE)
            return
        while outlet.outage == "mute" and not self.stopping.wait(LOOK_AGAIN_S):
            pass
        self.close_connection = True

    def _stream(self, outlet: HttpOutlet) -> None:
        self.close_connection = True
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "video/mp2t")
        self.send_header("Connection", "close")
        self.end_headers()
        outlet.clients.add(self.connection).gone.wait()

    def _say(self, status: HTTPStatus, content_type: str = "text/plain", body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-cache, no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the watcher's log is the one to read."""
