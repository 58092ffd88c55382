"""One case: which defect, how strong, when; made in the pictures, encoded as a stream, written down."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from monitor.errors import SettingsError
from monitor.lab.clips import bit_rate
from monitor.lab.defects import absent, apart, coarse, corruption, pictures, sounds, timing
from monitor.lab.defects.footage import (
    SOUND_ENCODERS,
    Footage,
    Plane,
    Samples,
    Size,
    decoded,
    heard,
    read,
    seconds_of,
    write,
    write_sounding,
)
from monitor.lab.scenes import RATE
from monitor.lab.truth import STRENGTHS, Case, Strength, Truth, write_case

Rng = np.random.Generator
Change = Callable[[Footage, int, int, float, Rng], float]
"""Makes a defect in pictures first..last (exclusive), so strong; gives the share of the picture that it takes."""

CLEAN_S = 4.0
"""Nothing is wrong before this, nor for as long between two defects: a stream has its normal."""
TAIL_S = 2.0
LASTS_S = (1.5, 5.0)
LEAST_S = 2 * (CLEAN_S + LASTS_S[0]) + TAIL_S
"""Two defects do not fit into less."""
TRIES = 60
EDGE = 0.1 * np.arange(-2, 2)
"""Where a defect of the sound begins and ends, what is heard around it: so many seconds on, each 100 ms."""
SEEN_EVERY = 5
LEAST_SEEN = 1.0
"""Levels (root of the mean square, of the luma of all its pictures) that a defect must change: less than coding does at
these bit rates."""
USUAL = Size()


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a kind is made: the unit of its strengths, the three of them, and what it needs.

    `motion`: least mean difference between pictures, in levels, without which nobody would see it.
    """

    change: Change
    unit: str
    amounts: tuple[float, float, float]
    motion: float = 0.0


MOTION = 1.2
RECIPES: Mapping[str, Recipe] = {
    "black": Recipe(pictures.black, "levels of noise", (3.0, 1.5, 0.0)),
    "freeze": Recipe(timing.freeze, "share of the picture", (0.7, 0.85, 1.0), MOTION),
    "solid_color": Recipe(pictures.solid_color, "levels of noise", (3.0, 1.5, 0.0)),
    "test_pattern": Recipe(pictures.test_pattern, "share that counts", (0.06, 0.02, 0.0)),
    "snow": Recipe(pictures.snow, "levels", (30.0, 45.0, 60.0)),
    "blockiness": Recipe(coarse.blockiness, "levels per step", (40.0, 70.0, 120.0)),
    "blur": Recipe(coarse.blur, "pixels", (1.2, 2.0, 4.0)),
    "noise": Recipe(coarse.noise, "levels", (5.0, 9.0, 16.0)),
    "banding": Recipe(coarse.banding, "levels per step", (8.0, 14.0, 24.0)),
    "combing": Recipe(timing.combing, "pictures apart", (1.0, 2.0, 3.0), MOTION),
    "tearing": Recipe(timing.tearing, "pictures apart", (1.0, 2.0, 4.0), MOTION),
    "stutter": Recipe(timing.stutter, "per second", (3.0, 5.0, 8.0), MOTION),
    "flashing": Recipe(timing.flashing, "flashes per second", (4.0, 6.0, 10.0)),
    "letterbox": Recipe(pictures.letterbox, "share of each bar", (0.07, 0.12, 0.2)),
    "levels": Recipe(coarse.levels, "share of the pixels", (0.1, 0.25, 0.45)),
}


@dataclass(frozen=True, slots=True)
class SoundRecipe:
    """How a kind is made in samples: the unit of its strengths, and the three of them; how long each lasts, and how
    long the clip is at least, in seconds; whether it is made of the sound that is there, so that without any there is
    none of it."""

    change: Callable[[Samples, float, Rng], None]
    unit: str
    amounts: tuple[float, float, float]
    lasts_s: tuple[float, float] = LASTS_S
    clip_s: float = 0.0
    of_sound: bool = True


