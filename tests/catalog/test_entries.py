from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from monitor.catalog.entries import MAX_PROBLEMS, Written, check_entries, raise_problems
from monitor.errors import SettingsError
from monitor.records import Expectation, Stream

GOOD = {"id": "news", "url": "https://example.org/news.m3u8"}


def check(*entries: dict[str, Any], folder: Path | None = None) -> tuple[tuple[Stream, ...], list[str]]:
    problems: list[str] = []
    numbered = [Written(f"stream {number}", keys) for number, keys in enumerate(entries, 1)]
    return check_entries(numbered, problems, folder), problems


def problem(**keys: Any) -> str:
    streams, problems = check(GOOD | keys)
    assert streams == ()
    assert len(problems) == 1, problems
    assert "\n" not in problems[0]
    return problems[0]


def test_a_full_entry() -> None:
    [stream], problems = check(
        GOOD
        | {
            "labels": {"origin": "north"},
            "profile": "fast",
            "rendition": "720p",
            "group": "news",
            "headers": {"X-Token": "t"},
            "user_agent": "watch/1",
            "expect": {"video": False, "audio_tracks": 2},
        }
    )
    assert problems == []
    assert stream == Stream(
        id="news",
        url="https://example.org/news.m3u8",
        labels={"origin": "north"},
        profile="fast",
        rendition="720p",
        group="news",
        headers={"X-Token": "t"},
        user_agent="watch/1",
        expect=Expectation(video=False, audio=True, audio_tracks=2),
    )


def test_defaults_are_those_of_the_record() -> None:
    assert check(GOOD)[0] == (Stream(**GOOD),)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"colour": "red"}, "stream 1 (id 'news'): key 'colour' is not known; take it out or correct its spelling"),
        ({"id": ""}, "key 'id' is ''"),
        ({"id": "x" * 201}, "at most 200 characters"),
        ({"id": "a\tb"}, "key 'id' is 'a\\tb': Value error, must be printable"),
        ({"id": " a"}, "no space around it"),
        ({"id": 5}, "key 'id' is 5"),
        ({"url": "gopher://host/x"}, "key 'url': url 'gopher://host/x' has the scheme 'gopher'; must be one of"),
        ({"url": "/srv/a.mp4"}, "has no scheme"),
        ({"url": "http://host/a\nb"}, "must have no control characters"),
        ({"headers": {"X": "a\r\nHost: b"}}, "must have no control characters"),
        ({"headers": {"X Y": "a"}}, "should match pattern"),
        ({"user_agent": "a\x00"}, "must have no control characters"),
        ({"profile": "loud"}, "key 'profile': settings 'loud': neither a built-in profile (default, fast) nor a file"),
        ({"expect": {"audio": "loud"}}, "key 'expect.audio' is 'loud'"),
        ({"expect": {"audio_tracks": -1}}, "key 'expect.audio_tracks' is -1"),
        ({"expect": {"audio": False, "audio_tracks": 1}}, "leave one out"),
        ({"expect": {"audio_tracks": 0}}, "write audio = false"),
        ({"expect": {"smell": True}}, "key 'expect.smell' is not known"),
    ],
)
def test_what_is_refused(keys: dict[str, Any], said: str) -> None:
    assert said in problem(**keys)


def test_a_missing_url() -> None:
    assert check({"id": "news"})[1] == ["stream 1 (id 'news'): key 'url' is missing; add it"]
    assert check({})[1] == ["stream 1: key 'id' is missing; add it; key 'url' is missing; add it"]


@pytest.mark.parametrize(
    "keys",
    [
        {"url": "gopher://me:SECRET@host/x?token=SECRET"},
        {"url": "http://me:SECRET@host/x\t"},
        {"url": ["http://me:SECRET@host"]},
        {"url": "http://me:SECRET@host:port/x"},
        {"headers": {"X-Token": 12345}},
        {"headers": {"X-Token": "SECRET\n"}},
        {"headers": {"X Token SECRE": "SECRET"}},
        {"headers": "SECRET"},
        {"password": "SECRET"},
    ],
)
def test_credentials_are_not_told(keys: dict[str, Any]) -> None:
    said = problem(**keys)
    assert "SECRET" not in said
    assert "12345" not in said


def test_a_reference_is_another_entry() -> None:
    edge = {"id": "edge", "url": "https://example.org/edge.m3u8", "reference": "news"}
    streams, problems = check(edge, GOOD)
    assert problems == []
    assert [stream.reference for stream in streams] == ["news", None]
    _, problems = check(GOOD, edge | {"reference": "nws"})
    assert problems == [
        "stream 2 (id 'edge'): key 'reference' is 'nws', which is the id of no entry; correct it, or add that stream"
    ]
    _, problems = check(GOOD | {"reference": "news"})
    assert "is its own id" in problems[0]


def test_an_id_only_once() -> None:
    _, problems = check(GOOD, {"id": "b", "url": "http://h/b"}, GOOD)
    assert problems == ["stream 3: key 'id' is 'news', as it is in stream 1; give each stream its own id"]


def test_profiles_lie_beside_the_catalog(tmp_path: Path) -> None:
    (tmp_path / "calm.toml").write_text("[black]\nmin_duration_s = 9.0\n")
    (tmp_path / "wrong.toml").write_text("[black]\nmin_duration_s = -1\n")
    assert check(GOOD | {"profile": "calm.toml"}, folder=tmp_path)[1] == []
    _, problems = check(GOOD | {"profile": "wrong.toml"}, {**GOOD, "id": "b", "profile": "wrong.toml"}, folder=tmp_path)
    assert len(problems) == 1
    assert "min_duration_s" in problems[0]


def test_all_problems_at_once_but_not_too_many() -> None:
    raise_problems("x.toml", [])
    with pytest.raises(SettingsError, match=r"^catalog x.toml: only$"):
        raise_problems("x.toml", ["only"])
    with pytest.raises(SettingsError) as caught:
        raise_problems("x.toml", [f"p{i}" for i in range(25)])
    lines = str(caught.value).split("\n")
    assert lines[0] == "catalog x.toml: 25 problems"
    assert lines[1] == "  p0"
    assert lines[-1] == "  ... and 5 more"
    assert len(lines) == MAX_PROBLEMS + 2
