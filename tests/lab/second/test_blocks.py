from __future__ import annotations

import numpy as np
from second_clips import HEIGHT, first_made

from monitor.lab.second.pictures import Clip


def test_the_picture_is_steeper_across_the_edges_of_blocks(clean: Clip) -> None:
    made = first_made(clean, "blockiness", "strong")
    at = made.events[0].span.start + 5
    ratios = []
    for frames in (clean.frames, made.frames):
        steep = np.abs(np.diff(frames[at][:HEIGHT].astype(int), axis=1)).mean(axis=0)
        edge = np.arange(len(steep)) % 8 == 7
        ratios.append(steep[edge].mean() / steep[~edge].mean())
    assert ratios[1] > 2 * ratios[0]