SOUND_RECIPES: Mapping[str, SoundRecipe] = {
    "silence": SoundRecipe(sounds.silence, "dBFS of noise", (-76.0, -90.0, -120.0)),
    "click": SoundRecipe(sounds.click, "times the loudest sample around", (0.3, 0.6, 1.2)),
    "dropout": SoundRecipe(sounds.dropout, "ms", (5.0, 10.0, 25.0)),
    "clipping": SoundRecipe(sounds.clipping, "dB over the ceiling", (4.0, 8.0, 14.0)),
    "phase": SoundRecipe(sounds.phase, "dB lower", (6.0, 3.0, 0.0)),
    "tone": SoundRecipe(sounds.tone, "dB over noise", (30.0, 45.0, 90.0), of_sound=False),
    "hum": SoundRecipe(sounds.hum, "dBFS", (-48.0, -40.0, -32.0), of_sound=False),
    "hiss": SoundRecipe(sounds.hiss, "dBFS", (-60.0, -50.0, -40.0), of_sound=False),
    "channel_loss": SoundRecipe(sounds.channel_loss, "dBFS of noise", (-76.0, -90.0, -120.0)),
    "loudness": SoundRecipe(sounds.loudness, "dB louder or quieter", (6.0, 10.0, 16.0), (6.0, 10.0), 45.0),
    "true_peak": SoundRecipe(sounds.true_peak, "dB over full scale", (1.0, 3.0, 6.0)),
}
SMALL = 128, 72
"""Pictures beside a defect of sound are small: nobody looks at them."""
CORRUPTION = (2.0, 6.0, 20.0)
"""Packets in a burst."""
AMOUNTS: Mapping[str, tuple[str, tuple[float, float, float]]] = {
    **{kind: (recipe.unit, recipe.amounts) for kind, recipe in RECIPES.items()},
    "block_corruption": ("packets in a burst", CORRUPTION),
    **{kind: (recipe.unit, recipe.amounts) for kind, recipe in SOUND_RECIPES.items()},
    "av_sync": ("ms, at the least", (60.0, 120.0, 400.0)),
    "mismatch": ("s", apart.GONE_S),
    "track_loss": ("s", (1.5, 2.5, 4.0)),
}
PAIRS: Mapping[str, Callable[[Strength, Path | None, Path, Rng, Size], tuple[Truth, ...]]] = {
    "av_sync": apart.out_of_step,
    "mismatch": apart.another,
}
"""Made as two clips: what is wrong shows beside a reference."""
LATER = (*PAIRS, "track_loss")
KINDS = (*sorted({*RECIPES, "block_corruption"}), *SOUND_RECIPES, *LATER)
"""Those of sound behind the others, whose place is in their seeds."""
LATER_SEED = 1000
"""... and these, whatever comes before them."""


def make(kind: str, strength: Strength, source: Path | None, out: Path, seed: int, size: Size = USUAL) -> Case:
    """Make a clip at `out` (.ts or .mp4) with two defects of a kind, and write its truth beside it.

    `source`: a clean clip; `None`: a scene of the lab. One case in four is HEVC, the others H.264, at streaming bit
    rates. Raises SettingsError for what it does not know, and for a clip in which nobody would see this defect.
    """
    if kind not in AMOUNTS:
        raise SettingsError(f"kind {kind!r}: cannot be made; choose from {', '.join(KINDS)}")
    if strength not in STRENGTHS:
        raise SettingsError(f"strength {strength!r}: must be one of {', '.join(STRENGTHS)}")
    if not out.parent.is_dir():
        raise SettingsError(f"{out}: its folder is not there; make it first")
    if out.suffix not in (".ts", ".mp4"):
        raise SettingsError(f"{out.name}: must end in .ts or .mp4")
    place = LATER_SEED + LATER.index(kind) if kind in LATER else KINDS.index(kind)
    rng = np.random.default_rng([seed, place, STRENGTHS.index(strength)])
    made_from = "scene" if source is None else source.name
    if kind in PAIRS:
        case = Case(kind, strength, seed, made_from, "lab", PAIRS[kind](strength, source, out, rng, size))
        write_case(out, case)
        return case
    if kind in SOUND_RECIPES or kind == "track_loss":
        seconds = max(size.seconds, SOUND_RECIPES[kind].clip_s if kind in SOUND_RECIPES else 0.0)
        size = replace(size, width=SMALL[0], height=SMALL[1], seconds=seconds)
    footage = read(source, size)
    codec = "hevc" if rng.integers(4) == 0 else "h264"
    slight: tuple[Truth, ...] = ()
    if kind == "block_corruption":
        truths, slight = _corrupt(footage, strength, source, out, rng)
    elif kind in SOUND_RECIPES:
        samples = heard(source, size.seconds)
        truths = _spoilt(samples, kind, strength, rng)
        # FFmpeg's AAC encoder turns down what is about to go beyond full scale.
        codecs = tuple(name for name in SOUND_ENCODERS if name != "aac" or kind != "true_peak")
        sound_codec = codecs[int(rng.integers(len(codecs)))]
        write_sounding(footage, out, codec, _rate(footage, codec), samples, sound_codec)
    elif kind == "track_loss":
        truths = _absent(footage, strength, source, out, codec, rng)
    else:
        truths = _changed(footage, kind, strength, rng)
        write(footage, out, codec, _rate(footage, codec), source)
    case = Case(kind, strength, seed, made_from, "lab", truths, slight)
    write_case(out, case)
    return case


