"""Recorded sound of every kind, from file to detections: layouts, rates, formats, and what is wrong with tracks."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from numpy.typing import NDArray

from monitor.recorded import Scanned, scan
from monitor.records import Detection, Event, Readings, Reason, Stream
from monitor.settings import FAST

FROM_S, UNTIL_S, LASTS_S = 4.0, 7.0, 10.0
BLOCK = 1024


def programme(channels: int, rate: int) -> NDArray[np.float32]:
    """Ten seconds of noise that swells, the same in part in all channels; quiet enough for every coder."""
    rng = np.random.default_rng(5)
    n = round(LASTS_S * rate)
    swell = 0.05 + 0.03 * np.sin(2 * np.pi * 0.7 * np.arange(n) / rate)
    common, own = rng.normal(0, 1, n), rng.normal(0, 1, (channels, n))
    return np.asarray(swell * (0.8 * common + 0.4 * own), np.float32)


def recorded(
    path: Path, samples: NDArray[np.float32], layout: str, rate: int, codec: str, form: str, start_s: float = 0.0
) -> Path:
    """One sound track, as this codec and sample format have it."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, layout=layout)
        assert isinstance(stream, AudioStream)
        stream.codec_context.format = form
        resampler = av.AudioResampler(form, layout, rate)
        for at in range(0, samples.shape[1], BLOCK):
            # Packed: with 8 channels apart PyAV runs past the end of its list.
            packed = np.ascontiguousarray(samples[:, at : at + BLOCK].T.reshape(1, -1))
            frame = AudioFrame.from_ndarray(packed, "flt", layout)
            frame.sample_rate, frame.pts, frame.time_base = rate, at + round(start_s * rate), Fraction(1, rate)
            for converted in resampler.resample(frame):
                container.mux(stream.encode(converted))
        container.mux(stream.encode(None))
    return path


def watched(path: Path) -> tuple[Scanned, list[Readings]]:
    rows: list[Readings] = []
    return scan(Stream(id="s", url=str(path)), FAST, rows.extend, lambda *_: None), rows


def told(scanned: Scanned) -> list[tuple[str, str, float, float]]:
    found = [row for row in scanned.rows if isinstance(row, Detection) and row.kind != "loudness"]
    return sorted((d.kind, d.track, round(d.start_s, 1), round(d.end_s or -1, 1)) for d in found)


UNUSUAL = [
    ("mono", 8000, "pcm_u8", "u8"),
    ("mono", 8000, "pcm_mulaw", "s16"),
    ("stereo", 11025, "pcm_s16le", "s16"),
    ("stereo", 22050, "pcm_f32le", "flt"),
    ("stereo", 44100, "pcm_s24le", "s32"),
    ("stereo", 48000, "flac", "s32"),
    ("5.1", 48000, "ac3", "fltp"),
    ("5.1(side)", 48000, "pcm_s16le", "s16"),
    ("7.1", 96000, "pcm_s32le", "s32"),
    ("7.1", 48000, "flac", "s16"),
    ("stereo", 192000, "pcm_f64le", "dbl"),
    ("quad", 32000, "pcm_s16le", "s16"),
]


@pytest.mark.parametrize(("layout", "rate", "codec", "form"), UNUSUAL, ids=lambda part: str(part))
def test_silence_is_found_in_every_layout_rate_and_format(
    layout: str, rate: int, codec: str, form: str, tmp_path: Path
) -> None:
    samples = programme(av.AudioLayout(layout).nb_channels, rate)
    samples[:, round(FROM_S * rate) : round(UNTIL_S * rate)] = 0
    if form == "u8":
        samples *= 3  # As loud as 8 bits need.
    suffix = "wav" if codec.startswith("pcm") else "mkv"
    scanned, rows = watched(recorded(tmp_path / f"a.{suffix}", samples, layout, rate, codec, form))
    assert not scanned.problem
    assert told(scanned) == [("silence", "audio:0", FROM_S, UNTIL_S)]
    assert {len(row.channels) for row in rows} == {len(samples)}
    whole = np.concatenate([row.reason for row in rows])
    assert (whole[:-1] == Reason.MEASURED).all()


@pytest.mark.parametrize(("layout", "lost"), [("stereo", "FR"), ("5.1", "FL"), ("7.1", "FR")])
def test_a_lost_channel_is_named_in_every_layout(layout: str, lost: str, tmp_path: Path) -> None:
    names = [channel.name for channel in av.AudioLayout(layout).channels]
    samples = programme(len(names), 48000)
    samples[names.index(lost), round(FROM_S * 48000) : round(UNTIL_S * 48000)] = 0
    scanned, _ = watched(recorded(tmp_path / "a.mkv", samples, layout, 48000, "flac", "s16"))
    assert told(scanned) == [("channel_loss", f"audio:0:{lost}", FROM_S, UNTIL_S)]


