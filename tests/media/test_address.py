"""URLs are refused with the rule and the remedy before anything is opened; no option lets FFmpeg reconnect."""

import math
from pathlib import Path

import pytest

from monitor.errors import SettingsError, SourceError
from monitor.media.address import HLS_PATIENCE_S, SCHEMES, Place, check_file, check_url, options, path_of
from monitor.records import Stream
from monitor.settings import SourceSettings

SETTINGS = SourceSettings(open_timeout_s=3, read_timeout_s=2)
GOOD = [
    "file:///a/b%20c.mp4",
    "http://h/a",
    "https://h:8443/a.m3u8",
    "udp://@239.0.0.1:1234",
    "udp://:1234",
    "tcp://h:1",
]
GOOD += [
    "rtp://@:5004",
    "rtmp://h/app/key",
    "rtmps://h/app",
    "RTSP://u:p@h/cam",
    "srt://h:9000?mode=caller",
    "rist://@:80",
]


@pytest.mark.parametrize("url", GOOD)
def test_good_urls_pass(url: str) -> None:
    check_url(url)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("/a/b.mp4", "has no scheme; must be one of file, http.*file:///path"),
        ("", "has no scheme"),
        ("://h/a", "has no scheme"),
        ("gopher://u:secret@h/a?token=secret", "scheme 'gopher'; must be one of file, http"),
        ("http:///a", "has no host; write http://host/path"),
        ("http://u:secret@h:http/a", "host or port that cannot be read"),
        ("http://[h/a?token=secret", "host or port that cannot be read"),
        ("udp://239.0.0.1", "has no port; write udp://host:port"),
        ("srt://h?passphrase=secret", "has no port"),
        ("file://a/b.mp4", "third slash"),
    ],
)
def test_bad_urls_are_refused_without_their_secrets(url: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words) as caught:
        check_url(url)
    assert "secret" not in str(caught.value)


def test_files_are_refused_with_a_plain_reason(tmp_path: Path) -> None:
    place = Place.of(Stream("x", "a"), SETTINGS, opened=False)
    (tmp_path / "empty.mp4").touch()
    for path, reason in [
        (tmp_path / "no.mp4", "does not exist"),
        (tmp_path / "empty.mp4", "is empty"),
        (tmp_path, "is a folder, not a file"),
        (tmp_path / "empty.mp4" / "x", "cannot be read: Not a directory"),
        (Path("/dev/null"), "is not a regular file"),
    ]:
        with pytest.raises(SourceError, match=f"^a: {reason}$"):
            check_file(str(path), place)
    (tmp_path / "a#b?c.mp4").write_bytes(b"x")
    check_file(path_of((tmp_path / "a#b?c.mp4").as_uri()), place)


def test_a_read_of_hls_may_take_longer_than_a_request_and_a_file_as_long_as_it_likes() -> None:
    def read_s(url: str) -> float:
        return Place.of(Stream("x", url), SETTINGS, opened=False).read_s

    assert read_s("udp://h:1") == 2
    assert read_s("https://h/a.m3u8") == read_s("/a/b.m3u8") == HLS_PATIENCE_S
    assert math.isinf(read_s("/a/b.mp4"))
    long = SourceSettings(read_timeout_s=100)
    assert Place.of(Stream("x", "https://h/a.m3u8"), long, opened=False).read_s == 100


@pytest.mark.parametrize("scheme", SCHEMES)
def test_ffmpeg_gets_its_own_time_outs_and_never_reconnects(scheme: str) -> None:
    place = Place.of(Stream("x", f"{scheme}://h:1/a"), SETTINGS, opened=False)
    chosen = options(place, {"X-Key": "a"}, "agent/1")
    assert not any("reconnect" in name for name in chosen)
    if scheme in ("http", "https"):
        assert chosen["headers"] == "X-Key: a\r\n"
        assert chosen["user_agent"] == "agent/1"
    if scheme in ("http", "https", "udp", "tcp", "rtmp", "rtmps", "rtsp"):
        assert "2000000" in (chosen.get("timeout"), chosen.get("rw_timeout"))
