"""Readings over time -> detections. Sees no pixels. One small file per kind (or family); all of them in one tuple."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from monitor.detect.arrival import NoInput, Stall, TrackLoss
from monitor.detect.base import Detector, Inputs
from monitor.detect.black import Black
from monitor.detect.decode_error import DecodeErrors
from monitor.detect.freeze import Freeze
from monitor.detect.moments import FormatChange, TimestampJump
from monitor.detect.silence import Silence
from monitor.records import Detection
from monitor.settings import Profile

__all__ = ["KINDS", "Detector", "DetectorStates", "Inputs", "detect", "detectors"]

REGISTERED: tuple[Callable[[Profile], Any], ...] = (
    Black,
    Freeze,
    Silence,
    NoInput,
    Stall,
    DecodeErrors,
    TimestampJump,
    FormatChange,
    TrackLoss,
)
KINDS: tuple[str, ...] = tuple(build(Profile()).kind for build in REGISTERED)

DetectorStates = dict[str, Any]
"""State of each detector by kind; what a checkpoint holds."""


def detectors(profile: Profile) -> tuple[Detector[Any], ...]:
    """Every registered detector with this profile's settings."""
    return tuple(build(profile) for build in REGISTERED)


def detect(
    which: tuple[Detector[Any], ...], states: DetectorStates, seen: Inputs
) -> tuple[DetectorStates, list[Detection]]:
    """One step of every detector, each shown only the columns it reads. A kind without a state yet starts anew."""
    found: list[Detection] = []
    after: DetectorStates = {}
    shown: dict[tuple[str, ...], Inputs] = {}
    for detector in which:
        if detector.reads not in shown:
            shown[detector.reads] = seen.shown(detector.reads)
        state = states[detector.kind] if detector.kind in states else detector.start()
        after[detector.kind], more = detector.step(state, shown[detector.reads])
        found += more
    return after, found
