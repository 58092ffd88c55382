"""A detector is shown what it says it reads, and that is measured, or judged by all of them together."""

from __future__ import annotations

import pytest

from monitor.audio import COLUMNS, PRINTS
from monitor.columns import COLUMNS as PICTURE_COLUMNS
from monitor.columns import FAST_COLUMNS, GRIDS
from monitor.detect import Detector, panel
from monitor.detect.damage import DAMAGE_COLUMNS
from monitor.detect.inspector import INSPECTED_COLUMNS, INSPECTED_READS
from monitor.detect.look import LOOK_COLUMNS, LOOK_READS
from monitor.settings import DEFAULT

EVERY_FRAME = {*FAST_COLUMNS, *GRIDS}
EVERY_BLOCK = {*COLUMNS, *PRINTS}


@pytest.mark.parametrize("detector", panel(DEFAULT).detectors, ids=lambda d: d.kind)
def test_what_a_detector_reads_is_measured_of_pictures_or_of_sound(detector: Detector[object]) -> None:
    reads = set(detector.reads)
    judged = {*LOOK_COLUMNS, *DAMAGE_COLUMNS, *INSPECTED_COLUMNS}
    of_pictures = set(PICTURE_COLUMNS) | set(GRIDS) | judged
    assert reads <= of_pictures | EVERY_BLOCK
    assert reads <= of_pictures or reads <= EVERY_BLOCK or detector.kind == "av_sync"


def test_what_is_judged_together_is_judged_by_what_is_measured() -> None:
    assert {*LOOK_READS, *INSPECTED_READS} <= {*PICTURE_COLUMNS, *GRIDS}


@pytest.mark.parametrize("kind", ["black", "freeze", "solid_color", "snow"])
def test_sudden_faults_are_judged_by_what_is_measured_on_every_frame(kind: str) -> None:
    (detector,) = (d for d in panel(DEFAULT).detectors if d.kind == kind)
    assert set(detector.reads) <= EVERY_FRAME | set(LOOK_COLUMNS)
