"""Recorded files: what is in them is found, and what is wrong with them is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from clips import make_clip

from monitor.errors import SettingsError, SourceError
from monitor.lab.defects.absent import without_sound
from monitor.recorded import Scanned, find_media, prints_of, scan
from monitor.records import Coverage, Detection, Event, Readings, Stream
from monitor.settings import DEFAULT, FAST, Profile


def scanned(path: Path, profile: Profile = FAST) -> tuple[Scanned, list[Readings]]:
    readings: list[Readings] = []
    done = scan(Stream(id=path.name, url=str(path)), profile, readings.extend, lambda *_: None)
    return done, readings


def detections(done: Scanned) -> list[Detection]:
    return sorted((row for row in done.rows if isinstance(row, Detection)), key=lambda d: d.start_s)


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    parts = [("moving", 2.0), ("black", 2.0), ("moving", 2.0), ("still", 2.0), ("moving", 2.0), ("mute", 2.0)]
    parts += [("moving", 2.0), ("right_mute", 2.0), ("moving", 1.0)]
    return make_clip(tmp_path_factory.mktemp("clips") / "faulty.mp4", parts)


def test_what_is_in_it_is_found_where_it_is(faulty: Path) -> None:
    done, readings = scanned(faulty)
    found = [(d.kind, d.track, round(d.start_s), round(d.end_s or -1)) for d in detections(done)]
    assert found == [
        ("black", "video", 2, 4),
        ("freeze", "video", 6, 8),
        ("silence", "audio:0", 10, 12),
        ("channel_loss", "audio:0:FR", 14, 16),
    ]
    # The encoder goes on refining a picture that has stopped: a freeze begins when that is done.
    for detection, start, within in zip(detections(done), (2, 6, 10, 14), (0.05, 0.5, 0.05, 0.05), strict=True):
        assert detection.start_s == pytest.approx(start, abs=within)
        assert detection.end_s == pytest.approx(start + 2, abs=0.07)
        assert detection.start_at is None
    assert sum(len(r) for r in readings if r.track == "video") == 17 * 25
    assert done.problem == done.note == ""


def test_sound_that_goes_and_comes_back_and_goes_for_good_is_lost_twice(faulty: Path, tmp_path: Path) -> None:
    without_sound(faulty, tmp_path / "holes.mp4", [(0.0, 0.3), (7.0, 9.0), (14.0, 17.5)])
    found = [d for d in detections(scanned(tmp_path / "holes.mp4")[0]) if d.kind == "track_loss"]
    assert [(d.track, d.severity) for d in found] == [("audio:0", "major")] * 2
    assert [(d.start_s, d.end_s) for d in found] == [
        (pytest.approx(7.0, abs=0.03), pytest.approx(9.0, abs=0.03)),
        (pytest.approx(14.0, abs=0.03), pytest.approx(17.0, abs=0.03)),
    ]


def test_coverage_adds_up_to_its_length(faulty: Path) -> None:
    done, _ = scanned(faulty)
    rows = [row for row in done.rows if isinstance(row, Coverage)]
    assert sum(row.seconds for row in rows) == pytest.approx(17.0, abs=0.1)
    assert all(row.watched for row in rows)


def test_the_default_profile_leaves_short_ones_alone(faulty: Path) -> None:
    assert detections(scanned(faulty, DEFAULT)[0]) == []


@pytest.mark.parametrize(("sound", "picture", "note"), [(False, True, "no sound"), (True, False, "no picture")])
def test_one_track_only_is_noted_and_measured(tmp_path: Path, sound: bool, picture: bool, note: str) -> None:
    done, readings = scanned(make_clip(tmp_path / "one.mp4", [("moving", 2.0)], sound, picture))
    assert (done.note, done.problem) == (note, "")
    assert readings
    assert done.media_s == pytest.approx(2.0, abs=0.1)


def test_a_truncated_file_is_said_to_be(faulty: Path, tmp_path: Path) -> None:
    whole = make_clip(tmp_path / "whole.mkv", [("moving", 10.0)])
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    done, _ = scanned(cut)
    assert "truncated" in done.problem
    gap = [row for row in done.rows if isinstance(row, Coverage) and not row.watched]
    assert [row.reason for row in gap] == ["truncated"]
    assert sum(row.seconds for row in done.rows if isinstance(row, Coverage)) == pytest.approx(10.0, abs=0.1)


@pytest.mark.parametrize("content", [None, b"", b"not media at all" * 100])
def test_what_cannot_be_read_is_named_with_its_reason(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "bad.mp4"
    if content is not None:
        path.write_bytes(content)
    done, readings = scanned(path)
    assert "bad.mp4" in done.problem
    assert done.media_s == 0
    assert readings == []
    assert detections(done) == []


STILL_DARK_OR_SILENT = [
    "bbb_open_30s_720p.webm",
    "sintel_trailer_480p.mp4",
    "friday_bw_film_talk.mp4",
    "frog_handheld.mp4",
    "flower_silent_track.mp4",
    "nasa_dark_13s.mp4",
    "webcam_quiet_19s.flv",
    "chaplin_pillarbox_grain.mp4",
    "driving_30s.webm",
    "chrome_ad_fastcuts.mp4",
    "screencast_vfr_still.mkv",
    "cast_talk_720p.ts",
    "face_then_animation_vfr.mov",
    "count_hand_vfr.mp4",
    "bbb_5s_two_audio.mp4",
    "screen_pdf_scroll.264",
    "bottles_static_cam.mp4",
]


@pytest.mark.parametrize("clip", STILL_DARK_OR_SILENT)
def test_what_is_rightly_still_dark_or_silent_raises_nothing(media: Path, clip: str) -> None:
    done, _ = scanned(media / clip, DEFAULT)
    assert [d for d in detections(done) if d.severity not in ("info", "minor")] == []
    assert done.problem == ""
    assert done.media_s > 0


def test_colour_bars_are_told_once_though_a_count_runs_in_them(media: Path) -> None:
    """A person sees SMPTE bars from the first frame to the last, with a running number in a box."""
    (bars,) = (d for d in detections(scanned(media / "smpte_bars_tone.mp4", DEFAULT)[0]) if d.severity == "major")
    assert (bars.kind, bars.confidence) == ("test_pattern", 0.95)
    assert (bars.start_s, bars.end_s) == (pytest.approx(0, abs=0.1), pytest.approx(10.0, abs=0.1))


def test_black_frozen_and_silent_is_black_and_silent_once_each(media: Path) -> None:
    found = detections(scanned(media / "silent_black_10s.mp4", DEFAULT)[0])
    assert sorted(d.kind for d in found) == ["black", "silence"]
    assert all(d.start_s == pytest.approx(0, abs=0.05) and d.end_s == pytest.approx(10, abs=0.1) for d in found)


def test_single_gaps_in_natural_sound_are_dropouts(media: Path) -> None:
    done, _ = scanned(media / "driving_30s.webm", DEFAULT)
    [gaps] = detections(done)
    assert (gaps.kind, gaps.severity) == ("dropout", "minor")
    assert (gaps.start_s, gaps.end_s) == (pytest.approx(11.06, abs=0.1), pytest.approx(14.42, abs=0.1))
    assert 8 <= gaps.evidence["strongest"] <= 25


def test_a_stream_that_breaks_in_its_middle_is_a_decode_error(media: Path) -> None:
    found = detections(scanned(media / "decode_error_vp9.webm", FAST)[0])
    assert "decode_error" in {d.kind for d in found}


def test_a_damaged_picture_stays_damaged_until_it_is_coded_anew(media: Path) -> None:
    """A person sees a test picture whose lower edge falls to pieces at 2.9 s, and stays so to the end at 5 s."""
    found = detections(scanned(media / "corrupted_frame.mp4", DEFAULT)[0])
    (damage,) = (d for d in found if d.kind == "block_corruption")
    assert (damage.start_s, damage.end_s) == (pytest.approx(2.9, abs=0.15), pytest.approx(5.0, abs=0.1))
    assert damage.severity == "major"
    assert 0.08 <= damage.evidence["area"] <= 0.35
    assert damage.evidence["bottom"] == 1.0


def test_a_background_that_flickers_only_just_breaks_the_rule(media: Path) -> None:
    """A person sees stop motion: a laptop before a blurred forest that changes from picture to picture, so that a third
    of it lights up and darkens four to five times a second from 10.5 to 13.6 s."""
    found = detections(scanned(media / "chrome_ad_fastcuts.mp4", DEFAULT)[0])
    flicker = next(d for d in found if d.kind == "flashing")
    assert flicker.severity == "minor"
    assert (flicker.start_s, flicker.end_s) == (pytest.approx(10.5, abs=0.3), pytest.approx(13.6, abs=0.3))


def test_what_is_too_short_to_be_compared_says_so(tmp_path: Path, media: Path) -> None:
    clip = make_clip(tmp_path / "short.mp4", [("moving", 3.0)])
    reference = prints_of(Stream("r", str(clip)), FAST)
    short = scan(Stream("s", str(clip)), FAST, lambda _: None, lambda *_: None, reference)
    said = [row for row in short.rows if isinstance(row, Event) and row.kind in ("compared", "not_compared")]
    assert [(row.kind, row.detail[:9]) for row in said] == [("not_compared", "too short")]
    url = str(media / "webcam_quiet_19s.flv")
    long = scan(Stream("s", url), FAST, lambda _: None, lambda *_: None, prints_of(Stream("r", url), FAST))
    said = [row for row in long.rows if isinstance(row, Event) and row.kind in ("compared", "not_compared")]
    assert [row.kind for row in said] == ["compared", "compared"], "at 15 s, and at its end"
    with pytest.raises(SourceError):
        prints_of(Stream("r", str(tmp_path / "nothing.mp4")), FAST)


def test_media_is_found_in_folders_and_globs(tmp_path: Path) -> None:
    for name in ("b.mp4", "a.ts", "notes.txt", "sub/c.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    everything = [stream.url for stream in find_media([str(tmp_path)])]
    assert everything == [str(tmp_path / name) for name in ("a.ts", "b.mp4", "sub/c.wav")]
    assert [s.id for s in find_media([f"{tmp_path}/*.mp4", str(tmp_path / "b.mp4")])] == [str(tmp_path / "b.mp4")]
    with pytest.raises(SettingsError, match="matches no file"):
        find_media([f"{tmp_path}/*.mxf"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(SettingsError, match="no media file"):
        find_media([str(tmp_path / "empty")])
