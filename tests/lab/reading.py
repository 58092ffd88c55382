"""What the tests of the lab see when they read a stream with plain PyAV."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from itertools import pairwise

import av
import numpy as np
from numpy.typing import NDArray

from monitor.lab.coder import ZERO_PTS_S


@dataclass
class Seen:
    """Decoded pictures (luma) and sound by media second, as the stream's timestamps say."""

    picture_s: list[float] = field(default_factory=list)
    luma: list[NDArray[np.uint8]] = field(default_factory=list)
    corrupt: int = 0
    sound_s: list[float] = field(default_factory=list)
    peaks: list[NDArray[np.float32]] = field(default_factory=list)

    def pictures(self, start_s: float, end_s: float) -> list[NDArray[np.uint8]]:
        """Luma of the pictures between two media seconds."""
        return [y for t, y in zip(self.picture_s, self.luma, strict=True) if start_s <= t < end_s]

    def peak(self, start_s: float, end_s: float) -> NDArray[np.float32]:
        """Loudest sample of each channel between two media seconds."""
        inside = [p for t, p in zip(self.sound_s, self.peaks, strict=True) if start_s <= t < end_s]
        loudest: NDArray[np.float32] = np.max(inside, axis=0)
        return loudest


def motion(pictures: list[NDArray[np.uint8]]) -> NDArray[np.float64]:
    """Mean absolute difference of each picture to the one before."""
    return np.array([np.abs(b.astype(int) - a).mean() for a, b in pairwise(pictures)])


def read(source: bytes | str, pictures: int | None = None) -> Seen:
    """Decode a stream, or its first so many pictures."""
    seen = Seen()
    opened = io.BytesIO(source) if isinstance(source, bytes) else source
    with av.open(opened, timeout=(8, 8)) as container:
        for packet in container.demux():
            for frame in packet.decode():
                t = round(float(frame.time or 0) - ZERO_PTS_S, 6)
                if isinstance(frame, av.VideoFrame):
                    seen.picture_s.append(t)
                    seen.luma.append(frame.to_ndarray()[: frame.height])
                    seen.corrupt += frame.is_corrupt
                elif isinstance(frame, av.AudioFrame):
                    seen.sound_s.append(t)
                    seen.peaks.append(np.abs(frame.to_ndarray()).max(axis=1))
            if pictures is not None and len(seen.luma) >= pictures:
                break
    return seen
