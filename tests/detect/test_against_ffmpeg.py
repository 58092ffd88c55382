"""FFmpeg's own detectors, inside the PyAV wheel, say the same of real clips under the same thresholds.

Where ours differ on purpose (bars, credits, one channel, still content, key frames), tests beside each detector show
the case.
"""

from __future__ import annotations

import math
from pathlib import Path

import av
import pytest

from monitor.lab.ffmpeg_detect import ffmpeg_detect
from monitor.lab.yardsticks import probe
from monitor.recorded import scan
from monitor.records import Detection, Stream
from monitor.settings import (
    BlackSettings,
    FreezeSettings,
    Profile,
    SilenceSettings,
    SolidColorSettings,
    TestPatternSettings,
)

Span = tuple[float, float]
BLACK_D, FREEZE_D, SILENCE_D = 0.1, 0.5, 0.3
LIKE_FFMPEG = Profile(
    name="like-ffmpeg",
    black=BlackSettings(min_duration_s=BLACK_D, clear_s=0.0, max_lit_ratio=1.0, ignore_bars=False, max_chroma=255),
    freeze=FreezeSettings(
        min_duration_s=FREEZE_D, clear_s=0.0, max_moving=255, max_drift=255, min_window=1, ignore_key_frames=False
    ),
    silence=SilenceSettings(min_duration_s=SILENCE_D, clear_s=0.0),
    test_pattern=TestPatternSettings(min_contrast=255),
    solid_color=SolidColorSettings(max_spread=0, max_gradient=0),
)


def ours(path: Path, kind: str) -> list[Span]:
    done = scan(Stream(id=path.name, url=str(path)), LIKE_FFMPEG, lambda _: None, lambda *_: None)
    spans = [
        (row.start_s, math.inf if row.end_s is None else row.end_s)
        for row in done.rows
        if isinstance(row, Detection) and row.kind == kind
    ]
    return sorted(spans)


def theirs(path: Path, kind: str, wanted: str) -> list[Span]:
    """Intervals that FFmpeg's filter tells, in seconds from the earliest pts of the file."""
    told = ffmpeg_detect(probe(path), [wanted], track=1 if kind == "silence" else 0)
    with av.open(str(path), metadata_errors="replace") as source:
        origins = [
            s.start_time * s.time_base
            for s in source.streams
            if s.type in ("video", "audio") and s.start_time is not None
        ]
    origin = float(min(origins, default=0))
    return [(s.start_s - origin, math.inf if s.end_s is None else s.end_s - origin) for s in told.spans[wanted]]


def agree(mine: list[Span], other: list[Span], within: float, until: float) -> None:
    assert len(mine) == len(other), f"ours {mine}\ntheirs {other}"
    for (a, b), (c, d) in zip(mine, other, strict=True):
        assert abs(a - c) <= within, f"ours {mine}\ntheirs {other}"
        # What is open at the end has no end in FFmpeg; ours ends with the track, which may be shorter than the file.
        assert abs(b - d) <= within or (d == math.inf and b >= until), f"ours {mine}\ntheirs {other}"


BLACK_CLIPS = ["sintel_trailer_480p.mp4", "bbb_open_30s_720p.webm", "silent_black_10s.mp4", "nasa_dark_13s.mp4"]
FREEZE_CLIPS = ["bbb_5s_two_audio.mp4", "chrome_ad_fastcuts.mp4", "bottles_static_cam.mp4", "nasa_dark_13s.mp4"]
SILENCE_CLIPS = [
    "sintel_trailer_480p.mp4",
    "flower_silent_track.mp4",
    "webcam_quiet_19s.flv",
    "smpte_bars_tone.mp4",
    "bbb_5s_two_audio.mp4",
]


@pytest.mark.parametrize("clip", BLACK_CLIPS)
def test_black_to_a_frame(media: Path, clip: str) -> None:
    path = media / clip
    other = theirs(path, "black", f"blackdetect=d={BLACK_D}")
    agree(ours(path, "black"), other, within=1.5 / 24, until=seconds(path))


@pytest.mark.parametrize("clip", FREEZE_CLIPS)
def test_freeze_to_a_frame(media: Path, clip: str) -> None:
    path = media / clip
    other = theirs(path, "freeze", f"freezedetect=n=-60dB:d={FREEZE_D}")
    agree(ours(path, "freeze"), other, within=1.5 / 24, until=seconds(path))


@pytest.mark.parametrize("clip", SILENCE_CLIPS)
def test_silence_to_20_ms(media: Path, clip: str) -> None:
    path = media / clip
    other = theirs(path, "silence", f"silencedetect=n=-60dB:d={SILENCE_D}")
    agree(list(ours(path, "silence")), other, within=0.02, until=seconds(path))


def seconds(path: Path) -> float:
    """The end of a file, less what one track may be shorter than another."""
    with av.open(str(path), metadata_errors="replace") as source:
        return float(source.duration or 0) / av.time_base - 0.3
