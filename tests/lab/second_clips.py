"""What the tests of the second generator share: the size of their clips, and how a defect is tried on one."""

from __future__ import annotations

import zlib

import numpy as np

from monitor.errors import SettingsError
from monitor.lab.second import _MAKERS
from monitor.lab.second.pictures import Clip, Made
from monitor.lab.truth import Strength

WIDTH, HEIGHT, FPS, SECONDS = 192, 108, 25, 14.0
FRAMES = round(SECONDS * FPS)


def made_of(clip: Clip, kind: str, strength: Strength, seed: int) -> Made | None:
    """The clip with this defect, or nothing where it does not suit."""
    try:
        return _MAKERS[kind](clip, strength, np.random.default_rng([seed, zlib.crc32(kind.encode())]))
    except SettingsError:
        return None


def first_made(clip: Clip, kind: str, strength: Strength) -> Made:
    return next(made for seed in range(12) if (made := made_of(clip, kind, strength, seed)))


def clip_of(luma: np.ndarray, frames: int = FRAMES) -> Clip:
    """A clip that shows one picture of this luma all the time."""
    picture = np.full((HEIGHT * 3 // 2, WIDTH), 128, dtype=np.uint8)
    picture[:HEIGHT] = luma
    silence = np.zeros((2, round(frames / FPS * 48_000)), dtype=np.float32)
    return Clip((picture,) * frames, WIDTH, HEIGHT, FPS, silence, "still")
