"""Defects of the pictures themselves: blur, noise, banding, blockiness, levels."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from monitor.errors import SettingsError
from monitor.lab.defects.footage import Footage, Plane

Rng = np.random.Generator

BLOCK = 8


def blur(footage: Footage, first: int, last: int, amount: float, rng: Rng) -> float:
    """A Gaussian of `amount` pixels (standard deviation), luma and chroma."""
    for n in range(first, last):
        for plane, sigma in ((footage.luma[n], amount), *((c, amount / 2) for c in footage.chroma(n))):
            plane[:] = np.rint(_smoothed(plane, sigma))
    return 1.0


def _smoothed(plane: Plane, sigma: float) -> NDArray[np.float32]:
    reach = max(1, math.ceil(3 * sigma))
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    weights /= weights.sum()
    found = plane.astype(np.float32)
    for axis in (0, 1):
        padded = np.pad(found, [(reach, reach) if k == axis else (0, 0) for k in (0, 1)], mode="edge")
        n = found.shape[axis]
        parts = (np.take(padded, range(k, k + n), axis) * np.float32(w) for k, w in enumerate(weights))
        found = sum(parts, np.zeros_like(found))
    return found


def noise(footage: Footage, first: int, last: int, amount: float, rng: Rng) -> float:
    """White noise of `amount` levels (standard deviation) on luma, half of it on chroma."""
    for n in range(first, last):
        for plane, sigma in ((footage.luma[n], amount), *((c, amount / 2) for c in footage.chroma(n))):
            plane[:] = np.clip(plane + rng.normal(0, sigma, plane.shape), 0, 255)
    return 1.0


def banding(footage: Footage, first: int, last: int, amount: float, rng: Rng) -> float:
    """Levels in steps of `amount`: luma, and chroma in half of that."""
    for n in range(first, last):
        for plane, step in ((footage.luma[n], amount), *((c, amount / 2) for c in footage.chroma(n))):
            plane[:] = np.clip((np.floor(plane / step) + 0.5) * step, 16, 240)
    return 1.0


def blockiness(footage: Footage, first: int, last: int, amount: float, rng: Rng) -> float:
    """Blocks of 8 x 8, each transformed (DCT-II) and quantised in steps of `amount` levels, as a coder without loop
    filter does that is short of bits."""
    basis = _dct()
    for n in range(first, last):
        for plane in (footage.luma[n], *footage.chroma(n)):
            rows, columns = (side // BLOCK for side in plane.shape)
            part = plane[: rows * BLOCK, : columns * BLOCK]
            blocks = part.reshape(rows, BLOCK, columns, BLOCK).transpose(0, 2, 1, 3).astype(np.float32)
            coarse = np.rint(basis @ blocks @ basis.T / amount) * amount
            back = (basis.T @ coarse @ basis).transpose(0, 2, 1, 3).reshape(part.shape)
            part[:] = np.clip(np.rint(back), 16, 240)
    return 1.0


def _dct() -> NDArray[np.float32]:
    """The matrix of the 8-point DCT-II, orthonormal."""
    k, x = np.mgrid[:BLOCK, :BLOCK]
    basis = np.sqrt(2 / BLOCK) * np.cos(np.pi * (x + 0.5) * k / BLOCK)
    basis[0] /= math.sqrt(2)
    return np.asarray(basis, np.float32)


def levels(footage: Footage, first: int, last: int, amount: float, rng: Rng) -> float:
    """A curve that clips the share `amount` of the pixels: at black, at white, or stretched beyond the legal range on
    both sides."""
    how = int(rng.integers(3))
    sample = footage.luma[first:last:5, ::4, ::4]
    low, high = np.quantile(sample, (amount, 1 - amount))
    if how == 0:
        curve = _curve(max(low, 20.0), max(high, low + 40), 16, 225)
    elif how == 1:
        curve = _curve(min(sample.min(), 40.0), min(high, 215.0), 25, 235)
    else:
        half_low, half_high = np.quantile(sample, (amount / 2, 1 - amount / 2))
        curve = _stretched(float(half_low), float(half_high))
    for n in range(first, last):
        footage.luma[n] = curve[footage.luma[n]]
    return 1.0


def _curve(low: float, high: float, black: int, white: int) -> Plane:
    """A straight line from `low` at `black` to `high` at `white`, clipped there."""
    if high - low < 8:
        raise SettingsError("levels: this picture has next to no contrast; take another clip")
    line = black + (np.arange(256) - low) * (white - black) / (high - low)
    return np.asarray(np.clip(np.rint(line), 16, 235), np.uint8)


def _stretched(low: float, high: float) -> Plane:
    """What was at `low` and below goes below the legal range, what was at `high` and above goes above it."""
    if high - low < 8:
        raise SettingsError("levels: this picture has next to no contrast; take another clip")
    line = 12 + (np.arange(256) - low) * (240 - 12) / (high - low)
    return np.asarray(np.clip(np.rint(line), 1, 254), np.uint8)
