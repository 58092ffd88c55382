"""Everything is compiled before anything is watched, and nothing afterwards."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.kernels import picture, warm_up


def test_warming_up_again_does_nothing() -> None:
    """Every workplace and every scanner of a process does it."""
    warm_up()
    warm_up()


def test_a_type_that_nobody_thought_of_is_an_error_at_once() -> None:
    warm_up()
    with pytest.raises(TypeError, match="No matching definition"):
        picture._HISTOGRAM_KERNELS[np.dtype(np.uint8)](np.zeros((4, 4), np.float32), 0, np.zeros(256, np.int64))
