"""What every section of settings is: frozen, bounded, with units in its names; unknown keys are refused."""

from __future__ import annotations

import hashlib
from typing import Annotated, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from monitor.records import Severity

Seconds = Annotated[float, Field(ge=0, le=86_400)]
Levels = Annotated[float, Field(ge=0, le=255)]
"""8-bit levels."""
Ratio = Annotated[float, Field(ge=0, le=1)]


class Section(BaseModel):
    """Base of every section: frozen; a key that is not known is refused, and a value of another type."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)
    rising: ClassVar[tuple[tuple[str, str], ...]] = ()
    """Names of settings of which the second must be no less than the first: else it would find what nobody meant."""

    @model_validator(mode="after")
    def _rise(self) -> Self:
        for low, high in self.rising:
            least, most = getattr(self, low), getattr(self, high)
            if least > most:
                raise ValueError(f"{low} ({least:g}) must not be above {high} ({most:g}); correct one of them")
        return self


class Temporal(Section):
    """When a defect that goes on opens and closes: it must last, and it must stay away."""

    min_duration_s: Seconds
    """How long the defect must last before a detection opens."""
    clear_s: Seconds
    """How long it must be gone before the detection closes (its end is still when it went)."""
    severity: Severity = "major"
    """How severe it is once it has been grave for `grave_s`; before that, at most `minor`."""
    grave_s: Seconds = 0.0


def fingerprint(section: Section) -> str:
    """Eight hex digits that change when any setting of this section does; part of every detection's `detector`."""
    return hashlib.blake2s(section.model_dump_json().encode(), digest_size=4).hexdigest()
