"""A watch from its start to its end: catalog, driver, screen. What `jobs/watch.py` runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from rich.console import Console

from monitor.catalog import Changes
from monitor.cluster.driver import CORES_PER_WORKER, Driver, Update, workers_for
from monitor.cluster.engine import cores
from monitor.errors import SettingsError, StoreError
from monitor.records import Detection, Stream
from monitor.settings import Profile, load_profile
from monitor.terminal import WatchScreen

CATALOG_POLL_S = 2.0


class Streams(Protocol):
    """Where streams come from: a catalog that may change, or a demonstration."""

    current: tuple[Stream, ...]
    folder: Path | None
    """Where profiles that streams name are looked up."""

    def poll(self) -> Changes:
        """Look again; what changed."""
        ...


class _Catalog(threading.Thread):
    """Looks at the catalog again and again beside the driver's loop, which a slow server must not hold up."""

    def __init__(self, streams: Streams, profile: Profile) -> None:
        super().__init__(name="catalog", daemon=True)
        self._streams = streams
        self._profile = profile
        self._ended = threading.Event()
        self._error = ""
        self._lock = threading.Lock()
        self._notices: list[str] = []
        self._wanted: Sequence[tuple[Stream, Profile]] | None = self._with_profiles()

    def take(self) -> tuple[Sequence[tuple[Stream, Profile]] | None, list[str]]:
        """The streams to watch if they changed since the last call, and what there is to say."""
        with self._lock:
            wanted, self._wanted = self._wanted, None
            notices, self._notices = self._notices, []
            return wanted, notices

    def end(self) -> None:
        """Look no more."""
        self._ended.set()

    def run(self) -> None:
        """The thread."""
        while not self._ended.wait(CATALOG_POLL_S):
            changes = self._streams.poll()
            notices = [changes.error] if changes.error and changes.error != self._error else []
            self._error = changes.error or ""
            wanted = None
            if changes.added or changes.removed or changes.changed:
                try:
                    wanted = self._with_profiles()
                    notices.append(_summary(changes))
                except SettingsError as error:
                    notices.append(f"the catalog's change is not taken: {error}")
            with self._lock:
                self._notices += notices
                self._wanted = wanted if wanted is not None else self._wanted

    def _with_profiles(self) -> list[tuple[Stream, Profile]]:
        names = {stream.profile for stream in self._streams.current if stream.profile is not None}
        profiles = {name: load_profile(name, self._streams.folder) for name in names}
        return [
            (stream, self._profile if stream.profile is None else profiles[stream.profile])
            for stream in self._streams.current
        ]


def watch(
    streams: Streams,
    profile: Profile,
    results: str,
    stop: threading.Event,
    console: Console,
    workers: int | None = None,
) -> list[Detection]:
    """Watch until `stop` is set; then end cleanly, with everything written. Returns what was detected, all revisions.

    Needs a Ray cluster (`engine`). Raises SettingsError and StoreError before anything starts.
    """
    catalog = _Catalog(streams, profile)
    have = cores()
    plan = workers_for(have, workers)
    found: list[Detection] = []

    def keep(update: Update) -> None:
        found.extend(row for row in update.rows if isinstance(row, Detection))

    driver = Driver(results, plan)
    console.print(f"Watching {len(streams.current)} streams with {plan.workers} worker(s); results in {driver.place}")
    if (used := plan.workers * CORES_PER_WORKER) < have:
        console.print(
            f"{used} of {have} cores are used, {CORES_PER_WORKER} by a worker; leave --workers out to use all"
        )
    catalog.start()
    with WatchScreen(console) as screen:
        while not stop.is_set():
            wanted, notices = catalog.take()
            if wanted is not None:
                driver.set_streams(wanted)
            update = driver.turn(notices)
            keep(update)
            screen.show(update)
        catalog.end()
        began = time.monotonic()
        console.print("Ending: what is open is closed and written ...")
        update = driver.stop()
        keep(update)
        screen.show(update)
    if update.rows_waiting:
        raise StoreError(f"{update.rows_waiting} rows could not be written to {driver.place}; see the last note")
    console.print(f"Ended in {time.monotonic() - began:.1f} s; results in {driver.place}")
    return found


def _summary(changes: Changes) -> str:
    parts = []
    for what, which in (("added", changes.added), ("removed", changes.removed), ("changed", changes.changed)):
        if which:
            names = ", ".join(stream.id for stream in which[:5])
            parts.append(f"{len(which)} {what} ({names}{', ...' if len(which) > 5 else ''})")
    return f"catalog: {'; '.join(parts)}"
