"""Packets to frames, sound and events: on real clips, on jumps, on changes, at every depth."""

from __future__ import annotations

import gc
import io
import math
import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from footage import FPS, RATE, Played, Recipe, make, play, scene, steps, thinned, tone, tracks_of

from monitor.media import decode
from monitor.media.decode import Decoder
from monitor.media.source import TimedPacket, Track
from monitor.media.timeline import Timeline
from monitor.records import Depth, Event, Frame, FrameBatch

NOW = 1_790_000_000.0
X265 = {"preset": "ultrafast", "x265-params": "keyint=25:log-level=none"}
MPEG = {"g": "12", "bf": "2"}
BOTH = Recipe(sound="aac", start_s=10.0)
RGB = Recipe(1.0, codec="libx264rgb", pixel_format="rgb24", sound="aac")


@pytest.fixture(scope="module")
def both() -> bytes:
    """4 s of picture and sound in a transport stream that starts at 10 s."""
    return make(BOTH)


# Real clips

CLIPS = {
    "cast_talk_720p.ts": (299, "1280x720 yuv420p 8-bit limited sar 1:1 29.97 fps h264", "44100 Hz stereo fltp aac"),
    "screencast_vfr_still.mkv": (745, "1920x1080 yuv420p 8-bit limited sar 1:1 30.303 fps h264", None),
    "count_hand_vfr.mp4": (245, "640x480 yuv420p 8-bit limited sar 1:1 9.963 fps h264", None),
    "face_then_animation_vfr.mov": (169, "960x540 yuv420p 8-bit limited 26.398 fps hevc", "44100 Hz stereo fltp aac"),
    "webcam_quiet_19s.flv": (569, "640x360 yuv420p 8-bit limited 30.303 fps h264", "44100 Hz stereo fltp aac"),
    "av_sync_sweep_beep.webm": (1503, "640x480 yuv420p 8-bit limited 60 fps vp9", "48000 Hz stereo fltp opus"),
    "screen_pdf_scroll.264": (50, "1024x768 yuv420p 8-bit limited 25 fps h264", None),
    "siti_fall_hlg.mov": (5, "1920x1080 yuv420p10le 10-bit limited 30 fps hevc", None),
    "siti_noise.y4m": (3, "320x240 yuv420p 8-bit limited 25 fps rawvideo", None),
}


@pytest.mark.parametrize("name", CLIPS)
def test_real_clips_are_whole_and_do_not_jump(name: str, media: Path) -> None:
    frames, picture, sound = CLIPS[name]
    played = play(media / name, pixels=False)
    assert len(played.frames) == frames
    told = [(e.track, e.detail) for e in played.events if e.kind != "interleaving"]
    assert sorted(told) == sorted([("video", picture), *([("audio:0", sound)] if sound else [])])
    assert played.timeline.epoch == 0
    assert min(played.times + played.sound_times) == pytest.approx(0, abs=0.03)
    assert min(steps(played.times)) > 0
    assert all(frame.duration > 0 for frame in played.frames)


def test_a_track_that_lies_behind_is_told_once_a_second(media: Path) -> None:
    told: list[Event] = []
    for behind_s in (0, 3):
        container = av.open(str(media / "cast_talk_720p.ts"))
        tracks = tracks_of(container)
        packets = [(track, packet) for packet in container.demux() for track in tracks if packet.stream is track.native]
        packets = [(track, packet) for track, packet in packets if packet.dts is not None][:900]
        # Pictures come so much before the sound of their time.
        packets.sort(key=lambda each: each[1].dts * each[1].time_base + behind_s * (each[0].kind == "audio"))
        decoder = Decoder("s", tracks, "key", None)
        assert told == []
        told += [
            item
            for item in decoder.decode((track, packet, math.nan) for track, packet in packets)
            if isinstance(item, Event) and item.kind == "interleaving"
        ]
        decoder.close()
        container.close()
    assert {event.track for event in told} == {"audio:0"}
    assert max(event.value for event in told) == pytest.approx(3.0, abs=0.3)
    assert all(b.t_s - a.t_s >= 1 for a, b in pairwise(told))


