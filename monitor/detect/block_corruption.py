"""`block_corruption`: blocks of the picture are wrong, and go on being wrong until the picture is coded anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from monitor.detect.base import Inputs, detection_id
from monitor.detect.damage import DAMAGE_COLUMNS
from monitor.detect.picture import shown_pictures
from monitor.kernels.damage import CLOSED, GRAVE, OPENED, OPENED_GRAVE
from monitor.records import SEVERITIES, Depth, Detection, Readings, Severity
from monitor.settings import BlockCorruptionSettings, Profile, fingerprint

FLAGGED, SEEN = 0.95, 0.7
"""Confidence where the decoder says so too, and where only pixels do."""


@dataclass(frozen=True, slots=True)
class BlockCorruptionState:
    """The detection that is open, and when the last frame ended."""

    open: Detection | None = None
    until_s: float = float("-inf")


class BlockCorruption:
    """Turns what the Assessor tells of damage into detections. Small damage (`grave_area`) is `minor`, and so is what
    only pixels show: sharp edges that move look alike."""

    kind = "block_corruption"
    version = 2
    reads = DAMAGE_COLUMNS
    depths: frozenset[Depth] = frozenset(("full",))

    def __init__(self, profile: Profile) -> None:
        self.settings: BlockCorruptionSettings = profile.block_corruption
        self._detector = f"{self.kind}@{self.version}:{fingerprint(self.settings)}"

    def start(self) -> BlockCorruptionState:
        """Nothing known."""
        return BlockCorruptionState()

    def step(self, state: BlockCorruptionState, seen: Inputs) -> tuple[BlockCorruptionState, list[Detection]]:
        """Go on with the frames that were seen."""
        found: list[Detection] = []
        opened, until_s = state.open, state.until_s
        for video in shown_pictures(seen):
            for row in video.values["damage_told"].nonzero()[0]:
                opened = self._told(opened, seen, video, int(row), found)
            until_s = float(video.t_s[-1] + video.duration_s[-1])
        if seen.ended:
            if opened is not None:
                found.append(_ended(opened, max(until_s, opened.start_s), opened.confidence, opened.evidence))
            return BlockCorruptionState(), found
        return BlockCorruptionState(opened, until_s), found

    def _told(
        self, opened: Detection | None, seen: Inputs, video: Readings, row: int, found: list[Detection]
    ) -> Detection | None:
        told = {name.removeprefix("damage_"): float(video.values[name][row]) for name in DAMAGE_COLUMNS}
        evidence = {name: round(told[name], 4) for name in ("area", "left", "top", "right", "bottom")}
        confidence = FLAGGED if told["flagged"] else SEEN
        t_s, at = float(video.t_s[row]), float(video.at[row])
        if told["told"] in (OPENED, OPENED_GRAVE):
            start_s = max(0.0, round(t_s - told["from_s"], 6))
            grave = told["told"] == OPENED_GRAVE and told["flagged"] > 0
            opened = Detection(
                detection_id=detection_id(seen, self.kind, video.track, start_s),
                revision=0,
                stream=seen.stream,
                kind=self.kind,
                track=video.track,
                start_s=start_s,
                end_s=None,
                start_at=None if at != at else at - told["from_s"],
                end_at=None,
                severity=self.settings.severity if grave else self._small(),
                confidence=confidence,
                evidence=evidence,
                detector=self._detector,
            )
            found.append(opened)
        elif opened is not None and told["told"] == GRAVE:
            opened = replace(
                opened,
                revision=opened.revision + 1,
                severity=self.settings.severity if told["flagged"] else opened.severity,
                confidence=confidence,
                evidence=evidence,
            )
            found.append(opened)
        elif opened is not None and told["told"] == CLOSED:
            end_s = max(opened.start_s, round(t_s - told["until_s"], 6))
            found.append(_ended(opened, end_s, confidence, evidence))
            opened = None
        return opened

    def _small(self) -> Severity:
        return min("minor", self.settings.severity, key=SEVERITIES.index)


def _ended(opened: Detection, end_s: float, confidence: float, evidence: Mapping[str, float]) -> Detection:
    return replace(
        opened,
        revision=opened.revision + 1,
        end_s=end_s,
        end_at=None if opened.start_at is None else opened.start_at + end_s - opened.start_s,
        confidence=confidence,
        evidence=evidence,
    )
