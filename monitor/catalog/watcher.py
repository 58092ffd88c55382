"""The streams of a catalog: read once, or looked at again and again while it is edited."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path

from monitor.catalog.entries import check_entries, raise_problems
from monitor.catalog.formats import FORMATS
from monitor.catalog.sources import Fetched, LocalSource, Source, Version, find_source
from monitor.errors import SettingsError
from monitor.records import Stream

SETTLE_S = 0.1
"""A local file that changed is read once it has stood still for this long: editors write in pieces."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What a look at the catalog brought. `changed`: the streams as they are now.

    `error`: why the catalog cannot be taken as it is; the streams stay as they were. Told once, then None until it
    says something else or the catalog was good in between.
    """

    added: tuple[Stream, ...] = ()
    removed: tuple[Stream, ...] = ()
    changed: tuple[Stream, ...] = ()
    error: str | None = None


def read_catalog(place: str) -> tuple[Stream, ...]:
    """The streams of the catalog at `place`, in its order.

    Raises SettingsError that names file, entry, key, rule and remedy, for at most 20 problems at once. Credentials
    of the place and of the entries are not in it.
    """
    return CatalogWatcher(place).current


class CatalogWatcher:
    """A catalog that is looked at while it is edited. One thread at a time.

    `current`: the streams as last read. `folder`: where profiles that streams name are looked up; None if the catalog
    is not local.
    """

    def __init__(self, place: str) -> None:
        """Reads the catalog. Raises SettingsError as `read_catalog` does."""
        self._source = find_source(place)
        self.folder: Path | None = self._source.folder
        fetched = self._source.fetch(None)
        assert fetched is not None  # nothing was known
        self._remember(fetched)
        self.current = _streams(self._source, fetched.data)
        self._good = True
        """Whether the content as last seen was taken."""
        self._told: set[str] = set()

    def poll(self) -> Changes:
        """Look again. Takes 0.1 s when a local file changed, and as long as an HTTP server takes to answer.

        Never raises for what is wrong with the catalog: see `Changes.error`.
        """
        try:
            fetched = self._fetch()
            if fetched is None:
                return Changes()
            self._good = False
            streams = _streams(self._source, fetched.data)
        except SettingsError as error:
            return self._problem(str(error))
        self._good = True
        self._told.clear()
        before = {stream.id: stream for stream in self.current}
        now = {stream.id: stream for stream in streams}
        self.current = streams
        return Changes(
            added=tuple(s for s in streams if s.id not in before),
            removed=tuple(s for s in before.values() if s.id not in now),
            changed=tuple(s for s in streams if s.id in before and before[s.id] != s),
        )

    def _fetch(self) -> Fetched | None:
        """What is there now, if it is other than at the last look and nobody is just writing it."""
        fetched = self._source.fetch(self._version)
        if fetched is not None:
            if isinstance(self._source, LocalSource) and not self._settled(self._source, fetched.version):
                return None
            before = self._content
            self._remember(fetched)
            if self._content != before:
                return fetched
        if self._good:
            self._told.clear()
        return None

    def _settled(self, source: LocalSource, version: Version) -> bool:
        time.sleep(SETTLE_S)
        try:
            return source.version() == version
        except OSError:
            return False

    def _remember(self, fetched: Fetched) -> None:
        self._version = fetched.version
        self._content = hashlib.blake2b(fetched.data).digest()

    def _problem(self, text: str) -> Changes:
        if text in self._told:
            return Changes()
        self._told.add(text)
        return Changes(error=f"{text}; the {len(self.current)} streams that were read before are watched on")


def _streams(source: Source, data: bytes) -> tuple[Stream, ...]:
    parse = FORMATS.get(source.suffix)
    if parse is None:
        raise SettingsError(
            f"catalog {source.shown}: its name ends in {source.suffix!r}; must be one of {', '.join(FORMATS)}"
        )
    problems: list[str] = []
    streams = check_entries(parse(data, problems), problems, source.folder)
    if not streams and not problems:
        problems.append("has no stream in it; add one")
    raise_problems(source.shown, problems)
    return streams
