"""Every kind of defect inside a stream, as plain PyAV reads it."""

from __future__ import annotations

import numpy as np
import pytest
from reading import motion, read

from monitor.lab.encode import Maker, render
from monitor.lab.schedule import Kind, Planned, Recipe, Transport


def with_defects(*planned: Planned, fps: int = 10, seconds: float = 4, transport: Transport = "tcp") -> bytes:
    return render(Recipe("a", "news", transport, 160, 90, fps, planned, 1), seconds)


@pytest.mark.parametrize(("transport", "block"), [("tcp", 1536), ("udp", 1536), ("hls", 1024), ("http", 1024)])
def test_a_clean_stream_is_whole_moves_and_sounds(transport: Transport, block: int) -> None:
    seen = read(with_defects(transport=transport))
    assert seen.picture_s == pytest.approx(np.arange(40) / 10)
    assert np.diff(seen.sound_s) == pytest.approx(block / 48000, abs=1e-4)
    assert seen.corrupt == 0
    assert motion(seen.luma).min() > 1
    assert seen.peak(0, 4).min() > 0.05


def test_black_is_black_with_noise_in_the_source() -> None:
    seen = read(with_defects(Planned("black", 1, 3)))
    assert max(float(y.mean()) for y in seen.pictures(1, 3)) < 20
    assert min(float(y.mean()) for y in seen.pictures(0, 1) + seen.pictures(3, 4)) > 60


def test_frozen_pictures_repeat_while_the_encoder_runs() -> None:
    seen = read(with_defects(Planned("freeze", 0.5, 3)))
    still = motion(seen.pictures(0.5, 3))
    assert len(still) == 24
    # The key frames in it are coded anew and differ a little.
    assert np.median(still) < 0.2
    assert still.max() < 4
    assert motion(seen.pictures(3, 4)).min() > 1


@pytest.mark.parametrize(("channels", "silent"), [(None, [True, True]), ((0,), [True, False]), ((1,), [False, True])])
@pytest.mark.parametrize("transport", ["tcp", "http"])
def test_silence_by_channel(channels: tuple[int, ...] | None, silent: list[bool], transport: Transport) -> None:
    kind: Kind = "channel_loss" if channels else "silence"
    seen = read(with_defects(Planned(kind, 1, 3, channels), transport=transport))
    assert list(seen.peak(1.1, 2.9) < 0.001) == silent
    assert seen.peak(0, 1).min() > 0.05
    assert seen.peak(3.1, 4).min() > 0.05


@pytest.mark.parametrize("transport", ["tcp", "http"])
def test_a_stall_leaves_a_gap_and_goes_on_with_a_key_frame(transport: Transport) -> None:
    seen = read(with_defects(Planned("stall", 1.5, 2.7), transport=transport))
    assert (seen.pictures(1.5, 2.7), seen.corrupt) == ([], 0)
    assert len(seen.luma) == 28
    maker = Maker(Recipe("a", "news", "tcp", 160, 90, 10, (Planned("stall", 1.5, 2.7),), 1))
    assert [piece.key_s for piece in maker.advance(4.05) if piece.key_s is not None] == [0, 1, 2.7, 3]
    assert not [t for t in seen.sound_s if 1.55 < t < 2.6]
    assert seen.peak(2.75, 4).min() > 0.05


def test_what_is_sent_before_a_stall_is_all_that_was_due() -> None:
    """A packet that an encoder or the muxer held over the pause would look like a jump of the clock after it."""
    maker = Maker(Recipe("a", "news", "tcp", 160, 90, 10, (Planned("stall", 1.5, 2.7),), 1))
    before = b"".join(piece.data for piece in maker.advance(1.6))
    assert maker.advance(2.65) == []
    after = b"".join(piece.data for piece in maker.advance(4) + maker.finish())
    assert read(before).picture_s[-1] == pytest.approx(1.4)
    assert read(before).sound_s[-1] == pytest.approx((46 * 1536 - 256) / 48000, abs=0.001)
    assert read(after).picture_s[0] == pytest.approx(2.7)
    assert read(after).sound_s[0] == pytest.approx(2.7, abs=0.03)
    counters: dict[int, int] = {}
    whole = before + after
    for at in range(0, len(whole), 188):
        pid, counter = (whole[at + 1] & 0x1F) << 8 | whole[at + 2], whole[at + 3] & 0x0F
        assert counter == (counters.get(pid, counter - 1) + 1) % 16, "a continuity counter jumps"
        counters[pid] = counter


def test_damage_gives_decoder_errors_and_no_other_time_does() -> None:
    seen = read(with_defects(Planned("decode_error", 1, 3, amount=0.5), fps=25))
    assert seen.corrupt > 3
    assert len(seen.luma) > 90
    assert read(with_defects(fps=25)).corrupt == 0


@pytest.mark.parametrize("jump", [20.0, -20.0])
def test_a_jump_moves_both_tracks_for_good(jump: float) -> None:
    seen = read(with_defects(Planned("timestamp_jump", 2, 3, amount=jump)))
    assert seen.picture_s == pytest.approx(np.arange(40) / 10 + np.where(np.arange(40) >= 20, jump, 0))
    assert seen.sound_s[-1] == pytest.approx(4 + jump, abs=0.2)


def test_the_size_changes_there_and_back() -> None:
    seen = read(with_defects(Planned("format_change", 1, 2), Planned("format_change", 3, 3.5)))
    assert {y.shape for y in seen.pictures(0, 1) + seen.pictures(3, 4)} == {(90, 160)}
    assert {y.shape for y in seen.pictures(1, 3)} == {(60, 106)}
    assert (len(seen.luma), seen.corrupt) == (40, 0)
    assert motion(seen.pictures(1, 3)).min() > 1


@pytest.mark.parametrize("transport", ["tcp", "http"])
def test_sound_is_lost_and_comes_back_while_pictures_go_on(transport: Transport) -> None:
    seen = read(with_defects(Planned("track_loss", 1, 3), transport=transport))
    assert not [t for t in seen.sound_s if 1 <= t < 3]
    assert len(seen.luma) == 40
    assert len([t for t in seen.sound_s if t >= 3]) > 25


@pytest.mark.parametrize("kind", ["track_loss", "black"])
def test_pictures_leave_at_once_with_or_without_sound(kind: Kind) -> None:
    """A muxer likes to wait for the other track; a live stream must not."""
    maker = Maker(Recipe("a", "news", "tcp", 160, 90, 10, (Planned(kind, 0, 9),), 1))
    sizes = [sum(len(piece.data) for piece in maker.advance(n / 10 + 0.05)) for n in range(40)]
    assert min(sizes[2:]) > 0


@pytest.mark.parametrize(("transport", "expected"), [("udp", range(-4, 4)), ("hls", range(-4, 4, 2))])
def test_key_frames_come_every_second_and_for_hls_every_segment(transport: Transport, expected: range) -> None:
    maker = Maker(Recipe("a", "cartoon", transport, 160, 90, 10), from_s=-4)
    assert [piece.key_s for piece in maker.advance(3.9) if piece.key_s is not None] == list(expected)