def _rate(footage: Footage, codec: str) -> int:
    return bit_rate(codec, footage.width, footage.height, footage.fps)


def _changed(footage: Footage, kind: str, strength: Strength, rng: Rng) -> tuple[Truth, ...]:
    recipe = RECIPES[kind]
    amount = recipe.amounts[STRENGTHS.index(strength)]
    moved = footage.moved(amount if kind == "freeze" else 1.0)
    if kind == "freeze" and amount < 1:
        timing.ticker(footage, amount, rng)
    found = []
    for first, last in _times(footage, recipe, moved, rng):
        before = footage.luma[first:last:SEEN_EVERY].copy()
        area = recipe.change(footage, first, last, amount, rng)
        changed = _apart(before, footage.luma[first:last:SEEN_EVERY])
        if changed < LEAST_SEEN:
            raise SettingsError(
                f"{kind}: changes this clip by {changed:.1f} levels, nobody would see it; take another one"
            )
        fps = footage.fps
        found.append(Truth(kind, seconds_of(first, fps), seconds_of(last, fps), area, amount, recipe.unit))
    return tuple(found)


def _spoilt(samples: Samples, kind: str, strength: Strength, rng: Rng) -> tuple[Truth, ...]:
    """Two defects in samples, to the millisecond."""
    recipe = SOUND_RECIPES[kind]
    amount = recipe.amounts[STRENGTHS.index(strength)]
    found = []
    for start_s, end_s in _heard(samples, kind, recipe, rng):
        recipe.change(samples[:, round(start_s * RATE) : round(end_s * RATE)], amount, rng)
        found.append(Truth(kind, start_s, end_s, 1.0, amount, recipe.unit))
    return tuple(found)


def _absent(
    footage: Footage, strength: Strength, source: Path | None, out: Path, codec: str, rng: Rng
) -> tuple[Truth, ...]:
    """Write the clip, but for two stretches of its sound, each about as long as the strength says."""
    unit, amounts = AMOUNTS["track_loss"]
    lasts_s = amounts[STRENGTHS.index(strength)]
    seconds = len(footage) / footage.fps
    spans = _stretches(seconds, (lasts_s, 1.2 * lasts_s), rng)
    names = tuple(SOUND_ENCODERS)
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / f"whole{out.suffix}"
        sound_codec = names[int(rng.integers(len(names)))]
        write_sounding(footage, whole, codec, _rate(footage, codec), heard(source, seconds), sound_codec)
        absent.without_sound(whole, out, spans)
    return tuple(Truth("track_loss", start_s, end_s, 1.0, round(end_s - start_s, 3), unit) for start_s, end_s in spans)


