from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from local_s3 import Bucket

from monitor.errors import StoreError
from monitor.store.place import find_place


def test_a_file_in_a_folder_replaces_itself(tmp_path: Path) -> None:
    place = find_place(str(tmp_path / "new" / "results"))
    place.probe()
    place.put("a/b/c.parquet", pa.py_buffer(b"first"))
    place.put("a/b/c.parquet", pa.py_buffer(b"second"))
    files = [p for p in tmp_path.rglob("*") if p.is_file()]
    assert files == [tmp_path / "new/results/a/b/c.parquet"]
    assert files[0].read_bytes() == b"second"


def test_a_file_uri_is_a_folder(tmp_path: Path) -> None:
    assert find_place(f"file://{tmp_path}/a%20b").root == f"{tmp_path}/a b"


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    place = find_place(str(tmp_path / "file" / "results"))
    with pytest.raises(StoreError, match=r"results .*file/results: cannot be written: .*; give a folder"):
        place.probe()
    with pytest.raises(StoreError, match=r"x\.parquet cannot be written"):
        place.put("x.parquet", pa.py_buffer(b"x"))
    with pytest.raises(StoreError, match="cannot be written"):
        find_place("/proc/results").probe()


def test_what_fails_leaves_nothing_half(tmp_path: Path) -> None:
    place = find_place(str(tmp_path))
    (tmp_path / "x.parquet").mkdir()
    (tmp_path / "x.parquet" / "in the way").write_bytes(b"")
    with pytest.raises(StoreError):
        place.put("x.parquet", pa.py_buffer(b"x"))
    assert [p.name for p in tmp_path.iterdir()] == ["x.parquet"]


def test_an_object_is_one_put(bucket: Bucket) -> None:
    place = find_place(bucket.uri("deep/results"))
    place.probe()
    assert bucket.keys() == []
    place.put("a/b.parquet", pa.py_buffer(b"content"))
    stored = bucket.client.get_object(Bucket=bucket.name, Key="deep/results/a/b.parquet")
    assert stored["Body"].read() == b"content"
    assert "-" not in stored["ETag"]  # that of a multipart upload ends in -1


def test_the_server_may_be_named_by_the_environment(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{bucket.server}")
    place = find_place(f"s3://{bucket.name}/results")
    place.probe()
    place.put("x", pa.py_buffer(b"x"))
    assert bucket.keys() == ["results/x"]


def test_a_bucket_that_is_not_there_is_not_made(bucket: Bucket) -> None:
    place = find_place(bucket.uri("x").replace("s3://", "s3://KEYID:SECRETKEY@").replace(bucket.name, "another"))
    with pytest.raises(
        StoreError, match=r"results s3://\*\*\*@another/x.* cannot be written: .*; give an existing"
    ) as e:
        place.probe()
    assert "SECRET" not in str(e.value)
    assert "KEYID" not in str(e.value)
    assert e.value.__cause__ is None


@pytest.mark.parametrize("uri", ["gs://me:SECRETKEY@bucket/x", "s3://KEYID:SECRETKEY@bucket/x?bogus=1"])
def test_a_place_that_cannot_be_used(uri: str) -> None:
    with pytest.raises(StoreError, match=r"results .*(not supported|cannot be used)") as caught:
        find_place(uri)
    assert "SECRET" not in str(caught.value)
