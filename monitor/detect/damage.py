"""Which frames have blocks that a decoder made up. Judged once, and added to the readings as columns, for
`block_corruption` and for all that such blocks would deceive.

    damaged        share of the picture that looks wrong, as far as it is known with this frame; 0: nothing does
    damage_told    what there is to tell of damage with this frame: nothing, or one of monitor.kernels.damage
    damage_from_s, damage_until_s
                   when it began, and when the last frame that shows it ends: seconds before this frame
    damage_area    mean share of the picture over the damage so far
    damage_flagged 1 if the decoder said so, 0 if only pixels do
    damage_left, damage_top, damage_right, damage_bottom
                   around the worst of it, as shares of width and height
    made_up        1 if something is damaged in this frame, and the decoder said so
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from monitor.detect.picture import durations
from monitor.kernels.damage import PARAMETERS, TOLD, Memory, follow_damage, no_damage
from monitor.records import PLACES, Event, Readings
from monitor.settings import BlockCorruptionSettings, Profile

HARDLY = 0.005
"""So much of a picture may be damaged, and the rest of it still says what it is like."""
COARSE, COARSER = 0.45, 2.0
"""Of a picture whose edges of 8 x 8 blocks are so much steeper than the rest, and so many times as steep as within the
last minute, pixels tell no damage: all of it was coded with too few bits, which is `blockiness`."""
BUCKET_S, BUCKETS = 10, 6
DAMAGE_READS = (
    "block_x",
    "block_y",
    "gradient_x",
    "gradient_y",
    "key",
    "coded",
    "corrupt",
    "tiles",
    "sides",
    "off_sides",
    "difference",
)
DAMAGE_COLUMNS = ("damaged", *(f"damage_{name}" for name in ("told", *TOLD[1:])), "made_up")


@dataclass(frozen=True, slots=True)
class DamageState:
    """What `follow_damage` remembers, as bytes (None: nothing yet), and errors of which no frame has come yet."""

    memory: tuple[bytes, bytes, bytes] | None = None
    errors: tuple[float, ...] = ()
    blocks: tuple[tuple[int, float], ...] = ()
    """How steep edges of blocks were at the least, per 10 s of media time."""


class Assessor:
    """Looks for damage, frame by frame. One for each picture track."""

    def __init__(self, profile: Profile) -> None:
        settings: BlockCorruptionSettings = profile.block_corruption
        self._parameters = np.array([float(getattr(settings, name)) for name in PARAMETERS])

    def assess(self, state: DamageState, video: Readings, events: Iterable[Event]) -> tuple[DamageState, Readings]:
        """Next state, and the readings (of at least one frame) with DAMAGE_COLUMNS. `events`: of this step."""
        errors = (*state.errors, *(e.t_s for e in events if e.kind == "decode_error" and e.track == video.track))
        values = video.values
        erred = np.zeros(len(video))
        waiting = []
        for t_s in errors:
            first = int(np.searchsorted(video.t_s, t_s - 1e-6))
            if first < len(video):
                erred[first] = 1
            else:
                waiting.append(t_s)
        intra = (values["key"] > 0) | (values["coded"] == 1)
        rows = np.stack(
            [video.t_s, durations(video), intra, values["coded"], values["corrupt"] > 0, erred, values["tiles"]], axis=1
        )
        maps = [video.grids[name].reshape(len(video), PLACES) for name in ("sides", "off_sides", "difference")]
        blocks = (values["block_x"] + values["block_y"]) / (values["gradient_x"] + values["gradient_y"] + 1)
        blocky, usual = _usual_blocks(state.blocks, blocks, video.t_s)
        speaks = (blocks < np.maximum(COARSE, COARSER * usual)) | (values["corrupt"] > 0) | (erred > 0)
        maps[0] = np.where(speaks[:, None], maps[0], 0)
        maps = [np.ascontiguousarray(part) for part in maps]
        memory = _loaded(state)
        told = follow_damage(np.ascontiguousarray(rows, np.float64), maps, memory, self._parameters)
        told[:, 2:4] = np.where(told[:, 1:2] > 0, video.t_s[:, None] - told[:, 2:4], 0)
        added = {name: told[:, k].astype(np.float32) for k, name in enumerate(DAMAGE_COLUMNS)}
        state = DamageState((memory[0].tobytes(), memory[1].tobytes(), memory[2].tobytes()), tuple(waiting), blocky)
        return state, replace(video, values={**values, **added})


def _usual_blocks(
    before: tuple[tuple[int, float], ...], blocks: NDArray[np.float32], t_s: NDArray[np.float64]
) -> tuple[tuple[tuple[int, float], ...], NDArray[np.float64]]:
    """How steep edges of blocks are at the least, per 10 s; and for each frame, in the last minute up to it."""
    numbers = np.floor(t_s / BUCKET_S).astype(np.int64)
    known = dict(before)
    usual = np.empty(len(blocks))
    for number in np.unique(numbers).tolist():
        rows = numbers == number
        recent = min((least for n, least in known.items() if number - BUCKETS < n <= number), default=np.inf)
        usual[rows] = np.minimum(np.minimum.accumulate(blocks[rows]), recent)
        known[number] = min(known.get(number, np.inf), float(blocks[rows].min()))
    return tuple(sorted(known.items())[-BUCKETS:]), usual


def _loaded(state: DamageState) -> Memory:
    """A copy of what is remembered, to go on with."""
    maps, sums, numbers = no_damage()
    if state.memory is not None:
        kept_maps, kept_sums, kept_numbers = state.memory
        maps[:] = np.frombuffer(kept_maps, np.uint8).reshape(maps.shape)
        sums[:] = np.frombuffer(kept_sums, np.float32)
        numbers[:] = np.frombuffer(kept_numbers, np.float64)
    return maps, sums, numbers
