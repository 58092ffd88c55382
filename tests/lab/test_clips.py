"""Made clips are what they say they are, as plain PyAV reads them."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from clips import make_clip as make_parts

from monitor.errors import SettingsError
from monitor.lab.clips import ENCODINGS, SIZES, bit_rate, make_clip, suffix


def lumas(path: Path) -> list[float]:
    """Mean luma of every picture."""
    with av.open(str(path)) as container:
        return [float(frame.to_ndarray()[: frame.height].mean()) for frame in container.decode(video=0)]


@pytest.mark.parametrize("codec", ENCODINGS)
def test_every_codec_gives_pictures_and_sound_of_one_length(codec: str, tmp_path: Path) -> None:
    path = make_clip(tmp_path / f"clip{suffix(codec)}", codec, 160, 96, 10, 1.0)
    with av.open(str(path)) as container:
        picture, sound = container.streams.video[0], container.streams.audio[0]
        assert picture.codec_context.codec.canonical_name == codec
        assert (picture.width, picture.height, picture.pix_fmt) == (160, 96, "yuv420p")
        assert float(picture.average_rate or 0) == pytest.approx(10)
        assert (sound.codec_context.name, sound.rate, sound.layout.name) == ("aac", 48000, "stereo")
        played = sum(f.samples for f in container.decode(sound))
    assert played / 48000 == pytest.approx(1.0, abs=0.1)
    found = lumas(path)
    assert len(found) == 10
    assert min(found) > 40


def test_key_frames_are_at_most_two_seconds_apart(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "clip.ts", "h264", 160, 96, 5, 7.0)
    with av.open(str(path)) as container:
        keys = [n for n, frame in enumerate(container.decode(video=0)) if frame.key_frame]
    # The encoder puts some at cuts too.
    assert keys[0] == 0
    assert max(b - a for a, b in pairwise([*keys, 35])) == 10


def test_a_source_is_scaled_shown_at_the_rate_and_begun_again(tmp_path: Path) -> None:
    source = make_parts(tmp_path / "source.mp4", [("black", 0.4), ("moving", 0.4)])
    path = make_clip(tmp_path / "clip.ts", "h264", 160, 96, 50, 1.6, source)
    dark = np.array(lumas(path)) < 40
    # Twice the source's rate, and twice through it: 0.4 s of black, 0.4 s of moving pictures, and so again.
    assert len(dark) == 80
    assert dark[0]
    assert np.flatnonzero(np.diff(dark))[:3].tolist() == pytest.approx([19, 39, 59], abs=2)


def test_sound_is_of_the_source_or_of_a_scene_where_it_has_none(tmp_path: Path) -> None:
    def peak(path: Path) -> float:
        with av.open(str(path)) as container:
            return max(float(np.abs(frame.to_ndarray()).max()) for frame in container.decode(audio=0))

    mute = make_parts(tmp_path / "mute.mp4", [("mute", 0.5)])
    picture = make_parts(tmp_path / "picture.mp4", [("moving", 0.5)], sound=False)
    assert peak(make_clip(tmp_path / "a.ts", "h264", 160, 96, 10, 0.8, mute)) == 0
    assert peak(make_clip(tmp_path / "b.ts", "h264", 160, 96, 10, 0.8, picture)) > 0.05


def test_sound_that_cannot_be_decoded_is_refused(tmp_path: Path) -> None:
    source = make_parts(tmp_path / "sound.mp4", [("moving", 0.5)])
    with av.open(str(source)) as container:
        blocks = [(packet.pos, packet.size) for packet in container.demux(audio=0) if packet.size]
    with source.open("r+b") as file:
        for at, size in blocks:
            file.seek(at)
            file.write(b"\xff" * size)
    with pytest.raises(SettingsError, match=r"sound\.mp4: its sound cannot be decoded: .*; give another file"):
        make_clip(tmp_path / "a.ts", "h264", 160, 96, 10, 0.8, source)


def test_bit_rates_are_the_usual_ones_and_go_with_size_rate_and_codec() -> None:
    assert bit_rate("h264", *SIZES["1080p"], 30) == 5_000_000
    assert bit_rate("h264", *SIZES["720p"], 30) == 3_000_000
    assert bit_rate("hevc", *SIZES["1080p"], 30) == 3_000_000
    assert 3_000_000 < bit_rate("h264", 1600, 900, 30) < 5_000_000
    assert bit_rate("h264", 427, 240, 30) == pytest.approx(1.5e6 / 4, rel=0.01)
    assert bit_rate("h264", *SIZES["1080p"], 120) == 10_000_000


@pytest.mark.parametrize(
    ("codec", "width", "source", "said"),
    [
        ("vp6", 160, None, "choose from h264, hevc"),
        ("h264", 161, None, "161x96.*must be even"),
        ("h264", 160, "text", "of .*text.txt: .*give another file"),
        ("h264", 160, "sound", "holds no picture"),
        ("h264", 160, "gone", "gone.mp4.*give another file"),
    ],
)
def test_what_cannot_be_made_is_refused(codec: str, width: int, source: str | None, said: str, tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("no clip\n")
    sources = {
        "text": text,
        "gone": tmp_path / "gone.mp4",
        "sound": make_parts(tmp_path / "sound.mp4", [("moving", 0.2)], picture=False),
    }
    with pytest.raises(SettingsError, match=said):
        make_clip(tmp_path / "clip.ts", codec, width, 96, 10, 0.2, None if source is None else sources[source])
