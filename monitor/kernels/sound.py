"""Sound kernels, CPU twin (numba): per hop of about 10 ms and per channel, the peak and the energy."""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

from monitor.errors import KernelError


def sound_hops(
    samples: NDArray[np.float32], edges: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.bool_]]:
    """Peak (largest absolute sample) and energy (sum of squares) of each hop and channel: [hops, channels] each.

    `samples` float32 [channels, n]; hop k is samples[:, edges[k]:edges[k + 1]]. The third array says where every sample
    was a finite number; where one was not, the two others count only the finite ones.
    """
    if (
        samples.ndim != 2
        or len(edges) < 1
        or edges[0] < 0
        or edges[-1] > samples.shape[1]
        or np.any(np.diff(edges) < 0)
    ):
        raise KernelError(f"edges {edges[:1]}..{edges[-1:]} do not fit samples {samples.shape}: must rise within them")
    shape = (len(edges) - 1, samples.shape[0])
    peak = np.empty(shape, np.float32)
    energy = np.empty(shape, np.float64)
    finite = np.empty(shape, np.bool_)
    _hops(np.ascontiguousarray(samples), edges, peak, energy, finite)
    return peak, energy, finite


@nb.njit(cache=True, nogil=True)
def _hops(samples, edges, peak, energy, finite):  # type: ignore[no-untyped-def]
    for channel in range(samples.shape[0]):
        row = samples[channel]
        for hop in range(len(edges) - 1):
            largest = np.float32(0)
            total = 0.0
            good = True
            for i in range(edges[hop], edges[hop + 1]):
                value = row[i]
                size = abs(value)
                if size < np.inf:
                    largest = max(largest, size)
                    total += np.float64(value) * np.float64(value)
                else:
                    good = False
            peak[hop, channel] = largest
            energy[hop, channel] = total
            finite[hop, channel] = good