def test_a_stream_without_timestamps_counts_them(media: Path) -> None:
    played = play(media / "screen_pdf_scroll.264", pixels=False)
    assert steps(played.times) == pytest.approx([1 / 25] * 49)


def test_frames_are_those_of_pyav(media: Path) -> None:
    clip = media / "friday_bw_film_talk.mp4"
    frames = play(clip).frames
    with av.open(str(clip)) as container:
        for ours, theirs in zip(frames, container.decode(video=0), strict=True):
            flat = np.concatenate([plane.ravel() for plane in ours.planes])
            assert (ours.pts, ours.key) == (theirs.pts, theirs.key_frame)
            assert ours.coded == theirs.pict_type in (1, 2, 3)
            np.testing.assert_array_equal(flat, theirs.to_ndarray().ravel())


def test_a_hole_in_a_playlist_is_a_jump(media: Path) -> None:
    (jump,) = play(media / "hls_gap" / "playlist.m3u8", pixels=False).of("timestamp_jump")
    assert (jump.value, jump.t_s) == (pytest.approx(4.004, abs=0.01), pytest.approx(12.012, abs=0.02))
    assert jump.detail == "expected 16.116 s, got 20.120 s"


@pytest.mark.parametrize("at", [1, 7, 10_000])
@pytest.mark.parametrize(("start_s", "value"), [(10.0, -4.0), (500.0, 486.0), (2.0, -12.0)])
def test_a_jump_is_one_event_and_time_goes_on(both: bytes, start_s: float, value: float, at: int) -> None:
    played = play(both + make(replace(BOTH, start_s=start_s)), at=at)
    (jump,) = played.of("timestamp_jump")
    assert jump.value == pytest.approx(value, abs=0.15)
    assert jump.t_s == pytest.approx(4.0, abs=0.15)
    assert jump.epoch == played.timeline.epoch == 1
    assert len(played.frames) == 200
    assert steps(played.times) == pytest.approx([0.04] * 199, abs=0.001)
    assert max(abs(step - 1024 / RATE) for step in steps(played.sound_times)) < 0.1
    offset = played.times[0] - played.sound_times[0]
    after = [b.epoch for b in played.blocks].index(1)
    assert played.times[100] - played.sound_times[after] == pytest.approx(offset, abs=1e-3)


def test_every_epoch_begins_without_a_previous_frame(both: bytes) -> None:
    batches = play(both * 3).batches
    assert [batch.epoch for batch in batches] == sorted(batch.epoch for batch in batches)
    last: dict[int, Frame] = {}
    for batch in batches:
        assert batch.previous is last.get(batch.epoch)
        last[batch.epoch] = batch.frames[-1]
    assert set(last) == {0, 1, 2}


def test_the_wrap_of_33_bits_is_no_jump() -> None:
    played = play(make(Recipe(6.0, sound="aac", start_s=2**33 / 90_000 - 3)))
    assert played.of("timestamp_jump") == []
    assert steps(played.times) == pytest.approx([0.04] * 149, abs=1e-4)
    assert played.times[-1] == pytest.approx(6 - 0.04, abs=0.1)


def test_the_second_wrap_is_no_jump_either() -> None:
    """FFmpeg lets it through, 26.5 hours after the start: timestamps fall back by 2**33."""

    def wrapped(packets: Iterable[TimedPacket]) -> Iterator[TimedPacket]:
        for track, packet, at in packets:
            if packet.pts >= 12 * 90_000:
                packet.pts -= 2**33
            if packet.dts >= 12 * 90_000:
                packet.dts -= 2**33
            yield track, packet, at

    played = play(make(BOTH), changed=wrapped)
    assert played.of("timestamp_jump") == []
    assert steps(played.times) == pytest.approx([0.04] * 99, abs=1e-4)
    assert steps([frame.pts / 90_000 for frame in played.frames]) == pytest.approx([0.04] * 99, abs=1e-4)


