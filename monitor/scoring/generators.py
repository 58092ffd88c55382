"""Who makes defects: the lab, and a second generator that shares nothing with it. Each is imported only when used."""

from __future__ import annotations

import importlib
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Protocol

from monitor.errors import SettingsError
from monitor.lab.defects import AMOUNTS, KINDS
from monitor.lab.defects import make as make_in_lab
from monitor.lab.defects.footage import Size
from monitor.lab.truth import STRENGTHS, Case, Strength, Truth

SECOND = "monitor.lab.second"
GENERATORS = ("lab", "second")


class Make(Protocol):
    """Makes a clip with defects at `out`, and its truth beside it. Raises SettingsError where a clip does not suit."""

    def __call__(
        self, kind: str, strength: Strength, source: Path | None, out: Path, seed: int, size: Size
    ) -> Case: ...


def maker(generator: str) -> Make:
    """The function of a generator. Raises SettingsError for one that is not there."""
    if generator == "lab":
        return make_in_lab
    second = _second()

    def make(kind: str, strength: Strength, source: Path | None, out: Path, seed: int, size: Size) -> Case:
        case = second.make(
            kind,
            strength,
            source,
            out,
            seed,
            width=size.width,
            height=size.height,
            fps=size.fps,
            seconds=size.seconds,
        )
        assert isinstance(case, Case)
        return case

    return make


def makeable(generator: str) -> Sequence[str]:
    """The kinds that a generator makes. Raises SettingsError for one that is not there."""
    return KINDS if generator == "lab" else tuple(getattr(_second(), "KINDS", KINDS))


def amount(generator: str, kind: str, strength: str, truths: Sequence[Truth]) -> tuple[float | None, str]:
    """How strong the defects of a strength are, in which unit: as the generator says, or as most of them are. None for
    all strengths together."""
    known: Mapping[str, tuple[str, tuple[float, float, float]]]
    known = AMOUNTS if generator == "lab" else getattr(_second(), "AMOUNTS", {})
    units = {truth.unit for truth in truths}
    unit = known[kind][0] if kind in known else units.pop() if len(units) == 1 else ""
    if strength not in STRENGTHS:
        return None, unit
    if kind in known:
        return known[kind][1][STRENGTHS.index(strength)], unit
    return (statistics.median(truth.amount for truth in truths) if truths else None), unit


def _second() -> ModuleType:
    try:
        return importlib.import_module(SECOND)
    except ModuleNotFoundError as error:
        if error.name != SECOND:
            raise
        raise SettingsError(
            "--generators second: the second generator is not in this version; leave it out, or update"
        ) from None
