"""When something short happens again and again within an event: at its start, at its end, and unevenly between."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from monitor.lab.second.pictures import Span
from monitor.lab.second.source import SOUND_RATE

_TRIES = 12
_REGULAR_SHARE = 0.3
_JITTER = 0.04
# Defects that are promised to come again within a second do so within this.
_OVER_S = 1.2


def moments(span: Span, spacing_s: tuple[float, float], dice: np.random.Generator, fits: Callable[[int], bool]
            ) -> list[int]:  # fmt: skip
    """Samples from the start of a span to its end, both among them, so far apart; only those between that fit.

    Mostly irregular, else at one pace but for a jitter. Where nothing fits they are farther apart.
    """
    least, most = (seconds * SOUND_RATE for seconds in spacing_s)
    pace = dice.uniform(least, (least + most) / 2) if dice.random() < _REGULAR_SHARE else 0.0
    found = [span.start]
    while True:
        steps = pace * dice.uniform(1 - _JITTER, 1 + _JITTER, _TRIES) if pace else dice.uniform(least, most, _TRIES)
        tried = [found[-1] + round(step) for step in steps]
        following = next((at for at in tried if at + least <= span.end and fits(at)), None)
        if following is None and min(tried) + least <= span.end:
            # A pause of the programme: go on behind it.
            following = next((at for at in range(min(tried), round(span.end - least), 480) if fits(at)), None)
        if following is None:
            return [*found, span.end]
        found.append(following)


def is_dense(found: Sequence[int]) -> bool:
    """Whether nowhere so much time passes between two of these samples that it is over in between."""
    return all(b - a <= _OVER_S * SOUND_RATE for a, b in pairwise(found))
