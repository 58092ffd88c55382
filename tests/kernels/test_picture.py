"""The picture kernels equal their NumPy definitions, bit for bit."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from monitor.errors import KernelError
from monitor.kernels import FAST, SLOW, TILE, fast_tiles, picture, plane_sums, slow_tiles

SIZES = [(1, 1), (1, 40), (2, 3), (3, 2), (16, 16), (17, 33), (31, 32), (35, 17), (70, 64), (144, 176), (67, 250)]
DEPTHS = [(np.uint8, 8), (np.uint16, 10), (np.uint16, 16)]
Plane = NDArray[np.generic]


def tiled(values: NDArray[np.int64], how: str = "sum") -> NDArray[np.int64]:
    """One number per tile of 16 x 16 of values given per pixel."""
    starts = [np.arange(0, length, TILE) for length in values.shape]
    reduce = {"sum": np.add, "max": np.maximum, "min": np.minimum}[how]
    return reduce.reduceat(reduce.reduceat(values, starts[0], axis=0), starts[1], axis=1)


def neighbour(p: NDArray[np.int64], dy: int, dx: int) -> NDArray[np.int64]:
    """For each pixel its neighbour; itself where there is none."""
    height, width = p.shape
    y, x = np.indices(p.shape)
    inside = (y + dy >= 0) & (y + dy < height) & (x + dx >= 0) & (x + dx < width)
    return np.where(inside, p[np.clip(y + dy, 0, height - 1), np.clip(x + dx, 0, width - 1)], p)


def define_fast(plane: Plane, previous: Plane, dark: int) -> NDArray[np.int64]:
    """The truth: what each integer of FAST is."""
    p, before = plane.astype(np.int64), previous.astype(np.int64)
    y, x = np.indices(p.shape)
    across, down = np.abs(p - neighbour(p, 0, -1)), np.abs(p - neighbour(p, -1, 0))
    return np.stack(
        [
            tiled(p),
            tiled(np.abs(p - before)),
            tiled((p <= dark).astype(np.int64)),
            tiled(p, "max"),
            tiled(across * (x % 8 == 0)),
            tiled(across * (x % 8 != 0)),
            tiled(down * (y % 8 == 0)),
            tiled(down * (y % 8 != 0)),
        ]
    )


def define_slow(
    plane: Plane, unit: int, shift: int, levels: int = 256
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The truth: what each integer of SLOW is."""
    p = plane.astype(np.int64)
    y, x = np.indices(p.shape)
    left, up, down, right = (neighbour(p, *d) for d in ((0, -1), (-1, 0), (1, 0), (0, 1)))
    between_lines = (y > 0) & (y < p.shape[0] - 1)
    inner = between_lines & (x > 0) & (x < p.shape[1] - 1)
    corners = sum(neighbour(p, dy, dx) for dy in (-1, 1) for dx in (-1, 1))
    change = np.maximum(np.abs(p - left), np.abs(p - up))
    corner = (y > 0) & (x > 0)
    sums = [
        p * p,
        None,
        np.abs(left + up + down + right - 4 * p) * inner,
        np.abs(corners - 2 * (left + up + down + right) + 4 * p) * inner,
        np.maximum(0, np.maximum(p - np.maximum(up, down), np.minimum(up, down) - p)) * between_lines,
        np.abs(p - neighbour(p, -2, 0)) * (y > 1),
        (change < unit) & corner,
        (change >= unit) & (change < 2 * unit) & corner,
    ]
    out = np.stack([tiled(p, "min") if part is None else tiled(part.astype(np.int64)) for part in sums])
    phases = np.array(
        [
            [np.abs(p - left)[x % 8 == k].sum() for k in range(8)],
            [np.abs(p - up)[y % 8 == k].sum() for k in range(8)],
        ]
    )
    return out, phases, np.bincount(np.minimum(p >> shift, levels - 1).ravel(), minlength=levels)


def contents(name: str, size: tuple[int, int], dtype: type, bits: int) -> Plane:
    top = 2**bits - 1
    rng = np.random.default_rng([len(name), *size])
    if name == "noise":
        return rng.integers(0, top + 1, size).astype(dtype)
    if name == "soft":
        return (top // 2 + np.add.outer(np.arange(size[0]) // 3, np.arange(size[1]) // 5) % 4).astype(dtype)
    if name == "checkerboard":
        return (np.indices(size).sum(axis=0) % 2 * top).astype(dtype)
    if name == "lines":
        return (np.indices(size)[0] % 2 * top).astype(dtype)
    return np.full(size, {"black": 0, "white": top}[name], dtype)


def padded(plane: Plane, by: int) -> Plane:
    """The same picture with rows that are longer in memory, and nonsense in between."""
    whole = np.full((plane.shape[0], plane.shape[1] + by), np.iinfo(plane.dtype).max, plane.dtype)
    whole[:, : plane.shape[1]] = plane
    return whole[:, : plane.shape[1]]


def same(found: NDArray[np.int64], truth: NDArray[np.int64], names: tuple[str, ...]) -> None:
    for name, a, b in zip(names, found, truth, strict=True):
        assert np.array_equal(a, b), f"{name} differs in {np.argwhere(a != b)[:3].tolist()}"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("dtype", "bits"), DEPTHS)
