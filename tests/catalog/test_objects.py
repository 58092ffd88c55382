from __future__ import annotations

import pytest
from local_s3 import Bucket

from monitor.catalog.objects import list_media, locate, open_object
from monitor.errors import SettingsError, SourceError


def with_credentials(uri: str, credentials: str) -> str:
    return uri.replace("s3://", f"s3://{credentials}@")


def test_an_object_reads_like_a_file(bucket: Bucket) -> None:
    content = bytes(range(256)) * 40_000  # more than is read ahead
    bucket.client.put_object(Bucket=bucket.name, Key="a clip?.mp4", Body=content)
    with open_object(bucket.uri("a%20clip%3F.mp4")) as file:
        assert file.seekable()
        assert file.read(5) == content[:5]
        file.seek(9_000_001)
        assert file.read(100) == content[9_000_001:9_000_101]
        assert file.seek(-3, 2) == len(content) - 3
        assert file.read() == content[-3:]
        assert file.read(1) == b""


def test_a_missing_object_is_named(bucket: Bucket) -> None:
    with pytest.raises(SourceError, match=f"s3://{bucket.name}/none.mp4.*cannot be opened"):
        open_object(bucket.uri("none.mp4"))


def test_media_below_a_prefix(bucket: Bucket) -> None:
    for key in ("m/a.mp4", "m/deep/b b.TS", "m/notes.txt", "m/list.m3u8", "masters/c.mkv", "odd.name"):
        bucket.client.put_object(Bucket=bucket.name, Key=key, Body=b"x")

    def listed(pattern: str) -> list[str]:
        return list_media(bucket.uri(pattern))

    both = [bucket.uri("m/a.mp4"), bucket.uri("m/deep/b%20b.TS")]
    assert listed("m/") == listed("m") == both
    assert listed("m*") == [*both, bucket.uri("masters/c.mkv")]
    assert listed("m/*.mp4") == both[:1]
    assert listed("m/?.mp4") == both[:1]
    assert listed("mast") == [bucket.uri("masters/c.mkv")]
    assert len(listed("")) == 3
    assert listed("odd.name") == [bucket.uri("odd.name")]
    with open_object(both[1]) as file:
        assert file.read() == b"x"
    with pytest.raises(SettingsError, match="no media object"):
        listed("nothing/")
    with pytest.raises(SettingsError, match=r"no media object|cannot be listed"):
        list_media(bucket.uri().replace(bucket.name, "no-such-bucket"))


@pytest.mark.parametrize("password", ["SECRETKEY", "SEC%2FRETKEY", "SEC/RETKEY", "SEC@RETKEY"])
def test_credentials_in_a_uri_work_and_are_never_shown(bucket: Bucket, password: str) -> None:
    bucket.client.put_object(Bucket=bucket.name, Key="a.mp4", Body=b"x")
    uri = with_credentials(bucket.uri("a.mp4"), f"KEYID:{password}")
    with open_object(uri) as file:
        assert file.read() == b"x"
    assert list_media(uri) == [uri]
    for call in (open_object, list_media):
        with pytest.raises((SourceError, SettingsError)) as caught:
            call(with_credentials(bucket.uri("none.mp4"), f"KEYID:{password}"))
        shown = f"{caught.value!r} {caught.value.__cause__!r} {locate(uri)!r}"
        assert "RET" not in shown
        assert "KEYID" not in shown
    answer = OSError("Access Denied: the key SEC/RETKEY of KEYID, or SEC%2FRETKEY,\n is unknown")
    location = locate("s3://KEYID:SEC%2FRETKEY@b/a.mp4?endpoint_override=127.0.0.1:9")
    assert location.reason(answer) == "Access Denied: the key *** of ***, or ***, is unknown"


@pytest.mark.parametrize("uri", ["s3://", "s3:///x", "s3://KEYID:SECRETKEY@b/x?bogus=1", "s3://KEYID:SECRETKEY@b c/x"])
def test_a_uri_that_cannot_be_used_is_refused(uri: str) -> None:
    with pytest.raises(SettingsError, match="cannot be used") as caught:
        locate(uri)
    assert "SECRET" not in str(caught.value)
    assert "KEYID" not in str(caught.value)
