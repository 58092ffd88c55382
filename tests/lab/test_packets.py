"""Cutting, damaging and shifting finished MPEG-TS."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading import read

from monitor.lab.coder import ZERO_PTS_S
from monitor.lab.encode import render
from monitor.lab.packets import (
    CLOCK,
    PACKET,
    PAT_PID,
    VIDEO_PID,
    WRAP,
    _move_pcr,
    _move_timestamp,
    damage,
    key_cuts,
    shift,
    timestamp,
)
from monitor.lab.schedule import Recipe

SMALL = Recipe("a", "news", "tcp", 160, 90, 10)


@pytest.fixture(scope="module")
def clean() -> bytes:
    return render(SMALL, 3)


def test_cuts_lie_at_key_frames_and_each_part_can_be_decoded(clean: bytes) -> None:
    cuts = key_cuts(clean)
    assert len(cuts) == 3
    assert all(clean[at] == 0x47 and clean[at + 1] & 0x1F == 0 and clean[at + 2] == PAT_PID for at in cuts)
    seen = read(clean[cuts[1] :])
    assert (len(seen.luma), seen.corrupt) == (20, 0)
    assert seen.picture_s[0] == pytest.approx(1.0)


def test_half_a_packet_is_refused(clean: bytes) -> None:
    with pytest.raises(ValueError, match="whole packets of 188"):
        key_cuts(clean[:100])


def test_damage_leaves_the_container_alone(clean: bytes) -> None:
    hurt = damage(clean, 0.5, np.random.default_rng(1))
    before, after = (np.frombuffer(data, np.uint8).reshape(-1, PACKET) for data in (clean, hurt))
    assert np.array_equal(before[:, :4], after[:, :4])
    changed = (before != after).any(axis=1)
    pids = (before[:, 1].astype(int) & 0x1F) << 8 | before[:, 2]
    assert set(pids[changed]) == {VIDEO_PID}
    share = changed.sum() / (pids == VIDEO_PID).sum()
    assert 0.25 < share < 0.55
    assert read(hurt).corrupt > 0
    assert damage(clean, 0.0, np.random.default_rng(1)) == clean


def test_shift_moves_all_clocks_from_its_moment_on(clean: bytes) -> None:
    start, by = (ZERO_PTS_S + 1) * CLOCK, 20 * CLOCK
    before, after = read(clean), read(shift(clean, [(start, by)]))
    moved = np.array(after.picture_s) - np.array(before.picture_s)
    assert moved == pytest.approx(np.where(np.array(before.picture_s) >= 1 - 1e-6, 20, 0))
    moved = np.array(after.sound_s) - np.array(before.sound_s)
    assert moved == pytest.approx(np.where(np.array(before.sound_s) >= 1 - 1e-6, 20, 0))
    assert shift(clean, []) == clean
    assert shift(shift(clean, [(0, 5)]), [(0, -5)]) == clean


def test_shift_moves_pcr_and_decoding_times_too(clean: bytes) -> None:
    by = 7 * CLOCK
    moved = shift(clean, [(0, by)])
    pcrs = [
        int.from_bytes(after[6:12], "big") - int.from_bytes(before[6:12], "big")
        for before, after in zip(packets_of(clean), packets_of(moved), strict=True)
        if before[3] & 0x20 and before[4] >= 7 and before[5] & 0x10
    ]
    assert len(pcrs) > 20
    assert set(pcrs) == {by << 15}
    # A PES header with both times, as pictures have that are shown later than decoded.
    times = bytes((0x31, 0, 1, 0, 1, 0x11, 0, 1, 0, 1))
    packet = bytes((0x47, 0x41, 0, 0x10, 0, 0, 1, 0xE0, 0, 0, 0x80, 0xC0, 10)) + times
    changed = shift(packet.ljust(PACKET, b"\xff"), [(0, by)])
    assert (timestamp(changed, 13), timestamp(changed, 18)) == (by, by)


def packets_of(data: bytes) -> list[bytes]:
    return [data[at : at + PACKET] for at in range(0, len(data), PACKET)]


@given(ticks=st.integers(0, WRAP - 1), by=st.integers(-WRAP, WRAP), prefix=st.sampled_from((0x21, 0x31, 0x11)))
def test_a_timestamp_of_33_bits_survives_any_move(ticks: int, by: int, prefix: int) -> None:
    field = bytearray([prefix, 1, 1, 1, 1])
    _move_timestamp(field, 0, lambda _: ticks)
    assert timestamp(field, 0) == ticks
    assert field[0] & 0xF0 == prefix & 0xF0
    assert field[0] & field[2] & field[4] & 1 == 1
    _move_timestamp(field, 0, lambda old: (old + by) % WRAP)
    assert timestamp(field, 0) == (ticks + by) % WRAP


@given(base=st.integers(0, WRAP - 1), extension=st.integers(0, 299))
def test_a_pcr_keeps_its_extension(base: int, extension: int) -> None:
    field = bytearray((0x7E00 | extension).to_bytes(6, "big"))
    _move_pcr(field, 0, lambda old: (old + base) % WRAP)
    word = int.from_bytes(field, "big")
    assert (word >> 15, word & 0x7E00, word & 0x1FF) == (base, 0x7E00, extension)
