"""The second generator keeps its promise: pixels and samples are wrong where the truth says so, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from second_clips import FPS, FRAMES, HEIGHT, RATE, SECONDS, WIDTH, clip_of, db, decoded_sound, made_of

from monitor.errors import SettingsError
from monitor.lab.second import BY, PICTURE_KINDS, SOUND_KINDS, make
from monitor.lab.second.pictures import Clip, Made, Picture
from monitor.lab.second.source import read
from monitor.lab.second.stream import decoded
from monitor.lab.truth import STRENGTHS, read_case

# What the whole programme wears in some variants (logo, bars, ticker) is outside the middle.
DRESSED = {"black", "freeze", "solid_color"}


def seen_part(kind: str, picture: Picture) -> Picture:
    luma = picture[:HEIGHT]
    if kind not in DRESSED:
        return luma
    return luma[HEIGHT // 4 : HEIGHT * 3 // 4, WIDTH // 4 : WIDTH * 3 // 4]


def differs(kind: str, clip: Clip, made: Made, at: int) -> float:
    pair = (seen_part(kind, frames[at]).astype(np.int16) for frames in (clip.frames, made.frames))
    return float(np.abs(np.subtract(*pair)).mean())


def fading(made: Made, at: int) -> bool:
    """Black may have a fade of up to 8 frames on both sides of it."""
    spans = [event.span for event in made.events if event.unit == "luma"]
    return any(span.start - 8 <= at < span.end + 8 for span in spans)


@pytest.mark.parametrize("kind", PICTURE_KINDS)
def test_wrong_from_the_first_frame_of_the_truth_to_the_last(kind: str, clean: Clip, evenly_lit: Clip) -> None:
    clean = evenly_lit if kind == "levels" else clean
    strengths = ("middle",) if kind in ("block_corruption", "blockiness") else STRENGTHS
    tried = [made_of(clean, kind, strength, seed) for strength in strengths for seed in range(2)]
    assert sum(made is not None for made in tried) >= len(tried) // 2
    for made in filter(None, tried):
        inside = {at for event in made.events for at in event.span.frames}
        for at in range(FRAMES):
            if at not in inside and not fading(made, at):
                assert differs(kind, clean, made, at) == 0, f"frame {at}"
        for event in made.events:
            assert differs(kind, clean, made, event.span.start) > 0.2
            assert differs(kind, clean, made, event.span.end - 1) > 0.2
            assert np.mean([differs(kind, clean, made, at) for at in event.span.frames]) > 0.3
            assert 0 < event.area <= 1
            assert event.unit


@pytest.mark.parametrize(("kind", "suffix", "seed"), [("black", ".ts", 2), ("tearing", ".mp4", 8)])
def test_the_file_shows_its_truth(kind: str, suffix: str, seed: int, source: Path, tmp_path: Path) -> None:
    out = tmp_path / f"clip{suffix}"
    case = make(kind, "strong", source, out, seed, width=WIDTH, height=HEIGHT, seconds=SECONDS)
    assert read_case(out) == case
    assert (case.kind, case.by, case.made_from) == (kind, BY, source.name)
    clip = read(source, WIDTH, HEIGHT, FPS, FRAMES, np.random.default_rng(0))
    lumas = decoded(out.read_bytes(), FPS)
    assert sorted(lumas) == list(range(FRAMES))
    wrong = [np.abs(lumas[at].astype(np.int16) - clip.luma(at)).mean() for at in range(FRAMES)]
    for truth in case.truths:
        start, end = round(truth.start_s * FPS), round(truth.end_s * FPS)
        assert min(wrong[start], wrong[end - 1]) > 1.5 * max(wrong[start - 10], wrong[end + 10])
    with av.open(str(out)) as container:
        assert container.streams.video[0].codec_context.name == ("hevc" if seed == 8 else "h264")
        assert container.streams.audio[0].codec_context.name == "aac"
        assert sum(1 for packet in container.demux(video=0) if packet.is_keyframe) >= SECONDS // 2


def test_the_file_sounds_as_its_truth_says(media: Path, tmp_path: Path) -> None:
    out = tmp_path / "clip.ts"
    case = make("silence", "strong", media / "friday_bw_film_talk.mp4", out, 5)
    assert read_case(out) == case
    heard = decoded_sound(out.read_bytes())
    assert len(case.truths) == 2
    assert not case.slight
    for truth in case.truths:
        start, end = round(truth.start_s * RATE), round(truth.end_s * RATE)
        assert db(heard[:, start + 2400 : end - 2400]) < -85
        assert min(db(heard[:, start - RATE : start]), db(heard[:, end : end + RATE])) > -45
    with av.open(str(out)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.width, stream.codec_context.height) == (128, 72)
        assert sum(1 for _ in container.decode(stream)) == 20 * 25


def test_sources_without_sound_are_refused_for_sound_alone(media: Path, tmp_path: Path) -> None:
    for kind in SOUND_KINDS:
        with pytest.raises(SettingsError, match=r"static_cam\.mp4 does not suit: it has no sound; take"):
            make(kind, "strong", media / "bottles_static_cam.mp4", tmp_path / "clip.ts", 0)


@pytest.mark.parametrize("kind", ["snow", "block_corruption", "click"])
def test_the_same_arguments_give_the_same_file(kind: str, source: Path, media: Path, tmp_path: Path) -> None:
    clip = source if kind in PICTURE_KINDS else media / "friday_bw_film_talk.mp4"
    files = [tmp_path / "one.ts", tmp_path / "two.ts"]
    for out in files:
        make(kind, "middle", clip, out, 4, width=WIDTH, height=HEIGHT, seconds=SECONDS)
    assert files[0].read_bytes() == files[1].read_bytes()


@pytest.mark.parametrize(
    "kind", sorted(set(PICTURE_KINDS) - {"snow", "noise", "solid_color", "test_pattern", "flashing"})
)
def test_a_source_in_which_it_would_not_be_seen_is_refused(kind: str) -> None:
    assert made_of(clip_of(np.full((HEIGHT, WIDTH), 16)), kind, "strong", 0) is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "rain"}, "kind 'rain'"),
        ({"strength": "huge"}, "strength 'huge'"),
        ({"seed": -1}, "seed -1"),
        ({"width": 191}, "width 191"),
        ({"height": 32}, "height 32"),
        ({"fps": 5}, "fps 5"),
        ({"seconds": 7.0}, "seconds 7.0"),
        ({"seconds": float("nan")}, "seconds nan"),
        ({"kind": "loudness", "seconds": 13.9}, "seconds 13.9: an event with clean time around takes 14.0"),
        ({"out": Path("clip.avi")}, "suffix '.avi'"),
        ({"source": Path("nowhere.mp4")}, "nowhere.mp4: cannot be read"),
    ],
)
def test_bad_arguments_are_named(change: dict[str, object], message: str, source: Path, tmp_path: Path) -> None:
    out = tmp_path / "clip.ts"
    given: dict[str, object] = {"kind": "black", "strength": "weak", "source": source, "out": out, "seed": 1}
    options: dict[str, object] = {"width": WIDTH, "height": HEIGHT, "seconds": SECONDS}
    for name, value in change.items():
        (given if name in given else options)[name] = value
    with pytest.raises(SettingsError, match=message):
        make(**given, **options)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())
