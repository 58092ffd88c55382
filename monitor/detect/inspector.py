"""Judges the quality of pictures against the stream's own normal: which of the kinds of `degraded` they show.

One defect changes many numbers (noise leaves an encoder short of bits, which blurs): at any moment at most one kind is
told, the one whose number is furthest from normal, and for a while after it no other. So it is judged once, and added
to the readings as columns, which the kinds read:

    worse    which kind it is, 0: none; NaN: not judged on this frame
    excess   by how many margins it is above normal
    beside   1 where that is the normal of the scene which is shown, 0 where it is that of others

Frames that show no picture (see `look`) are left out, and so are faint ones.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from monitor.detect.badness import KINDS, NUMBERS, READS, boxed, numbers, others_came
from monitor.detect.damage import HARDLY
from monitor.detect.look import Look
from monitor.detect.normal import Floats, Normal, NormalState
from monitor.detect.picture import LEAST_TILES
from monitor.records import Readings
from monitor.settings import DegradedSettings, Profile

INSPECTED_READS = (*READS, "tiles", "mean")
INSPECTED_COLUMNS = ("worse", "excess", "beside")
CAUSES = (
    ("levels", "banding", 5),
    ("levels", "blockiness", 3),
    ("noise", "levels", 4),
    ("noise", "blockiness", 3),
    ("blockiness", "banding", 2),
)
"""The first changes the number of the second, too, which counts by so much less then: what is clipped is flat, noise
leaves the legal range where it lies on black, coded noise has blocks, and blocks are flat inside."""
BLUR, NOISE, BLOCKINESS, COMBING = (KINDS.index(kind) for kind in ("blur", "noise", "blockiness", "combing"))
UNEVEN = -1.0
"""Blocks are flat inside. Where fewer pixels are flat than before, by so many margins of banding, blocks are of noise
that was coded with too few bits."""
SAMPLE_S = 0.5
HYSTERESIS = 0.5
"""A kind that is told goes on down to so many margins."""
AFTER_S = 2.0
"""For so long after one kind another one is its consequence."""
ESTABLISHED, STRONGER, OTHER = 3, 1.5, 2.0
"""After so many samples a kind is established. Before, one that is so many times stronger takes its place, as its
cause; later one that is so many times stronger, as another defect: what goes on since a cut may be the scene's own."""
RISES = 1.0
"""A kind that rises by so many margins within a scene that has been strange since it began is what is wrong there."""
DROPS, SLACK = 0.8, 0.5
"""In another scene than it began in, blur is over when its number drops within the scene by this share of what it rose,
or is lower by that than what it rose to. Other kinds are judged by the scene before: sharpness differs more."""
FAINT = 4.0
"""A picture with less contrast shows nothing that could be sharp or noisy: it fades, or is almost one colour."""


class Step(NamedTuple):
    """With what blur began: how large its number was, how much larger than before; and how large it was last."""

    level: float = 0.0
    height: float = 0.0
    last: float = 0.0


SHARP = Step()


@dataclass(frozen=True, slots=True)
class InspectorState:
    """What is normal; which kind was told last (0: none), when it last was, how many times on end; with what blur
    began; and what bars took above and below, and at the sides."""

    normal: NormalState = NormalState()
    told: int = 0
    told_s: float = float("-inf")
    times: int = 0
    most: float = 0.0
    """Of the kind that was told last: by how many margins at most."""
    step: Step = SHARP
    boxed: tuple[float, float] = (0.0, 0.0)


