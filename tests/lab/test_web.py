"""Live HLS and endless HTTP from memory, and the three ways in which they fail their clients."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from reading import motion, read

from monitor.lab.encode import Maker, Piece
from monitor.lab.schedule import Recipe
from monitor.lab.web import KEPT, WINDOW, HlsOutlet, HttpOutlet, WebServer


@pytest.fixture
def web() -> Iterator[WebServer]:
    server = WebServer()
    yield server
    server.stop()


def get(url: str, timeout: float = 5) -> tuple[int, bytes, str | None]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=timeout)
    try:
        connection.request("GET", parts.path)
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.getheader("Cache-Control")
    finally:
        connection.close()


def hls(web: WebServer, segments: int) -> HlsOutlet:
    """An outlet with so many closed segments, their content being their number."""
    outlet = web.outlets["a"] = HlsOutlet(web.address, "a")
    for number in range(segments + 1):
        outlet.send(Piece(b"%d" % number, 2.0 * number))
    return outlet


def test_the_playlist_moves_on_and_old_segments_go(web: WebServer) -> None:
    outlet = hls(web, 20)
    status, playlist, cache = get(outlet.url)
    assert (status, cache) == (200, "no-cache, no-store")
    lines = playlist.decode().splitlines()
    assert lines[:4] == ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:2", "#EXT-X-MEDIA-SEQUENCE:15"]
    assert lines[4:] == [line for number in range(15, 20) for line in ("#EXTINF:2.000,", f"{number}.ts")]
    base = outlet.url.rpartition("/")[0]
    assert [get(f"{base}/{n}.ts")[0] for n in (19 - WINDOW - KEPT, 20 - WINDOW - KEPT, 19, 20)] == [404, 200, 200, 404]
    assert get(f"{base}/17.ts")[1] == b"17"
    outlet.finish()
    assert get(outlet.url)[1].decode().splitlines()[-1] == "#EXT-X-ENDLIST"


def test_a_pause_closes_the_segment_where_the_media_ends(web: WebServer) -> None:
    outlet = hls(web, 1)
    for _ in range(3):
        outlet.pause(2.5)
    outlet.send(Piece(b"sound before the picture", None))
    outlet.send(Piece(b"key", 9.0))
    outlet.send(Piece(b"", 10.0))
    lines = get(outlet.url)[1].decode().splitlines()
    assert lines[4:] == ["#EXTINF:2.000,", "0.ts", "#EXTINF:0.500,", "1.ts", "#EXTINF:1.000,", "2.ts"]
    assert outlet.resource("2.ts") == ("video/mp2t", b"sound before the picturekey")


def test_there_is_no_playlist_before_there_is_a_segment(web: WebServer) -> None:
    outlet = hls(web, 0)
    assert get(outlet.url)[0] == 404
    assert get(f"{web.address}/unknown/index.m3u8")[0] == 404
    assert get(f"{web.address}/../../etc/passwd")[0] == 404


def test_plain_pyav_reads_it_from_three_segments_behind(web: WebServer) -> None:
    recipe = Recipe("a", "news", "hls", 160, 90, 10)
    outlet = web.outlets["a"] = HlsOutlet(web.address, "a")
    maker = Maker(recipe, from_s=-10)
    for piece in maker.advance(0.3):
        outlet.send(piece)
    seen = read(outlet.url, pictures=40)
    assert seen.picture_s[0] == pytest.approx(-6)
    assert seen.corrupt == 0
    assert motion(seen.luma).min() > 1


@pytest.mark.parametrize("kind", [HlsOutlet, HttpOutlet])
def test_each_way_of_failing(web: WebServer, kind: type[HlsOutlet | HttpOutlet]) -> None:
    outlet = web.outlets["a"] = hls(web, 3) if kind is HlsOutlet else HttpOutlet(web.address, "a")
    outlet.tend("error")
    assert get(outlet.url)[0] == 503
    outlet.tend("drop")
    with pytest.raises(http.client.RemoteDisconnected):
        get(outlet.url)
    outlet.tend("mute")
    with pytest.raises(TimeoutError):
        get(outlet.url, timeout=0.3)
    outlet.tend(None)
    if isinstance(outlet, HlsOutlet):
        assert get(outlet.url)[0] == 200


def test_an_endless_answer_starts_at_a_key_frame_and_ends_with_an_outage(web: WebServer) -> None:
    outlet = HttpOutlet(web.address, "a")
    joined = threading.Event()
    add = outlet.clients.add

    def watched(connection: socket.socket):  # type: ignore[no-untyped-def]
        client = add(connection)
        joined.set()
        return client

    outlet.clients.add = watched  # type: ignore[method-assign]
    web.outlets["a"] = outlet
    parts = urlsplit(outlet.url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=5)
    connection.request("GET", parts.path)
    assert joined.wait(5)
    answer = connection.getresponse()
    for piece in (Piece(b"R" * 188, None), Piece(b"K" * 188, 1.0), Piece(b"S" * 188, None)):
        outlet.send(piece)
    assert answer.read(376) == b"K" * 188 + b"S" * 188
    outlet.tend("drop")
    assert answer.read() == b""
    connection.close()
