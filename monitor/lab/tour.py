"""Hours of clean programme: a camera that moves over photographs. What detectors find in it is a false alarm.

A tour is a row of shots, each of another photograph: the camera pans, zooms, is held by hand or stands on a tripod,
with the noise of a sensor or, now and then, without any, as a still has; light drifts. Shots follow by a cut, fade into
each other, or through black. The same seed gives the same tour; another one, another.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import av
import av.error
import numpy as np
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from monitor.errors import SettingsError
from monitor.lab.clips import heard_in, write_clip

Move = Literal["pan", "zoom", "hand", "tripod", "still"]
Join = Literal["cut", "dissolve", "black"]
Plane = NDArray[np.uint8]
Rng = np.random.Generator

MOVES: dict[Move, float] = {"pan": 0.3, "zoom": 0.25, "hand": 0.25, "tripod": 0.17, "still": 0.03}
JOINS: dict[Join, float] = {"cut": 0.6, "dissolve": 0.25, "black": 0.15}
"""How often each is drawn."""
VIEWS = 8
"""So many views are looked for, and the one is taken that shows most: none of a blue sky alone."""
SHOT_S, STILL_S = (3.0, 12.0), (1.5, 3.0)
JOIN_S = 0.8
DARK_S = 0.4
"""A fade through black stays there for so long: less than any profile takes for a fault."""
BLACK_LUMA, GREY = 16, 128
PART = ".part"
"""Ends the name of a tour that is not whole."""
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
LEAST_CONTRAST, LEAST_WIDTH = 20.0, 1200
"""A photograph with a smaller standard deviation of luma is mostly of one colour; a narrower one is an icon."""
WIDEST = 2
"""A picture is taken from one at most so many times as wide: finer detail would flicker."""


@dataclass(frozen=True, slots=True)
class View:
    """What the camera sees: its middle, as shares of the photograph, and its width as a share of the widest view."""

    x: float
    y: float
    width: float


@dataclass(frozen=True, slots=True)
class Shot:
    """One shot, from one view to another. `noise`: standard deviation in luma levels; `light`: at its two ends."""

    photograph: Path
    frames: int
    move: Move
    join: Join
    """How it follows the shot before."""
    start: View
    end: View
    noise: float
    light: tuple[float, float]
    shake: NDArray[np.float64]
    """[frames, 2]: by how much the middle is off, in widths of the view."""


def photographs(folder: Path) -> list[Path]:
    """The pictures below a folder that make a programme, by name. Raises SettingsError if there is none."""
    if not folder.is_dir():
        raise SettingsError(f"{folder}: no such folder; name a folder of photographs")
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    fit = [path for path in found if _contrast(path) >= LEAST_CONTRAST]
    if not fit:
        raise SettingsError(
            f"{folder}: none of the {len(found)} pictures in it ({', '.join(SUFFIXES)}) shows enough for a programme; "
            f"name a folder of photographs"
        )
    return fit


def shots(pictures: Sequence[Path], fps: int, seed: int) -> Generator[Shot]:
    """The shots of a tour, without end. Every photograph has its turn before one comes again."""
    rng = np.random.default_rng([seed, 7])
    while True:
        for k in rng.permutation(len(pictures)).tolist():
            yield _shot(pictures[k], fps, rng)


def tour(pictures: Sequence[Path], width: int, height: int, fps: int, seed: int) -> Generator[VideoFrame]:
    """The pictures of a tour, yuv420p of this size, without end. Raises SettingsError for a photograph that cannot be
    read."""
    rng = np.random.default_rng([seed, 8])
    grain = rng.standard_normal((2 * height, 2 * width)).astype(np.float32)
    tail: list[NDArray[np.float32]] = []
    joined = round(JOIN_S * fps)
    for shot in shots(pictures, fps, seed):
        taken = _taken(shot, width, height, grain, rng)
        if shot.join == "black":
            yield from (_picture(_dimmed(whole, 1 - (n + 1) / joined), height) for n, whole in enumerate(tail))
            yield from (_picture(_dimmed(tail[0], 0.0), height) for _ in range(round(DARK_S * fps) if tail else 0))
        elif shot.join == "cut":
            yield from (_picture(whole, height) for whole in tail)
        last: list[NDArray[np.float32]] = []
        for n, whole in enumerate(taken):
            part = (n + 1) / joined
            if tail and n < joined and shot.join == "dissolve":
                whole = part * whole + (1 - part) * tail[n]
            elif tail and n < joined and shot.join == "black":
                whole = _dimmed(whole, part)
            last.append(whole)
            if len(last) > joined:
                yield _picture(last.pop(0), height)
        tail = last


def make_tour(
    path: Path,
    pictures: Sequence[Path],
    sound: Sequence[Path],
    width: int,
    height: int,
    fps: int,
    seconds: float,
    seed: int,
) -> Path:
    """Write a tour as a clip. What is not whole is removed. Raises SettingsError for material that cannot be read."""
    part = path.with_suffix(PART)
    try:
        with closing(tour(pictures, width, height, fps, seed)) as shown, closing(sounds(sound, seed)) as heard:
            write_clip(part, "h264", width, height, fps, seconds, shown, heard, preset="veryfast")
        return part.rename(path)
    finally:
        part.unlink(missing_ok=True)


def sounds(files: Sequence[Path], seed: int) -> Generator[AudioFrame]:
    """The sound of these files, one after the other in an order by the seed, without end. Raises SettingsError where
    none has any."""
    rng = np.random.default_rng([seed, 9])
    while True:
        heard = 0
        for k in rng.permutation(len(files)).tolist():
            try:
                for block in heard_in(files[k]):
                    heard += 1
                    yield block
            except (av.error.FFmpegError, OSError) as error:
                raise SettingsError(f"{files[k]}: its sound cannot be read ({error}); remove it") from None
        if not heard:
            raise SettingsError(f"none of {len(files)} files has sound; name a folder of recorded programme")


def _shot(path: Path, fps: int, rng: Rng) -> Shot:
    move = _drawn(MOVES, rng)
    seconds = rng.uniform(*(STILL_S if move == "still" else SHOT_S))
    frames = max(round(seconds * fps), 2 * round(JOIN_S * fps))
    start, end = max(
        (_views(move, rng) for _ in range(VIEWS)), key=lambda pair: min(_shows(path, view) for view in pair)
    )
    shake = np.zeros((frames, 2))
    if move == "hand":
        shake = _sway(frames, fps, rng) * rng.uniform(0.01, 0.03)
    noise = 0.0 if move == "still" else float(rng.uniform(0.6, 3.0))
    first = rng.uniform(0.85, 1.1)
    light = (float(first), float(first if move == "still" else first * rng.uniform(0.95, 1.05)))
    return Shot(path, frames, move, _drawn(JOINS, rng), start, end, noise, light, shake)


def _drawn(odds: dict[Any, float], rng: Rng) -> Any:
    weights = np.array(list(odds.values()))
    return list(odds)[int(rng.choice(len(odds), p=weights / weights.sum()))]


def _views(move: Move, rng: Rng) -> tuple[View, View]:
    """A first and a last view."""
    start = View(float(rng.uniform()), float(rng.uniform()), float(rng.uniform(0.4, 0.9)))
    if move == "pan":
        return start, View(float(rng.uniform()), float(rng.uniform()), start.width)
    if move == "zoom":
        width = float(np.clip(start.width * rng.choice([0.6, 0.75, 1.3, 1.6]), 0.35, 1.0))
        return start, View(start.x, start.y, width)
    return start, start


def _shows(path: Path, view: View) -> float:
    """Standard deviation of luma in about what a view shows, up to LEAST_CONTRAST: more is no better."""
    luma = _small(path)
    high, wide = luma.shape
    rows, columns = (max(int(view.width * length), 2) for length in (high, wide))
    top, left = int(view.y * (high - rows)), int(view.x * (wide - columns))
    return min(float(luma[top : top + rows, left : left + columns].std()), LEAST_CONTRAST)


def _sway(frames: int, fps: int, rng: Rng) -> NDArray[np.float64]:
    """A hand's, [frames, 2], about 1 in size: slow waves of some tenths of a second to some seconds."""
    at = np.arange(frames)[:, None] / fps
    hertz, phase = rng.uniform(0.2, 2.0, (5, 2)), rng.uniform(0, 2 * np.pi, (5, 2))
    return np.asarray(sum(np.sin(2 * np.pi * hertz[k] * at + phase[k]) / (1 + 2 * hertz[k]) for k in range(5)) / 2)


