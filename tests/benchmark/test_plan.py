"""What is measured: given clips as they are, or clips made for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from monitor.benchmark import plan as module
from monitor.benchmark.plan import Plan, run
from monitor.errors import SettingsError
from monitor.lab.yardsticks import Clip


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"seconds": 0.0}, "--seconds 0: must be from 0.5"),
        ({"seconds": float("nan")}, "--seconds nan"),
        ({"seconds": 1e6}, "to 86400"),
        ({"rounds": 0}, "--rounds 0: must be from 1"),
        ({"ffmpeg_rounds": -1}, "--ffmpeg-rounds -1: must be from 0"),
        ({"streams": -1}, "--streams -1: must be from 0"),
        ({"matrix": True, "media": (Path("a"), Path("b"))}, "name one file"),
    ],
)
def test_what_cannot_be_is_refused_with_the_rule(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        Plan(**wrong)


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Clip, float]]:
    """Clips that would be measured, with how much of them; no time is spent on it."""
    found: list[tuple[Clip, float]] = []

    def measure(clips: list[Clip], rounds: int, ffmpeg_rounds: int, limit_s: float, tell: object) -> list[object]:
        found.extend((clip, limit_s) for clip in clips)
        return []

    monkeypatch.setattr(module, "measure", measure)
    monkeypatch.setattr(module, "kernel_times", lambda clip: [(clip.width, clip.height)])
    return found


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Where clips would be made, and of what."""
    found: list[Path] = []

    def make_clip(path: Path, codec: str, w: int, h: int, fps: int, seconds: float, source: Path | None) -> Clip:
        assert path.parent.is_dir()
        assert (fps, source) == (30, None)
        found.append(path)
        return Clip(path, codec, w, h, seconds, (0,))

    monkeypatch.setattr(module, "make_clip", make_clip)
    monkeypatch.setattr(module, "probe", lambda clip: clip)
    return found


def test_given_clips_are_measured_as_they_are(clip: Clip, measured: list[tuple[Clip, float]]) -> None:
    report = run(Plan(media=(clip.path, clip.path), seconds=3), lambda _: None)
    assert measured == [(clip, 3.0)] * 2
    assert report.kernels == [(160, 96)]
    assert (report.stages, report.crowds, report.notes) == ([], [], [])


def test_the_matrix_has_every_codec_in_every_size(made: list[Path], measured: list[tuple[Clip, float]]) -> None:
    report = run(Plan(matrix=True, seconds=2.0), lambda _: None)
    codecs, heights = {"h264", "hevc", "av1", "mpeg2video"}, {480, 720, 1080, 2160}
    assert {(clip.codec, clip.height) for clip, _ in measured} == {(c, h) for c in codecs for h in heights}
    assert {clip.fps for clip, _ in measured} == {2.0}
    assert len(report.kernels) == 4
    assert len(set(made)) == 16
    assert not made[0].parent.exists()
    assert "lab scenes" in report.notes[0]


def test_without_clips_three_are_made(made: list[Path], measured: list[tuple[Clip, float]]) -> None:
    run(Plan(), lambda _: None)
    assert [(clip.codec, clip.height, clip.fps) for clip, _ in measured] == [
        ("h264", 480, 10.0),
        ("h264", 720, 10.0),
        ("h264", 1080, 10.0),
    ]


def test_the_stages_and_the_crowd_where_they_are_wanted(clip: Clip, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[object, ...]] = []
    monkeypatch.setattr(module, "measure", lambda *_: [])
    monkeypatch.setattr(module, "kernel_times", lambda _: [])
    monkeypatch.setattr(module, "stages", lambda *a: asked.append(a) or ["stage"])
    monkeypatch.setattr(module, "crowd", lambda *a: asked.append(a) or "crowd")
    report = run(Plan(media=(clip.path,), rounds=9, streams=6, profile=True, seconds=1), lambda _: None)
    assert asked == [(clip, 9, 1), (clip, 6, 5, 1)]
    assert (report.stages, report.crowds) == (["stage"], ["crowd"])


def test_why_filters_were_not_measured_is_noted(clip: Clip, monkeypatch: pytest.MonkeyPatch) -> None:
    class Row:
        note = "small.ts: FFmpeg's filters do not take it"

    monkeypatch.setattr(module, "measure", lambda *_: [Row()])
    monkeypatch.setattr(module, "kernel_times", lambda _: [])
    report = run(Plan(media=(clip.path,)), lambda _: None)
    assert report.notes == ["not measured: small.ts: FFmpeg's filters do not take it"]


def test_a_file_that_is_no_clip_is_refused_before_anything_is_measured(
    clip: Clip, measured: list[tuple[Clip, float]], tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match="is a folder"):
        run(Plan(media=(clip.path, tmp_path)), lambda _: None)
    assert measured == []
