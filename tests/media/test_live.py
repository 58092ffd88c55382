"""Sources over the network, on loopback: they open, give packets, and every time-out fires in bounded time."""

import re
import socket
import threading
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from random import random

import numpy as np
import pytest
from rtmp import flv_tags, rtmp
from rtsp import rtp_packets, rtsp
from serving import Web, clip_bytes, datagrams, free_port, live_hls, lost, make, peer, web

from monitor.errors import SourceError
from monitor.media import address
from monitor.media.source import Input, open_input
from monitor.records import Stream
from monitor.settings import SourceSettings


def opened(url: str, rendition: str | None = None, read_s: float = 1, open_s: float = 3, **fields: object) -> Input:
    settings = SourceSettings(open_timeout_s=open_s, read_timeout_s=read_s)
    return open_input(Stream("x", url, rendition=rendition, **fields), settings)  # type: ignore[arg-type]


# Over HTTP


def test_progressive_http_is_recorded_and_sends_headers(tmp_path: Path) -> None:
    make(tmp_path / "a.mp4")
    with web(tmp_path) as server:
        url = server.url("a.mp4?token=secret")
        with opened(url, headers={"X-Ask": "this"}, user_agent="watcher/1") as source:
            assert not source.live
            assert source.duration_s == pytest.approx(2, abs=0.1)
            assert Counter(track.name for track, _, _ in source.packets())["video"] == 50
        assert {"X-Ask": "this", "User-Agent": "watcher/1"}.items() <= server.headers[0].items()
        with pytest.raises(SourceError, match=r"none.mp4\?token=\*\*\*: Server returned 404 Not Found$"):
            opened(server.url("none.mp4?token=secret"))


