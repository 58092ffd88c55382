from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from local_s3 import Bucket

from monitor.catalog import sources
from monitor.catalog.sources import find_source
from monitor.errors import SettingsError


class Server(ThreadingHTTPServer):
    """Answers with `content` under `headers`; keeps the headers of each request."""

    content = b"first"
    headers: dict[str, str]
    announced: int | None = None
    requests: list[dict[str, str]]


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.requests.append(dict(self.headers))
        if self.path.startswith("/elsewhere"):
            self.send_response(302)
            self.send_header("Location", f"http://localhost:{self.server.server_port}/c.toml")
            self.end_headers()
            return
        etag = self.server.headers.get("ETag")
        if self.path.startswith("/none"):
            self.send_error(404)
        elif etag and self.headers.get("If-None-Match") == etag:
            self.send_response(304)
            self.end_headers()
        else:
            self.send_response(200)
            for name, value in self.server.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(self.server.announced or len(self.server.content)))
            self.end_headers()
            self.wfile.write(self.server.content)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as it:
        it.headers, it.requests = {}, []
        thread = threading.Thread(target=it.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield it
        it.shutdown()
        thread.join()


def url(server: Server, rest: str, user: str = "") -> str:
    return f"http://{user}127.0.0.1:{server.server_port}/{rest}"


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a b.TOML"
    path.write_bytes(b"first")
    for place in (str(path), f"file://{tmp_path}/a%20b.TOML"):
        source = find_source(place)
        assert (source.shown, source.suffix, source.folder) == (str(path), ".toml", tmp_path)
        fetched = source.fetch(None)
        assert fetched is not None
        assert fetched.data == b"first"
        assert source.fetch(fetched.version) is None
    path.write_bytes(b"third")  # of the same size
    again = source.fetch(fetched.version)
    assert again is not None
    assert again.data == b"third"
    path.unlink()
    with pytest.raises(SettingsError, match=r"catalog .*a b.TOML: cannot be read: No such file .*; correct the place"):
        source.fetch(None)


def test_an_object(bucket: Bucket) -> None:
    source = find_source(bucket.uri("c.toml").replace("s3://", "s3://KEYID:SECRETKEY@"))
    with pytest.raises(SettingsError, match=r"catalog s3://\*\*\*@.*c.toml.*: cannot be read") as caught:
        source.fetch(None)
    assert "SECRET" not in str(caught.value)
    bucket.client.put_object(Bucket=bucket.name, Key="c.toml", Body=b"first")
    fetched = source.fetch(None)
    assert fetched is not None
    assert (fetched.data, source.suffix, source.folder) == (b"first", ".toml", None)
    bucket.client.put_object(Bucket=bucket.name, Key="c.toml", Body=b"third")  # same size, same second
    again = source.fetch(fetched.version)
    assert again is not None
    assert again.data == b"third"


def test_an_object_that_was_put_long_ago_is_not_fetched_again(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket.client.put_object(Bucket=bucket.name, Key="c.toml", Body=b"first")
    source = find_source(bucket.uri("c.toml"))
    monkeypatch.setattr(sources, "FRESH_S", -10.0)
    fetched = source.fetch(None)
    assert fetched is not None
    assert source.fetch(fetched.version) is None


def test_a_document_of_a_server(server: Server) -> None:
    source = find_source(url(server, "c.toml?token=SECRET"))
    assert "SECRET" not in source.shown
    assert source.suffix == ".toml"
    fetched = source.fetch(None)
    assert fetched is not None
    assert fetched.data == b"first"
    assert source.fetch(fetched.version) is not None  # this server tells no version
    server.headers = {"ETag": '"1"', "Last-Modified": "Mon, 23 Nov 2026 00:00:00 GMT"}
    fetched = source.fetch(fetched.version)
    assert fetched is not None
    assert source.fetch(fetched.version) is None
    assert server.requests[-1]["If-Modified-Since"] == "Mon, 23 Nov 2026 00:00:00 GMT"
    server.headers = {"ETag": '"2"'}
    assert source.fetch(fetched.version) is not None


def test_a_login_goes_to_this_server_only(server: Server) -> None:
    source = find_source(url(server, "elsewhere.toml", "me:SEC%40RET@"))
    assert "RET" not in source.shown
    assert source.fetch(None) is not None
    first, second = server.requests
    assert base64.b64decode(first["Authorization"].removeprefix("Basic ")) == b"me:SEC@RET"
    assert "Authorization" not in second


def test_servers_that_fail(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def reason(place: str) -> str:
        with pytest.raises(SettingsError, match=r"catalog http.*: (cannot be read: .*; correct|is larger|has no)") as e:
            find_source(place).fetch(None)
        assert "SECRET" not in str(e.value)
        assert e.value.__cause__ is None
        return str(e.value)

    assert "the server answered 404" in reason(url(server, "none.toml?token=SECRET"))
    assert "control characters" in reason(url(server, "a b.toml?token=SECRET", "me:SECRET@"))
    assert "has no host" in reason("http:///c.toml?token=SECRET")
    server.announced = 10
    assert "5 bytes before the end" in reason(url(server, "c.toml", "me:SECRET@"))
    server.announced = None
    monkeypatch.setattr(sources, "FETCH_S", -1.0)
    assert "not complete after" in reason(url(server, "c.toml"))
    monkeypatch.setattr(sources, "MAX_BYTES", 3)
    monkeypatch.setattr(sources, "FETCH_S", 30.0)
    assert "is larger than" in reason(url(server, "c.toml"))
    server.shutdown()
    server.server_close()
    assert "refused" in reason(url(server, "c.toml", "me:SECRET@"))


def test_a_server_that_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "TIMEOUT_S", 0.1)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as silent, pytest.raises(SettingsError, match="timed out"):
        find_source(f"http://127.0.0.1:{silent.server_port}/c.toml").fetch(None)


@pytest.mark.parametrize("place", ["ftp://me:SECRET@host/c.toml", "file://host/c.toml", "s3://K:SECRET@b/x?bogus=1"])
def test_places_that_cannot_be_read(place: str) -> None:
    with pytest.raises(SettingsError, match=r"not supported|cannot be used") as caught:
        find_source(place)
    assert "SECRET" not in str(caught.value)
