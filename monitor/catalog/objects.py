"""Objects on S3: the one place where an `s3://` URI becomes a file system, and where its errors become printable.

Owns how such a URI is read: `s3://bucket/key`, with pyarrow's query (`?endpoint_override=host:port&scheme=http`,
`region=`) and its environment (`AWS_ENDPOINT_URL`, `AWS_ACCESS_KEY_ID`, roles of the machine). Does not own what the
objects hold.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Any, BinaryIO, cast
from urllib.parse import quote, unquote

import pyarrow as pa
from pyarrow import fs

from monitor.errors import SettingsError, SourceError
from monitor.media.redact import HIDDEN, redact

S3 = "s3://"
MEDIA_SUFFIXES = frozenset(
    (
        *(".3gp", ".asf", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".mxf"),
        *(".nut", ".ogv", ".ts", ".vob", ".webm", ".wmv", ".264", ".265", ".h264", ".hevc", ".y4m"),
        *(".aac", ".ac3", ".flac", ".m4a", ".mka", ".mp2", ".mp3", ".ogg", ".opus", ".wav"),
    )
)
"""What counts as media below a prefix. Playlists do not: what they name cannot be reached through one open object."""

READ_AHEAD_BYTES = 4 * 2**20
"""Read at once. A decoder asks for 32 KiB at a time; a request to S3 for each of these would take longer than they
play."""

FAILURES = (OSError, pa.ArrowException)
"""What pyarrow's file systems raise."""

_MAGIC = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class Location:
    """A place on S3: its file system, `bucket/key` there, and the URI as it may be printed."""

    filesystem: Any
    path: str
    printable: str
    _secrets: tuple[str, ...] = field(repr=False)

    def reason(self, error: Exception) -> str:
        """What went wrong, on one line and without credentials."""
        return _clean(error, self._secrets)


def locate(uri: str) -> Location:
    """The place that an `s3://` URI names. Nothing is read, but AWS may be asked for the bucket's region.

    Raises SettingsError for a URI that cannot be used, with credentials removed.
    """
    authority, path, query = _split(uri)
    user, _, bucket = authority.rpartition("@")
    secrets = tuple(form for part in user.split(":") if part for form in (part, unquote(part)))
    printable = redact(f"{S3}{HIDDEN + '@' if user else ''}{bucket}/{path}{query}")
    # An object is written by one put instead of the three requests of a multipart upload; small ones need no more.
    options = query if "allow_delayed_open=" in query else f"{query}{'&' if query else '?'}allow_delayed_open=true"
    try:
        filesystem, where = fs.FileSystem.from_uri(f"{S3}{authority}/{_quoted(path)}{options}")
    except FAILURES as error:
        raise SettingsError(
            f"{printable}: cannot be used: {_clean(error, secrets)}; write s3://bucket/prefix, credentials in the "
            f"environment (or percent-encoded)"
        ) from None
    return Location(filesystem, where, printable, secrets)


def open_object(uri: str) -> BinaryIO:
    """An object as a seekable binary file, read ahead by 4 MiB. Raises SourceError with the redacted URI."""
    location = locate(uri)
    try:
        opened = location.filesystem.open_input_file(location.path)
    except FAILURES as error:
        raise SourceError(f"{location.printable}: cannot be opened: {location.reason(error)}") from None
    return cast(BinaryIO, io.BufferedReader(opened, READ_AHEAD_BYTES))


def list_media(pattern: str) -> list[str]:
    """URIs of the media objects that an object, a folder, a prefix or a pattern (`*` spans folders) names, sorted.

    An object that is named in full counts whatever its suffix. Each URI keeps the credentials and options of
    `pattern`. Raises SettingsError where there is none.
    """
    authority, path, query = _split(pattern)
    location = locate(pattern)
    bucket = location.path.partition("/")[0]
    written = unquote(path)
    wild = _MAGIC.search(written)
    try:
        kind = None if wild else location.filesystem.get_file_info(location.path).type
        if kind == fs.FileType.File:
            return [pattern]
        folder = written.rstrip("/") if kind == fs.FileType.Directory else written[: wild.start() if wild else None]
        if kind != fs.FileType.Directory:
            folder = folder.rpartition("/")[0]
        selector = fs.FileSelector(f"{bucket}/{folder}".rstrip("/"), recursive=True, allow_not_found=True)
        keys = [i.path.partition("/")[2] for i in location.filesystem.get_file_info(selector) if i.is_file]
    except FAILURES as error:
        raise SettingsError(f"{location.printable}: cannot be listed: {location.reason(error)}") from None
    found = sorted(
        key
        for key in keys
        if PurePosixPath(key).suffix.lower() in MEDIA_SUFFIXES
        and (fnmatchcase(key, written) if wild else key.startswith(written))
    )
    if not found:
        raise SettingsError(f"{location.printable}: no media object there; correct the prefix, or name objects in full")
    return [f"{S3}{authority}/{quote(key)}{query}" for key in found]


def _split(uri: str) -> tuple[str, str, str]:
    """Authority with credentials, path, and query with its `?`. A secret key may hold slashes that nobody encoded.

    A `?` begins the query only where `name=` follows: elsewhere it belongs to a pattern.
    """
    rest = uri.removeprefix(S3)
    mark = re.search(r"\?[a-z_]+=", rest)
    rest, query = (rest[: mark.start()], rest[mark.start() :]) if mark else (rest, "")
    first = rest.partition("/")[0]
    if ":" in first and "@" in rest:
        user, _, after = rest.rpartition("@")
        bucket, _, path = after.partition("/")
        name, _, password = user.partition(":")
        return f"{name}:{quote(unquote(password), safe='')}@{bucket}", path, query
    return first, rest.partition("/")[2], query


def _quoted(path: str) -> str:
    """A path as a URI needs it, whether or not it came encoded."""
    return quote(unquote(path))


def _clean(error: Exception, secrets: tuple[str, ...]) -> str:
    text = " ".join(str(error).split())
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    return redact(text)
