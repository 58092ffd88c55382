"""Where a catalog lies: a local path, `s3://` or `http(s)://`. Owns fetching its bytes, and telling cheaply that they
have not changed. Never prints the place as it was given: it may hold a token."""

from __future__ import annotations

import base64
import http.client
import os
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol
from urllib.parse import unquote, urlsplit, urlunsplit

from monitor.catalog.objects import FAILURES, locate
from monitor.errors import SettingsError
from monitor.media.redact import redact

MAX_BYTES = 64 * 2**20
"""Largest catalog: some 300,000 streams as CSV. A URL that never ends must not fill the memory."""
TIMEOUT_S = 10.0
"""Longest silence of an HTTP server."""
FETCH_S = 30.0
"""Longest time for the whole of an HTTP catalog."""
FRESH_S = 5.0
"""S3 tells times by the second: an object younger than this is fetched again even if its time is the same."""

Version = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Fetched:
    """A catalog's bytes, and the version that tells whether they changed."""

    data: bytes
    version: Version


class Source(Protocol):
    """One place of a catalog. `shown`: without credentials. `folder`: where it lies, if it is local."""

    shown: str
    suffix: str
    folder: Path | None

    def fetch(self, known: Version | None) -> Fetched | None:
        """The bytes now, or None if they are those of version `known`. Raises SettingsError."""
        ...


def find_source(place: str) -> Source:
    """The source that a place names. Raises SettingsError for a scheme that cannot be read."""
    scheme, mark, rest = place.partition("://")
    if not mark:
        return LocalSource(Path(place))
    if scheme == "file" and rest.startswith("/"):
        return LocalSource(Path(unquote(rest)))
    if scheme == "s3":
        return S3Source(place)
    if scheme in ("http", "https"):
        return HttpSource(place)
    raise SettingsError(
        f"catalog {redact(place)}: scheme {scheme!r} is not supported; give a local path, s3://, http:// or https://"
    )


class LocalSource:
    """A file. Its version is its place on the disk, size and times."""

    def __init__(self, path: Path) -> None:
        self.shown = str(path)
        self.suffix = path.suffix.lower()
        self.folder: Path | None = path.parent
        self._path = path

    def fetch(self, known: Version | None) -> Fetched | None:
        """See Source. The version is taken before reading: what is written meanwhile is seen the next time."""
        try:
            version = self.version()
            if version == known:
                return None
            with self._path.open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise _unreadable(self.shown, error.strerror or str(error)) from None
        return Fetched(_bounded(data, self.shown), version)

    def version(self) -> Version:
        """What changes when the file does. Raises OSError."""
        stat = os.stat(self._path)  # noqa: PTH116 - one call for all of them
        return stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


class S3Source:
    """An object on S3. Its version is its size and the time it was put."""

    folder: Path | None = None

    def __init__(self, place: str) -> None:
        self._location = locate(place)
        self.shown = self._location.printable
        self.suffix = PurePosixPath(self._location.path).suffix.lower()

    def fetch(self, known: Version | None) -> Fetched | None:
        """See Source."""
        try:
            info = self._location.filesystem.get_file_info(self._location.path)
            fresh = info.mtime_ns is None or time.time() - info.mtime_ns / 1e9 < FRESH_S
            version = (info.size, info.mtime_ns, time.monotonic() if fresh else 0.0)
            if version == known:
                return None
            with self._location.filesystem.open_input_file(self._location.path) as file:
                data = file.read(MAX_BYTES + 1)
        except FAILURES as error:
            raise _unreadable(self.shown, self._location.reason(error)) from None
        return Fetched(_bounded(data, self.shown), version)


class HttpSource:
    """A document of a web server. Its version is its ETag and Last-Modified, where the server tells them.

    `user:password@` becomes an Authorization header (RFC 7617) for this server alone, not for one that it redirects
    to.
    """

    folder: Path | None = None

    def __init__(self, place: str) -> None:
        self.shown = redact(place)
        try:
            parts = urlsplit(place)
            host = parts.hostname
        except ValueError:
            host = None
        if not host:
            raise SettingsError(f"catalog {self.shown}: has no host; write http://host/path")
        self.suffix = PurePosixPath(unquote(parts.path)).suffix.lower()
        user, mark, server = parts.netloc.rpartition("@")
        self._url = urlunsplit((parts.scheme, server, parts.path, parts.query, ""))
        self._login = base64.b64encode(unquote(user).encode()).decode() if mark else ""

    def fetch(self, known: Version | None) -> Fetched | None:
        """See Source. Without ETag and Last-Modified it is fetched every time."""
        try:
            request = urllib.request.Request(self._url, headers=_conditions(known))
            if self._login:
                request.add_unredirected_header("Authorization", f"Basic {self._login}")
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
                data = self._read(answer)
                version = (answer.headers.get("ETag"), answer.headers.get("Last-Modified"))
        except urllib.error.HTTPError as error:
            with error:
                if error.code == http.client.NOT_MODIFIED and known is not None:
                    return None
            raise _unreadable(self.shown, f"the server answered {error.code} {error.reason}") from None
        except urllib.error.URLError as error:
            raise _unreadable(self.shown, str(error.reason)) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise _unreadable(self.shown, str(error)) from None
        return Fetched(_bounded(data, self.shown), version)

    def _read(self, answer: http.client.HTTPResponse) -> bytes:
        """At most one byte more than is allowed, within FETCH_S."""
        began = time.monotonic()
        data = bytearray()
        while len(data) <= MAX_BYTES and (piece := answer.read1(2**16)):
            data += piece
            if time.monotonic() - began > FETCH_S:
                raise TimeoutError(f"not complete after {FETCH_S:.0f} s ({len(data)} bytes)")
        if answer.length:
            raise ConnectionError(f"the connection ended {answer.length} bytes before the end")
        return bytes(data)


def _conditions(known: Version | None) -> Mapping[str, str]:
    """Headers that let a server answer "not modified" (RFC 9110, section 13.1)."""
    names = ("If-None-Match", "If-Modified-Since")
    return {name: str(value) for name, value in zip(names, known or (), strict=False) if value}


def _bounded(data: bytes, shown: str) -> bytes:
    if len(data) > MAX_BYTES:
        raise SettingsError(f"catalog {shown}: is larger than {MAX_BYTES >> 20} MiB; split it over several jobs")
    return data


def _unreadable(shown: str, reason: str) -> SettingsError:
    return SettingsError(f"catalog {shown}: cannot be read: {redact(reason)}; correct the place, or make it readable")
