"""Decoded sound as float32 per channel. Owns the scale of every sample format. Never mixes, never resamples."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.layout import AudioLayout
from av.audio.plane import AudioPlane
from numpy.typing import NDArray

_FORMATS: dict[str, tuple[np.dtype[Any], float]] = {
    "u8": (np.dtype(np.uint8), 2.0**-7),
    "s16": (np.dtype(np.int16), 2.0**-15),
    "s32": (np.dtype(np.int32), 2.0**-31),
    "s64": (np.dtype(np.int64), 2.0**-63),
    "flt": (np.dtype(np.float32), 1.0),
    "dbl": (np.dtype(np.float64), 1.0),
}
"""FFmpeg's sample formats, packed; planar ones have a "p" behind. 24-bit sound is decoded to the high bits of s32."""


def samples_of(frame: AudioFrame) -> NDArray[np.float32]:
    """Samples [channels, n], full scale ±1, in memory of their own. What is not a number stays so.

    Raises ValueError for a sample format that is not known.
    """
    dtype, scale, planar = _format_of(frame.format.name)
    channels, n = frame.layout.nb_channels, frame.samples
    out = np.empty((channels, n), np.float32)
    if planar:
        for channel in range(channels):
            # Not `frame.planes`: with 8 channels or more it runs past the end of FFmpeg's list and kills the
            # process (test_sound.py, 7.1).
            _fill(out[channel], np.frombuffer(memoryview(AudioPlane(frame, channel)), dtype, n))
    else:
        _fill(out, np.frombuffer(memoryview(AudioPlane(frame, 0)), dtype, n * channels).reshape(n, channels).T)
    if dtype == np.uint8:
        out -= 128
    if scale != 1:
        out *= np.float32(scale)
    return out


def _fill(out: NDArray[np.float32], samples: NDArray[Any]) -> None:
    if samples.dtype == np.float64:
        with np.errstate(over="ignore", invalid="ignore"):
            out[:] = samples
    else:
        out[:] = samples


@lru_cache(maxsize=32)
def _format_of(name: str) -> tuple[np.dtype[Any], float, bool]:
    """Type of a sample, what makes full scale ±1, and whether the channels lie apart."""
    if name.removesuffix("p") not in _FORMATS:
        raise ValueError(f"sample format {name!r} is not one of {', '.join(_FORMATS)}, packed or planar")
    return *_FORMATS[name.removesuffix("p")], name.endswith("p")


def channel_names(layout: AudioLayout) -> tuple[str, ...]:
    """FFmpeg's names of the channels ("FL", "FR"); "ch0", "ch1", ... where the stream does not say what they are."""
    names = [channel.name for channel in layout.channels]
    return tuple(f"ch{i}" if name in ("NONE", "UNSD", "UNK", "") else name for i, name in enumerate(names))
