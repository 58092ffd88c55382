"""What FFmpeg's filters say, where they say it, and when that can be known."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from clips import make_clip

from monitor.errors import SourceError
from monitor.lab import ffmpeg_detect as module
from monitor.lab.clean_sound import clean_sound
from monitor.lab.defects.footage import Size, read, write_sounding
from monitor.lab.ffmpeg_detect import Span, Told, ffmpeg_detect
from monitor.lab.scenes import RATE
from monitor.lab.yardsticks import Clip, probe


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    parts = [("moving", 1.0), ("black", 1.0), ("moving", 1.0), ("black", 3.0), ("moving", 1.0), ("mute", 2.4)]
    return probe(make_clip(tmp_path_factory.mktemp("told") / "a.mp4", [*parts, ("black", 2.5)]))


def rounded(told: Told, name: str) -> list[tuple[float | None, ...]]:
    """From when to when and when told, since the first picture."""
    return [
        tuple(None if t is None else round(t - told.first_s, 2) for t in (span.start_s, span.end_s, span.told_s))
        for span in told.spans[name]
    ]


def test_spans_begin_where_they_do_and_are_told_when_they_have_lasted(clip: Clip) -> None:
    told = ffmpeg_detect(clip, ["blackdetect", "freezedetect"])
    assert told.end_s - told.first_s == pytest.approx(11.9, abs=0.1)
    # 1 s of black is too short for its default of 2 s; what is black at the end has no end.
    assert rounded(told, "blackdetect") == [(3.0, 6.0, 5.0), (9.4, None, 11.4)]
    # The frame at which it has lasted 2 s is shown for another 40 ms.
    assert rounded(told, "freezedetect") == [(3.0, 6.0, 5.04), (9.4, None, 11.44)]


def test_options_are_those_of_ffmpeg(clip: Clip) -> None:
    told = ffmpeg_detect(clip, ["blackdetect=d=0.5:pix_th=0.1"])
    assert [start for start, _, _ in rounded(told, "blackdetect=d=0.5:pix_th=0.1")] == [1.0, 3.0, 9.4]


def test_sound_is_the_other_track(clip: Clip) -> None:
    told = ffmpeg_detect(clip, ["silencedetect"], track=1)
    [span] = told.spans["silencedetect"]
    assert (span.start_s - told.first_s, span.end_s) == (pytest.approx(7.0, abs=0.05), pytest.approx(9.4, abs=0.05))
    assert span.told_s == pytest.approx(9.0, abs=0.06)


def test_channels_upside_down(tmp_path: Path) -> None:
    sound = np.repeat(clean_sound("sea", 14.0, 1)[:1], 2, axis=0)
    sound[1, 4 * RATE : 8 * RATE] *= -1
    path = write_sounding(read(None, Size(128, 72, 12, 14)), tmp_path / "phase.ts", "h264", 60_000, sound, "ac3")
    text = "aphasemeter=video=0:phasing=1:duration=1"
    told = ffmpeg_detect(probe(path), [text], track=1)
    assert rounded(told, text) == [
        (pytest.approx(4.0, abs=0.1), pytest.approx(8.0, abs=0.1), pytest.approx(5, abs=0.2))
    ]


Said = dict[str, float]


@pytest.mark.parametrize(
    ("said", "spans"),
    [
        ([{"start": 1.0}, {}, {"end": 4.0}], [Span(1.0, 4.0, 1.0)]),
        ([{}, {}, {"start": 1.0, "end": 3.0}], [Span(1.0, 3.0, 3.0)]),
        ([{"start": 1.0}, {}, {"end": 3.0, "start": 3.0}], [Span(1.0, 3.0, 1.0), Span(3.0, None, 3.0)]),
        ([{"start": 1.0}, {}, {"start": 3.0}], [Span(1.0, 3.0, 1.0), Span(3.0, None, 3.0)]),
        ([{}, {"end": 2.0}], []),
    ],
    ids=["apart", "both at once", "one after the other", "another graph knows nothing of what is open", "no start"],
)
def test_spans_are_put_together(said: list[Said], spans: list[Span]) -> None:
    listener = module._Listener("x_", 0.0)
    for n, each in enumerate(said):
        frame = SimpleNamespace(metadata={f"x_{key}": str(value) for key, value in each.items()})
        listener.hear(frame, n + 1.0)  # type: ignore[arg-type]
    assert listener.spans(9.0) == spans


def test_what_cannot_be_filtered_is_an_error_of_the_source(clip: Clip, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SourceError, match=r"a\.mp4: FFmpeg's filters do not take it"):
        ffmpeg_detect(clip, ["blackdetect=no_such_option=1"])
    with pytest.raises(SourceError, match=r"gone\.mp4: cannot be read"):
        ffmpeg_detect(dataclasses.replace(clip, path=Path("gone.mp4")), ["blackdetect"])
    monkeypatch.setattr(module, "decoded", lambda _: iter(()))
    with pytest.raises(SourceError, match="nothing of it can be decoded"):
        ffmpeg_detect(clip, ["blackdetect"])