@pytest.fixture(scope="module")
def muxed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ladder of three with the sound inside each."""
    folder = tmp_path_factory.mktemp("muxed")
    lines = ["#EXTM3U"]
    for name, size, rate in [("lo", (160, 90), 100), ("mid", (320, 180), 200), ("hi", (640, 360), 400)]:
        options = {"hls_time": "1", "hls_list_size": "0", "hls_segment_filename": str(folder / f"{name}%d.ts")}
        make(folder / f"{name}.m3u8", 8, form="hls", size=size, options=options)
        lines += [f"#EXT-X-STREAM-INF:BANDWIDTH={rate}000,RESOLUTION={size[0]}x{size[1]}", f"{name}.m3u8"]
    (folder / "master.m3u8").write_text("\n".join(lines) + "\n")
    return folder


def segments(server: Web, name: str) -> int:
    return sum(n for asked, n in server.asked.items() if re.fullmatch(rf"{name}\d+\.ts", asked))


@pytest.mark.parametrize(("rendition", "name"), [(None, "hi"), ("180p", "mid"), ("#0", "lo")])
def test_of_a_ladder_only_one_rendition_is_fetched(muxed: Path, rendition: str | None, name: str) -> None:
    with web(muxed) as server, opened(server.url("master.m3u8"), rendition) as source:
        assert not source.live
        assert [track.name for track in source.tracks] == ["video", "audio:0"]
        seen = Counter(track.name for track, _, _ in source.packets())
        assert seen["video"] == 200
        assert seen["audio:0"] > 370
        fetched = {each: segments(server, each) for each in ("lo", "mid", "hi")}
        assert fetched.pop(name) >= 8
        assert max(fetched.values()) <= 2  # what finding out what there is takes


def test_of_sound_groups_each_language_once_from_the_group_of_the_variant(tmp_path: Path) -> None:
    lines = ["#EXTM3U"]
    for group in ("l", "h"):
        for language in ("en", "fr"):
            name = f"{language}{group}"
            options = {"hls_time": "1", "hls_list_size": "0", "hls_segment_filename": str(tmp_path / f"{name}%d.ts")}
            make(tmp_path / f"{name}.m3u8", 6, form="hls", size=None, options=options)
            lines.append(
                f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="{group}",NAME="{language}",LANGUAGE="{language}",URI="{name}.m3u8"'
            )
    for name, size, group in [("lo", (160, 90), "l"), ("mid", (320, 180), "l"), ("hi", (640, 360), "h")]:
        options = {"hls_time": "1", "hls_list_size": "0", "hls_segment_filename": str(tmp_path / f"{name}%d.ts")}
        make(tmp_path / f"{name}.m3u8", 6, form="hls", size=size, languages=(), options=options)
        shape = f"BANDWIDTH={size[0]}000,RESOLUTION={size[0]}x{size[1]}"
        lines += [f'#EXT-X-STREAM-INF:{shape},AUDIO="{group}"', f"{name}.m3u8"]
    (tmp_path / "master.m3u8").write_text("\n".join(lines) + "\n")
    for rendition, wanted in [(None, {"hi", "enh", "frh"}), ("180p", {"mid", "enl", "frl"})]:
        with web(tmp_path) as server, opened(server.url("master.m3u8"), rendition) as source:
            assert [track.name for track in source.tracks] == ["video", "audio:0", "audio:1"]
            assert Counter(track.name for track, _, _ in source.packets())["video"] == 150
            fetched = {name: segments(server, name) for name in ("lo", "mid", "hi", "enl", "frl", "enh", "frh")}
            assert {name for name, n in fetched.items() if n >= 6} == wanted
            assert max(n for name, n in fetched.items() if name not in wanted) <= 2


@pytest.fixture
def growing(tmp_path: Path) -> Iterator[tuple[Web, threading.Event]]:
    """A live playlist of 1 s segments, its server, and what stops its packager."""
    with live_hls(tmp_path / "live") as stop, web(tmp_path / "live") as server:
        yield server, stop


def test_live_hls_waits_for_segments_longer_than_one_request_may_take(growing: tuple[Web, threading.Event]) -> None:
    server, _ = growing
    with opened(server.url("live.m3u8"), read_s=0.5) as source:
        assert source.live
        assert source.duration_s is None
        arrivals = []
        for _, _, arrived_at in source.packets():
            arrivals.append(arrived_at)
            if max(np.diff(arrivals), default=0) > 0.55 and arrived_at - arrivals[0] > 1.5:
                return
    raise AssertionError("ended before a wait longer than a request may take")


def test_a_live_hls_server_that_dies_is_lost_at_once(growing: tuple[Web, threading.Event]) -> None:
    server, _ = growing
    with opened(server.url("live.m3u8")) as source:
        threading.Timer(0.5, server.close).start()
        seen, why, silent_s = lost(source)
    assert seen["video"] >= 25
    assert "ended: the sender closed it, or cannot be reached any more" in why
    assert silent_s < 3


@pytest.mark.parametrize("paths", [r"\.", r"\.ts$"])
def test_a_live_hls_server_that_says_nothing_is_lost_in_bounded_time(
    growing: tuple[Web, threading.Event], paths: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(address, "HLS_PATIENCE_S", 2.0)
    server, _ = growing
    with opened(server.url("live.m3u8")) as source:
        server.hang = re.compile(paths)
        _, _, silent_s = lost(source)
    assert silent_s < 4


def test_a_live_playlist_that_grows_no_more_is_lost_in_bounded_time(
    growing: tuple[Web, threading.Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(address, "HLS_PATIENCE_S", 1.5)
    server, stop = growing
    with opened(server.url("live.m3u8")) as source:
        stop.set()
        _, why, silent_s = lost(source)
    assert "gave nothing for 1." in why
    assert 1.4 < silent_s < 3


# Time-outs of every protocol


@pytest.mark.parametrize("scheme", ["http", "tcp", "rtmp", "rtsp"])
def test_a_server_that_accepts_and_says_nothing(scheme: str) -> None:
    password = str(random())
    with peer() as port:
        started = time.monotonic()
        with pytest.raises(SourceError, match=r"://\*\*\*@127.0.0.1:\d+/a: did not open within [123]\.\d s") as caught:
            opened(f"{scheme}://user:{password}@127.0.0.1:{port}/a")
        assert time.monotonic() - started < 5
        assert password not in "".join(traceback.format_exception(caught.value))
        assert caught.value.__context__ is None  # FFmpeg's own error has the whole URL in it


@pytest.mark.parametrize("scheme", ["udp", "rtp"])
def test_nobody_sends_datagrams(scheme: str) -> None:
    started = time.monotonic()
    with pytest.raises(SourceError, match=r"did not open within [123]\.\d s"):
        opened(f"{scheme}://127.0.0.1:{free_port(socket.SOCK_DGRAM)}", open_s=1)
    assert time.monotonic() - started < 3


def test_nobody_listens() -> None:
    for scheme in ("http", "tcp", "rtmp", "rtsp"):
        with pytest.raises(SourceError, match="Connection refused"):
            opened(f"{scheme}://127.0.0.1:{free_port()}/a")


OK = b"HTTP/1.1 200 OK\r\nContent-Type: video/mp2t\r\n\r\n"


@pytest.mark.parametrize(
    ("scheme", "then"),
    [(scheme, "stall") for scheme in ("http", "tcp", "udp", "rtp", "rtmp", "rtsp")]
    + [(scheme, "close") for scheme in ("http", "tcp", "rtmp", "rtsp")],
)
def test_a_live_source_gives_packets_until_it_stalls_or_closes(scheme: str, then: str) -> None:
    clip = clip_bytes()
    with ExitStack() as stack:
        if scheme == "rtmp":
            port = stack.enter_context(rtmp(flv_tags(2), then))
        elif scheme == "rtsp":
            port = stack.enter_context(rtsp(clip, 0.5, then))
        elif scheme in ("udp", "rtp"):
            port = free_port(socket.SOCK_DGRAM)
            sent = [clip[at : at + 1316] for at in range(0, len(clip), 1316)] if scheme == "udp" else rtp_packets(clip)
            stack.enter_context(datagrams(port, list(sent), 1.0))
        else:
            port = stack.enter_context(peer(OK + clip if scheme == "http" else clip, then, ask=scheme == "http"))
        source = stack.enter_context(opened(f"{scheme}://127.0.0.1:{port}/live/a"))
        assert source.live
        assert source.duration_s is None
        assert [track.name for track in source.tracks] == ["video", "audio:0"]
        seen, why, silent_s = lost(source)
        assert seen["video"] >= 40
        assert seen["audio:0"] >= 70
        assert re.search("gave nothing|timed out" if then == "stall" else "ended|broke off", why), why
        assert silent_s < 3
