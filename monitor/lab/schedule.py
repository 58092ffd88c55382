"""What goes wrong on a synthetic stream, and when. Owns the records and their rules; makes and sends nothing.

Times are seconds of media time; media second 0 is the moment when the stream is first reachable
(`LiveLab.started_at`). Two kinds are moments rather than spans and last from `start_s` for good: `timestamp_jump`
(every jump adds to those before) and `format_change` (each one toggles between the two sizes of the stream).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from monitor.errors import SettingsError

Kind = Literal[
    "black",
    "freeze",
    "silence",
    "channel_loss",
    "no_input",
    "stall",
    "decode_error",
    "timestamp_jump",
    "format_change",
    "track_loss",
]
Transport = Literal["hls", "http", "tcp", "udp"]
Programme = Literal["news", "sports", "film", "cartoon"]
Outage = Literal["error", "mute", "drop"]

DAMAGE_SHARE = 0.2
"""Share of the video packets that are damaged where a plan does not say."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One defect from `start_s` to `end_s`.

    `channels`: which one goes silent (0 left, 1 right): for `channel_loss`, and only for it.
    `amount`: seconds of a `timestamp_jump` (negative: back), or the share of video packets (0 to 1) that a
    `decode_error` damages (0: `DAMAGE_SHARE`). `how`: what a client meets during `no_input`: "error" (HTTP 503, TCP
    refused), "mute" (accepted, then nothing), "drop" (HTTP: closed without an answer; TCP: refused). Over UDP nothing
    is sent, whatever `how` says.
    Raises SettingsError.
    """

    kind: Kind
    start_s: float
    end_s: float
    channels: tuple[int, ...] | None = None
    amount: float = 0.0
    how: Outage = "error"

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise SettingsError(f"planned kind is {self.kind!r}, must be one of {', '.join(get_args(Kind))}")
        if not 0 <= self.start_s < self.end_s:
            raise SettingsError(
                f"planned {self.kind} is from {self.start_s} to {self.end_s} s, must start at 0 or later and last"
            )
        if self.channels not in (((0,), (1,)) if self.kind == "channel_loss" else (None,)):
            raise SettingsError(
                f"planned {self.kind} has channels {self.channels}; channel_loss has one, (0,) left or (1,) right, and "
                f"nothing else has any"
            )
        if self.kind == "timestamp_jump" and self.amount == 0:
            raise SettingsError("planned timestamp_jump has amount 0, must be the seconds to jump")
        if self.kind == "decode_error" and not 0 <= self.amount <= 1:
            raise SettingsError(f"planned decode_error has amount {self.amount}, must be a share from 0 to 1")
        if self.how not in get_args(Outage):
            raise SettingsError(f"planned {self.kind} has how {self.how!r}, must be one of {get_args(Outage)}")

    def holds(self, t: float) -> bool:
        """Whether media second `t` lies in it (the start does, the end does not)."""
        return self.start_s <= t < self.end_s


@dataclass(frozen=True, slots=True)
class Recipe:
    """One synthetic stream: what it shows, how it is sent, and what goes wrong.

    `width` and `height` in pixels, even, 64 to 1920; `fps` 5 to 60. The same recipe makes the same pictures and sound.
    Raises SettingsError.
    """

    id: str
    programme: Programme
    transport: Transport
    width: int = 480
    height: int = 270
    fps: int = 25
    planned: tuple[Planned, ...] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.id or not all(c.isalnum() or c in "-_." for c in self.id):
            raise SettingsError(f"recipe id is {self.id!r}, must be letters, digits, '-', '_' and '.'")
        if self.programme not in get_args(Programme):
            raise SettingsError(
                f"recipe {self.id}: programme is {self.programme!r}, must be one of {', '.join(get_args(Programme))}"
            )
        if self.transport not in get_args(Transport):
            raise SettingsError(
                f"recipe {self.id}: transport is {self.transport!r}, must be one of {', '.join(get_args(Transport))}"
            )
        for name, value in (("width", self.width), ("height", self.height)):
            if value % 2 or not 64 <= value <= 1920:
                raise SettingsError(f"recipe {self.id}: {name} is {value}, must be even and 64 to 1920")
        if not 5 <= self.fps <= 60:
            raise SettingsError(f"recipe {self.id}: fps is {self.fps}, must be 5 to 60")

    def of(self, *kinds: Kind) -> Iterator[Planned]:
        """The planned defects of these kinds."""
        return (planned for planned in self.planned if planned.kind in kinds)

    def now(self, t: float, *kinds: Kind) -> Planned | None:
        """The planned defect of one of these kinds that holds at media second `t`, if there is one."""
        return next((planned for planned in self.of(*kinds) if planned.holds(t)), None)

    def paused(self, t: float) -> bool:
        """Whether the sender sends nothing at media second `t`: stalled, or away where there is no server to ask."""
        return self.now(t, "stall", *(("no_input",) if self.transport == "udp" else ())) is not None

    def away(self, t: float) -> Outage | None:
        """How the server of this stream fails its clients at media second `t`, if it does."""
        outage = None if self.transport == "udp" else self.now(t, "no_input")
        return None if outage is None else outage.how

    def small(self, t: float) -> bool:
        """Whether the picture has its second, smaller size at media second `t`."""
        return sum(planned.start_s <= t for planned in self.of("format_change")) % 2 == 1


def recipe_of(written: Mapping[str, Any]) -> Recipe:
    """The recipe that `dataclasses.asdict` and JSON wrote down. Raises SettingsError as `Recipe` does."""
    planned = tuple(
        Planned(**{**plan, "channels": None if plan["channels"] is None else tuple(plan["channels"])})
        for plan in written["planned"]
    )
    return Recipe(**{**written, "planned": planned})
