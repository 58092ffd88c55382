"""One run of encoders and muxer."""

from __future__ import annotations

import numpy as np
import pytest
from reading import read

from monitor.lab.coder import Coder, Sound
from monitor.lab.scenes import Scene

SIZES = [(160, 90), (96, 64)]


@pytest.mark.parametrize("sound", ["aac", "ac3"])
def test_pictures_of_both_sizes_and_sound_come_out_as_they_went_in(sound: Sound) -> None:
    coder = Coder(SIZES, 10, sound)
    scenes = [Scene("cartoon", *size, 10, 1) for size in SIZES]
    block = 0
    for n in range(20):
        which = n >= 10
        while (first := block * coder.block) <= n * 4800:
            for packet in coder.play(scenes[0].sound(first, coder.block), first):
                coder.send(packet)
            block += 1
        coder.show(SIZES[which], scenes[which].picture(n), n, key=n in (0, 10))
    for packet in coder.rest():
        coder.send(packet)
    coder.close()
    seen = read(coder.take())
    assert coder.take() == b""
    assert seen.picture_s == [n / 10 for n in range(20)]
    for n, luma in enumerate(seen.luma):
        width, height = SIZES[n >= 10]
        original = scenes[n >= 10].picture(n)[:height].astype(int)
        assert luma.shape == (height, width)
        assert np.abs(luma - original).mean() < 4
    heard = np.max(seen.peaks, axis=0)
    played = np.abs(scenes[0].sound(0, block * coder.block)).max(axis=1)
    assert np.abs(heard / played - 1).max() < 0.3
