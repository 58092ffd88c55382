"""Threads that watch many streams take turns at what they do with packets, but for decoding and converting pictures.

`Session.work` has a turn for `Pipeline.packets` only. `opened`, `closed` (which drains the decoders), `dropped`,
`tick`, `finish` and reports, which are rare or short, run without one, beside whoever has it.

Python's lock is given away in every call that does without it, and a stream makes some ten such calls a picture, most
of them short (sound, the end of a decoder). With another thread waiting, each is a wait of one's own and a switch of
two: three switches a picture between two threads, of which turns leave fewer than one (measured on 24 streams of 360p:
11 % more CPU per stream than alone became 6 %).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """A lock that is stepped out of `aside` for what another thread need not wait for.

    What a turn is taken inside of must not be waited for by anybody who has a turn.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._whose = 0

    def __enter__(self) -> None:
        self._lock.acquire()
        self._whose = threading.get_ident()

    def __exit__(self, *_: object) -> None:
        self._whose = 0
        self._lock.release()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Let another thread have its turn meanwhile. Does nothing for a thread that has none."""
        if self._whose != threading.get_ident():
            yield
            return
        self.__exit__()
        try:
            yield
        finally:
            self.__enter__()
