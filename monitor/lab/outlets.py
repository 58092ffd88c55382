"""How pieces of a stream leave: MPEG-TS over UDP and TCP, and the fan-out to clients that progressive HTTP uses too.

One thread sends (`send`, `tend`); nothing here blocks. A client that does not keep up is dropped.
"""

from __future__ import annotations

import socket
from collections import deque
from threading import Event, Lock
from typing import Protocol

from monitor.lab.encode import Piece
from monitor.lab.packets import PACKET
from monitor.lab.schedule import Outage

LOOPBACK = "127.0.0.1"
DATAGRAM = 7 * PACKET
"""What fits into an Ethernet frame, and what every receiver of MPEG-TS over UDP expects."""
BURST = 48
"""Datagrams sent at once. More would overflow a receiver's socket buffer (212 kB by default) after a late wake-up."""
CLIENT_LIMIT = 4 << 20
"""Bytes that wait for a client before it is dropped."""


class Outlet(Protocol):
    """Where one stream leaves."""

    url: str

    def send(self, piece: Piece) -> None:
        """Take the next piece. Never blocks."""

    def tend(self, outage: Outage | None) -> None:
        """Called every few milliseconds, and told how clients are to be failed at the moment. Never blocks."""

    def pause(self, at_s: float) -> None:
        """The sender has paused: the media that was sent ends at media second `at_s`. May be told again and again."""

    def finish(self) -> None:
        """The stream has come to its end. Called once; after it only `tend`."""


class UdpOutlet:
    """Sends datagrams to a free port of this machine, whether anybody reads there or not."""

    def __init__(self, port: int) -> None:
        self.url = f"udp://{LOOPBACK}:{port}"
        self._to = (LOOPBACK, port)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._waiting: deque[bytes] = deque()

    def send(self, piece: Piece) -> None:
        """Cut it into datagrams."""
        self._waiting.extend(piece.data[at : at + DATAGRAM] for at in range(0, len(piece.data), DATAGRAM))

    def tend(self, outage: Outage | None) -> None:
        """Send what waits. Nobody can be failed here: a sender that is away sends nothing (`Recipe.paused`)."""
        for _ in range(min(BURST, len(self._waiting))):
            try:
                self._socket.sendto(self._waiting[0], self._to)
            except BlockingIOError:
                return
            self._waiting.popleft()

    def pause(self, at_s: float) -> None:
        """Nothing to do."""

    def finish(self) -> None:
        """Nothing more comes; UDP cannot say so."""


class Client:
    """A connected reader. `gone` is set once it was dropped or went."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self.connection = connection
        self.gone = Event()
        self._waiting = bytearray()
        self._started = False

    def send(self, piece: Piece) -> None:
        """Queue a piece; the first that a client gets begins with a key frame."""
        self._started = self._started or piece.key_s is not None
        if self._started:
            self._waiting += piece.data
            self.pump()

    def pump(self) -> None:
        """Send as much as the connection takes."""
        try:
            while self._waiting:
                del self._waiting[: self.connection.send(self._waiting)]
        except BlockingIOError:
            if len(self._waiting) > CLIENT_LIMIT:
                self.gone.set()
        except OSError:
            self.gone.set()


class Clients:
    """The readers of one stream: each gets everything from the next key frame on."""

    def __init__(self) -> None:
        self._clients: list[Client] = []
        self._lock = Lock()

    def add(self, connection: socket.socket) -> Client:
        """Take in a reader. May be called from any thread."""
        client = Client(connection)
        with self._lock:
            self._clients.append(client)
        return client

    def send(self, piece: Piece) -> None:
        """Send a piece to all."""
        for client in self._present():
            client.send(piece)

    def pump(self) -> None:
        """Send to each what still waits for it, and close those who are gone."""
        for client in self._present():
            client.pump()

    def drop(self) -> None:
        """Drop all."""
        for client in self._present():
            client.gone.set()
        self._present()

    def _present(self) -> list[Client]:
        with self._lock:
            for client in self._clients:
                if client.gone.is_set():
                    _hang_up(client.connection)
            self._clients = [client for client in self._clients if not client.gone.is_set()]
            return list(self._clients)


class TcpOutlet:
    """Listens on a free port of this machine; whoever connects reads MPEG-TS."""

    def __init__(self) -> None:
        # Bound but never listening: the port stays ours while clients are refused.
        self._held = socket.socket()
        self._held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._held.bind((LOOPBACK, 0))
        self._address = self._held.getsockname()
        self.url = f"tcp://{LOOPBACK}:{self._address[1]}"
        self._clients = Clients()
        self._listener: socket.socket | None = None
        self._muted = False
        self.tend(None)

    def send(self, piece: Piece) -> None:
        """Send it to all clients that are connected and not failed."""
        if self._listener is not None and not self._muted:
            self._clients.send(piece)

    def tend(self, outage: Outage | None) -> None:
        """Take in new clients; refuse them while there is an outage, or say nothing to them ("mute")."""
        self._muted = outage == "mute"
        self._listen(outage in (None, "mute"))
        while self._listener is not None:
            try:
                self._clients.add(self._listener.accept()[0])
            except BlockingIOError:
                break
        self._clients.pump()

    def pause(self, at_s: float) -> None:
        """Nothing to do."""

    def finish(self) -> None:
        """Close all connections; new ones are accepted and get nothing."""
        self._clients.drop()

    def _listen(self, to_be_open: bool) -> None:
        if to_be_open and self._listener is None:
            self._listener = socket.create_server(self._address, backlog=16)
            self._listener.setblocking(False)
        elif self._listener is not None and not to_be_open:
            self._listener.close()
            self._listener = None
            self._clients.drop()


def free_udp_ports(count: int) -> list[int]:
    """Ports of this machine on which nobody reads; they are the reader's to bind."""
    held = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(count)]
    try:
        for each in held:
            each.bind((LOOPBACK, 0))
        return [int(each.getsockname()[1]) for each in held]
    finally:
        for each in held:
            each.close()


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # the other end was quicker
    connection.close()
