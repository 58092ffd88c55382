"""A small RTSP server on loopback: MPEG-TS in RTP (RFC 2250), interleaved in the one connection (RFC 2326, 10.12)."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Iterator

SDP = b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=clip\r\nt=0 0\r\nm=video 0 RTP/AVP 33\r\na=control:track\r\n"


def rtp_packets(content: bytes) -> Iterator[bytes]:
    """MPEG-TS in RTP packets of payload type 33."""
    for number, at in enumerate(range(0, len(content), 1316)):
        yield struct.pack(">BBHII", 0x80, 33, number & 0xFFFF, number * 900, 7) + content[at : at + 1316]


@contextlib.contextmanager
def rtsp(content: bytes, seconds: float, then: str = "close") -> Iterator[int]:
    """Play `content` in `seconds` to whoever calls (yields the port), then close or stall."""
    over = threading.Event()
    listening = socket.create_server(("127.0.0.1", 0))
    answers = {
        "OPTIONS": (["Public: DESCRIBE, SETUP, PLAY, TEARDOWN"], b""),
        "DESCRIBE": (["Content-Type: application/sdp"], SDP),
        "SETUP": (["Transport: RTP/AVP/TCP;unicast;interleaved=0-1", "Session: 1"], b""),
        "PLAY": (["Session: 1"], b""),
    }

    def serve() -> None:
        with contextlib.suppress(OSError):
            connection, _ = listening.accept()
            with connection, connection.makefile("rb") as asked:
                method = ""
                while method != "PLAY":
                    head = []
                    while (line := asked.readline().decode().strip()) or not head:
                        if not line:
                            return
                        head.append(line)
                    method = head[0].split()[0]
                    turn = next(line for line in head if line.lower().startswith("cseq"))
                    lines, body = answers[method]
                    said = ["RTSP/1.0 200 OK", turn, *lines, f"Content-Length: {len(body)}", "", ""]
                    connection.sendall("\r\n".join(said).encode() + body)
                packets, started = list(rtp_packets(content)), time.monotonic()
                for number, packet in enumerate(packets):
                    if over.wait(max(0.0, started + number / len(packets) * seconds - time.monotonic())):
                        return
                    connection.sendall(struct.pack(">cBH", b"$", 0, len(packet)) + packet)
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
