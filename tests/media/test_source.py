"""Files and file objects: what is opened, which tracks are watched, and why not."""

import io
import math
import threading
import traceback
from collections import Counter
from pathlib import Path
from random import random

import av
import numpy as np
import pytest
from av.stream import Disposition
from serving import Recipe, clip_bytes, make

from monitor.errors import SourceError
from monitor.media.source import Input, open_input
from monitor.records import Stream
from monitor.settings import SourceSettings

SETTINGS = SourceSettings(open_timeout_s=5, read_timeout_s=5)


def open_path(path: Path | str, rendition: str | None = None) -> Input:
    return open_input(Stream("x", str(path), rendition=rendition), SETTINGS)


def counted(source: Input) -> Counter[str]:
    return Counter(track.name for track, _, _ in source.packets())


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("clip") / "a b#c?d.mp4", languages=("eng", "fra"))


def test_a_file_by_path_and_by_url(clip: Path) -> None:
    for url in (str(clip), clip.as_uri()):
        with open_path(url) as source:
            assert [track.name for track in source.tracks] == ["video", "audio:0", "audio:1"]
            video, sound, _ = source.tracks
            assert (video.kind, video.codec, video.description) == ("video", "h264", "h264 320x180 25 fps yuv420p")
            assert (sound.kind, sound.codec, sound.description) == ("audio", "aac", "aac 48000 Hz stereo")
            assert video.time_base.denominator > 1
            assert video.start_s is not None
            assert math.isclose(video.start_s, 0, abs_tol=0.1)
            assert not source.live
            assert source.duration_s == pytest.approx(2, abs=0.1)
            assert source.description.endswith("h264 320x180 25 fps yuv420p, aac 48000 Hz stereo, aac 48000 Hz stereo")
            seen = counted(source)
            assert seen["video"] == 50
            assert seen["audio:0"] == seen["audio:1"] > 90


def test_a_file_object_is_read_and_stays_the_callers() -> None:
    held = io.BytesIO(clip_bytes("mp4"))
    with open_input(Stream("x", "s3://bucket/a.mp4"), SETTINGS, file=held) as source:
        assert not source.live
        assert counted(source)["video"] == 50
    assert not held.closed


class Breaking(io.BytesIO):
    """A file object that fails once it was read so far."""

    password = str(random())

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() > 40_000:
            raise OSError(f"connection to https://u:{self.password}@host/?token={self.password} reset")
        return super().read(size)


def test_the_error_of_a_file_object_is_the_reason_and_keeps_no_secret(capfd: pytest.CaptureFixture[str]) -> None:
    with (
        open_input(Stream("x", "s3://bucket/a.ts"), SETTINGS, file=Breaking(clip_bytes())) as source,
        pytest.raises(SourceError, match=r"^s3://bucket/a.ts: cannot be read: connection to .* reset$") as caught,
    ):
        counted(source)
    assert Breaking.password not in "".join(traceback.format_exception(caught.value))
    assert capfd.readouterr() == ("", "")


def test_what_is_no_media_is_refused_with_the_reason(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "text.mp4").write_text("no media at all\n" * 100)
    (tmp_path / "cut.mp4").write_bytes(clip_bytes("mp4")[:1000])
    (tmp_path / "empty.mp4").touch()
    for name, reason in [
        ("text.mp4", "is not media that can be read: Invalid data found when processing input"),
        ("cut.mp4", "is not media that can be read: Invalid data found when processing input"),
        ("empty.mp4", "is empty"),
        ("none.mp4", "does not exist"),
    ]:
        with pytest.raises(SourceError) as caught:
            open_path(tmp_path / name)
        assert str(caught.value) == f"{tmp_path / name}: {reason}"
        assert caught.value.__context__ is None  # FFmpeg's own error has the whole URL in it
    assert capfd.readouterr() == ("", "")


def test_picture_only_and_sound_only(tmp_path: Path) -> None:
    with open_path(make(tmp_path / "picture.mp4", languages=())) as source:
        assert set(counted(source)) == {"video"}
    with open_path(make(tmp_path / "sound.mp4", size=None)) as source:
        assert set(counted(source)) == {"audio:0"}


