"""Picture kernels, CPU twin (numba). Owns the integers per tile; says nothing about what they mean.

Shape of the code: per strip of 16 rows, one narrow accumulator per column, reduced to tiles at the end of the strip.
Casts are explicit because numba widens integers to 64 bits otherwise and the loop loses its vector form.
"""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np
from numpy.typing import NDArray

from monitor.errors import KernelError

TILE = 16
"""Height and width of a tile in pixels; the last row and column of tiles may be smaller."""

PICTURE_COLUMNS = ("sum", "difference", "dark", "maximum")
"""What `picture_tiles` gives per tile, in this order."""


def picture_tiles(plane: NDArray[Any], previous: NDArray[Any], dark_level: int) -> NDArray[np.int64]:
    """Integers of every tile of a plane: int64 [4, ceil(h / 16), ceil(w / 16)], in the order of PICTURE_COLUMNS.

    Per tile: sum of pixels; sum of absolute differences to `previous`; count of pixels at or below `dark_level`;
    largest pixel. `plane`, `previous`: [h, w] uint8 or uint16 of one shape and type, rows padded as they come.
    """
    if plane.shape != previous.shape or plane.dtype != previous.dtype:
        raise KernelError(
            f"previous plane is {previous.shape} {previous.dtype}, this one {plane.shape} {plane.dtype}: must be alike"
        )
    height, width = plane.shape
    out = np.empty((len(PICTURE_COLUMNS), -(-height // TILE), -(-width // TILE)), np.int64)
    now, pitch = _flat(plane)
    before, pitch_before = _flat(previous)
    kernel = _tiles_8 if plane.dtype == np.uint8 else _tiles_16
    kernel(now, pitch, before, pitch_before, height, width, plane.dtype.type(dark_level), out)
    return out


def plane_sums(plane: NDArray[Any], previous: NDArray[Any]) -> tuple[int, int]:
    """Sum of a plane's pixels, and of their absolute differences to `previous`. Types and shapes as above."""
    if plane.shape != previous.shape or plane.dtype != previous.dtype:
        raise KernelError(
            f"previous plane is {previous.shape} {previous.dtype}, this one {plane.shape} {plane.dtype}: must be alike"
        )
    now, pitch = _flat(plane)
    before, pitch_before = _flat(previous)
    total, difference = _sums(now, pitch, before, pitch_before, *plane.shape)
    return int(total), int(difference)


def _flat(plane: NDArray[Any]) -> tuple[NDArray[Any], int]:
    """The plane's memory as one contiguous vector, and its pitch in pixels: numba only vectorises what it knows to be
    contiguous, which rows of a padded plane are and the plane is not. Interleaved chroma is copied out first."""
    if plane.dtype not in (np.uint8, np.uint16):
        raise KernelError(f"pixels are {plane.dtype}, must be uint8 or uint16")
    height, width = plane.shape
    pitch_bytes, step = plane.strides
    if step != plane.itemsize or pitch_bytes % plane.itemsize or pitch_bytes < width * plane.itemsize:
        plane = np.ascontiguousarray(plane)
        pitch_bytes = plane.strides[0]
    pitch = pitch_bytes // plane.itemsize
    vector = np.lib.stride_tricks.as_strided(plane, ((height - 1) * pitch + width,), (plane.itemsize,), writeable=False)
    return vector, pitch


@nb.njit(cache=True, nogil=True)
def _tiles_8(now, pitch, before, pitch_before, height, width, dark_level, out):  # type: ignore[no-untyped-def]
    sums = np.empty(width, np.uint16)
    differences = np.empty(width, np.uint16)
    darks = np.empty(width, np.uint8)
    peaks = np.empty(width, np.uint8)
    for strip in range(out.shape[1]):
        sums[:] = 0
        differences[:] = 0
        darks[:] = 0
        peaks[:] = 0
        for y in range(strip * 16, min(strip * 16 + 16, height)):
            a = now[y * pitch : y * pitch + width]
            b = before[y * pitch_before : y * pitch_before + width]
            for x in range(width):
                pixel = a[x]
                other = b[x]
                high = max(pixel, other)
                low = min(pixel, other)
                sums[x] = np.uint16(sums[x] + np.uint16(pixel))
                differences[x] = np.uint16(differences[x] + np.uint16(np.uint8(high - low)))
                darks[x] = np.uint8(darks[x] + np.uint8(pixel <= dark_level))
                peaks[x] = max(peaks[x], pixel)
        _reduce(sums, differences, darks, peaks, width, strip, out)


@nb.njit(cache=True, nogil=True)
def _tiles_16(now, pitch, before, pitch_before, height, width, dark_level, out):  # type: ignore[no-untyped-def]
    sums = np.empty(width, np.uint32)
    differences = np.empty(width, np.uint32)
    darks = np.empty(width, np.uint16)
    peaks = np.empty(width, np.uint16)
    for strip in range(out.shape[1]):
        sums[:] = 0
        differences[:] = 0
        darks[:] = 0
        peaks[:] = 0
        for y in range(strip * 16, min(strip * 16 + 16, height)):
            a = now[y * pitch : y * pitch + width]
            b = before[y * pitch_before : y * pitch_before + width]
            for x in range(width):
                pixel = a[x]
                other = b[x]
                high = max(pixel, other)
                low = min(pixel, other)
                sums[x] = np.uint32(sums[x] + np.uint32(pixel))
                differences[x] = np.uint32(differences[x] + np.uint32(np.uint16(high - low)))
                darks[x] = np.uint16(darks[x] + np.uint16(pixel <= dark_level))
                peaks[x] = max(peaks[x], pixel)
        _reduce(sums, differences, darks, peaks, width, strip, out)


@nb.njit(cache=True, nogil=True)
def _reduce(sums, differences, darks, peaks, width, strip, out):  # type: ignore[no-untyped-def]
    for tile in range(out.shape[2]):
        total = np.int64(0)
        difference = np.int64(0)
        dark = np.int64(0)
        peak = np.int64(0)
        for x in range(tile * 16, min(tile * 16 + 16, width)):
            total += np.int64(sums[x])
            difference += np.int64(differences[x])
            dark += np.int64(darks[x])
            peak = max(peak, np.int64(peaks[x]))
        out[0, strip, tile] = total
        out[1, strip, tile] = difference
        out[2, strip, tile] = dark
        out[3, strip, tile] = peak


@nb.njit(cache=True, nogil=True)
def _sums(now, pitch, before, pitch_before, height, width):  # type: ignore[no-untyped-def]
    total = np.uint64(0)
    difference = np.uint64(0)
    for y in range(height):
        a = now[y * pitch : y * pitch + width]
        b = before[y * pitch_before : y * pitch_before + width]
        row_total = np.uint32(0)
        row_difference = np.uint32(0)
        for x in range(width):
            pixel = a[x]
            other = b[x]
            row_total = np.uint32(row_total + np.uint32(pixel))
            row_difference = np.uint32(row_difference + np.uint32(max(pixel, other) - min(pixel, other)))
        total += np.uint64(row_total)
        difference += np.uint64(row_difference)
    return total, difference