def _heard(samples: Samples, kind: str, recipe: SoundRecipe, rng: Rng) -> tuple[tuple[float, float], ...]:
    """When each of two defects begins and ends: where there is sound as it does."""
    for _ in range(TRIES):
        found = _stretches(samples.shape[1] / RATE, recipe.lasts_s, rng)
        firsts = [round((edge_s + on_s) * RATE) for each in found for edge_s in each for on_s in EDGE]
        levels = [sounds.level_dbfs(samples[:, first : first + RATE // 10]) for first in firsts]
        if not recipe.of_sound or min(levels) >= sounds.QUIET_DBFS:
            return found
    raise SettingsError(f"{kind}: no two stretches with sound at both ends; take another clip")


def _stretches(total_s: float, lasts_s: tuple[float, float], rng: Rng) -> tuple[tuple[float, float], ...]:
    """When each of two defects begins and ends. Raises SettingsError where they do not fit."""
    lasts = rng.uniform(*lasts_s, size=2).round(3)
    spare = total_s - 2 * CLEAN_S - TAIL_S - lasts.sum()
    if spare < 0:
        raise SettingsError(f"{total_s:.0f} s: too short for two defects; make at least 20 s")
    early = rng.uniform(0, spare)
    first = round(CLEAN_S + early, 3)
    second = round(first + lasts[0] + CLEAN_S + rng.uniform(0, spare - early), 3)
    return tuple(
        (float(start), float(round(start + last, 3))) for start, last in zip((first, second), lasts, strict=True)
    )


def _apart(before: Plane, after: Plane) -> float:
    """Root mean square of the difference, of every second line and column."""
    difference = before[:, ::2, ::2].astype(np.float32) - after[:, ::2, ::2]
    return float(np.sqrt(np.mean(difference * difference)))


def _times(footage: Footage, recipe: Recipe, moved: NDArray[np.float64], rng: Rng) -> list[tuple[int, int]]:
    """First and last picture of each of two defects, where the part that they are in `moved` enough for them to be
    seen."""
    fps, total = footage.fps, len(footage)
    for _ in range(TRIES):
        lasts = rng.uniform(*LASTS_S, size=2)
        spare = total / fps - 2 * CLEAN_S - TAIL_S - lasts.sum()
        if spare < 0:
            raise SettingsError(f"{total / fps:.0f} s: too short for two defects; make at least 20 s")
        early = rng.uniform(0, spare)
        starts = (CLEAN_S + early, CLEAN_S + early + lasts[0] + CLEAN_S + rng.uniform(0, spare - early))
        found = [(round(s * fps), round((s + d) * fps)) for s, d in zip(starts, lasts, strict=True)]
        if all(_moves(moved[a - 2 : b], recipe.motion) for a, b in found):
            return found
    raise SettingsError(f"no two stretches with enough motion (mean difference {recipe.motion:g}); take another clip")


def _moves(moved: np.ndarray[tuple[int], np.dtype[np.float64]], least: float) -> bool:
    """Whether it moves throughout: every third of the stretch, and its median, and its first picture."""
    if not least:
        return True
    parts = np.array_split(moved, 3)
    return bool(np.median(moved[:4]) > least / 2 and all(np.median(part) >= least for part in parts))


def _corrupt(
    footage: Footage, strength: Strength, source: Path | None, out: Path, rng: Rng
) -> tuple[tuple[Truth, ...], tuple[Truth, ...]]:
    """Damage the finished stream: events, and what damage there is beside them. In one case of two the result of
    decoding it is encoded again: damage upstream."""
    baked = bool(rng.integers(2))
    packets = round(CORRUPTION[STRENGTHS.index(strength)])
    least = corruption.BAKED if baked else corruption.ENCODED
    with tempfile.TemporaryDirectory() as folder:
        clean = write(footage, Path(folder) / "clean.ts", "h264", _rate(footage, "h264"), source)
        for _ in range(TRIES):
            at = sorted((rng.uniform(0.22, 0.5), rng.uniform(0.6, 0.88)))
            lost = bool(rng.integers(2))
            damaged = Path(folder) / "damaged.ts"
            damaged.write_bytes(corruption.damage(clean.read_bytes(), at, packets, lost, rng))
            truths, slight = corruption.compare(clean, damaged, footage.fps, least)
            if truths:
                break
        else:
            raise SettingsError("block_corruption: no damage that can be seen in this clip; take another one")
        if baked:
            again = Footage(_in_order(decoded(clean), decoded(damaged)), footage.fps)
            write(again, out, "h264", _rate(footage, "h264"), source)
        else:
            out.write_bytes(damaged.read_bytes())
    how = "baked" if baked else "encoded"
    return tuple(replace(truth, unit=how) for truth in truths), tuple(replace(truth, unit=how) for truth in slight)


def _in_order(right: dict[int, Plane], wrong: dict[int, Plane]) -> Plane:
    """The damaged pictures in order; where one did not come out, the last one again."""
    shown = right[min(right)]
    found: list[Plane] = []
    for pts in sorted(right):
        shown = wrong.get(pts, shown)
        found.append(shown)
    return np.stack(found)
