"""A watch: changes of the catalog are handed on once, errors said once, bad profiles not taken; cores that nobody uses
are told."""

from __future__ import annotations

import io
import threading
import time
from pathlib import Path
from unittest.mock import MagicMock

import pytest
from rich.console import Console

from monitor import watching
from monitor.catalog import CatalogWatcher
from monitor.cluster.driver import Update
from monitor.errors import SettingsError
from monitor.settings import DEFAULT, FAST

A = '[[stream]]\nid = "a"\nurl = "tcp://h:1"\n'
B = '[[stream]]\nid = "b"\nurl = "tcp://h:2"\nprofile = "fast"\n'


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(watching, "CATALOG_POLL_S", 0.05)
    path = tmp_path / "streams.toml"
    path.write_text(A)
    return path


def taken(catalog: watching._Catalog, limit_s: float = 10.0) -> tuple[object, list[str]]:
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        wanted, notices = catalog.take()
        if wanted is not None or notices:
            return wanted, notices
        time.sleep(0.02)
    pytest.fail("nothing came of the change")


def test_changes_and_errors_are_handed_on_once(place: Path) -> None:
    catalog = watching._Catalog(CatalogWatcher(str(place)), DEFAULT)
    wanted, _ = catalog.take()
    assert [(stream.id, profile) for stream, profile in wanted or ()] == [("a", DEFAULT)]
    assert catalog.take() == (None, [])
    catalog.start()
    place.write_text(A + B)
    wanted, notices = taken(catalog)
    assert [(stream.id, profile.name) for stream, profile in wanted] == [("a", "default"), ("b", FAST.name)]  # type: ignore[attr-defined]
    assert notices == ["catalog: 1 added (b)"]
    place.write_text(A + A)
    wanted, notices = taken(catalog)
    assert wanted is None
    assert len(notices) == 1
    assert "streams.toml" in notices[0]
    catalog.end()
    catalog.join(5)
    assert catalog.take() == (None, [])


def test_a_profile_that_is_not_there_is_refused_at_the_start(place: Path) -> None:
    place.write_text(A + 'profile = "nope"\n')
    with pytest.raises(SettingsError, match="nope"):
        watching._Catalog(CatalogWatcher(str(place)), DEFAULT)


@pytest.mark.parametrize(
    ("cores", "workers", "note"),
    [(16, None, ""), (5, None, ""), (4, 2, ""), (1, 1, ""), (16, 3, "6 of 16 cores are used")],
)
def test_cores_that_too_few_workers_leave_unused_are_told(
    place: Path, monkeypatch: pytest.MonkeyPatch, cores: int, workers: int | None, note: str
) -> None:
    driver, stop, told = MagicMock(), threading.Event(), io.StringIO()
    driver().stop.return_value = Update({}, (), (), 0)
    monkeypatch.setattr(watching, "Driver", driver)
    monkeypatch.setattr(watching, "cores", lambda: cores)
    stop.set()
    watching.watch(CatalogWatcher(str(place)), DEFAULT, "results", stop, Console(file=told, width=200), workers)
    assert ("cores are used" in told.getvalue()) == bool(note)
    assert note in told.getvalue()
