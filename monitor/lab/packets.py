"""What is done to finished MPEG-TS (ISO/IEC 13818-1): cut at key frames, damage, shift timestamps. Bytes in, bytes out.

Everything works on whole packets of 188 bytes and leaves their 4-byte headers and the PES headers alone, so that what
breaks is the picture or the clock, not the container.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

PACKET = 188
VIDEO_PID, PAT_PID = 0x100, 0
"""FFmpeg's muxer gives its first stream this PID."""
CLOCK = 90_000
WRAP = 1 << 33
"""Timestamps count 90 kHz ticks in 33 bits."""

PICTURE_HEADER = 40
"""PES header, access unit delimiter and slice header of a picture fit into this."""
BROKEN_BYTES = 12
"""Bytes overwritten in a damaged packet."""

Jumps = Sequence[tuple[int, int]]
"""(from this original timestamp on, add so many ticks), in order."""


def key_cuts(data: bytes) -> list[int]:
    """Offsets at which a video key frame begins: at the program tables (PAT) that stand directly before it.

    `data` is whole packets, else ValueError. A reader who starts at such an offset can decode from the first picture.
    """
    packets = _packets(data)
    pids = pids_of(packets)
    tables = np.flatnonzero(pids == PAT_PID)
    cuts = []
    for key in np.flatnonzero((pids == VIDEO_PID) & starts_of(packets) & _random_access(packets)):
        before = tables[tables < key]
        cuts.append(int(before[-1] if len(before) else key) * PACKET)
    return cuts


def damage(data: bytes, share: float, rng: np.random.Generator) -> bytes:
    """`data` with random bytes written into this share of its video packets.

    Container and PES headers, the packet that begins a key frame (parameter sets) and the first bytes of other pictures
    survive, so that the decoder tries every picture and meets the damage in its slices.
    """
    packets = _packets(data).copy()
    starts, random_access = starts_of(packets), _random_access(packets)
    candidates = np.flatnonzero((pids_of(packets) == VIDEO_PID) & ~(starts & random_access))
    for row in candidates[rng.random(len(candidates)) < share]:
        first = 4 + (1 + int(packets[row, 4]) if packets[row, 3] & 0x20 else 0)
        first += PICTURE_HEADER if starts[row] else 0
        if first < PACKET:
            where = rng.integers(first, PACKET, BROKEN_BYTES)
            packets[row, where] = rng.integers(0, 256, BROKEN_BYTES, dtype=np.uint8)
    return packets.tobytes()


def shift(data: bytes, jumps: Jumps) -> bytes:
    """`data` with every PTS, DTS and PCR from a jump's timestamp on moved by it; jumps add up, modulo 33 bits."""
    if not jumps:
        return data
    changed = bytearray(data)

    def moved(ticks: int) -> int:
        return (ticks + sum(by for start, by in jumps if ticks >= start)) % WRAP

    for at in range(0, len(changed), PACKET):
        header, payload = changed[at + 3], at + 4
        if header & 0x20:
            length = changed[at + 4]
            if length >= 7 and changed[at + 5] & 0x10:
                _move_pcr(changed, at + 6, moved)
            payload += 1 + length
        starts_pes = changed[at + 1] & 0x40 and header & 0x10 and changed[payload : payload + 3] == b"\0\0\1"
        if starts_pes:
            flags = changed[payload + 7] >> 6
            if flags & 2:
                _move_timestamp(changed, payload + 9, moved)
            if flags == 3:
                _move_timestamp(changed, payload + 14, moved)
    return bytes(changed)


class Counters:
    """Continuity counters that go on where another muxer takes over: else each pause would look like lost packets."""

    def __init__(self) -> None:
        self._last: dict[int, int] = {}
        self._ahead: dict[int, int] = {}

    def take_over(self) -> None:
        """The next packets are a new muxer's, who counts from 0."""
        self._ahead = {pid: (last + 1) % 16 for pid, last in self._last.items()}

    def renumber(self, data: bytes) -> bytes:
        """`data` with counters that follow on those of the muxers before."""
        packets = _packets(data).copy()
        pids = pids_of(packets)
        for pid in np.unique(pids):
            mine = pids == pid
            counted = (packets[mine, 3] + self._ahead.get(int(pid), 0)) & 0x0F
            packets[mine, 3] = packets[mine, 3] & 0xF0 | counted
            self._last[int(pid)] = int(counted[-1])
        return packets.tobytes()


def timestamp(data: bytes | bytearray, at: int) -> int:
    """The PTS or DTS of five bytes at this offset (33 bits between marker bits)."""
    b = data[at : at + 5]
    return (b[0] >> 1 & 7) << 30 | b[1] << 22 | (b[2] >> 1) << 15 | b[3] << 7 | b[4] >> 1


def _move_timestamp(data: bytearray, at: int, moved: Callable[[int], int]) -> None:
    ticks = moved(timestamp(data, at))
    data[at] = data[at] & 0xF0 | (ticks >> 30) << 1 | 1
    data[at + 1] = ticks >> 22 & 0xFF
    data[at + 2] = (ticks >> 15 & 0x7F) << 1 | 1
    data[at + 3] = ticks >> 7 & 0xFF
    data[at + 4] = (ticks & 0x7F) << 1 | 1


def _move_pcr(data: bytearray, at: int, moved: Callable[[int], int]) -> None:
    """Move the 33-bit base of a PCR; its extension (27 MHz) stays."""
    word = int.from_bytes(data[at : at + 6], "big")
    base = moved(word >> 15)
    data[at : at + 6] = (base << 15 | word & 0x7FFF).to_bytes(6, "big")


def _packets(data: bytes) -> NDArray[np.uint8]:
    if len(data) % PACKET:
        raise ValueError(f"{len(data)} bytes of MPEG-TS, must be whole packets of {PACKET}; pass what the muxer wrote")
    return np.frombuffer(data, np.uint8).reshape(-1, PACKET)


def pids_of(packets: NDArray[np.uint8]) -> NDArray[np.int32]:
    wide = packets[:, 1:3].astype(np.int32)
    return np.asarray((wide[:, 0] & 0x1F) << 8 | wide[:, 1], np.int32)


def starts_of(packets: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Packets that begin a PES packet or a table."""
    return np.asarray((packets[:, 1] & 0x40) != 0)


def _random_access(packets: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Packets whose adaptation field says that decoding can begin here."""
    return np.asarray(((packets[:, 3] & 0x20) != 0) & (packets[:, 4] > 0) & ((packets[:, 5] & 0x40) != 0))
