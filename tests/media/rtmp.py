"""A small RTMP server on loopback that plays FLV tags to one caller: what PyAV cannot be on its own.

Adobe's RTMP 1.0: plain handshake, AMF0 commands `connect`, `createStream`, `play`; answers what FFmpeg asks, no more.
"""

from __future__ import annotations

import contextlib
import io
import socket
import struct
import threading
import time
from collections.abc import Iterator

from serving import Recipe

AUDIO, VIDEO, COMMAND, CHUNK_SIZE, WINDOW, BANDWIDTH = 8, 9, 20, 1, 5, 6


def flv_tags(seconds: float) -> list[tuple[int, int, bytes]]:
    """(kind, milliseconds, payload) of each tag of a clip."""
    held = io.BytesIO()
    recipe = Recipe(held, "flv")
    recipe.write(seconds)
    recipe.close()
    content, at, tags = held.getvalue(), 13, []
    while at < len(content):
        kind, size = content[at], int.from_bytes(content[at + 1 : at + 4], "big")
        stamp = int.from_bytes(content[at + 4 : at + 7], "big") | content[at + 7] << 24
        if kind in (AUDIO, VIDEO):
            tags.append((kind, stamp, content[at + 11 : at + 11 + size]))
        at += 11 + size + 4
    return tags


def _string(text: str) -> bytes:
    return b"\x02" + struct.pack(">H", len(text)) + text.encode()


def _number(value: float) -> bytes:
    return b"\x00" + struct.pack(">d", value)


def _object(**pairs: str) -> bytes:
    held = b"".join(struct.pack(">H", len(key)) + key.encode() + _string(value) for key, value in pairs.items())
    return b"\x03" + held + b"\x00\x00\x09"


class _Caller:
    """One connection: messages in, messages out."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._file = connection.makefile("rb")
        self._chunk = 128
        self._kept: dict[int, tuple[int, int, bytes]] = {}  # chunk stream -> length, kind, what came so far

    def shake_hands(self) -> None:
        """C0, C1 -> S0, S1, S2 -> C2."""
        first = self._exactly(1537)
        self._connection.sendall(b"\x03" + bytes(1536) + first[1:])
        self._exactly(1536)

    def message(self) -> tuple[int, bytes]:
        """The next whole message: kind and payload."""
        while True:
            head = self._exactly(1)[0]
            form, channel = head >> 6, head & 0x3F
            size, kind, held = self._kept.get(channel, (0, 0, b""))
            if form < 3:
                fields = self._exactly((11, 7, 3)[form])
                if form < 2:
                    size, kind = int.from_bytes(fields[3:6], "big"), fields[6]
            held += self._exactly(min(self._chunk, size - len(held)))
            if len(held) < size:
                self._kept[channel] = (size, kind, held)
                continue
            self._kept[channel] = (size, kind, b"")
            if kind == CHUNK_SIZE:
                self._chunk = int.from_bytes(held, "big")
            return kind, held

    def send(self, kind: int, payload: bytes, stamp: int = 0, channel: int = 3, stream: int = 0) -> None:
        """One message in chunks of 128 bytes."""
        head = stamp.to_bytes(3, "big") + len(payload).to_bytes(3, "big") + bytes([kind]) + struct.pack("<I", stream)
        parts = [payload[i : i + 128] for i in range(0, len(payload), 128)]
        self._connection.sendall(bytes([channel]) + head + bytes([0xC0 | channel]).join(parts))

    def _exactly(self, size: int) -> bytes:
        data = self._file.read(size)
        if len(data) < size:
            raise ConnectionError("the caller hung up")
        return data


def _greet(caller: _Caller) -> None:
    """Answer commands until the caller wants to see the stream."""
    caller.shake_hands()
    caller.send(WINDOW, struct.pack(">I", 2_500_000), channel=2)
    caller.send(BANDWIDTH, struct.pack(">IB", 2_500_000, 2), channel=2)
    while True:
        kind, payload = caller.message()
        if kind != COMMAND:
            continue
        size = int.from_bytes(payload[1:3], "big")
        name, turn = payload[3 : 3 + size].decode(), struct.unpack(">d", payload[4 + size : 12 + size])[0]
        if name == "connect":
            said = _object(level="status", code="NetConnection.Connect.Success")
            caller.send(COMMAND, _string("_result") + _number(turn) + _object(fmsVer="1") + said)
        elif name == "createStream":
            caller.send(COMMAND, _string("_result") + _number(turn) + b"\x05" + _number(1))
        elif name == "play":
            said = _object(level="status", code="NetStream.Play.Start", description="here it is")
            caller.send(COMMAND, _string("onStatus") + _number(0) + b"\x05" + said, stream=1)
            return


@contextlib.contextmanager
def rtmp(tags: list[tuple[int, int, bytes]], then: str = "close", pace: float = 4.0) -> Iterator[int]:
    """Play `tags` at `pace` times real time to whoever calls (yields the port), then close or stall."""
    over = threading.Event()
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError):
            connection, _ = listening.accept()
            with connection:
                caller = _Caller(connection)
                _greet(caller)
                started = time.monotonic()
                for kind, stamp, payload in tags:
                    if over.wait(max(0.0, started + stamp / 1000 / pace - time.monotonic())):
                        return
                    caller.send(kind, payload, stamp, channel=4 if kind == AUDIO else 6, stream=1)
                if then == "stall":
                    over.wait(60)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        over.set()
        with contextlib.suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()