def _taken(shot: Shot, width: int, height: int, grain: NDArray[np.float32], rng: Rng) -> Generator[NDArray[np.float32]]:
    """Its pictures, float32 [height * 3 / 2, width] as yuv420p lies."""
    for n in range(shot.frames):
        along = n / max(shot.frames - 1, 1)
        along = (1 - math.cos(math.pi * along)) / 2  # A camera speeds up and slows down.
        share = shot.start.width + along * (shot.end.width - shot.start.width)
        planes = _planes(shot.photograph, share, width)
        high, wide = planes[0].shape
        seen_w = share * min(wide, high * width / height)
        step = seen_w / width
        seen_h = step * height
        x = shot.start.x + along * (shot.end.x - shot.start.x)
        y = shot.start.y + along * (shot.end.y - shot.start.y)
        left = float(np.clip(x * (wide - seen_w) + shot.shake[n, 0] * seen_w, 0, wide - seen_w))
        top = float(np.clip(y * (high - seen_h) + shot.shake[n, 1] * seen_w, 0, high - seen_h))
        light = shot.light[0] + along * (shot.light[1] - shot.light[0])
        whole = np.empty((height * 3 // 2, width), np.float32)
        _sample(planes[0], top, left, step, whole[:height])
        whole[:height] = (whole[:height] - BLACK_LUMA) * light + BLACK_LUMA
        if shot.noise:
            a, b = int(rng.integers(height)), int(rng.integers(width))
            whole[:height] += shot.noise * grain[a : a + height, b : b + width]
        chroma = whole[height:].reshape(2, height // 2, width // 2)
        for k in range(2):
            _sample(planes[1 + k], top / 2, left / 2, step, chroma[k])
        yield whole


def _dimmed(whole: NDArray[np.float32], part: float) -> NDArray[np.float32]:
    height = len(whole) * 2 // 3
    out = np.empty_like(whole)
    out[:height] = BLACK_LUMA + part * (whole[:height] - BLACK_LUMA)
    out[height:] = GREY + part * (whole[height:] - GREY)
    return out


def _picture(whole: NDArray[np.float32], height: int) -> VideoFrame:
    levels = np.rint(whole)
    np.clip(levels[:height], BLACK_LUMA, 235, out=levels[:height])
    np.clip(levels[height:], 16, 240, out=levels[height:])
    return VideoFrame.from_ndarray(levels.astype(np.uint8), format="yuv420p")


def _planes(path: Path, share: float, width: int) -> tuple[Plane, Plane, Plane]:
    """The photograph no larger than WIDEST times what is needed of it."""
    needed = 2.0 ** math.ceil(math.log2(width / share * WIDEST / 2))
    return _loaded(path, int(needed))


@lru_cache(maxsize=512)
def _small(path: Path) -> Plane:
    """A photograph's luma, small enough to keep."""
    return _loaded(path, 512)[0].copy()


@lru_cache(maxsize=6)
def _loaded(path: Path, across: int) -> tuple[Plane, Plane, Plane]:
    """A photograph as planes of yuv420p, `across` wide (or as wide as it is)."""
    try:
        with av.open(f"file:{path}") as container:
            frame = next(container.decode(video=0))
    except (av.error.FFmpegError, StopIteration, OSError) as error:
        raise SettingsError(f"{path}: cannot be read as a picture ({error}); remove it") from None
    wide = min(across, frame.width) // 2 * 2
    high = max(round(frame.height * wide / frame.width) // 2 * 2, 2)
    small = frame.reformat(wide, high, format="yuv420p", interpolation="AREA").to_ndarray().astype(np.uint8)
    chroma = small[high:].reshape(2, high // 2, wide // 2)
    return small[:high], chroma[0], chroma[1]


def _contrast(path: Path) -> float:
    """Of luma; 0 for what is too small or cannot be read."""
    try:
        with av.open(f"file:{path}") as container:
            if container.streams.video[0].width < LEAST_WIDTH:
                return 0.0
        return float(_small(path).std())
    except (SettingsError, av.error.FFmpegError, IndexError):
        return 0.0


def _sample(plane: Plane, top: float, left: float, step: float, out: NDArray[np.float32]) -> None:
    """Bilinear samples of a plane, `step` apart, from a place on."""
    above, down = _between(plane.shape[0], top, step, out.shape[0])
    before, across = _between(plane.shape[1], left, step, out.shape[1])
    part = plane[above[0] : above[-1] + 2]
    sampled = part[:, before] * (1 - across) + part[:, before + 1] * across
    rows = above - above[0]
    out[:] = sampled[rows] * (1 - down[:, None]) + sampled[rows + 1] * down[:, None]


def _between(length: int, first: float, step: float, n: int) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Of n places, the pixel before each, and how far it is beyond that."""
    at = np.clip(first + (np.arange(n) + 0.5) * step - 0.5, 0.0, length - 1.001)
    before = at.astype(np.intp)
    return before, (at - before).astype(np.float32)
