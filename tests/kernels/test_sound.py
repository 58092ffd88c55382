"""The sound kernel equals its NumPy definition."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.errors import KernelError
from monitor.kernels import sound_hops


def test_hops_equal_the_definition() -> None:
    samples = np.random.default_rng(2).standard_normal((3, 1000)).astype(np.float32)
    edges = np.array([0, 0, 441, 882, 1000])
    peak, energy, finite = sound_hops(samples, edges)
    for hop in range(4):
        part = samples[:, edges[hop] : edges[hop + 1]]
        if part.shape[1] == 0:
            assert (peak[hop] == 0).all()
            continue
        assert np.array_equal(peak[hop], np.abs(part).max(axis=1))
        np.testing.assert_allclose(energy[hop], (part.astype(np.float64) ** 2).sum(axis=1), rtol=1e-12)
    assert finite.all()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers_are_said_and_not_counted(bad: float) -> None:
    samples = np.array([[0.5, bad, 0.25], [0.1, 0.2, 0.3]], np.float32)
    peak, energy, finite = sound_hops(samples, np.array([0, 3]))
    assert peak[0, 0] == 0.5
    assert energy[0, 0] == 0.3125
    assert finite.tolist() == [[False, True]]


def test_edges_outside_the_samples_are_refused() -> None:
    with pytest.raises(KernelError, match="do not fit"):
        sound_hops(np.zeros((1, 10), np.float32), np.array([0, 11]))