class Inspector:
    """Judges the quality of pictures with the margins of a profile."""

    def __init__(self, profile: Profile) -> None:
        settings: list[DegradedSettings] = [getattr(profile, kind) for kind in NUMBERS]
        between = [s.between for s in settings[:-1]]
        self._normal = Normal(np.array([s.margin for s in settings]), np.array([*between, np.inf]))
        self._firsts = np.array([NUMBERS.index(kind) for kind in KINDS])

    def inspect(self, state: InspectorState, video: Readings) -> tuple[InspectorState, Readings]:
        """Next state, and the readings with INSPECTED_COLUMNS. They have what `look` and `damage` add."""
        values = video.values
        worse, excess, beside = np.full((3, len(video)), np.nan, np.float32)
        with np.errstate(invalid="ignore"):
            due = (values["contrast"] >= FAINT) & (values["shown"] == Look.PICTURE) & (values["tiles"] >= LEAST_TILES)
            due = np.flatnonzero(due & (values["damaged"] <= HARDLY))  # What a decoder made up is not noise or blocks.
        if len(due):
            seen = {name: values[name][due].astype(np.float64) for name in READS}
            around = boxed(seen)
            samples = numbers(seen, around)
            whole = np.isfinite(samples).all(axis=1)  # A picture of a few lines has no comb.
            for k, sample, across, upright in zip(due[whole], samples[whole], *(b[whole] for b in around), strict=True):
                if (bars := (float(across), float(upright))) != state.boxed:
                    # Where others come, other numbers are to be expected, as after a cut.
                    normal = state.normal.cut() if others_came(state.boxed, bars) else state.normal
                    state = replace(state, normal=normal, boxed=bars)
                state, worse[k], excess[k] = self._sample(state, sample, video.grids["mean"][k], float(video.t_s[k]))
                beside[k] = state.normal.knows_scene
        added = dict(zip(INSPECTED_COLUMNS, (worse, excess, beside), strict=True))
        return state, replace(video, values={**values, **added})

    def _sample(
        self, state: InspectorState, sample: Floats, luma: NDArray[np.uint8], t_s: float
    ) -> tuple[InspectorState, int, float]:
        normal, begins, goes_on = self._normal.excess(state.normal, sample, luma)
        state = replace(state, normal=normal)
        if state.told not in (0, COMBING + 1) and t_s - state.told_s <= AFTER_S:
            rises = self._by_kind(self._normal.rises(normal, sample))
            rises[state.told - 1] = 0.0
            if rises.max() >= RISES:
                # What was told since the scene began is its own: now it becomes worse.
                normal = self._normal.adopt(normal, t_s)
                normal, begins, goes_on = self._normal.excess(normal, sample, luma)
                state = replace(state, normal=normal, told=0, times=0, step=SHARP)
        excess, sharp = self._by_kind(goes_on), False
        if state.told == BLUR + 1 and not normal.same:
            excess[BLUR], sharp = _since_a_cut(state, float(sample[BLUR]), float(excess[BLUR]))
        told = self._told(state, self._by_kind(begins), excess, t_s)
        if told:
            again = told == state.told and t_s - state.told_s <= AFTER_S
            times = state.times + 1 if again else 1
            step = state.step
            if told == BLUR + 1:
                step = _soft(state, again, float(sample[BLUR]), float(self._normal.margins[BLUR]))
            normal = self._normal.odd(normal, sample, t_s)
            most = max(state.most if again else 0.0, float(excess[told - 1]))
            state = replace(state, normal=normal, told=told, told_s=t_s, times=times, most=most, step=step)
            return state, told, float(excess[told - 1])
        times = state.times if state.times >= ESTABLISHED else 0
        if begins.max() < 1 or sharp:
            return replace(state, normal=self._normal.learn(normal, sample, t_s), times=times), 0, float(begins.max())
        return replace(state, normal=self._normal.odd(normal, sample, t_s), times=times), 0, 0.0

    def _by_kind(self, found: Floats) -> Floats:
        by_kind: Floats = np.maximum(np.maximum.reduceat(found, self._firsts), 0.0)
        if found[NUMBERS.index("banding")] <= UNEVEN:
            by_kind[NOISE] = max(by_kind[NOISE], by_kind[BLOCKINESS])
        for cause, effect, less in CAUSES:
            if by_kind[KINDS.index(cause)] >= 1:
                by_kind[KINDS.index(effect)] /= less
        return by_kind

    @staticmethod
    def _told(state: InspectorState, begins: Floats, goes_on: Floats, t_s: float) -> int:
        """Which kind is to be told: the one that was, as long as it lasts; then for a while none. One that has only
        just been told gives way to a stronger one, and one that goes on to a much stronger one."""
        if begins[COMBING] >= max(1.0, begins[NOISE]):  # Nothing else looks like it, but noise in which lines differ.
            return COMBING + 1
        strongest = int(begins.argmax()) + 1
        begun = strongest if begins[strongest - 1] >= 1 else 0
        if not state.told or t_s - state.told_s > AFTER_S:
            return begun
        own, established = goes_on[state.told - 1], state.times >= ESTABLISHED
        another = begun and begins[begun - 1] > (OTHER if established else STRONGER) * own
        if another and (own > 0 or not established or begins[begun - 1] > OTHER * state.most):
            return begun
        if own >= 1 or (own >= HYSTERESIS and t_s - state.told_s <= 2 * SAMPLE_S):
            return state.told
        return 0 if established else begun


def _soft(state: InspectorState, again: bool, value: float, margin: float) -> Step:
    """The step of a blur that begins, or goes on, with this number."""
    if again:
        return state.step._replace(last=value)
    before = max((each[BLUR] for each in state.normal.scene), default=value)
    return Step(value, max(value - before, margin), value)


def _since_a_cut(state: InspectorState, value: float, excess: float) -> tuple[float, bool]:
    """By how many margins a blur that began in another scene goes on; and whether it was seen to end in this one."""
    step = state.step
    if state.normal.goes_on and step.last - value >= DROPS * step.height:
        return 0.0, True
    return (0.0 if value < step.level - SLACK * step.height else max(excess, 1.0)), False
