"""Small clips by recipe, for tests of whole flows."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

FPS = 25
WIDTH, HEIGHT = 320, 180
RATE = 48000


def make_clip(path: Path, parts: Sequence[tuple[str, float]], sound: bool = True, picture: bool = True) -> Path:
    """A clip of parts ("moving", "black", "still", "mute", "right_mute" and seconds), H.264 and AAC as a stream has it.

    Sound plays throughout but in "mute" and "right_mute"; pictures move throughout but in "black" and "still".
    """
    rng = np.random.default_rng(3)
    hills = 110 + 50 * np.sin(np.arange(WIDTH + 600) / 40) * np.cos(np.arange(HEIGHT)[:, None] / 30)
    texture = (hills + rng.integers(-20, 20, hills.shape)).astype(np.uint8)
    with av.open(str(path), "w") as out:
        video = audio = None
        if picture:
            video = out.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", "g": "25", "crf": "28"})
            video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        if sound:
            audio = out.add_stream("aac", rate=RATE, layout="stereo")
        n = samples = 0
        for kind, seconds in parts:
            frozen = n
            for _ in range(round(seconds * FPS)):
                if video is not None:
                    for packet in video.encode(_picture(texture, frozen if kind == "still" else n, kind, n)):
                        out.mux(packet)
                n += 1
            if audio is not None:
                for frame in _sound(round(seconds * RATE), samples, kind):
                    for packet in audio.encode(frame):
                        out.mux(packet)
                samples += round(seconds * RATE)
        for stream in (video, audio):
            if stream is not None:
                out.mux(stream.encode(None))
    return path


def _picture(texture: np.ndarray, shown: int, kind: str, pts: int) -> av.VideoFrame:
    luma = (
        np.full((HEIGHT, WIDTH), 16, np.uint8) if kind == "black" else texture[:HEIGHT, (shown * 4) % 500 :][:, :WIDTH]
    )
    planes = np.concatenate([luma, np.full((HEIGHT // 2, WIDTH), 128, np.uint8)])
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(planes), format="yuv420p")
    frame.pts, frame.time_base = pts, Fraction(1, FPS)
    return frame


def _sound(n: int, start: int, kind: str) -> list[av.AudioFrame]:
    t = (start + np.arange(n)) / RATE
    # Three notes in each channel: one alone would be a line-up tone.
    both = np.stack([sum(np.sin(2 * np.pi * hz * k * t) / k for k in (1, 1.29, 1.83)) for hz in (440, 660)])
    both = (0.15 * both).astype(np.float32)
    if kind == "mute":
        both[:] = 0
    elif kind == "right_mute":
        both[1] = 0
    frames = []
    for first in range(0, n, 1024):
        part = np.ascontiguousarray(both[:, first : first + 1024])
        frame = av.AudioFrame.from_ndarray(part, format="fltp", layout="stereo")
        frame.rate, frame.pts, frame.time_base = RATE, start + first, Fraction(1, RATE)
        frames.append(frame)
    return frames