@pytest.mark.parametrize(
    ("now", "before"), [("noise", "noise"), ("white", "black"), ("black", "white"), ("checkerboard", "white")]
)
def test_fast_tiles_equal_the_definition(size: tuple[int, int], dtype: type, bits: int, now: str, before: str) -> None:
    plane = padded(contents(now, size, dtype, bits), 13)
    previous = padded(contents(before, size, dtype, bits)[::-1].copy(), 5)
    dark = 2**bits // 7
    same(fast_tiles(plane, previous, dark), define_fast(plane, previous, dark), FAST)
    a, b = plane.astype(np.int64), previous.astype(np.int64)
    assert plane_sums(plane, previous) == (a.sum(), np.abs(a - b).sum())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("dtype", "bits"), DEPTHS)
@pytest.mark.parametrize("content", ["noise", "soft", "checkerboard", "lines", "white", "black"])
def test_slow_tiles_equal_the_definition(size: tuple[int, int], dtype: type, bits: int, content: str) -> None:
    plane = padded(contents(content, size, dtype, bits), 7)
    unit = 1 << (bits - 8)
    tiles, phases, histogram = slow_tiles(plane, unit, 0, 2**bits)
    truth, truth_phases, truth_histogram = define_slow(plane, unit, 0, 2**bits)
    same(tiles, truth, SLOW)
    assert np.array_equal(phases, truth_phases)
    assert np.array_equal(histogram, truth_histogram)


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
    same(fast_tiles(now, before, 37), define_fast(now, before, 37), FAST)
    same(slow_tiles(now, unit, 0)[0], define_slow(now, unit, 0)[0], SLOW)


def test_pixels_beyond_their_depth_are_counted_as_the_brightest() -> None:
    histogram = slow_tiles(np.full((4, 9), 40_000, np.uint16), 4, 2, 1024)[2]
    assert histogram[1023] == 36


def test_a_histogram_of_levels_in_the_high_bits() -> None:
    """P010: ten bits, above six that are zero."""
    levels = np.random.default_rng(3).integers(0, 1024, (33, 50))
    histogram = slow_tiles((levels << 6).astype(np.uint16), 4 << 6, 6, 1024)[2]
    assert np.array_equal(histogram, np.bincount(levels.ravel(), minlength=1024))


def test_a_histogram_too_short_for_a_byte_is_refused() -> None:
    with pytest.raises(KernelError, match="255 levels: must be at least 256"):
        slow_tiles(np.zeros((4, 4), np.uint8), 1, 0, 255)


def test_interleaved_chroma_is_read_rightly() -> None:
    both = np.random.default_rng(1).integers(0, 256, (20, 60), dtype=np.uint8)
    u, v = both[:, 0::2], both[:, 1::2]
    assert plane_sums(u, v) == (int(u.sum()), int(np.abs(u.astype(int) - v).sum()))
    assert np.array_equal(fast_tiles(u, v, 9), define_fast(u, v, 9))


@pytest.mark.parametrize("width", [30, 32, 39, 64])
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
            same(fast_tiles(plane, plane, 9), define_fast(plane, plane, 9), FAST)
            same(slow_tiles(plane, 1, 0)[0], define_slow(plane, 1, 0)[0], SLOW)
            assert plane_sums(plane, plane)[1] == 0
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
    for kernel in (lambda: fast_tiles(plane, previous, 0), lambda: plane_sums(plane, previous)):
        with pytest.raises(KernelError, match="must be"):
            kernel()
    if plane.dtype == np.float32:
        with pytest.raises(KernelError, match="must be uint8 or uint16"):
            slow_tiles(plane, 1, 0)


def test_what_is_compiled_is_all_that_is_ever_used() -> None:
    """After `compile_all`, planes of every layout go to the kernels that are there: no compile on a stream's time."""
    picture.compile_all()
    tables = (picture._FAST_KERNELS, picture._SLOW_KERNELS, picture._SUMS_KERNELS)
    kernels = [kernel for table in tables for kernel in table.values()]
    before = [len(kernel.signatures) for kernel in kernels]
    for dtype in (np.uint8, np.uint16):
        whole = np.zeros((40, 100), dtype)
        frozen = whole.copy()
        frozen.flags.writeable = False
        for plane in (whole, whole[:, :70], frozen, frozen[:, :70], whole[:, ::2]):
            fast_tiles(plane, plane, 3)
            slow_tiles(plane, 1, 0)
            plane_sums(plane, plane)
    assert [len(kernel.signatures) for kernel in kernels] == before