def test_a_stream_of_nothing_but_jumps() -> None:
    """The decoder holds more packets than epochs are kept; each frame still has its time when it comes out."""
    draw = random.Random(4)

    def scattered(packets: Iterable[TimedPacket]) -> Iterator[TimedPacket]:
        for track, packet, at in packets:
            packet.pts = packet.dts = draw.randrange(2**32)
            yield track, packet, at

    options = {"preset": "fast", "bf": "16", "x264-params": "b-adapt=0:rc-lookahead=20:b-pyramid=strict:ref=8"}
    with av.open(io.BytesIO(make(Recipe(4.0, options=options)))) as container:
        (track,) = tracks_of(container)
        decoder = Decoder("s", [track], "full", None)
        packets = scattered((track, packet, math.nan) for packet in container.demux(track.native) if packet.size)
        epochs, times = [], []
        for item in chain(decoder.decode(packets), decoder.flush()):
            if isinstance(item, FrameBatch):
                epochs += [item.epoch] * len(item.frames)
                times += [decoder.timeline.seconds(item.epoch, frame.pts, item.time_base) for frame in item.frames]
    assert len(epochs) == 100
    assert max(epochs) > 80
    assert all(0 <= t < 10 for t in times)


@pytest.mark.parametrize(
    ("container", "sound", "jumps"),
    [("mpegts", "aac", 0), ("mpegts", None, 1), ("matroska", None, 0), ("mp4", None, 0)],
)
def test_pictures_that_pause(container: str, sound: str | None, jumps: int) -> None:
    played = play(make(Recipe(8.0, sound=sound, container=container, missing=((3.0, 6.0),))))
    assert len(played.of("timestamp_jump")) == jumps
    assert len(played.frames) == 125
    assert min(steps(played.times)) > 0
    assert max(steps(played.times)) == pytest.approx(0.04 if jumps else 3.04, abs=0.01)


def test_a_live_sender_that_paused() -> None:
    newest = 0.0

    def arrives(track: Track, packet: Any) -> float:
        nonlocal newest
        newest = max(newest, float(packet.pts * packet.time_base))
        return NOW + newest

    played = play(make(Recipe(8.0, missing=((3.0, 6.0),))), arrives=arrives)
    assert played.of("timestamp_jump") == []
    assert max(steps(played.times)) == pytest.approx(3.04, abs=0.01)


def test_arrival_is_that_of_the_packet_of_the_frame() -> None:
    arrived: dict[int, float] = {}

    def arrives(track: Track, packet: Any) -> float:
        arrived[packet.pts] = NOW + len(arrived) * 0.04
        return arrived[packet.pts]

    for frame in play(make(Recipe(2.0)), arrives=arrives).frames:
        assert frame.arrived_at == arrived[frame.pts]


def test_a_reconnect_goes_on(both: bytes) -> None:
    first = play(both)
    second = play(both, before=first.timeline, resume_at_s=7.5)
    assert [batch.epoch for batch in second.batches][:1] == [1]
    assert min(second.times + second.sound_times) == pytest.approx(7.5, abs=1e-6)
    assert first.timeline.epochs[0] in second.timeline.epochs


def test_nothing_is_known_before_the_first_packet(both: bytes) -> None:
    with av.open(io.BytesIO(both)) as container:
        decoder = Decoder("s", tracks_of(container), "full", None)
        assert decoder.timeline == Timeline()
        assert list(decoder.decode([])) == []
        assert list(decoder.flush()) == []


# Formats


def described(played: Played, kind: str) -> list[str]:
    return [event.detail for event in played.of(kind)]


def test_another_size_in_mid_stream(both: bytes) -> None:
    played = play(both + make(replace(BOTH, start_s=14.0, size=(640, 362))))
    old, new = "320x180 yuv420p 8-bit limited 25 fps h264", "640x362 yuv420p 8-bit limited 25 fps h264"
    assert described(played, "format_change") == [f"{old} -> {new}"]
    assert played.of("timestamp_jump") == []
    assert [frame.size for frame in played.frames] == [(180, 320)] * 100 + [(362, 640)] * 100
    firsts = [batch for batch in played.batches if batch.previous is None]
    assert [batch.frames[0].size for batch in firsts] == [(180, 320), (362, 640)]
    (change,) = played.of("format_change")
    assert change.t_s == played.times[100]
    assert change.pts == played.frames[100].pts


