"""What is wrong in a made clip, and when: the truth that detections are scored against. Makes nothing."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, get_args

from monitor.errors import SettingsError

Strength = Literal["weak", "middle", "strong"]
STRENGTHS: tuple[Strength, ...] = get_args(Strength)

SUFFIX = ".truth.json"
REFERENCE = ".reference.ts"
"""A clip that is to be compared with another one has that beside it: `clip.ts` and `clip.ts.reference.ts`."""


@dataclass(frozen=True, slots=True)
class Truth:
    """One defect of a clip, in seconds from the clip's first frame.

    `start_s`: when the first frame that shows it is presented; `end_s`: when the first frame that shows it no more is,
    or when the clip ends. `area`: mean share of the picture that it takes, above 0 and up to 1. `amount`: how strong,
    in `unit` (a physical one: levels, pixels, flashes per second, ...).
    Raises SettingsError.
    """

    kind: str
    start_s: float
    end_s: float
    area: float = 1.0
    amount: float = 0.0
    unit: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.start_s < self.end_s:
            raise SettingsError(
                f"truth of {self.kind} is from {self.start_s} to {self.end_s} s: must start at 0 or later, and last"
            )
        if not 0 < self.area <= 1:
            raise SettingsError(f"truth of {self.kind} has area {self.area}: must be a share above 0, up to 1")


@dataclass(frozen=True, slots=True)
class Case:
    """A made clip with its truth. `made_from`: name of the clip that it was made of; `by`: the generator. `slight`:
    what is wrong in it besides, but less than is asked for: who tells it is not wrong."""

    kind: str
    strength: Strength
    seed: int
    made_from: str
    by: str
    truths: tuple[Truth, ...]
    slight: tuple[Truth, ...] = ()


def write_case(clip: Path, case: Case) -> Path:
    """Write the truth beside its clip (`clip.ts` -> `clip.ts.truth.json`)."""
    path = clip.with_name(clip.name + SUFFIX)
    path.write_text(json.dumps(asdict(case), indent=1) + "\n", encoding="utf-8")
    return path


def read_case(clip: Path) -> Case:
    """The truth that stands beside a clip. Raises SettingsError if there is none, or it is not as written."""
    path = clip.with_name(clip.name + SUFFIX)
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
        events = {name: tuple(Truth(**truth) for truth in written[name]) for name in ("truths", "slight")}
        return Case(**{**written, **events})
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise SettingsError(f"truth {path}: cannot be read: {error}; make the clip again") from error
