"""Nothing secret of a URL may be seen; what names the stream must be."""

import string
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.media.redact import redact

SECRETS = [
    "token",
    "access_token",
    "key",
    "apiKey",
    "Signature",
    "sig",
    "password",
    "pass",
    "auth",
    "X-Amz-Security-Token",
]
SECRETS += [
    "X-Amz-Credential",
    "Policy",
    "Key-Pair-Id",
    "hdnts",
    "streamid",
    "passphrase",
    "X-Goog-Signature",
    "authToken",
]
SAFE = string.ascii_letters + string.digits + "-._~%!$'()*+,;:="


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://u:pw@h.example:8080/a/b.m3u8?x=1", "http://***@h.example:8080/a/b.m3u8?x=1"),
        ("https://h/a.m3u8?token=abc&quality=hd", "https://h/a.m3u8?token=***&quality=hd"),
        (
            "https://h/a.m3u8?quality=hd&Key-Pair-Id=K&Policy=P",
            "https://h/a.m3u8?quality=hd&Key-Pair-Id=***&Policy=***",
        ),
        ("https://h/a?hdnts=st=1~exp=2~acl=/*~hmac=ab", "https://h/a?hdnts=***"),
        ("srt://h:9000?streamid=#!::u=admin,r=live&latency=2", "srt://h:9000?streamid=***&latency=2"),
        ("rtmp://h/live/stream-key", "rtmp://h/live/stream-key"),
        ("rtsp://admin:p@ss:w0rd@10.0.0.1:554/cam", "rtsp://***@10.0.0.1:554/cam"),
        ("http://u:p/w?x#y@h/a", "http://***@h/a"),
        ("udp://@:1234", "udp://@:1234"),
        ("http://h:80/@channel/a@b.ts", "http://h:80/@channel/a@b.ts"),
        ("http://[::1]:80/@x", "http://[::1]:80/@x"),
        ("keyframe=1 monkey=2 a@b.example", "keyframe=1 monkey=2 a@b.example"),
        ("https://h/a?keyframes=2&passage=3&author=me", "https://h/a?keyframes=2&passage=3&author=me"),
    ],
)
def test_examples(url: str, shown: str) -> None:
    assert redact(url) == shown
    assert redact(f"could not open '{url} now'") == f"could not open '{shown} now'"


@given(st.text(SAFE + "@", min_size=1), st.text(SAFE, min_size=1), st.sampled_from(SECRETS), st.text(SAFE, min_size=1))
def test_no_secret_survives(user: str, password: str, name: str, value: str) -> None:
    user, password, value = f"QQ{user}QQ", f"ZZ{password}ZZ", f"XX{value}XX"
    shown = redact(f"opening https://{user}:{password}@host.example:8443/live/a.m3u8?b=1&{name}={value}&c=2 failed")
    assert shown == f"opening https://***@host.example:8443/live/a.m3u8?b=1&{name}=***&c=2 failed"
    assert redact(shown) == shown


@given(st.text(min_size=1))
def test_any_text_can_be_redacted_and_hides_quoted_passwords(password: str) -> None:
    secret = f"ZZ{quote(password, safe='')}ZZ"
    shown = redact(f"{password} https://u:{secret}@h/x?token={secret}")
    assert secret not in shown
    assert redact(shown) == shown
