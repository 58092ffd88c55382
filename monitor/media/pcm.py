"""Decoded sound as float32 per channel, full scale ±1, whatever the sample format. Never mixed."""

from __future__ import annotations

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

SAFE_PLANAR_CHANNELS = 7
"""Planar sound with more channels ends the process inside PyAV's `to_ndarray`: it is made packed first."""


class Pcm:
    """Turns the frames of one track into arrays; keeps a converter for formats that are not float already."""

    def __init__(self) -> None:
        self._converter: AudioResampler | None = None
        self._converts: tuple[str, str, int] | None = None

    def samples(self, frame: AudioFrame) -> NDArray[np.float32]:
        """[channels, n] of a frame. Integer formats are scaled by their full scale; floats pass as they are."""
        channels = frame.layout.nb_channels
        if frame.format.name == "fltp" and channels <= SAFE_PLANAR_CHANNELS:
            planes = [np.frombuffer(memoryview(plane), np.float32)[: frame.samples] for plane in frame.planes]
            return np.stack(planes)
        packed = frame if frame.format.name == "flt" else self._packed(frame)
        flat = np.frombuffer(memoryview(packed.planes[0]), np.float32)[: packed.samples * channels]
        return np.ascontiguousarray(flat.reshape(-1, channels).T)

    def _packed(self, frame: AudioFrame) -> AudioFrame:
        wanted = (frame.format.name, frame.layout.name, frame.sample_rate)
        if self._converter is None or self._converts != wanted:
            self._converter = AudioResampler(format="flt", layout=frame.layout, rate=frame.sample_rate)
            self._converts = wanted
        converted = self._converter.resample(frame)
        if len(converted) != 1 or converted[0].samples != frame.samples:
            # Same rate and layout: a converter that holds samples back would shift every time stamp after it.
            raise ValueError(f"sample format {wanted} came back as {[c.samples for c in converted]} samples")
        return converted[0]
