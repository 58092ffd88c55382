"""The lab's generator of picture defects: any clip in, a stream with a defect of a given kind, strength, place and time
out, and the truth beside it. Knows nothing of the detectors. Deterministic by seed."""

from __future__ import annotations

from monitor.lab.defects.make import AMOUNTS, KINDS, make

__all__ = ["AMOUNTS", "KINDS", "make"]
