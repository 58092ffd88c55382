"""All detectors of one stream side by side. What several need is judged once, and added to the readings: what is shown
at all, and how it is worse than normal. Then each detector sees the columns that it reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from monitor.detect.base import Detector, Inputs
from monitor.detect.damage import Assessor, DamageState
from monitor.detect.inspector import Inspector, InspectorState
from monitor.detect.look import LookState, Viewer
from monitor.records import Detection
from monitor.settings import Profile

DetectorStates = dict[str, Any]
"""State of each detector by kind, and those of the viewer, the assessor and the inspector; what a checkpoint holds."""

LOOK, DAMAGE, QUALITY = "look", "damage", "quality"

Build = Callable[[Profile], Any]


class Panel:
    """Detectors with the settings of one profile. Keeps nothing of a stream."""

    def __init__(self, profile: Profile, which: Sequence[Build]) -> None:
        self._viewer, self._assessor, self._inspector = Viewer(profile), Assessor(profile), Inspector(profile)
        self.detectors: tuple[Detector[Any], ...] = tuple(build(profile) for build in which)

    def step(self, states: DetectorStates, seen: Inputs) -> tuple[DetectorStates, list[Detection]]:
        """One step of every detector. What has no state yet starts anew."""
        look: LookState = states.get(LOOK, LookState())
        damage: DamageState = states.get(DAMAGE, DamageState())
        quality: InspectorState = states.get(QUALITY, InspectorState())
        events = seen.events
        video = []
        for readings in seen.video:
            if len(readings):
                look, viewed = self._viewer.view(look, readings)
                damage, assessed = self._assessor.assess(damage, viewed, events)
                events = ()
                quality, inspected = self._inspector.inspect(quality, assessed)
                video.append(inspected)
        after: DetectorStates = {LOOK: look, DAMAGE: damage, QUALITY: quality}
        seen = replace(seen, video=tuple(video))
        shown: dict[tuple[str, ...], Inputs] = {}
        found: list[Detection] = []
        for detector in self.detectors:
            if detector.reads not in shown:
                shown[detector.reads] = seen.shown(detector.reads)
            state = states[detector.kind] if detector.kind in states else detector.start()
            after[detector.kind], more = detector.step(state, shown[detector.reads])
            found += more
        return after, found
