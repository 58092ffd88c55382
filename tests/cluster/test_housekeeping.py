"""Results are written beside the work, and a place that fails is told and tried again."""

from __future__ import annotations

import threading

from monitor.cluster.housekeeping import Housekeeping, give_back_memory
from monitor.errors import StoreError


class Writer:
    """Fails twice, then works."""

    def __init__(self) -> None:
        self.calls = 0
        self.failed, self.worked = threading.Event(), threading.Event()

    def flush(self) -> int:
        self.calls += 1
        if self.calls <= 2:
            self.failed.set()
            raise StoreError("the disk is full; make room")
        self.worked.set()
        return 1


def test_it_goes_on_after_a_failure_and_tells_it() -> None:
    writer = Writer()
    house = Housekeeping(writer, every_s=0.05)  # type: ignore[arg-type]
    house.start()
    assert writer.failed.wait(5)
    seen = {house.trouble}
    while not writer.worked.wait(0.01):
        seen.add(house.trouble)
    calls = writer.calls
    while writer.calls == calls:
        writer.worked.wait(0.01)
    assert "the disk is full; make room" in seen
    assert house.trouble == ""
    house.end()
    house.join(5)
    assert not house.is_alive()


def test_memory_is_given_back_without_a_word() -> None:
    give_back_memory()
