"""Where results lie: a local folder, or a prefix on S3. Owns that a file is there complete or not at all."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote

import pyarrow as pa
from pyarrow import fs

from monitor.catalog.objects import FAILURES, Location, locate
from monitor.errors import SettingsError, StoreError
from monitor.media.redact import redact


class Place(Protocol):
    """A root for data sets."""

    @property
    def uri(self) -> str:
        """Printable, without credentials."""
        ...

    @property
    def filesystem(self) -> Any:
        """pyarrow's file system."""
        ...

    @property
    def root(self) -> str:
        """The path of this place in the file system."""
        ...

    def probe(self) -> None:
        """Write a small file and delete it. Raises StoreError where results cannot be written."""
        ...

    def put(self, path: str, data: pa.Buffer) -> None:
        """Write a file whole: readers see all of it or nothing. The same path again replaces it. Raises StoreError."""
        ...

    def reason(self, error: Exception) -> str:
        """What went wrong, without credentials."""
        ...


def find_place(uri: str) -> Place:
    """The place that a folder's path, `file://` or `s3://` URI names. Touches nothing. Raises StoreError."""
    scheme, mark, rest = uri.partition("://")
    if not mark or (scheme == "file" and rest.startswith("/")):
        return Folder(Path(unquote(rest) if mark else uri).absolute())
    if scheme == "s3":
        try:
            return Prefix(locate(uri))
        except SettingsError as error:
            raise StoreError(f"results {error}") from None
    raise StoreError(f"results {redact(uri)}: scheme {scheme!r} is not supported; give a folder or s3://bucket/prefix")


@dataclass(frozen=True, slots=True)
class Folder:
    """A local folder. A file is written beside its place under a name that readers pass over, then renamed."""

    path: Path

    @property
    def uri(self) -> str:
        """Its path."""
        return redact(str(self.path))

    @property
    def root(self) -> str:
        """Its path."""
        return str(self.path)

    @property
    def filesystem(self) -> Any:
        """The local one."""
        return fs.LocalFileSystem()

    def probe(self) -> None:
        """See Place. Makes the folder."""
        probe = self.path / f".probe-{secrets.token_hex(4)}"
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            probe.write_bytes(b"probe")
            probe.unlink()
        except OSError as error:
            raise StoreError(
                f"results {self.uri}: cannot be written: {self.reason(error)}; give a folder that this user may write"
            ) from None

    def put(self, path: str, data: pa.Buffer) -> None:
        """See Place. On the disk when this returns, the name too; so a crash leaves no file that is half there."""
        target = self.path / path
        half = target.with_name(f".{target.name}.tmp")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                with half.open("wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                half.replace(target)
            except OSError:
                half.unlink(missing_ok=True)
                raise
            folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise StoreError(f"results {self.uri}: {path} cannot be written: {self.reason(error)}") from None

    def reason(self, error: Exception) -> str:
        """See Place."""
        return redact((error.strerror if isinstance(error, OSError) else None) or str(error))


@dataclass(frozen=True, slots=True)
class Prefix:
    """A prefix on S3. A file is one put: it is there when S3 has all of it."""

    location: Location

    @property
    def uri(self) -> str:
        """Without credentials."""
        return self.location.printable

    @property
    def root(self) -> str:
        """`bucket/prefix`."""
        return self.location.path.rstrip("/")

    @property
    def filesystem(self) -> Any:
        """pyarrow's."""
        return self.location.filesystem

    def probe(self) -> None:
        """See Place. The bucket must be there: it is not made."""
        probe = f"{self.root}/.probe-{secrets.token_hex(4)}"
        try:
            self._write(probe, b"probe")
            self.filesystem.delete_file(probe)
        except FAILURES as error:
            raise StoreError(
                f"results {self.uri}: cannot be written: {self.reason(error)}; give an existing bucket and credentials "
                f"that allow s3:PutObject, s3:DeleteObject and s3:ListBucket"
            ) from None

    def put(self, path: str, data: pa.Buffer) -> None:
        """See Place."""
        try:
            self._write(f"{self.root}/{path}", data)
        except FAILURES as error:
            raise StoreError(f"results {self.uri}: {path} cannot be written: {self.reason(error)}") from None

    def reason(self, error: Exception) -> str:
        """See Place."""
        return self.location.reason(error)

    def _write(self, path: str, data: bytes | pa.Buffer) -> None:
        with self.filesystem.open_output_stream(path) as stream:
            stream.write(data)
