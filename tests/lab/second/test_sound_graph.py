from __future__ import annotations

import numpy as np
import pytest
from second_clips import RATE

from monitor.lab.second.sound_graph import filtered, loudness

SINE = np.tile(np.sin(2 * np.pi * 997 * np.arange(5 * RATE) / RATE), (2, 1)).astype(np.float32)


def test_sound_passes_unchanged_and_keeps_its_length() -> None:
    assert np.array_equal(filtered(SINE, "anull"), SINE)
    assert filtered(SINE, "surround=chl_out=5.1").shape == (6, 5 * RATE)


def test_loudness_is_that_of_the_standard() -> None:
    """EBU Tech 3341, case 1: a stereo sine of -23 dBFS is -23 LUFS."""
    quiet = SINE * np.float32(10 ** (-23 / 20))
    assert loudness(quiet) == pytest.approx(-23.0, abs=0.1)
    # Also where the last piece is shorter than a reading.
    assert loudness(quiet[:, : 4 * RATE + 100]) == pytest.approx(-23.0, abs=0.1)
    assert loudness(np.zeros_like(SINE)) == -70.0
