from __future__ import annotations

import csv
import os
import threading
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from local_s3 import Bucket

from monitor.catalog import CatalogWatcher, Changes, read_catalog
from monitor.catalog import watcher as module
from monitor.errors import SettingsError


def toml(*ids: str, **urls: str) -> str:
    return "".join(f'[[stream]]\nid = "{i}"\nurl = "{urls.get(i, "http://h/" + i)}"\n' for i in ids)


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    path = tmp_path / "streams.toml"
    path.write_text(toml("a", "b", "c"))
    return path


def ids(changes: Changes) -> tuple[list[str], list[str], list[str]]:
    return tuple([s.id for s in part] for part in (changes.added, changes.removed, changes.changed))  # type: ignore[return-value]


def test_read_once(catalog: Path) -> None:
    assert [s.id for s in read_catalog(str(catalog))] == ["a", "b", "c"]


def test_all_problems_are_told_before_anything_starts(catalog: Path) -> None:
    catalog.write_text(toml("a", "a", "b", b="gopher://me:SECRET@h/b") + "colour = 1\n")
    with pytest.raises(SettingsError) as caught:
        read_catalog(str(catalog))
    lines = str(caught.value).split("\n")
    assert lines[0] == f"catalog {catalog}: 2 problems"
    assert "stream 2: key 'id' is 'a', as it is in stream 1" in lines[1]
    assert "stream 3 (id 'b'): key 'colour' is not known" in lines[2]
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("x.toml", "", "has no stream in it; add one"),
        ("x.csv", "id,url\n", "has no stream in it; add one"),
        ("x.yaml", "a: b", "its name ends in '.yaml'; must be one of .toml, .csv, .parquet"),
    ],
)
def test_a_catalog_without_streams(tmp_path: Path, name: str, content: str, said: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(SettingsError, match=said):
        read_catalog(str(tmp_path / name))


def test_edits_are_seen(catalog: Path) -> None:
    watcher = CatalogWatcher(str(catalog))
    assert watcher.folder == catalog.parent
    assert watcher.poll() == Changes()
    catalog.write_text(toml("d", "a", "b", b="http://h/new"))
    changes = watcher.poll()
    assert ids(changes) == (["d"], ["c"], ["b"])
    assert changes.changed[0].url == "http://h/new"
    assert changes.error is None
    assert [s.id for s in watcher.current] == ["d", "a", "b"]
    assert watcher.poll() == Changes()


def test_a_new_date_alone_is_no_change(catalog: Path) -> None:
    watcher = CatalogWatcher(str(catalog))
    os.utime(catalog, (1, 1))
    assert watcher.poll() == Changes()


@pytest.mark.parametrize("content", ["", "[[stream", toml("a", "a"), "# nothing"])
def test_a_catalog_that_goes_wrong_keeps_its_streams(catalog: Path, content: str) -> None:
    watcher = CatalogWatcher(str(catalog))
    before = watcher.current
    catalog.write_text(content)
    changes = watcher.poll()
    assert changes.error is not None
    assert str(catalog) in changes.error
    assert changes.error.endswith("the 3 streams that were read before are watched on")
    assert ids(changes) == ([], [], [])
    assert watcher.poll() == Changes()  # told once
    assert watcher.current == before
    catalog.write_text(toml("a", "b"))
    assert ids(watcher.poll()) == ([], ["c"], [])
    catalog.write_text(content)
    assert watcher.poll().error is not None  # it was good in between


def test_a_catalog_that_vanishes_and_comes_back(catalog: Path) -> None:
    watcher = CatalogWatcher(str(catalog))
    aside = catalog.with_name("aside")
    for _ in range(2):
        catalog.rename(aside)
        assert "No such file" in (watcher.poll().error or "")
        assert watcher.poll().error is None
        aside.rename(catalog)
        assert watcher.poll() == Changes()


def test_a_catalog_that_is_just_being_written_is_left_alone(catalog: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watcher = CatalogWatcher(str(catalog))
    whole = toml("a", "b", "c", "d")
    half = whole[: whole.index('[[stream]]\nid = "b"')]  # well-formed: as if three streams were gone
    catalog.write_text(half)

    def rest_comes(_: float) -> None:
        catalog.write_text(whole)

    with monkeypatch.context() as patched:
        patched.setattr(module.time, "sleep", rest_comes)
        assert watcher.poll() == Changes()
    assert ids(watcher.poll()) == (["d"], [], [])


def test_a_catalog_on_s3(bucket: Bucket) -> None:
    bucket.client.put_object(Bucket=bucket.name, Key="c.toml", Body=toml("a", "b").encode())
    watcher = CatalogWatcher(bucket.uri("c.toml"))
    assert watcher.folder is None
    bucket.client.put_object(Bucket=bucket.name, Key="c.toml", Body=toml("a", "c").encode())
    assert ids(watcher.poll()) == (["c"], ["b"], [])
    bucket.client.delete_object(Bucket=bucket.name, Key="c.toml")
    assert watcher.poll().error is not None
    assert len(watcher.current) == 2


def test_ten_thousand_streams_are_read_in_two_seconds(tmp_path: Path) -> None:
    rows = [
        {"id": f"s{i}", "url": f"https://host{i % 50}.example.org/{i}/master.m3u8?token={i}", "label.origin": "north"}
        | {"profile": "fast" if i % 2 else "", "expect.audio_tracks": i % 3 or None, "header.X-Token": str(i)}
        for i in range(10_000)
    ]
    with (tmp_path / "many.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "many.parquet")
    for name in ("many.csv", "many.parquet"):
        began = time.thread_time()  # other tests may have the cores
        streams = read_catalog(str(tmp_path / name))
        assert time.thread_time() - began < 2
        assert len(streams) == 10_000
        assert streams[5].headers == {"X-Token": "5"}
        assert streams[5].expect.audio_tracks == 2


def test_a_poll_does_not_wait_when_nothing_changed(catalog: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slept = threading.Event()
    monkeypatch.setattr(module.time, "sleep", lambda _: slept.set())
    CatalogWatcher(str(catalog)).poll()
    assert not slept.is_set()
