"""Damage: what is counted, what is seen, and what is none."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from footage import FPS, X264, Recipe, flipped, joined_late, make, play, steps, thinned, tracks_of

from monitor.media.continuity import JUMP_S
from monitor.media.decode import PATIENCE, Decoder
from monitor.media.source import TimedPacket
from monitor.records import Event

NOW = 1_790_000_000.0
X265 = {"preset": "ultrafast", "x265-params": "keyint=25:log-level=none"}
MPEG = {"g": "12", "bf": "2"}


@pytest.fixture(scope="module")
def both() -> bytes:
    """4 s of picture and sound in a transport stream that starts at 10 s."""
    return make(Recipe(sound="aac", start_s=10.0))


@pytest.mark.parametrize(
    ("name", "frames", "errors"), [("corrupted_frame.mp4", 49, 2), ("decode_error_vp9.webm", 122, 128)]
)
def test_real_damage_is_counted(name: str, frames: int, errors: int, media: Path) -> None:
    played = play(media / name)
    assert len(played.frames) == frames
    assert len(played.of("decode_error")) == errors
    assert all(event.value == 1 and event.detail for event in played.of("decode_error"))


# Damage


@pytest.mark.parametrize(
    ("codec", "options"), [("libx264", X264), ("mpeg2video", MPEG), ("mpeg4", MPEG), ("libx265", X265)]
)
def test_damage_is_seen_and_frames_still_come(codec: str, options: dict[str, str]) -> None:
    data = make(Recipe(codec=codec, options=options))
    clean, thin = play(data), play(thinned(data, 0.03))
    assert clean.of("decode_error") == []
    assert len(clean.frames) == 100
    assert len(thin.of("decode_error")) >= 4
    assert len(thin.frames) > 60
    assert {event.pts for event in thin.of("decode_error")} & {frame.pts for frame in thin.frames if frame.corrupt} or (
        codec == "libx265"
    )
    assert min(steps(thin.times)) > 0


def test_packets_without_a_picture_count_only_where_the_decoder_is_silent() -> None:
    """Elsewhere they are legal: pictures that are never shown, fields that come one by one."""
    data = thinned(make(Recipe(codec="libx265", options=X265)), 0.03)
    with av.open(io.BytesIO(data)) as container:
        (track,) = (replace(track, codec="vp8") for track in tracks_of(container))
        decoder = Decoder("s", [track], "full", None)
        packets = ((track, packet, math.nan) for packet in container.demux(track.native) if packet.size)
        kinds = {item.kind for item in [*decoder.decode(packets), *decoder.flush()] if isinstance(item, Event)}
    assert kinds == {"format"}


@pytest.mark.parametrize("seed", range(4))
def test_bytes_turned_over(seed: int) -> None:
    played = play(flipped(make(Recipe()), 40, seed))
    assert sum(frame.corrupt for frame in played.frames) >= 2
    assert len(played.of("decode_error")) >= sum(frame.corrupt for frame in played.frames)
    assert min(steps(played.times)) > -JUMP_S, "damaged timestamps are steps too small for a jump, or jumps"


def flagged(packets: Iterable[TimedPacket]) -> Iterator[TimedPacket]:
    for item in packets:
        item[1].is_corrupt = True
        yield item


def test_the_flag_of_a_packet_says_nothing(both: bytes) -> None:
    played = play(both, changed=flagged)
    assert played.of("decode_error") == []
    assert not any(frame.corrupt for frame in played.frames)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.55])
@pytest.mark.parametrize(
    ("codec", "options"),
    [
        ("libx264", X264),
        ("libx264", X264 | {"x264-params": "open-gop=1"}),
        ("libx264", {"bf": "0", "x264-params": "intra-refresh=1:keyint=20"}),
        ("libx265", X265),
        ("libx265", X265 | {"preset": "fast"}),
        ("mpeg2video", MPEG),
        ("mpeg4", MPEG),
    ],
    ids=["h264", "open gop", "intra refresh", "h265", "h265 open gop", "mpeg2", "mpeg4"],
)
def test_a_join_in_mid_gop_is_no_damage(codec: str, options: dict[str, str], share: float) -> None:
    data = make(Recipe(codec=codec, options=options))
    truth = {frame.pts: frame for frame in play(data).frames}
    played = play(joined_late(data, share))
    assert played.of("decode_error") == []
    assert len(played.frames) >= 20
    for frame in played.frames[:5]:
        np.testing.assert_array_equal(frame.planes[0], truth[frame.pts].planes[0])


def test_a_stream_that_marks_no_key_frame_is_decoded_in_the_end(both: bytes) -> None:
    def unmarked(packets: Iterable[TimedPacket]) -> Iterator[TimedPacket]:
        for track, packet, at in packets:
            if track.kind == "video":
                packet.is_keyframe = False
            yield track, packet, at

    assert play(both, changed=unmarked).frames == []
    assert len(play(make(Recipe(1 + PATIENCE / FPS, size=(64, 36))), changed=unmarked).frames) == FPS


# Timestamps
