"""Where a source is: which URLs can be opened, with which of FFmpeg's options, and how a failed one is named.

Opens nothing but looks at files before FFmpeg does, because its reasons for refusing one are hard to read.
"""

from __future__ import annotations

import math
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from monitor.errors import SettingsError, SourceError
from monitor.media.bridge import BRIDGED_SCHEMES
from monitor.media.redact import redact
from monitor.records import Stream
from monitor.settings import SourceSettings

SCHEMES = ("file", "http", "https", "udp", "tcp", "rtp", "rtmp", "rtmps", "rtsp", *BRIDGED_SCHEMES)
ENDLESS = ("udp", "tcp", "rtp", *BRIDGED_SCHEMES)
"""Schemes that know no end and need a port."""

HLS_PATIENCE_S = 30.0
"""Least time that one read of HLS may take. It spans the wait for the next segment, and how long segments are cannot
be asked of PyAV: three segments of 10 s, the longest in common use. Each request has `read_timeout_s` by itself."""

UDP_BUFFER_BYTES = 2 * 1024 * 1024
"""Asked of the kernel, which gives what it allows: a key frame of a 50 Mb/s stream comes as one burst."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a source is, in printable words, and how long it may take.

    `read_s` bounds one read of a packet, `request_s` one request to a server (a read of HLS may need several).
    """

    scheme: str
    shown: str
    open_s: float
    read_s: float
    request_s: float

    @classmethod
    def of(cls, stream: Stream, settings: SourceSettings, opened: bool) -> Place:
        """The place of `stream.url`. `opened`: the caller brings its content as a file object."""
        scheme = "file" if opened else scheme_of(stream.url)
        if scheme in ("http", "https") or is_playlist(stream.url):
            read_s = max(settings.read_timeout_s, HLS_PATIENCE_S)
        else:
            read_s = math.inf if scheme == "file" else settings.read_timeout_s
        return cls(scheme, redact(stream.url), settings.open_timeout_s, read_s, settings.read_timeout_s)

    def lost(self, reason: str) -> SourceError:
        """The error that says which source failed and why, without credentials."""
        return SourceError(f"{self.shown}: {redact(reason)}")


def scheme_of(url: str) -> str:
    """Scheme of a URL in small letters; "file" for the path of a file."""
    scheme, mark, _ = url.partition("://")
    return scheme.lower() if mark else "file"


def is_playlist(url: str) -> bool:
    """Whether the URL or path names an HLS playlist. (One that has no such name is known by its MIME type only.)"""
    return url.partition("?")[0].partition("#")[0].lower().endswith((".m3u8", ".m3u"))


def check_url(url: str) -> None:
    """Raise SettingsError unless `url` has a supported scheme and what that scheme needs (a host, a port, a path).

    Whether a program for `srt`, `rist` or DASH is installed is only seen when the source is opened.
    """
    shown, known = redact(url), ", ".join(SCHEMES)
    if not url.partition("://")[1] or url.startswith("://"):
        raise SettingsError(f"url {shown!r} has no scheme; must be one of {known}; write file:///path for a file")
    scheme = scheme_of(url)
    if scheme not in SCHEMES:
        raise SettingsError(f"url {shown!r} has the scheme {redact(scheme)!r}; must be one of {known}")
    parts = _split(url)
    if parts is None:
        raise SettingsError(f"url {shown!r} has a host or port that cannot be read; write {scheme}://host:port/path")
    if scheme == "file":
        if parts.netloc not in ("", "localhost") or not parts.path:
            raise SettingsError(f"url {shown!r} must be file:///absolute/path; put in the third slash and the path")
    elif scheme in ENDLESS:
        if parts.port is None:
            raise SettingsError(f"url {shown!r} has no port; write {scheme}://host:port")
    elif not parts.hostname:
        raise SettingsError(f"url {shown!r} has no host; write {scheme}://host/path")


def _split(url: str) -> SplitResult | None:
    """The parts of a URL, None if its host or port is nonsense."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def path_of(url: str) -> str:
    """The path that a file URL names; a path comes back as it is."""
    return unquote(urlsplit(url).path) if "://" in url else url


def check_file(path: str, place: Place) -> None:
    """Raise SourceError with a plain reason unless `path` is a file with something in it that we may read."""
    reason = None
    try:
        found = Path(path).stat()
    except FileNotFoundError:
        reason = "does not exist"
    except OSError as error:
        reason = f"cannot be read: {error.strerror}"
    else:
        if stat.S_ISDIR(found.st_mode):
            reason = "is a folder, not a file"
        elif not stat.S_ISREG(found.st_mode):
            reason = "is not a regular file"
        elif found.st_size == 0:
            reason = "is empty"
        elif not os.access(path, os.R_OK):
            reason = "cannot be read: permission denied"
    if reason is not None:
        raise place.lost(reason)


def options(place: Place, headers: Mapping[str, str], user_agent: str | None) -> dict[str, str]:
    """FFmpeg's own options for this place: its time-outs beside ours, and never its own reconnecting."""
    wait = str(round(place.request_s * 1e6))
    match place.scheme:
        case "http" | "https":
            # Picky about the names of segments (since FFmpeg 7.1), it refuses streams that every player plays.
            chosen = {"rw_timeout": wait, "extension_picky": "0"}
            if headers:
                chosen["headers"] = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            if user_agent:
                chosen["user_agent"] = user_agent
            return chosen
        case "udp":
            return {"timeout": wait, "overrun_nonfatal": "1", "buffer_size": str(UDP_BUFFER_BYTES)}
        case "rtp":
            return {"buffer_size": str(UDP_BUFFER_BYTES)}
        case "tcp":
            return {"timeout": wait}
        case "rtsp":
            return {"timeout": wait, "rtsp_flags": "prefer_tcp"}
        case "rtmp" | "rtmps":  # here "timeout" would mean: wait for a caller
            return {"rw_timeout": wait}
        case _:
            return {}
