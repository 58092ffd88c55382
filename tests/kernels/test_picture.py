"""The picture kernels on real frames, on memory of any layout, and on what they refuse."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from tiles import Plane, define_fast, define_slow, same

from monitor.errors import KernelError
from monitor.kernels import FAST, SLOW, chroma_tiles, fast_tiles, picture, plane_sums, slow_tiles


@pytest.mark.parametrize("clip", ["cast_talk_720p.ts", "siti_fall_hlg.mov", "sintel_trailer_480p.mp4"])
def test_real_frames_equal_the_definition(media: Path, clip: str) -> None:
    """8 bits and 10, with the padding that decoders make."""
    with av.open(str(media / clip)) as container:
        frames = [frame for _, frame in zip(range(4), container.decode(video=0), strict=False)]
    planes = []
    for frame in frames[-2:]:
        plane = frame.planes[0]
        dtype = np.dtype(np.uint8 if plane.line_size < 2 * frame.width else np.uint16)
        strides = (plane.line_size, dtype.itemsize)
        planes.append(np.ndarray((frame.height, frame.width), dtype, memoryview(plane), strides=strides))
    before, now = planes
    unit = 1 if now.dtype == np.uint8 else 4
    same(fast_tiles(now, before, 37, unit), define_fast(now, before, 37, unit), FAST)
    same(slow_tiles(now, unit, 0)[0], define_slow(now, unit, 0)[0], SLOW)


def test_interleaved_chroma_is_read_rightly() -> None:
    both = np.random.default_rng(1).integers(0, 256, (20, 60), dtype=np.uint8)
    u, v = both[:, 0::2], both[:, 1::2]
    assert plane_sums(u, v) == (int(u.sum()), int(np.abs(u.astype(int) - v).sum()))
    assert np.array_equal(fast_tiles(u, v, 9, 1), define_fast(u, v, 9, 1))


@pytest.mark.parametrize("width", [30, 32, 39, 64, 79])
def test_nothing_is_read_outside_the_plane(width: int) -> None:
    """A picture between two pages that may not be touched: a load beyond it would end the process. The last row of a
    padded plane ends with the memory."""
    import ctypes
    import mmap

    page = mmap.PAGESIZE
    memory = mmap.mmap(-1, 3 * page)
    libc = ctypes.CDLL(None, use_errno=True)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    pitch, height = 80, 40
    used = (height - 1) * pitch + width
    try:
        for guard in (0, 2):
            assert libc.mprotect(ctypes.c_void_p(address + guard * page), page, 0) == 0
        for start in (page, 2 * page - used):
            plane = np.ndarray((height, width), np.uint8, memory, offset=start, strides=(pitch, 1))
            plane[:] = np.random.default_rng(width).integers(0, 256, plane.shape)
            same(fast_tiles(plane, plane, 9, 1), define_fast(plane, plane, 9, 1), FAST)
            same(slow_tiles(plane, 1, 0)[0], define_slow(plane, 1, 0)[0], SLOW)
            assert plane_sums(plane, plane)[1] == 0
            assert chroma_tiles(plane, plane)[1] == 0
    finally:
        for guard in (0, 2):
            libc.mprotect(ctypes.c_void_p(address + guard * page), page, 3)


@pytest.mark.parametrize(
    ("plane", "previous"),
    [
        (np.zeros((4, 4), np.uint8), np.zeros((4, 5), np.uint8)),
        (np.zeros((4, 4), np.uint8), np.zeros((4, 4), np.uint16)),
        (np.zeros((4, 4), np.float32), np.zeros((4, 4), np.float32)),
    ],
)
def test_planes_that_cannot_be_compared_are_refused(plane: Plane, previous: Plane) -> None:
    for kernel in (
        lambda: fast_tiles(plane, previous, 0, 1),
        lambda: plane_sums(plane, previous),
        lambda: chroma_tiles(plane, previous),
    ):
        with pytest.raises(KernelError, match="must be"):
            kernel()
    if plane.dtype == np.float32:
        with pytest.raises(KernelError, match="must be uint8 or uint16"):
            slow_tiles(plane, 1, 0)


def test_what_is_compiled_is_all_that_is_ever_used() -> None:
    """After `compile_all`, planes of every layout go to the kernels that are there: no compile on a stream's time."""
    picture.compile_all()
    kernels = picture.all_kernels()
    before = [len(kernel.signatures) for kernel in kernels]
    for dtype in (np.uint8, np.uint16):
        whole = np.zeros((40, 100), dtype)
        frozen = whole.copy()
        frozen.flags.writeable = False
        for plane in (whole, whole[:, :70], frozen, frozen[:, :70], whole[:, ::2]):
            fast_tiles(plane, plane, 3, 1)
            slow_tiles(plane, 1, 0)
            plane_sums(plane, plane)
            chroma_tiles(plane, plane)
    assert [len(kernel.signatures) for kernel in kernels] == before


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_numbers_that_a_pixel_cannot_be_are_refused(dtype: type) -> None:
    plane, top = np.zeros((4, 4), dtype), int(np.iinfo(dtype).max)
    for level in (-1, top + 1):
        with pytest.raises(KernelError, match=f"dark level {level}: must be from 0 to {top}"):
            fast_tiles(plane, plane, level, 1)
    for unit in (0, top // 8 + 1):
        with pytest.raises(KernelError, match=f"unit {unit}: must be from 1 to {top // 8}"):
            fast_tiles(plane, plane, 0, unit)
    for unit in (0, (top + 1) // 2 + 1):
        with pytest.raises(KernelError, match=f"unit {unit}: must be from 1"):
            slow_tiles(plane, unit, 0)
    for shift in (-1, 1 if dtype == np.uint8 else 16):
        with pytest.raises(KernelError, match=f"shift {shift}: must be from 0"):
            slow_tiles(plane, 1, shift)
