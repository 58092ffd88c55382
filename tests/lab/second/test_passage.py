from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from monitor.lab.second.passage import coded, shown
from monitor.lab.second.pictures import Clip

FINE = {
    "mpeg2video": {"qmin": "2", "qmax": "2", "b": "50M", "bf": "2"},
    "mjpeg": {"qmin": "2", "qmax": "2", "b": "50M"},
    "libx264": {"qp": "12", "preset": "superfast"},
}


@pytest.mark.parametrize("codec", FINE)
def test_all_pictures_come_back_in_order(codec: str, clean: Clip) -> None:
    given = shown(coded(clean.frames[:12], codec, FINE[codec], 25), {"libx264": "h264"}.get(codec, codec))
    assert sorted(given) == list(range(12))
    for at, picture in given.items():
        assert np.abs(picture.astype(int) - clean.frames[at]).mean() < 3


def test_rubbish_is_concealed_or_left_out(clean: Clip) -> None:
    packets = coded(clean.frames[:12], "mpeg2video", FINE["mpeg2video"], 25)
    given = shown([packets[0], *(replace(one, data=one.data[::-1]) for one in packets[1:])], "mpeg2video")
    assert 0 in given
    assert len(given) <= 12
