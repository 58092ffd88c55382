"""Moving pictures and sound by recipe: the same seed gives the same programme. Owns what a stream shows and plays.

Cheap on purpose, as a whole demonstration shares one core with its watcher: all that is costly (textures, sprites,
sound) is made once; a picture is a crop of a wide painting, a few sprites on top and a layer of live noise.
Pictures are 8-bit yuv420p, limited range, BT.601; sound is 48 kHz stereo.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from monitor.lab.schedule import Programme

RATE = 48_000
BLACK_LUMA, GREY = 16, 128
LOOP_S = 12
"""The sound of a programme repeats after this."""
NOISE_LAYERS = 8
STRIPE = 41
"""Pixels: not on a coding grid."""
CUT_S = 3
"""A cartoon cuts to another scene this often."""

Plane = NDArray[np.uint8]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Look:
    """How a programme looks: panning in pixels per second, noise in luma levels, sprites and their speed."""

    boards: int
    pan: float
    noise: int
    luma: tuple[int, int]
    texture: int
    sprites: int
    speed: float
    bars: float = 0.0
    ticker: bool = False


LOOKS: dict[Programme, Look] = {
    "news": Look(boards=1, pan=0, noise=2, luma=(60, 150), texture=24, sprites=2, speed=0.5, ticker=True),
    "sports": Look(boards=1, pan=70, noise=2, luma=(70, 130), texture=5, sprites=5, speed=1.6),
    "film": Look(boards=1, pan=14, noise=5, luma=(30, 105), texture=16, sprites=2, speed=0.4, bars=0.127),
    "cartoon": Look(boards=4, pan=0, noise=0, luma=(60, 215), texture=0, sprites=4, speed=1.0),
}


class Scene:
    """One programme at one size. `picture` may be asked for in any order, before second 0 too (negative `n`)."""

    def __init__(self, programme: Programme, width: int, height: int, fps: int, seed: int) -> None:
        self.width, self.height, self.fps = width, height, fps
        self.look = LOOKS[programme]
        rng = np.random.default_rng([seed, 1])
        self._phase = rng.uniform(0, 2 * np.pi, (self.look.sprites, 2))
        self._boards = [_board(self.look, width, height, rng) for _ in range(self.look.boards)]
        self._sprites = [_sprite(height, rng) for _ in range(self.look.sprites)]
        self._ticker = _noise_texture(height // 10 // 2 * 2, width * 3, 2, rng, (40, 230)) if self.look.ticker else None
        self._noise = _noise_layers(width, height, self.look.noise)
        self._loop = _sound_loop(programme)
        self._sound_from = int(rng.integers(0, LOOP_S)) * RATE

    def picture(self, n: int) -> Plane:
        """Picture `n` as yuv420p in one array [height * 3 // 2, width]: luma, then U, then V, each without padding."""
        t = n / self.fps
        height, width = self.height, self.width
        whole = np.empty(height * 3 // 2 * width, np.uint8)
        planes = _planes(whole, width, height)
        board = self._boards[int(t // CUT_S) % len(self._boards)]
        # There and back again, evenly.
        span = board[0].shape[1] - width
        at = abs((self.look.pan * t + span) % (2 * span) - span) if span else 0.0
        for plane, source, x in zip(planes, board, (at, at / 2, at / 2), strict=True):
            _crop(plane, source, x)
        for sprite, phase in zip(self._sprites, self._phase, strict=True):
            self._paste(planes, sprite, phase, t)
        if self._ticker is not None:
            self._scroll(planes[0], self._ticker, t)
        if self.look.noise:
            np.add(planes[0], self._noise[n * 5 % NOISE_LAYERS], out=planes[0])
        if bar := int(height * self.look.bars) // 2 * 2:
            for plane, rows, level in zip(planes, (bar, bar // 2, bar // 2), (BLACK_LUMA, GREY, GREY), strict=True):
                plane[:rows] = plane[-rows:] = level
        return whole.reshape(height * 3 // 2, width)

    def _paste(
        self, planes: list[Plane], sprite: list[tuple[Plane, Mask]], phase: NDArray[np.float64], t: float
    ) -> None:
        rows, columns = sprite[0][0].shape
        speed = self.look.speed
        y = int((self.height - rows) * (0.5 + 0.3 * _swing(phase[0] + t * speed * 1.3)))
        x = int((self.width - columns) * (0.5 + 0.45 * _swing(phase[1] + t * speed)))
        for plane, (source, mask), size in zip(planes, sprite, (1, 2, 2), strict=True):
            top, left = y // size, x // size
            np.copyto(plane[top : top + mask.shape[0], left : left + mask.shape[1]], source, where=mask)

    def _scroll(self, luma: Plane, ticker: Plane, t: float) -> None:
        x = int(t * 50) % (ticker.shape[1] - self.width)
        top = self.height - ticker.shape[0] - 4
        luma[top : top + ticker.shape[0]] = ticker[:, x : x + self.width]

    def sound(self, start_sample: int, n: int) -> NDArray[np.float32]:
        """Samples `start_sample` to `start_sample + n` as float32 [2, n], full scale ±1, peaks at about -8 dBFS."""
        at = (start_sample + self._sound_from) % self._loop.shape[1]
        samples = np.empty((2, n), np.float32)
        filled = 0
        while filled < n:
            part = self._loop[:, at : at + n - filled]
            samples[:, filled : filled + part.shape[1]] = part
            filled, at = filled + part.shape[1], 0
        return samples


def _swing(angle: float) -> float:
    """From -1 to 1 and back in each turn, evenly: a figure that slowed down where it turns would stand there."""
    return float(2 / np.pi * np.arcsin(np.sin(angle)))


def black_pictures(width: int, height: int) -> tuple[Plane, ...]:
    """A few black pictures with the faint noise that a real black has; to be shown in turn."""
    pictures = []
    rng = np.random.default_rng(16)
    for _ in range(4):
        whole = np.full(height * 3 // 2 * width, GREY, np.uint8)
        whole[: height * width] = BLACK_LUMA + rng.integers(0, 3, height * width, dtype=np.uint8)
        pictures.append(whole.reshape(height * 3 // 2, width))
    return tuple(pictures)


def _crop(plane: Plane, source: Plane, x: float) -> None:
    """The part of `source` that begins `x` pixels from its left side, eighths of a pixel told apart."""
    eighths = round(8 * x)
    left, part, width = eighths // 8, eighths % 8, plane.shape[1]
    if part:
        both = source[:, left : left + width].astype(np.uint16) * np.uint16(8 - part)
        both += source[:, left + 1 : left + width + 1] * np.uint16(part)
        plane[:] = both >> 3
    else:
        plane[:] = source[:, left : left + width]


def _planes(whole: Plane, width: int, height: int) -> list[Plane]:
    """Views of luma, U and V in an array of height * 3 // 2 * width bytes; odd chroma sizes cannot occur."""
    luma, chroma = width * height, (width // 2) * (height // 2)
    return [
        whole[:luma].reshape(height, width),
        whole[luma : luma + chroma].reshape(height // 2, width // 2),
        whole[luma + chroma : luma + 2 * chroma].reshape(height // 2, width // 2),
    ]


def _noise_texture(height: int, width: int, grain: int, rng: np.random.Generator, luma: tuple[int, int]) -> Plane:
    """Smooth random hills about `grain` pixels wide, stretched to `luma`."""
    coarse = rng.random((height // grain + 3, width // grain + 3))
    ys, xs = np.arange(height) / grain, np.arange(width) / grain
    y0, x0 = ys.astype(int), xs.astype(int)
    fy, fx = (ys - y0)[:, None], (xs - x0)[None, :]
    top = coarse[y0][:, x0] * (1 - fx) + coarse[y0][:, x0 + 1] * fx
    low = coarse[y0 + 1][:, x0] * (1 - fx) + coarse[y0 + 1][:, x0 + 1] * fx
    hills = top * (1 - fy) + low * fy
    return np.asarray(luma[0] + (luma[1] - luma[0]) * hills, np.uint8)


def _board(look: Look, width: int, height: int, rng: np.random.Generator) -> list[Plane]:
    """A painting to crop from: wider than the picture where the programme pans. Panels of a colour, with slanting
    sides, where it has no texture."""
    wide = width * 3 if look.pan else width
    if look.texture:
        planes = [_noise_texture(height, wide, look.texture, rng, look.luma)]
        planes += [_noise_texture(height // 2, wide // 2, 40, rng, (GREY - 24, GREY + 24)) for _ in range(2)]
        planes[0] = np.minimum(planes[0] + (np.arange(wide) // STRIPE % 2 * 12).astype(np.uint8), np.uint8(225))
        return planes
    levels = rng.integers(*look.luma, size=(3, 4), dtype=np.uint8)
    y, x = np.indices((height // 2, wide // 2))
    rows, columns = (y + x // 7) * 3 // (height // 2 + wide // 14), (x + y // 5) * 4 // (wide // 2 + height // 10)
    flat = levels[rows, columns]
    chroma = [rng.integers(70, 190, (3, 4), dtype=np.uint8)[rows, columns] for _ in range(2)]
    return [flat.repeat(2, axis=0).repeat(2, axis=1), *chroma]


def _sprite(height: int, rng: np.random.Generator) -> list[tuple[Plane, Mask]]:
    """A round figure to move about, plane by plane, and which pixels are of it: textured luma with a bright head, one
    colour."""
    rows, columns = (int(height * share) // 2 * 2 for share in (rng.uniform(0.25, 0.45), rng.uniform(0.12, 0.25)))
    luma = _noise_texture(rows, columns, 6, rng, (50, 200))
    head = _ellipse(rows // 3, columns // 2)
    luma[rows // 8 :, columns // 4 :][: rows // 3, : columns // 2][head] = 210
    planes = [luma, *(np.full((rows // 2, columns // 2), level, np.uint8) for level in rng.integers(90, 166, 2))]
    return [(plane, _ellipse(*plane.shape)) for plane in planes]


def _ellipse(rows: int, columns: int) -> Mask:
    y, x = np.ogrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j]
    inside: Mask = x * x + y * y <= 1
    return inside


@lru_cache(maxsize=16)
def _noise_layers(width: int, height: int, levels: int) -> NDArray[np.uint8]:
    """Layers of live noise [NOISE_LAYERS, height, width] from 0 to `levels`, to be added in turn."""
    rng = np.random.default_rng(levels)
    return rng.integers(0, levels + 1, (NOISE_LAYERS, height, width), dtype=np.uint8)


@lru_cache(maxsize=4)
def _sound_loop(programme: Programme) -> NDArray[np.float32]:
    """LOOP_S seconds of sound [2, samples] that can be repeated: notes and bursts that begin and end in silence."""
    rng = np.random.default_rng([ord(programme[0]), 7])
    sound = np.zeros((2, LOOP_S * RATE), np.float64)
    if programme in ("film", "cartoon", "sports"):
        beat = RATE // 2 if programme == "cartoon" else RATE
        for start in range(0, sound.shape[1], beat):
            sound[:, start : start + beat] += 0.12 * _chord(beat, rng)
    if programme in ("news", "sports", "film"):
        at = 0
        while at < sound.shape[1] - RATE:
            length = int(rng.uniform(0.8, 2.0) * RATE)
            burst = _speech(min(length, sound.shape[1] - at), rng)
            sound[:, at : at + burst.shape[1]] += 0.5 * burst
            at += length + int(rng.uniform(0.15, 0.5) * RATE)
    return np.asarray(0.4 * sound / np.abs(sound).max(), np.float32)


def _chord(n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """A chord of four partials [2, n], a little different left and right."""
    t = np.arange(n) / RATE
    envelope = np.minimum(1, np.minimum(t, t[::-1]) / 0.03) * np.exp(-t)
    root = 110 * 2 ** (rng.integers(0, 12) / 12)
    pans = rng.uniform(0.4, 1, (2, 4))
    notes = np.stack([np.sin(2 * np.pi * root * ratio * t) for ratio in (1, 1.25, 1.5, 2)])
    chord: NDArray[np.float64] = pans @ notes * envelope
    return chord


def _speech(n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Something like speech [2, n]: a buzz and noise in syllables of about a quarter of a second."""
    t = np.arange(n) / RATE
    syllables = np.abs(np.sin(2 * np.pi * 2.1 * t)) * np.minimum(1, np.minimum(t, t[::-1]) / 0.02)
    pitch = rng.uniform(90, 200)
    buzz = sum(np.sin(2 * np.pi * pitch * k * t + k) / k for k in range(1, 9))
    breath = np.convolve(rng.standard_normal(n), np.ones(6) / 6, mode="same")
    voice = (0.5 * buzz + 0.5 * breath) * syllables
    return np.stack([voice, 0.8 * voice])
