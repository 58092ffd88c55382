"""What goes on beside the work of a long-running process: results are written, freed memory is given back."""

from __future__ import annotations

import ctypes
import threading

from monitor.errors import StoreError
from monitor.store import ResultsWriter


class Housekeeping(threading.Thread):
    """Flushes a writer every `every_s` seconds until ended, whatever the place of the results does.

    `trouble`: why the last flush failed, or "". What could not be written is kept by the writer and tried again.
    """

    def __init__(self, writer: ResultsWriter, every_s: float) -> None:
        super().__init__(name="housekeeping", daemon=True)
        self.trouble = ""
        self._writer = writer
        self._every_s = every_s
        self._ended = threading.Event()

    def run(self) -> None:
        """The thread."""
        while not self._ended.wait(self._every_s):
            try:
                self._writer.flush()
                self.trouble = ""
            except StoreError as error:
                self.trouble = str(error)
            give_back_memory()

    def end(self) -> None:
        """Flush no more; whoever holds the writer closes it."""
        self._ended.set()


def give_back_memory() -> None:
    """Hand memory that was freed back to the system.

    Streams are opened and closed on many threads, and glibc keeps what they free in an arena per thread: without this,
    20 streams that come and go took 60 MiB more after nine minutes, none of it in use. Other C libraries have no such
    call and need none.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
