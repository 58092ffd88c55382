"""UDP and TCP on loopback: who reads what, and what a slow or absent reader does to the sender."""

from __future__ import annotations

import socket

import pytest

from monitor.lab.encode import Piece
from monitor.lab.outlets import BURST, CLIENT_LIMIT, DATAGRAM, TcpOutlet, UdpOutlet, free_udp_ports

KEY, REST = Piece(b"K" * 376, 0.0), Piece(b"R" * 188, None)


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


def connect(outlet: TcpOutlet) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port_of(outlet.url)), timeout=5)
    outlet.tend(None)
    return client


def everything(client: socket.socket) -> bytes:
    """All that comes until the other end closes."""
    data = b""
    try:
        while more := client.recv(1 << 16):
            data += more
    except ConnectionResetError:
        pass
    return data


def test_udp_sends_datagrams_in_order_and_not_all_at_once() -> None:
    (port,) = free_udp_ports(1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as reader:
        reader.bind(("127.0.0.1", port))
        reader.settimeout(5)
        outlet = UdpOutlet(port)
        sent = bytes(range(256)) * (DATAGRAM * (BURST + 2) // 256)
        outlet.send(Piece(sent, None))
        outlet.tend(None)
        first = [reader.recv(65536) for _ in range(BURST)]
        reader.setblocking(False)
        with pytest.raises(BlockingIOError):
            reader.recv(65536)
        outlet.tend(None)
        reader.settimeout(5)
        rest = [reader.recv(65536) for _ in range(2)]
    assert {len(datagram) for datagram in first} == {DATAGRAM}
    assert b"".join(first + rest) == sent
    # Nobody reads there any more; the sender does not mind.
    for _ in range(3):
        outlet.send(KEY)
        outlet.tend(None)


def test_free_ports_differ() -> None:
    assert len(set(free_udp_ports(20))) == 20


def test_a_tcp_client_starts_at_a_key_frame() -> None:
    outlet = TcpOutlet()
    early = connect(outlet)
    outlet.send(REST)
    outlet.send(KEY)
    late = connect(outlet)
    outlet.send(REST)
    outlet.send(KEY)
    outlet.finish()
    assert everything(early) == KEY.data + REST.data + KEY.data
    assert everything(late) == KEY.data


def test_tcp_goes_away_and_comes_back_on_the_same_port() -> None:
    outlet = TcpOutlet()
    client = connect(outlet)
    outlet.send(KEY)
    outlet.tend("error")
    assert everything(client) == KEY.data
    with pytest.raises(ConnectionRefusedError):
        connect(outlet)
    outlet.send(KEY)
    outlet.tend(None)
    again = connect(outlet)
    outlet.send(KEY)
    assert again.recv(1000) == KEY.data


def test_a_mute_tcp_server_accepts_and_says_nothing() -> None:
    outlet = TcpOutlet()
    client = connect(outlet)
    outlet.tend("mute")
    other = socket.create_connection(("127.0.0.1", port_of(outlet.url)), timeout=5)
    outlet.tend("mute")
    outlet.send(KEY)
    for each in (client, other):
        each.setblocking(False)
        with pytest.raises(BlockingIOError):
            each.recv(1000)


def test_a_client_that_does_not_read_is_dropped_and_others_are_not() -> None:
    outlet = TcpOutlet()
    idle = connect(outlet)
    big = Piece(b"B" * (1 << 20), 0.0)
    for _ in range(CLIENT_LIMIT // len(big.data) + 16):
        outlet.send(big)
        outlet.tend(None)
    reader = connect(outlet)
    outlet.send(KEY)
    assert reader.recv(1000) == KEY.data
    assert len(everything(idle)) < 16 << 20
