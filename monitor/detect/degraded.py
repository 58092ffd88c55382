"""`blur`, `noise`, `banding`, `blockiness`, `combing`, `levels`: the picture is worse than the stream's own normal.

Judged by the slow set, twice a second; what is found begins and ends halfway between two samples. One defect changes
many numbers (noise leaves an encoder short of bits, which blurs): at any moment at most one kind is told, the one whose
number is furthest from normal, and for a while after it no other. So it is judged once, and added to the readings as
columns, which the kinds read:

    worse    which kind it is, 0: none; NaN: not judged on this frame
    excess   by how many margins it is above normal
    beside   1 where that is the normal of the scene which is shown, 0 where it is that of others

Frames that show no picture (see `look`) are left out, and so are faint ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from monitor.detect.base import ALL_DEPTHS, Inputs
from monitor.detect.hold import Hold, HoldState, Rows
from monitor.detect.look import Look
from monitor.detect.normal import Floats, Normal, NormalState
from monitor.detect.picture import BARS, LEAST_TILES, or_zero, shown_pictures
from monitor.records import Depth, Detection, Readings
from monitor.settings import DegradedSettings, Profile, fingerprint

INSPECTED_READS = (
    *("sharpness", "gradient_x", "gradient_y", "contrast", "noise", "flat", "step", "block_x", "block_y"),
    *("phase_x_excess", "phase_y_excess", "combed", "interlaced", "under", "over", "crushed", "blown", *BARS),
    *("luma", "tiles", "mean"),
)
INSPECTED_COLUMNS = ("worse", "excess", "beside")
KINDS = ("blur", "noise", "banding", "blockiness", "combing", "levels")
NUMBERS = ("blur", "noise", "banding", "blockiness", "blockiness", "combing", "levels", "levels", "levels", "levels")
"""The kind that each of the numbers speaks for. The last one only within a scene: black bars come with another."""
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
OF_ALL = (
    *("gradient_x", "gradient_y", "sharpness", "noise", "step"),
    *("block_x", "block_y", "phase_x_excess", "phase_y_excess"),
)
"""Means over the whole picture, to which black bars add nothing."""
UNEVEN_BARS, IN_TILES, OTHER_BARS = 0.06, 0.09, 0.1
"""Bars differ by so much of the picture at most. They are known in whole tiles: so much more may be of them. Where they
change by so much, in one direction and not the other, bars came or went; on a black ground, something moves."""
BLACK = 16.0
RISES = 1.0
"""A kind that rises by so many margins within a scene that has been strange since it began is what is wrong there."""
DROPS, SLACK = 0.8, 0.5
"""In another scene than it began in, blur is over when its number drops within the scene by this share of what it rose,
or is lower by that than what it rose to. Other kinds are judged by the scene before: sharpness differs more."""
WOVEN, WOVEN_S = 2, 1.6
"""So many woven samples make a stretch of weaving, if they are no further apart than this, or than samples are."""
HARDLY_COMBED = 0.01
"""So small a share of the tiles is a pattern of lines that moves."""
HARDLY = 0.005
"""So much of a picture may be damaged."""
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
            seen = {name: values[name][due].astype(np.float64) for name in INSPECTED_READS[:-1]}
            boxed = _boxed(seen)
            samples = numbers(seen, boxed)
            whole = np.isfinite(samples).all(axis=1)  # A picture of a few lines has no comb.
            for k, sample, across, upright in zip(due[whole], samples[whole], *(b[whole] for b in boxed), strict=True):
                if (bars := (float(across), float(upright))) != state.boxed:
                    # Where others come, other numbers are to be expected, as after a cut.
                    normal = state.normal.cut() if _others(state.boxed, bars) else state.normal
                    state = replace(state, normal=normal, boxed=bars)
                state, worse[k], excess[k] = self._sample(state, sample, video.grids["mean"][k], float(video.t_s[k]))
                beside[k] = state.normal.same
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


def numbers(values: Mapping[str, Floats], boxed: tuple[Floats, Floats]) -> Floats:
    """What is judged of N samples, [N, len(NUMBERS)]: each is larger where it is worse. `boxed`: see `_boxed`.

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
    bars = 1.0 - np.maximum(1.0 - top - bottom, 0.0) * np.maximum(1.0 - left - right, 0.0)
    active = np.maximum(1.0 - bars, 0.1)
    of_all = {name: values[name] / active for name in OF_ALL}  # In bars there is none of these.
    gradient = of_all["gradient_x"] + of_all["gradient_y"]
    luma = (values["luma"] - bars * BLACK) / active
    contrast = np.sqrt(np.maximum(values["contrast"] ** 2 - bars * active * (luma - BLACK) ** 2, 0.0) / active)
    flat, crushed = (np.maximum(values[name] - bars, 0.0) / active for name in ("flat", "crushed"))
    across, upright = boxed
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


def _boxed(values: Mapping[str, Floats]) -> tuple[Floats, Floats]:
    """What black bars take above and below, and at the sides: two opposite margins about as wide as each other."""
    top, bottom, left, right = (values[name] for name in BARS)
    pairs = ((top, bottom), (left, right))
    across, upright = (np.where((np.minimum(a, b) > 0) & (np.abs(a - b) <= UNEVEN_BARS), a + b, 0.0) for a, b in pairs)
    return across, upright


def _others(before: Sequence[float], now: Sequence[float]) -> bool:
    """Whether bars came or went between two samples, as `_boxed` tells of them."""
    changed = [abs(a - b) >= OTHER_BARS for a, b in zip(before, now, strict=True)]
    none = [a == b == 0 for a, b in zip(before, now, strict=True)]
    return (changed[0] and none[1]) or (changed[1] and none[0])


