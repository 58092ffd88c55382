"""How bad a picture is, in numbers that the kinds of `degraded` speak of: each is larger where it is worse.

What they are for a good picture differs from scene to scene: see `normal`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from monitor.detect.normal import Floats
from monitor.detect.picture import BARS

READS = (
    *("sharpness", "gradient_x", "gradient_y", "contrast", "noise", "flat", "step", "block_x", "block_y"),
    *("phase_x_excess", "phase_y_excess", "combed", "interlaced", "under", "over", "crushed", "blown", *BARS),
    "luma",
)
"""Columns that `numbers` and `boxed` need."""
KINDS = ("blur", "noise", "banding", "blockiness", "combing", "levels")
NUMBERS = ("blur", "noise", "banding", "blockiness", "blockiness", "combing", "levels", "levels", "levels", "levels")
"""The kind that each of the numbers speaks for. The last one only within a scene: black bars come with another."""
OF_ALL = (
    *("gradient_x", "gradient_y", "sharpness", "noise", "step"),
    *("block_x", "block_y", "phase_x_excess", "phase_y_excess"),
)
"""Means over the whole picture, to which black bars add nothing."""
UNEVEN_BARS, IN_TILES, OTHER_BARS = 0.06, 0.09, 0.1
"""Bars differ by so much of the picture at most. They are known in whole tiles: so much more may be of them. Where they
change by so much, in one direction and not the other, bars came or went; on a black ground, something moves."""
BLACK = 16.0
"""Luma of bars, in 8-bit levels of limited range."""
HARDLY_COMBED = 0.01
"""So small a share of the tiles is a pattern of lines that moves."""


def numbers(values: Mapping[str, Floats], bars: tuple[Floats, Floats]) -> Floats:
    """What is judged of N samples, [N, len(NUMBERS)]: each is larger where it is worse. `bars`: as `boxed` gives
    them.

    blur        mean |Laplacian| is small beside the mean gradient and beside the contrast: the share of the finest
                detail, whatever the gain (Laplacian family of Pertuz et al. 2013, "Analysis of focus measure
                operators"); natural logarithm
    noise       estimated deviation of white noise (Immerkær 1996) over a floor that nobody sees; logarithm
    banding     odds that a pixel nearly like its neighbours is exactly like them: gradients that became terraces (after
                the idea of CAMBI, Tandon et al. 2021: small steps between flat areas); logarithm
    blockiness  how much more neighbours differ across the edges of 8 x 8 blocks than inside, beside the mean gradient
                (after Wu and Yuen 1997, "A generalized block-edge impairment metric"); in place, and at any phase
    combing     share of tiles whose lines stand out from both neighbours, more than those of one field; logarithm.
                Not of pictures that the stream says are of two fields: a player weaves or blends these as it should
    levels      shares of the pixels outside the legal range (EBU R 103), at its lowest level (of the active picture,
                inside the bars), and at its highest; and at the lowest in all
    """
    top, bottom, left, right = (values[name] for name in BARS)
    dark = 1.0 - np.maximum(1.0 - top - bottom, 0.0) * np.maximum(1.0 - left - right, 0.0)
    active = np.maximum(1.0 - dark, 0.1)
    of_all = {name: values[name] / active for name in OF_ALL}  # In bars there is none of these.
    gradient = of_all["gradient_x"] + of_all["gradient_y"]
    luma = (values["luma"] - dark * BLACK) / active
    contrast = np.sqrt(np.maximum(values["contrast"] ** 2 - dark * active * (luma - BLACK) ** 2, 0.0) / active)
    flat, crushed = (np.maximum(values[name] - dark, 0.0) / active for name in ("flat", "crushed"))
    across, upright = bars
    in_tiles = np.where((across > 0) | (upright > 0), IN_TILES, 0.0)
    black = 1.0 - (1.0 - across) * (1.0 - upright) + in_tiles
    crushed = np.maximum(crushed - in_tiles, 0.0)
    combed = np.log(values["combed"] + HARDLY_COMBED)
    return np.stack(
        [
            np.log((gradient + 0.1) * (contrast + 0.1) / (of_all["sharpness"] + 0.1) ** 2),
            np.log(of_all["noise"] + 0.3),
            np.log((flat + 0.005) / (of_all["step"] + 0.005)),
            _both(of_all["block_x"], of_all["block_y"], upright, across) / (gradient + 1.1),
            _both(of_all["phase_x_excess"], of_all["phase_y_excess"], upright, across) / (gradient + 1.1),
            np.where(values["interlaced"] > 0, np.log(HARDLY_COMBED), combed),
            values["under"] + values["over"],
            crushed,
            values["blown"],
            np.maximum(values["crushed"] - black, 0.0),
        ],
        axis=1,
    )


def boxed(values: Mapping[str, Floats]) -> tuple[Floats, Floats]:
    """What black bars take above and below, and at the sides: two opposite margins about as wide as each other."""
    top, bottom, left, right = (values[name] for name in BARS)
    pairs = ((top, bottom), (left, right))
    across, upright = (np.where((np.minimum(a, b) > 0) & (np.abs(a - b) <= UNEVEN_BARS), a + b, 0.0) for a, b in pairs)
    return across, upright


def others_came(before: Sequence[float], now: Sequence[float]) -> bool:
    """Whether bars came or went between two samples, as `boxed` tells of them."""
    changed = [abs(a - b) >= OTHER_BARS for a, b in zip(before, now, strict=True)]
    none = [a == b == 0 for a, b in zip(before, now, strict=True)]
    return (changed[0] and none[1]) or (changed[1] and none[0])


def _both(x: Floats, y: Floats, upright: Floats, across: Floats) -> Floats:
    """The sum of what is measured across and down. The side of a bar is a step along all of a line: where there are
    bars, what is measured across it is left out."""
    return np.where(upright > 0, 0.0, x) + np.where(across > 0, 0.0, y)
