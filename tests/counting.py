"""Turns that count, for tests of whoever takes them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from monitor.cluster.turns import Turns


class Counting(Turns):
    """`taken`: turns taken. `aside_in_turn`: how often a thread stepped out of one that it had. `aside_without`: how
    often `aside` was entered by a thread that had none."""

    def __init__(self) -> None:
        super().__init__()
        self._counts = threading.Lock()
        self._entered = 0
        self.aside_in_turn = 0
        self.aside_without = 0

    @property
    def taken(self) -> int:
        """Without those taken again after what was done aside."""
        return self._entered - self.aside_in_turn

    @property
    def mine(self) -> bool:
        """Whether the caller's thread has the turn."""
        return self._whose == threading.get_ident()

    @property
    def free(self) -> bool:
        """Whether nobody has the turn."""
        return not self._lock.locked()

    def __enter__(self) -> None:
        super().__enter__()
        with self._counts:
            self._entered += 1

    @contextmanager
    def aside(self) -> Iterator[None]:
        with self._counts:
            self.aside_in_turn += self.mine
            self.aside_without += not self.mine
        with super().aside():
            assert not self.mine
            yield