def _both(x: Floats, y: Floats, upright: Floats, across: Floats) -> Floats:
    """The sum of what is measured across and down. The side of a bar is a step along all of a line: where there are
    bars, what is measured across it is left out."""
    return np.where(upright > 0, 0.0, x) + np.where(across > 0, 0.0, y)


class Woven(NamedTuple):
    """A stretch in which some samples are woven: from the first to the last of them, how many, whether it is bad."""

    from_s: float = float("nan")
    last_s: float = float("nan")
    times: int = 0
    bad: bool = False


NOT_WOVEN = Woven()
"""No sample was, of late."""


@dataclass(frozen=True, slots=True)
class DegradedState:
    """How long it has been so, and when the last sample was."""

    hold: HoldState = HoldState()
    last_s: float = float("nan")
    woven: Woven = NOT_WOVEN


class Degraded:
    """Holds as long as this kind is told."""

    version = 4
    reads = INSPECTED_COLUMNS
    depths: frozenset[Depth] = ALL_DEPTHS
    kind: str

    def __init__(self, profile: Profile) -> None:
        self.settings: DegradedSettings = getattr(profile, self.kind)
        self._code = KINDS.index(self.kind) + 1
        self._hold = Hold(self.kind, self.settings, f"{self.kind}@{self.version}:{fingerprint(self.settings)}")

    def start(self) -> DegradedState:
        """Nothing known."""
        return DegradedState()

    def step(self, state: DegradedState, seen: Inputs) -> tuple[DegradedState, list[Detection]]:
        """Go on with the samples that were seen."""
        found: list[Detection] = []
        for video in shown_pictures(seen):
            judged = np.flatnonzero(~np.isnan(video.values["worse"]))
            if len(judged):
                rows, woven = self._rows(state, video, judged)
                hold, more = self._hold.step(state.hold, seen, video.track, rows)
                found += more
                state = DegradedState(hold, float(video.t_s[judged[-1]]), woven)
        if seen.ended:
            hold, more = self._hold.end(state.hold)
            found += more
            state = DegradedState()
        return state, found

    def _rows(self, state: DegradedState, video: Readings, judged: NDArray[np.intp]) -> tuple[Rows, Woven]:
        """A sample speaks from halfway to the one before it, for as long as samples are apart."""
        t_s, excess = video.t_s[judged], video.values["excess"][judged].astype(np.float64)
        beside = video.values["beside"][judged] > 0
        apart = or_zero(np.diff(t_s, prepend=state.last_s))
        since = np.minimum(apart, SAMPLE_S)
        told = video.values["worse"][judged] == self._code
        bad, earlier, woven = self._judged(state, t_s, apart, told)
        excess = np.where(told, excess, 0.0)
        rows = Rows(
            t_s=t_s - since / 2 - earlier,
            duration_s=np.where(since > 0, since, SAMPLE_S) + earlier,
            at=video.at[judged] - since / 2 - earlier,
            bad=bad,
            evidence={"excess": (excess, "max")},
            grave=(excess >= self.settings.grave_excess) & beside,
            confidence=np.clip(0.3 + 0.2 * excess, 0.0, np.where(beside, 0.95, 0.5)),
        )
        return rows, woven

    def _judged(
        self, state: DegradedState, t_s: NDArray[np.float64], since: NDArray[np.float64], told: NDArray[np.bool_]
    ) -> tuple[NDArray[np.bool_], NDArray[np.float64], Woven]:
        """Which samples are bad, how much earlier what begins with one began, and what is remembered. `since`: from the
        sample before."""
        return told, np.zeros(len(t_s)), NOT_WOVEN


class Blur(Degraded):
    """The picture has lost its finest detail."""

    kind = "blur"


class Noise(Degraded):
    """The picture has become noisy."""

    kind = "noise"


class Banding(Degraded):
    """Gradients have become terraces."""

    kind = "banding"


class Blockiness(Degraded):
    """Blocks of a coder short of bits have become visible."""

    kind = "blockiness"


class Combing(Degraded):
    """Pictures are woven of fields of two moments: all of them, or some in each second, as where film was made to fit
    60 fields a second (2:3 pull-down), so that not every sample shows it."""

    kind = "combing"
    version = 4

    def _judged(
        self, state: DegradedState, t_s: NDArray[np.float64], since: NDArray[np.float64], told: NDArray[np.bool_]
    ) -> tuple[NDArray[np.bool_], NDArray[np.float64], Woven]:
        bad, earlier, woven = np.zeros(len(t_s), np.bool_), np.zeros(len(t_s)), state.woven
        for i, at_s in enumerate(t_s.tolist()):
            near = at_s - woven.last_s <= max(WOVEN_S, 1.5 * float(since[i]))
            long = woven.last_s - woven.from_s + SAMPLE_S >= self.settings.min_duration_s
            if told[i]:
                woven = Woven(woven.from_s if near else at_s, at_s, woven.times + 1 if near else 1, woven.bad)
            bad[i] = woven.times >= WOVEN and bool(told[i] or (near and long))
            if bad[i] and not woven.bad:
                earlier[i] = at_s - woven.from_s
            elif woven.bad and not bad[i]:  # It was over already after the last woven sample.
                earlier[i] = max(0.0, at_s - woven.last_s - float(since[i]))
            woven = woven._replace(bad=bool(bad[i])) if near or told[i] else NOT_WOVEN
        return bad, earlier, woven


class Levels(Degraded):
    """Luma is outside the legal range, or piled up at its ends: crushed blacks, blown-out whites."""

    kind = "levels"