def test_what_is_no_number_is_not_measured_and_ends_nothing(tmp_path: Path) -> None:
    samples = programme(2, 48000)
    samples[0, 48000:48010], samples[1, 2 * 48000 : 2 * 48000 + 5] = np.nan, np.inf
    samples[:, round(FROM_S * 48000) : round(UNTIL_S * 48000)] = 0
    samples[0, 5 * 48000] = -np.inf
    scanned, rows = watched(recorded(tmp_path / "a.mkv", samples, "stereo", 48000, "pcm_f32le", "flt"))
    found = told(scanned)
    assert [each for each in found if each[0] != "decode_error"] == [("silence", "audio:0", FROM_S, UNTIL_S)]
    assert [start_s for kind, _, start_s, _ in found if kind == "decode_error"] == [1.0, 2.0, 5.0]
    reason, level = (
        np.concatenate([row.reason if name == "reason" else row.values[name] for row in rows])
        for name in ("reason", "rms_dbfs")
    )
    assert np.flatnonzero(reason == Reason.CORRUPT).tolist() == [10, 20, 50]
    assert np.isnan(level[[10, 20, 50]]).all()
    assert not np.isnan(np.delete(level, [10, 20, 50], axis=0)).any()


def test_a_track_of_what_is_no_number_is_told(tmp_path: Path) -> None:
    samples = np.full((2, 10 * 48000), np.nan, np.float32)
    scanned, rows = watched(recorded(tmp_path / "a.wav", samples, "stereo", 48000, "pcm_f32le", "flt"))
    assert told(scanned) == [("decode_error", "audio:0", 0.0, 9.9)]
    assert {int(reason) for row in rows for reason in row.reason} == {Reason.CORRUPT}


def beside_pictures(path: Path, sound_s: tuple[float, float] | None) -> Path:
    """Ten seconds of moving pictures with stereo sound from a second to another; None: a track with nothing in it."""
    rng = np.random.default_rng(2)
    scene = np.kron(rng.integers(16, 235, (6, 42), dtype=np.uint8), np.ones((15, 12), np.uint8))
    with av.open(str(path), "w") as container:
        picture = container.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        picture.width, picture.height, picture.pix_fmt = 160, 90, "yuv420p"
        sound = container.add_stream("aac", rate=48000, layout="stereo")
        samples = programme(2, 48000)
        first, last = (0, 0) if sound_s is None else (round(t * 48000) for t in sound_s)
        at = first
        for n in range(250):
            whole = np.full((135, 160), 128, np.uint8)
            whole[:90] = scene[:, n : n + 160]
            frame = av.VideoFrame.from_ndarray(whole, "yuv420p")
            frame.pts, frame.time_base = n, Fraction(1, 25)
            container.mux(picture.encode(frame))
            while at < last and at / 48000 <= n / 25:
                block = AudioFrame.from_ndarray(np.ascontiguousarray(samples[:, at : at + BLOCK]), "fltp", "stereo")
                block.sample_rate, block.pts, block.time_base = 48000, at, Fraction(1, 48000)
                container.mux(sound.encode(block))
                at += BLOCK
        container.mux(picture.encode(None))
        container.mux(sound.encode(None))
    return path


@pytest.mark.parametrize("suffix", [".mp4", ".ts", ".mkv"])
def test_sound_that_begins_late_or_ends_early(suffix: str, tmp_path: Path) -> None:
    late, _ = watched(beside_pictures(tmp_path / f"late{suffix}", (3.0, 10.0)))
    assert ("av_sync", "audio:0") in {each[:2] for each in told(late)}
    (apart,) = [d for d in late.rows if isinstance(d, Detection) and d.kind == "av_sync"]
    assert apart.evidence["apart_s"] == pytest.approx(3.0, abs=0.1)
    assert apart.severity == "minor"
    early, rows = watched(beside_pictures(tmp_path / f"early{suffix}", (0.0, 6.0)))
    assert told(early) == [("track_loss", "audio:0", 6.0, 10.0)]
    ends = [row.t_s[-1] + row.duration_s[-1] for row in rows if row.track == "audio:0"]
    assert max(ends) == pytest.approx(6.0, abs=0.1)


def test_a_track_with_nothing_in_it(tmp_path: Path) -> None:
    scanned, rows = watched(beside_pictures(tmp_path / "a.mkv", None))
    assert not scanned.problem
    assert {row.track for row in rows} == {"video"}
    assert told(scanned) == [("track_loss", "audio:0", 0.0, 10.0)]
    announced, rows = watched(beside_pictures(tmp_path / "a.ts", None))
    assert {row.track for row in rows} == {"video"}
    assert [each[:2] for each in told(announced)] == [("track_loss", "audio:0")], "of which only its name came"


def test_a_layout_that_changes_in_mid_stream(tmp_path: Path) -> None:
    """Mono, stereo and 5.1 one after the other in one transport stream."""
    parts = []
    for k, layout in enumerate(("mono", "stereo", "5.1")):
        samples = programme(av.AudioLayout(layout).nb_channels, 48000)
        path = recorded(tmp_path / f"{k}.ts", samples, layout, 48000, "ac3", "fltp", k * LASTS_S)
        parts.append(path.read_bytes())
    (tmp_path / "all.ts").write_bytes(b"".join(parts))
    scanned, rows = watched(tmp_path / "all.ts")
    changes = [row for row in scanned.rows if isinstance(row, Event) and row.kind == "format_change"]
    assert next(len(row.channels) for row in rows if row.track == "audio:0") == 1
    assert {len(row.channels) for row in rows} == {1, 2, 6}
    assert [event.t_s for event in changes] == pytest.approx([10.0, 20.0], abs=0.2)
    kinds = {each[0] for each in told(scanned)}
    assert kinds == {"format_change"}, kinds
    assert sum(float(row.duration_s.sum()) for row in rows) == pytest.approx(30, abs=0.3)
    assert not any(math.isnan(row.t_s[0]) for row in rows)
