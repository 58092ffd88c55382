"""A clip is watched as it is, in its own time, and what is told comes with the moment of telling."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import pytest
from clips import make_clip

from monitor.errors import SourceError
from monitor.recorded import scan
from monitor.records import Detection, Stream
from monitor.scoring import watched as module
from monitor.scoring.watched import YARDSTICKS, watch, watch_ffmpeg
from monitor.settings import DEFAULT, FAST

BLACK_AT, STILL_AT = (2.0, 4.4), (6.4, 9.4)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    parts = [("moving", 2.0), ("black", 2.4), ("moving", 2.0), ("still", 3.0), ("moving", 2.0), ("mute", 2.0)]
    folder = tmp_path_factory.mktemp("watched")
    return later(make_clip(folder / "early.ts", parts), folder / "a.ts", 7.0)


def later(clip: Path, out: Path, seconds: float) -> Path:
    """The same clip with timestamps that begin later, as those of a stream do."""
    with av.open(str(clip)) as source, av.open(str(out), "w") as container:
        tracks = {track.index: container.add_stream_from_template(track) for track in source.streams}
        for packet in source.demux():
            if packet.dts is not None and packet.pts is not None:
                ticks = round(seconds / packet.time_base)
                packet.pts, packet.dts = packet.pts + ticks, packet.dts + ticks
                packet.stream = tracks[packet.stream_index]
                container.mux(packet)
    return out


def test_it_is_found_where_it_is_since_the_first_picture(clip: Path) -> None:
    done = watch(clip, FAST)
    assert (done.fps, done.media_s) == (25.0, pytest.approx(13.4, abs=0.1))
    black, freeze, silence = done.found
    assert black.kind == "black"
    assert (black.start_s, black.end_s) == pytest.approx(BLACK_AT)
    # The encoder goes on refining a picture that has stopped: a freeze begins when that is done.
    assert (freeze.kind, freeze.start_s) == ("freeze", pytest.approx(STILL_AT[0], abs=0.5))
    assert freeze.end_s == pytest.approx(STILL_AT[1], abs=0.01)
    assert (silence.kind, silence.start_s) == ("silence", pytest.approx(11.4, abs=0.1))
    assert (black.severity, black.area) == ("minor", None)


def test_small_steps_find_what_a_scan_finds(clip: Path) -> None:
    rows = scan(Stream(id=clip.name, url=str(clip)), FAST, lambda _: None, lambda *_: None).rows
    scanned = sorted((row.start_s, row.end_s) for row in rows if isinstance(row, Detection))
    seen = [(each.start_s, each.end_s) for each in watch(clip, FAST).found]
    # A scan's time begins with the sound, which may be a little earlier than the picture.
    apart = [scanned[n][i] - seen[n][i] for n in range(len(seen)) for i in (0, 1)]  # type: ignore[operator]
    assert len(scanned) == len(seen)
    assert apart == pytest.approx([apart[0]] * len(apart))
    assert 0 <= apart[0] < 0.1


def test_it_is_told_when_it_has_lasted_and_the_decoder_has_let_it_go(clip: Path) -> None:
    black = watch(clip, FAST).found[0]
    least_s = FAST.black.min_duration_s
    # A picture more, up to eight packets, and what the decoder holds.
    assert BLACK_AT[0] + least_s <= black.told_s <= BLACK_AT[0] + least_s + 0.35


def test_the_first_telling_counts(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A detection is told when it opens and again when it closes."""
    few = watch(clip, FAST).found
    monkeypatch.setattr(module, "PACKETS_AT_A_TIME", 10_000)
    at_once = watch(clip, FAST).found
    assert [(each.start_s, each.end_s) for each in few] == [(each.start_s, each.end_s) for each in at_once]
    assert all(each.told_s == pytest.approx(13.4, abs=0.1) for each in at_once)
    assert all(each.told_s < (each.end_s or 99) for each in few)


def test_the_area_is_the_evidence_of_the_last_telling() -> None:
    def detection(revision: int, area: float) -> Detection:
        named = ("x", revision, "s", "black", "video", 3.0, 4.0, None, None, "minor", 1.0)
        return Detection(*named, {"area": area}, "black@1")  # type: ignore[arg-type]

    watching = module._Watching(25.0, first_s=1.0, first_pts_s=0.0, last_pts_s=3.5)
    watching.take(module.Outcome(detections=[detection(0, 0.1)]))
    watching.last_pts_s = 9.0
    watching.take(module.Outcome(detections=[detection(1, 0.4)]))
    [each] = watching.found()
    assert (each.start_s, each.end_s, each.told_s, each.area) == (2.0, 3.0, pytest.approx(3.54), 0.4)
    assert each.severity == "minor"


def test_ffmpeg_finds_the_same_in_the_same_time(clip: Path) -> None:
    done = watch_ffmpeg(clip, ("black", "freeze"), FAST)
    assert (done.fps, done.media_s) == (25.0, pytest.approx(13.4, abs=0.1))
    black = next(each for each in done.found if each.kind == "black")
    assert (black.start_s, black.end_s) == pytest.approx(BLACK_AT, abs=1e-3)
    assert black.told_s == pytest.approx(BLACK_AT[0] + 2.0, abs=0.05)
    # Black is still, too; that is not told apart.
    assert {each.kind for each in done.found} == {"black", "freeze"}
    assert {each.kind for each in watch_ffmpeg(clip, ("black",), FAST).found} == {"black"}
    assert set(YARDSTICKS) == {"black", "freeze", "phase", "silence"}


def test_ffmpeg_hears_silence_for_as_long_as_the_profile_asks(clip: Path, tmp_path: Path) -> None:
    black, silence = watch_ffmpeg(clip, ("silence", "black"), FAST).found
    assert (black.kind, silence.kind) == ("black", "silence")
    assert silence.start_s == pytest.approx(11.4, abs=0.1)
    assert silence.told_s == pytest.approx(11.4 + FAST.silence.min_duration_s, abs=0.1)
    # 2 s are not enough for the other profile.
    assert DEFAULT.silence.min_duration_s > 2
    assert [each.kind for each in watch_ffmpeg(clip, ("silence",), DEFAULT).found] == []
    mute = make_clip(tmp_path / "mute.mp4", [("moving", 1.0)], sound=False)
    assert watch_ffmpeg(mute, ("silence",), FAST).found == ()


def test_what_cannot_be_read_is_an_error_of_the_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = tmp_path / "a.mp4"
    text.write_text("no clip")
    with pytest.raises(SourceError, match="not media"):
        watch(text, FAST)

    def nothing(_: object) -> Iterator[object]:
        return iter(())

    whole = make_clip(tmp_path / "b.mp4", [("moving", 0.2)])
    monkeypatch.setattr("monitor.media.source.Input.packets", nothing)
    with pytest.raises(SourceError, match="nothing of it can be decoded"):
        watch(whole, FAST)
