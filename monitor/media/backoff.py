"""How long to wait before a lost source is opened again: growing waits with jitter. Owns numbers only, never sleeps.

The wait before attempt k is drawn evenly from [w / 2, w] with w = min(first * 2^k, longest) ("equal jitter"): a server
that drops a thousand streams at once does not get them all back in the same second, and no wait shrinks to nothing.
"""

from __future__ import annotations

from random import Random


class Backoff:
    """Waits that double from `first_s` to `longest_s`, each shortened by up to half at random.

    With the same `Random` the same waits come out. Raises ValueError unless 0 < first_s <= longest_s.
    """

    def __init__(self, first_s: float, longest_s: float, random: Random | None = None) -> None:
        if not 0 < first_s <= longest_s:
            raise ValueError(f"waits from {first_s} s to {longest_s} s: must be 0 < first <= longest")
        self._first_s = first_s
        self._longest_s = longest_s
        self._random = Random() if random is None else random
        self._wait_s = first_s

    def next(self) -> float:
        """Seconds to wait before the next attempt; the one after will be up to twice as long."""
        wait_s = self._wait_s
        self._wait_s = min(wait_s * 2, self._longest_s)
        return wait_s * self._random.uniform(0.5, 1.0)

    def reset(self) -> None:
        """Start small again: the source was open and gave packets."""
        self._wait_s = self._first_s