def test_another_channel_layout_in_mid_stream(both: bytes) -> None:
    played = play(both + make(replace(BOTH, start_s=14.0, layout="5.1")))
    assert described(played, "format_change") == ["48000 Hz stereo fltp aac -> 48000 Hz 5.1 fltp aac"]
    assert {(block.channels, block.samples.shape[0]) for block in played.blocks} == {
        (("FL", "FR"), 2),
        (("FL", "FR", "FC", "LFE", "BL", "BR"), 6),
    }


def test_rgb_and_rotation_stand_in_the_format(tmp_path: Path) -> None:
    clip = tmp_path / "rgb.mov"
    with av.open(str(clip), "w") as out:
        stream = out.add_stream("qtrle", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = 64, 36, "rgb24"
        for i in range(3):
            out.mux(stream.encode(scene(i, (64, 36)).reformat(format="rgb24")))
        out.mux(stream.encode(None))
    played = play(turned(clip.read_bytes()))
    assert described(played, "format") == ["64x36 rgb24 as yuv444p 8-bit full 25 fps rotated -90 qtrle"]
    assert {(frame.size, frame.pixel_format) for frame in played.frames} == {((36, 64), "yuv444p")}


def turned(mov: bytes) -> bytes:
    """The clip with the matrix of its track header (ISO/IEC 14496-12, 8.3.2) turned by a quarter."""
    one = (1 << 16).to_bytes(4, "big")
    zero, minus = bytes(4), (2**32 - (1 << 16)).to_bytes(4, "big")
    unity = one + zero + zero + zero + one + zero + zero + zero + (1 << 30).to_bytes(4, "big")
    quarter = zero + one + zero + minus + zero + zero + zero + zero + (1 << 30).to_bytes(4, "big")
    at = mov.index(unity, mov.index(b"tkhd"))
    return mov[:at] + quarter + mov[at + len(unity) :]


def test_interlaced_and_transfer() -> None:
    options = {
        "preset": "ultrafast",
        "x264-params": "interlaced=1:transfer=arib-std-b67:fullrange=on",
        "color_range": "pc",
    }
    frames = play(make(Recipe(1.0, options=options, size=(320, 192)))).frames
    assert len(frames) == 25
    assert all(frame.interlaced and frame.full_range and frame.transfer == 18 for frame in frames)


# Depth, batches, memory


def test_depths(both: bytes) -> None:
    frames: dict[Depth, list[int]] = {}
    for depth in ("full", "nonref", "key"):
        played = play(both, depth=depth, at=1)
        frames[depth] = [frame.pts for frame in played.frames]
        assert {batch.depth for batch in played.batches} == {depth}
        assert played.of("decode_error") == []
        assert len(played.blocks) == 189, "sound is never thinned"
    assert len(frames["full"]) == 100
    assert 40 < len(frames["nonref"]) < 80
    assert frames["key"] == frames["full"][::25]
    assert set(frames["nonref"]) < set(frames["full"])


def test_key_frames_come_at_once(both: bytes) -> None:
    """A decoder left alone holds them until two more have come: two GOPs behind."""
    with av.open(io.BytesIO(both)) as container:
        tracks = tracks_of(container)
        decoder = Decoder("s", tracks, "key", None)
        for packet in container.demux(tracks[0].native):
            if packet.size and packet.is_keyframe:
                (batch,) = [x for x in decoder.decode([(tracks[0], packet, math.nan)]) if hasattr(x, "frames")]
                assert [frame.pts for frame in batch.frames] == [packet.pts]


def flat(played: Played) -> tuple[Any, ...]:
    """All that came out, without the cuts between batches."""
    frames = [
        (b.epoch, f.pts, f.duration, f.key, f.corrupt, int(f.planes[0].sum())) for b in played.batches for f in b.frames
    ]
    sounds = [(b.track, b.epoch, b.pts, float(b.samples.sum())) for b in played.blocks]
    return frames, sounds, [repr(event) for event in played.events], played.timeline


@pytest.fixture(params=[1, 4])
def batches_of(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Most frames of a batch, as it is and as a detector on another device would have it."""
    monkeypatch.setattr(decode, "MAX_FRAMES", request.param)
    return int(request.param)


def test_any_split_gives_the_same(both: bytes, batches_of: int) -> None:
    data = thinned(both, 0.02) + make(replace(BOTH, start_s=300.0, size=(160, 90)))
    whole = play(data, at=100_000)
    assert max(len(batch.frames) for batch in whole.batches) == batches_of
    for at in (1, 3, 50):
        assert flat(play(data, at=at)) == flat(whole)


def test_batches_follow_each_other(both: bytes, batches_of: int) -> None:
    batches = play(both, at=5).batches
    for before, batch in pairwise(batches):
        assert batch.previous is before.frames[-1]
        assert 1 <= len(batch.frames) <= batches_of


def test_few_frames_are_held(both: bytes) -> None:
    with av.open(io.BytesIO(both)) as container:
        tracks = tracks_of(container)
        decoder = Decoder("s", tracks, "full", None)
        for packet in container.demux([track.native for track in tracks]):
            if packet.size:
                assert list(decoder.decode([(tracks[packet.stream_index], packet, math.nan)])) is not None
        gc.collect()
        held = sum(type(thing) is Frame for thing in gc.get_objects())
        assert held <= 1
        decoder.close()
        decoder.close()


def test_one_thread_a_decoder(both: bytes) -> None:
    with av.open(io.BytesIO(both)) as container:
        tracks = tracks_of(container)
        Decoder("s", tracks, "nonref", None)
        context: Any = tracks[0].native.codec_context
        assert (context.thread_count, context.thread_type.value, context.skip_frame) == (1, 0, "NONREF")


@pytest.mark.parametrize(("recipe", "converted"), [(BOTH, False), (RGB, True)], ids=["in_place", "converted"])
def test_only_pictures_are_decoded_and_converted_aside(recipe: Recipe, converted: bool) -> None:
    """Once per packet of the picture, once more per picture that is converted; nothing is handed out meanwhile."""
    inside: list[bool] = []

    @contextmanager
    def aside() -> Iterator[None]:
        inside.append(True)
        yield
        inside[-1] = False

    with av.open(io.BytesIO(make(recipe))) as container:
        tracks = tracks_of(container)
        decoder = Decoder("s", tracks, "full", None, aside=aside)
        packets = pictures = 0
        for packet in container.demux([track.native for track in tracks]):
            if packet.size:
                track = tracks[packet.stream_index]
                packets += track.kind == "video"
                for item in decoder.decode([(track, packet, math.nan)]):
                    assert not any(inside)
                    pictures += len(item.frames) if isinstance(item, FrameBatch) else 0
                assert len(inside) == packets + converted * pictures
        decoder.close()
    assert pictures > 10


def test_sound_with_a_hole_says_so_by_its_pts() -> None:
    out = io.BytesIO()
    with av.open(out, "w", format="matroska") as container:
        stream = container.add_stream("pcm_s16le", rate=RATE, layout="stereo")
        for i in range(100):
            if not 40 <= i < 60:
                container.mux(stream.encode(tone(i * 960, 960)))
    played = play(out.getvalue())
    assert played.of("timestamp_jump") == []
    assert max(steps(played.sound_times)) == pytest.approx(0.42, abs=0.002)


def test_priming_is_kept_where_the_stream_keeps_it() -> None:
    """Opus and AAC begin before zero; what a container does not mark to be cut off is sound like any other."""
    played = play(make(Recipe(1.0, None, sound="aac", container="mpegts", start_s=5.0)))
    assert played.sound_times[0] == 0.0
    total = sum(block.samples.shape[1] for block in played.blocks)
    assert total == 1024 * math.ceil(total / 1024) >= RATE
    assert [b.pts for b in played.blocks][:2] == [450_000 - 1920, 450_000]
    assert played.blocks[0].time_base == Fraction(1, 90_000)
