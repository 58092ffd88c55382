"""The course of a seam over some samples: whether seams of many pictures lie on one line, at rest or moving evenly up
or down, as those of a tear do. Owns the search; says nothing about how large a sum is too large."""

from __future__ import annotations

from functools import cache

import numba as nb
import numpy as np
from numba import types
from numpy.typing import NDArray

FASTEST, APART_S = 0.4, 0.8
"""In heights a second; a speed is that from one seam to another, so far apart in time."""
NEAR = 0.006
"""So far from the line, in heights, a seam is on it."""
LEAST = 5
"""So many samples at least have a seam on it."""
RECENT, AGAIN = 4, 2
"""Of the last so many, so many do."""
CAP = 3.0
"""A seam counts for at most so many times the third largest."""
LESSER = 3.0
"""The course begins and ends with a seam of at least one part in so many of the third largest."""
FEWEST = 8
"""Of fewer samples the mean is taken as if of so many."""


def course(t_s: NDArray[np.float64], at: NDArray[np.float64], seams: NDArray[np.float64]) -> tuple[float, float, float]:
    """The mean seam over the samples on the best line, and when the first and the last of it were; (0, NaN, NaN): none.

    `t_s`: [n]. `at`, `seams`: [n, k], where seams of each sample are, in heights, and how large; 0: none.
    """
    best, first, last = _course(t_s, at, seams)
    return (best, float(t_s[first]), float(t_s[last])) if best > 0 else (0.0, np.nan, np.nan)


@cache
def compile_all() -> None:
    """Compile for the types it is used with, and for no other from then on."""
    rows = types.float64[:, ::1]
    number = types.float64
    _on_line.compile((types.float64[::1], rows, rows, number, number, types.float64[::1]))
    _course.compile((types.float64[::1], rows, rows))
    _on_line.disable_compile()
    _course.disable_compile()


@nb.njit(cache=True, nogil=True)
def _course(t_s, at, seams):  # type: ignore[no-untyped-def]
    n, k = at.shape
    hits = np.zeros(n)
    best, best_first, best_last = 0.0, -1, -1
    for i in range(max(0, n - RECENT), n):
        for a in range(k):
            if seams[i, a] <= 0:
                continue
            for other in range(-1, i * k):  # -1: at rest.
                speed = 0.0
                if other >= 0:
                    j, b = other // k, other % k
                    passed_s = t_s[i] - t_s[j]
                    if passed_s < APART_S:
                        break
                    speed = (at[i, a] - at[j, b]) / passed_s
                    if seams[j, b] <= 0 or abs(speed) > FASTEST:
                        continue
                third = _on_line(t_s, at, seams, speed, at[i, a] - speed * t_s[i], hits)
                if third <= 0:
                    continue
                mean = np.minimum(hits, CAP * third).sum() / max(n, FEWEST)
                if mean > best:
                    best, best_first = mean, -1
                    for j in range(n):
                        if hits[j] * LESSER >= third:
                            best_first = j if best_first < 0 else best_first
                            best_last = j
    return best, best_first, best_last


@nb.njit(cache=True, nogil=True)
def _on_line(t_s, at, seams, speed, place, hits):  # type: ignore[no-untyped-def]
    """Fills `hits`, as far as it looks, with the largest seam of each sample on the line; gives the third largest of
    these, 0 if there are too few."""
    n, k = at.shape
    count = 0
    for j in range(n - 1, -1, -1):
        hits[j] = 0
        for b in range(k):
            if seams[j, b] > hits[j] and abs(at[j, b] - speed * t_s[j] - place) <= NEAR:
                hits[j] = seams[j, b]
        count += hits[j] > 0
        if j == max(0, n - RECENT) and count < AGAIN:
            return 0.0
    return np.sort(hits)[n - 3] if count >= LEAST else 0.0
