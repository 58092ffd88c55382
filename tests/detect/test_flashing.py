"""Flashes on both sides of the limits of ITU-R BT.1702, and what only looks like them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from builders import FPS, cut, inputs, run, spans, video

from monitor.detect.flashing import Flashing
from monitor.recorded import scan
from monitor.records import GRID, Detection, Readings, Stream
from monitor.settings import FAST, FlashingSettings, Profile

PLACES = GRID[0] * GRID[1]
DARK_CD, LIT_CD = 10.0, 100.0


def level(cd: float) -> int:
    """Luma of grey with this luminance on a display whose white has 200 cd/m² (BT.1886)."""
    return round(16 + 219 * (cd / 200) ** (1 / 2.4))


def flashes(
    half: int, n: int = 4 * FPS, dark: float = DARK_CD, lit: float = LIT_CD, places: int = PLACES, first: int = FPS
) -> Readings:
    """Grey; from frame `first` on, for `n` frames, some places are dark and lit for `half` frames each in turn."""
    mean = np.full((first + n + 2 * FPS, PLACES), level(dark))
    lights = (np.arange(n) // half) % 2 == 0
    mean[first : first + n, :places] = np.where(lights, level(lit), level(dark))[:, None]
    return video(len(mean), mean=mean.reshape(-1, *GRID))


def found(readings: Readings, **settings: Any) -> list[Detection]:
    profile = Profile(flashing=FlashingSettings(**settings))
    return run(Flashing, inputs(readings), inputs(ended=True), profile=profile)


def test_flashes_last_from_the_first_change_to_the_last() -> None:
    detections = found(flashes(half=3))
    assert spans(detections[-1:]) == [("video", 1.0, pytest.approx(5.0, abs=0.25))]
    assert detections[-1].severity == "major"
    assert detections[-1].evidence["flashes_per_s"] == pytest.approx(25 / 6, abs=0.5)


@pytest.mark.parametrize(
    ("inside", "beyond"),
    [
        ({"half": 5}, {"half": 3}),
        ({"half": 3, "places": 35}, {"half": 3, "places": 37}),
        ({"half": 3, "dark": 60.0, "lit": 78.0}, {"half": 3, "dark": 60.0, "lit": 82.0}),
        ({"half": 3, "dark": 163.0, "lit": 199.0}, {"half": 3, "dark": 157.0, "lit": 199.0}),
        ({"half": 3, "n": 6 * 3}, {"half": 3, "n": 7 * 3}),
    ],
    ids=["frequency", "area", "change", "darker end", "number"],
)
def test_both_sides_of_each_limit(inside: dict[str, Any], beyond: dict[str, Any]) -> None:
    assert not found(flashes(**inside), extended_s=60.0, extended_within_s=60.0)
    assert found(flashes(**beyond), extended_s=60.0, extended_within_s=60.0)


def test_what_only_just_breaks_the_rule_is_minor() -> None:
    assert {d.severity for d in found(flashes(half=3, dark=60.0, lit=85.0))} == {"minor"}
    assert found(flashes(half=3, dark=60.0, lit=105.0))[-1].severity == "major"


def test_two_flashes_a_second_are_a_risk_after_seconds() -> None:
    (detection, closed) = found(flashes(half=6, n=8 * FPS))
    assert detection.severity == "minor"
    assert closed.start_s < 3.0 < 8.0 < closed.end_s
    assert not found(flashes(half=6, n=4 * FPS))


@pytest.mark.parametrize(("u", "v", "told"), [(90, 240, True), (128, 128, False), (240, 110, False)])
def test_saturated_red_flashes_at_any_luminance(u: int, v: int, told: bool) -> None:
    """Luma 45: red of some 2 cd/m². Grey and blue that dark do not count."""
    lights = ((np.arange(5 * FPS) // 3) % 2 == 0)[:, None, None]
    maps = {"u": np.where(lights, u, 128), "v": np.where(lights, v, 128)}
    readings = video(5 * FPS, mean=np.where(lights, 63, 20), grids=maps)
    assert bool(found(readings)) is told


def test_what_turns_here_and_there_does_not_flash() -> None:
    """On two fifths of the picture places change as often as a flash, but each in its own time: something moves."""
    phases = np.random.default_rng(4).integers(0, 6, PLACES)
    for spread in (0, 1):
        lights = ((np.arange(6 * FPS)[:, None] + spread * phases) // 3) % 2 == 0
        lights[:, 58:] = False
        mean = np.where(lights, level(LIT_CD), level(DARK_CD)).reshape(-1, *GRID)
        assert bool(found(video(len(mean), mean=mean))) is (spread == 0)


def test_cuts_and_a_fade_are_no_flashes() -> None:
    scenes = np.repeat(np.random.default_rng(5).integers(16, 235, (5, *GRID)), FPS, axis=0)
    assert not found(video(len(scenes), mean=scenes))
    fade = np.concatenate((np.linspace(200, 16, 40), np.linspace(16, 200, 40)))[:, None, None]
    assert not found(video(80, mean=np.broadcast_to(fade, (80, *GRID))))


@pytest.mark.parametrize("sizes", [(1,), (7,), (50, 3)])
def test_any_split_decides_the_same(sizes: tuple[int, ...]) -> None:
    whole = flashes(half=3)
    parts, at, turn = [], 0, 0
    while at < len(whole):
        size = sizes[turn % len(sizes)]
        parts.append(inputs(cut(whole, at, min(at + size, len(whole)))))
        at, turn = at + size, turn + 1
    split = run(Flashing, *parts, inputs(ended=True), profile=FAST)
    assert split == run(Flashing, inputs(whole), inputs(ended=True), profile=FAST)


def test_frames_that_were_not_measured_are_passed_over() -> None:
    readings = flashes(half=3)
    readings.values["luma"][:] = np.nan
    assert not found(readings)


@pytest.mark.parametrize(
    ("clip", "verdict"), [("2Hz_5s", "passes"), ("3Hz_6s", "fails"), ("gray", "passes"), ("flashStripes", "fails")]
)
def test_the_verdicts_of_iris(clip: str, verdict: str, media: Path, references: Path) -> None:
    """A person sees: a white picture that blinks twice, three times a second; a grey one; stripes that blink 12 times.

    EA's IRIS publishes a verdict per frame; its limits are the defaults here. Its "pass with warning" is no detection.
    """
    published = json.loads((references / "flash" / "_verdict_summary.json").read_text())["videos"][clip]
    done = scan(Stream("s", str(media / f"iris_{clip}.mp4")), Profile(), lambda _: None, lambda *_: None)
    flashing = [row for row in done.rows if isinstance(row, Detection) and row.kind == "flashing"]
    assert ("fails" if flashing else "passes") == verdict
    counts = published["lum_verdict_counts"]
    if counts is not None:
        assert bool(flashing) is (counts["2"] + counts["3"] > 0)
    if flashing and clip == "3Hz_6s":
        most = max(d.evidence["flashes_per_s"] for d in flashing)
        assert 2 * most == published["max_lum_transitions"]
        assert {d.severity for d in flashing} == {"major", "minor"}
