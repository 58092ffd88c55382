"""What is normal for a stream: the recent past of some numbers, in the scene that is shown and in the last minute.

What a blurred or a noisy picture is cannot be said in absolute numbers: a soft old film is blurred beside a football
match. But a scene that is shown does not by itself become twice as soft within half a second.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

RECENT = 6
"""Samples that a scene is judged by: three seconds."""
BUCKET_S, BUCKETS = 10, 6
"""A stream is judged by the highest numbers of the last minute, kept per 10 s."""
LEAST = 4
"""So many samples must be known before one is judged."""
ADOPTED = 240
"""After so many samples (two minutes) that are not normal, they are the new normal."""
LEAST_OF_SCENE = 2
"""A scene is judged by itself once so many samples of it are known: the first may be of a dissolve. What begins with
the second is taken for the scene's own, unless it is far above other scenes."""
SETTLED = 3
"""So many samples of a scene say what it is like."""
SAME_SCENE = 0.5
"""Two maps of luma of one scene, half a second apart, have at least this correlation, whatever is done to levels."""


@dataclass(frozen=True, slots=True)
class NormalState:
    """Highest numbers per 10 s of media time; those of the last samples in this scene; how many samples were normal;
    the map of luma of the last sample; whether the scene has been the same since the last normal sample, and since the
    last one; how many have not been normal since."""

    highest: tuple[tuple[int, tuple[float, ...]], ...] = ()
    scene: tuple[tuple[float, ...], ...] = ()
    known: int = 0
    luma: bytes | None = None
    same: bool = False
    goes_on: bool = False
    odd: int = 0
    strange: tuple[tuple[float, ...], ...] = ()
    """The last samples that were not normal, of the scene that is shown: all of it, if none of it was."""

    @property
    def knows_scene(self) -> bool:
        """Whether the scene that is shown is judged by itself."""
        return self.same and len(self.scene) >= LEAST_OF_SCENE

    def cut(self) -> NormalState:
        """The same, as if another scene began."""
        return replace(self, luma=None)


class Normal:
    """`margins`: by how much each number may be above the highest of its scene, where that is known. Between scenes it
    may by `between` times as much, and above the highest of the last minute; infinite: by any."""

    def __init__(self, margins: Floats, between: Floats) -> None:
        self.margins = margins
        self._between = margins * between

    def excess(self, state: NormalState, sample: Floats, luma: NDArray[np.uint8]) -> tuple[NormalState, Floats, Floats]:
        """The state with this map of luma [9, 16]; and of each number of the sample by how many margins it is above
        normal: as a sign that something begins, and as one that it goes on, for which a change of the scene is no
        excuse. Zeros as long as too little is known."""
        same = state.luma is not None and alike(state.luma, luma)
        state = replace(state, luma=luma.tobytes(), same=state.same and same, goes_on=same)
        if state.known < LEAST:
            return state, np.zeros(len(sample)), np.zeros(len(sample))
        between = (sample - np.max([numbers for _, numbers in state.highest], axis=0)) / self._between
        within = np.maximum(between, (sample - np.max(state.scene, axis=0)) / self.margins)
        return state, within if state.knows_scene else between, within

    def learn(self, state: NormalState, sample: Floats, t_s: float) -> NormalState:
        """A sample was normal."""
        number = int(t_s // BUCKET_S)
        kept = {n: numbers for n, numbers in state.highest if n > number - BUCKETS}
        kept[number] = tuple(np.maximum(sample, kept.get(number, sample)).tolist())
        scene = (*(state.scene if state.same else ()), tuple(sample.tolist()))[-RECENT:]
        return NormalState(tuple(sorted(kept.items())), scene, state.known + 1, state.luma, True, state.goes_on)

    def odd(self, state: NormalState, sample: Floats, t_s: float) -> NormalState:
        """A sample was not normal. After ADOPTED of them, this one is."""
        if state.odd >= ADOPTED:
            return self.learn(NormalState(luma=state.luma), sample, t_s)
        strange = (*(state.strange if state.goes_on else ()), tuple(sample.tolist()))[-RECENT:]
        return replace(state, odd=state.odd + 1, strange=strange)

    def adopt(self, state: NormalState, t_s: float) -> NormalState:
        """What was strange in the scene that is shown is its own."""
        for sample in state.strange:
            state = self.learn(replace(state, strange=()), np.array(sample), t_s)
        return state

    def rises(self, state: NormalState, sample: Floats) -> Floats:
        """By how many margins each number of the sample is above those of the scene that is shown, of which hardly one
        was normal; 0 as long as fewer than SETTLED are known."""
        if len(state.strange) < SETTLED or not state.goes_on or state.knows_scene:
            return np.zeros(len(sample))
        return np.asarray((sample - np.max(state.strange, axis=0)) / self.margins)


def alike(before: bytes, luma: NDArray[np.uint8]) -> bool:
    """Whether two maps of luma are of one scene."""
    return bool(all_alike(before, luma[None])[0])


def all_alike(before: bytes | None, luma: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Of maps of luma [N, 9, 16] that follow each other: which is of the scene of the one before it. `before`: the one
    before the first; None: there is none, and so it is not. In integers, so any split gives the same."""
    maps = luma.reshape(len(luma), -1).astype(np.int64)
    first = maps[:1] if before is None else np.frombuffer(before, np.uint8).astype(np.int64)[None]
    maps = np.concatenate((first, maps))
    n, sums = maps.shape[1], maps.sum(axis=1)
    spread = n * (maps * maps).sum(axis=1) - sums**2
    together = n * (maps[1:] * maps[:-1]).sum(axis=1) - sums[1:] * sums[:-1]
    size = np.sqrt(spread[1:].astype(np.float64) * spread[:-1])
    same: NDArray[np.bool_] = (size > 0) & (together >= SAME_SCENE * size)
    same[:1] &= before is not None
    return same
