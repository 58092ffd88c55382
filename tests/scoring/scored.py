"""Cases as workers give them back, without making or watching anything."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from monitor.lab.defects.footage import Size
from monitor.lab.truth import Strength, Truth
from monitor.scoring.cases import Clean, Request, Tried
from monitor.scoring.matching import Found
from monitor.scoring.material import Source
from monitor.scoring.watched import Watched

SMALL = Size(128, 96, 10, 20.0)
CLIP_S = 20.0


def truth(start_s: float, end_s: float, kind: str = "black", area: float = 1.0) -> Truth:
    return Truth(kind, start_s, end_s, area, 3.0, "levels of noise")


def found(start_s: float, end_s: float | None, kind: str = "black", told_s: float = 0.0, **more: Any) -> Found:
    return Found(kind, start_s, end_s, told_s, **more)


def request(
    kind: str = "black", strength: Strength = "weak", seed: int = 10_000, name: str = "a.ts", generator: str = "lab"
) -> Request:
    return Request(generator, kind, strength, Source(Path("clips") / name, name), seed, SMALL)


def tried(
    asked: Request, truths: Sequence[Truth], monitor: Sequence[Found], ffmpeg: Sequence[Found] | None = None
) -> Tried:
    seen = {"monitor": Watched(tuple(monitor), CLIP_S, 10.0)}
    if ffmpeg is not None:
        seen["ffmpeg"] = Watched(tuple(ffmpeg), CLIP_S, 10.0)
    return Tried(asked, "", tuple(truths), seen)  # type: ignore[arg-type]


def clean(name: str, media_s: float, monitor: Sequence[Found]) -> Clean:
    return Clean(Path(name), "", {"monitor": Watched(tuple(monitor), media_s, 25.0)})


def die(*_: object) -> None:
    """What a process does that is killed for its memory."""
    os._exit(9)
