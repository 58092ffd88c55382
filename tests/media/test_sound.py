"""Sound comes out per channel, sample by sample, in every sample format and with any number of channels."""

from __future__ import annotations

import io
from fractions import Fraction

import av
import numpy as np
import pytest
from footage import RATE, Recipe, make, play

from monitor.media.sound import channel_names, samples_of

SCALES = {"u8": (np.uint8, 128.0, 128), "s16": (np.int16, 2.0**15, 0), "s32": (np.int32, 2.0**31, 0)}


def values(name: str, channels: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Random samples [channels, n] as the format stores them, and as they must come out."""
    draw = np.random.default_rng(channels)
    if name in ("flt", "dbl"):
        stored = draw.uniform(-1.5, 1.5, (channels, n)).astype(np.float32 if name == "flt" else np.float64)
        stored[0, :3] = (np.nan, np.inf, -np.inf)
        return stored, stored.astype(np.float32)
    dtype, full, zero = SCALES[name]
    info = np.iinfo(dtype)
    stored = draw.integers(info.min, info.max, (channels, n), dtype=dtype, endpoint=True)
    stored[0, :2] = (info.min, info.max)
    return stored, ((stored.astype(np.float64) - zero) / full).astype(np.float32)


@pytest.mark.parametrize("layout", ["mono", "stereo", "5.1", "6.1", "7.1", "hexadecagonal"])
@pytest.mark.parametrize("planar", [False, True], ids=["packed", "planar"])
@pytest.mark.parametrize("name", ["u8", "s16", "s32", "flt", "dbl"])
def test_every_format(name: str, planar: bool, layout: str) -> None:
    channels = av.AudioLayout(layout).nb_channels
    stored, wanted = values(name, channels, 333)
    packed = av.AudioFrame.from_ndarray(np.ascontiguousarray(stored.T.reshape(1, -1)), format=name, layout=layout)
    packed.rate, packed.pts, packed.time_base = RATE, 0, Fraction(1, RATE)
    frame = packed
    if planar:
        (frame,) = av.AudioResampler(format=f"{name}p", layout=layout, rate=RATE).resample(packed)
        assert frame.format.is_planar
    samples = samples_of(frame)
    assert samples.dtype == np.float32
    assert samples.flags.owndata
    np.testing.assert_array_equal(samples, wanted)


@pytest.mark.parametrize(("codec", "layout"), [("aac", "stereo"), ("aac", "5.1"), ("flac", "stereo"), ("mp2", "mono")])
def test_the_same_as_pyav(codec: str, layout: str) -> None:
    data = make(Recipe(1.0, None, sound=codec, layout=layout, container="matroska"))
    with av.open(io.BytesIO(data)) as container:
        frames = list(container.decode(audio=0))
    blocks = play(data).blocks
    assert [block.pts for block in blocks] == [frame.pts for frame in frames]
    for frame, block in zip(frames, blocks, strict=True):
        theirs = frame.to_ndarray()
        theirs = theirs if frame.format.is_planar else theirs.reshape(-1, len(block.channels)).T
        scale = {"f": 1.0, "i": 2.0 ** (8 * theirs.dtype.itemsize - 1)}[theirs.dtype.kind]
        np.testing.assert_array_equal(block.samples, (theirs / scale).astype(np.float32))


@pytest.mark.parametrize(("codec", "layout"), [("aac", "7.1"), ("libopus", "7.1"), ("pcm_s24le", "7.1")])
def test_eight_channels(codec: str, layout: str) -> None:
    """PyAV's own `to_ndarray` ends the process here, so the truth comes by way of a packed format."""
    data = make(Recipe(1.0, None, sound=codec, layout=layout, container="matroska"))
    with av.open(io.BytesIO(data)) as container:
        frames = list(container.decode(audio=0))
    blocks = play(data).blocks
    assert len(blocks) == len(frames) > 10
    for frame, block in zip(frames, blocks, strict=True):
        (packed,) = av.AudioResampler(format="flt", layout=frame.layout, rate=frame.rate).resample(frame)
        np.testing.assert_array_equal(block.samples, packed.to_ndarray().reshape(-1, 8).T)
    peaks = [np.abs(np.fft.rfft(channel)).argmax() for channel in blocks[5].samples]
    assert len(blocks[0].channels) == 8
    assert len(set(peaks)) >= 4, "each channel has its own tone"


def test_channel_names() -> None:
    assert channel_names(av.AudioLayout("5.1")) == ("FL", "FR", "FC", "LFE", "BL", "BR")
    (block, *_) = play(make(Recipe(0.2, None, sound="pcm_s16le", layout="stereo", container="matroska"))).blocks
    assert block.channels == ("ch0", "ch1"), "the file does not say which is which"


def test_an_unknown_format_is_named() -> None:
    class Format:
        name = "s20p"

    class Frame:
        format = Format()

    with pytest.raises(ValueError, match="s20p"):
        samples_of(Frame())  # type: ignore[arg-type]