def test_sound_that_is_announced_but_not_there_is_watched(tmp_path: Path) -> None:
    """A multiplex names its tracks before there is anything of them; and of some there never is."""
    recipe = Recipe(tmp_path / "a.ts", languages=(None, None))
    silent = recipe.sounds.pop()
    recipe.write(2)
    recipe.close()
    assert silent.frames == 0
    with open_path(tmp_path / "a.ts") as source:
        assert [track.name for track in source.tracks] == ["video", "audio:0", "audio:1"]
        assert source.tracks[2].description == "aac without a rate"
        assert set(counted(source)) == {"video", "audio:0"}


def test_how_long_a_raw_stream_is_nobody_knows(tmp_path: Path) -> None:
    """FFmpeg guesses, by the bit rate of its beginning."""
    with open_path(make(tmp_path / "a.aac", size=None)) as source:
        assert source.duration_s is None
        assert not source.live
        assert counted(source)["audio:0"] > 80


def test_a_cover_is_no_picture(tmp_path: Path) -> None:
    def song(path: Path, sounds: tuple[None, ...]) -> Path:
        recipe = Recipe(path, size=None, languages=sounds)
        cover = recipe.container.add_stream("mjpeg")
        cover.width, cover.height, cover.pix_fmt = 64, 64, "yuvj420p"
        cover.disposition = Disposition.attached_pic
        frame = av.VideoFrame.from_ndarray(np.zeros((96, 64), np.uint8), format="yuvj420p")
        recipe.container.start_encoding()
        recipe.container.mux(cover.encode(frame))
        recipe.write(1)
        recipe.close()
        return path

    with open_path(song(tmp_path / "song.mp4", (None,))) as source:
        assert [track.name for track in source.tracks] == ["audio:0"]
        assert "not watched: mjpeg 64x64" in source.description
        assert "(cover picture)" in source.description
        assert set(counted(source)) == {"audio:0"}
    with pytest.raises(SourceError, match=r"has no picture and no sound that can be watched; there is: mjpeg 64x64"):
        open_path(song(tmp_path / "cover.mp4", ()))


def test_one_picture_of_several_in_a_file(tmp_path: Path) -> None:
    recipe = Recipe(tmp_path / "two.ts", languages=(None,))
    large = recipe.container.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
    large.width, large.height, large.pix_fmt = 640, 360, "yuv420p"
    for pts in range(25):
        frame = av.VideoFrame(640, 360, "yuv420p")
        frame.pts = pts
        recipe.container.mux(large.encode(frame))
    recipe.write(1)
    recipe.close()
    for rendition, height in [(None, 360), ("180p", 180), ("#0", 180), ("640x360", 360)]:
        with open_path(tmp_path / "two.ts", rendition) as source:
            assert f"x{height} " in source.tracks[0].description
            assert counted(source)["video"] == 25
    with pytest.raises(SourceError, match=r"two.ts: has no rendition '720p'; there is: #0 320x180.*, #1 640x360"):
        open_path(tmp_path / "two.ts", "720p")


def test_close_ends_reading_and_may_come_twice(clip: Path) -> None:
    source = open_path(clip)
    packets = source.packets()
    next(packets)
    source.close()
    source.close()
    assert list(packets) == []
    assert list(source.packets()) == []


def test_packets_are_decoded_in_another_thread_and_after_the_end(clip: Path) -> None:
    """Decoding lags behind reading on purpose: the last packets are decoded when the source is long closed."""
    source = open_path(clip)
    late: list[av.Packet] = []
    pictures = 0
    ready = threading.Semaphore(0)

    def decode() -> None:
        nonlocal pictures
        for turn in range(50):
            ready.acquire()
            pictures += len(late[turn].decode())

    thread = threading.Thread(target=decode)
    thread.start()
    for track, packet, _ in source.packets():
        if track.name == "video":
            late.append(packet)
            if len(late) > 25:
                ready.release()
    source.close()
    ready.release(25)
    thread.join(10)
    assert not thread.is_alive()
    assert pictures + len(source.tracks[0].native.codec_context.decode(None)) == 50
