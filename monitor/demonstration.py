"""What `jobs/watch.py` shows without a catalog: small live streams made on the spot, with defects at scheduled times,
watched with the very code that watches a real catalog, and at the end what was found of them."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.table import Table

from monitor.catalog import Changes
from monitor.kernels import warm_up
from monitor.lab.demo import Row, demo_recipes, score
from monitor.lab.publish import LiveLab
from monitor.records import Detection, Stream

TAIL_S = 9.0
"""HLS is watched a few seconds behind the live edge: so much longer than the schedule, the last defects are seen."""


class Demonstration:
    """Publishes the demonstration's streams for as long as it is entered, and is the catalog that names them."""

    folder: Path | None = None

    def __init__(self, duration_s: float) -> None:
        self._duration_s = duration_s
        self._recipes = demo_recipes(duration_s - min(TAIL_S, duration_s / 4))
        self._lab: LiveLab | None = None
        self.current: tuple[Stream, ...] = ()
        self._timer: threading.Timer | None = None

    def __enter__(self) -> Demonstration:
        # What a machine compiles once takes as long as until the first defects: it is not to cost the newcomer these.
        warm_up()
        self._lab = LiveLab(self._recipes, None)
        self.current = self._lab.streams
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._lab is not None:
            self._lab.stop()

    def poll(self) -> Changes:
        """The streams stay as they are."""
        return Changes((), (), (), None)

    def begin(self, stop: threading.Event) -> None:
        """The streams are about to be watched: `stop` is set when their schedule has run through."""
        self._timer = threading.Timer(self._duration_s, stop.set)
        self._timer.daemon = True
        self._timer.start()

    def tell(self, found: Sequence[Detection], results: str, console: Console) -> bool:
        """Print scheduled / found / delay, where the results are and how to read them. True: all found, nothing else.

        Only what was scheduled before the watch ended is told; a demonstration may be stopped at any time.
        """
        assert self._lab is not None, "tell follows a demonstration"
        ended = datetime.now(UTC).timestamp()
        told = score(self._recipes, found, self._lab.started_at)
        rows = [row for row in told.rows if row.start_at < ended]
        table = Table(title="scheduled / found / delay", title_justify="left")
        for name in ("stream", "kind", "scheduled", "found", "delay"):
            table.add_column(name, justify="right" if name == "delay" else "left")
        for row in rows:
            table.add_row(*_cells(row))
        console.print(table)
        hit = sum(row.found_at is not None for row in rows)
        console.print(f"{hit} of {len(rows)} scheduled defects found; {len(told.unexpected)} detections not scheduled")
        for detection in told.unexpected:
            console.print(f"  not scheduled: {detection.stream}: {detection.kind} ({detection.track})")
        if told.beside:
            kinds = ", ".join(sorted({f"{detection.stream}: {detection.kind}" for detection in told.beside}))
            console.print(f"Minor ones beside them, of kinds that are not scheduled: {len(told.beside)} ({kinds})")
        console.print(f"\nResults: {results}\nRead them with one line of Python:\n")
        console.print(
            f'  .venv/bin/python -c "from monitor.store import open_results; '
            f"print(open_results('{results}').detections().to_pylist())\"",
            highlight=False,
        )
        return hit == len(rows) and not told.unexpected


def _cells(row: Row) -> tuple[str, ...]:
    scheduled = f"{_clock(row.start_at)} for {row.end_at - row.start_at:.0f} s"
    if row.found_at is None or row.delay_s is None:
        return row.stream, row.kind, scheduled, "[bold red]not found[/]", ""
    found = f"[green]{_clock(row.found_at)}[/]"
    if row.found_kind != row.kind:
        found += f" as {row.found_kind}"
    return row.stream, row.kind, scheduled, found, f"{row.delay_s:.1f} s"


def _clock(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S")
