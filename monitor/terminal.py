"""What a person sees while a watch or a scan goes on. Shows; decides nothing.

On a terminal a live table below the lines that scroll; elsewhere (a log, a pipe) the lines alone.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from datetime import UTC, datetime

from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table

from monitor.cluster.driver import Update
from monitor.cluster.scanning import Progress
from monitor.cluster.session import Status
from monitor.recorded import Scanned
from monitor.records import Detection, Incident

STATE_STYLES = {"watching": "green", "stalled": "red", "waiting": "red", "connecting": "yellow", "ended": "dim"}
SEVERITY_STYLES = {"critical": "bold red", "major": "bold red", "minor": "yellow", "info": "dim"}
MAX_ROWS = 40
"""Streams shown at most; those with an open incident come first."""


class WatchScreen:
    """The live table of a watch, and a line for each incident that opens and closes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, auto_refresh=False, transient=True) if console.is_terminal else None
        self._open: dict[str, Incident] = {}
        self._reasons: dict[str, str] = {}
        """Why each source was lost, as last told."""
        self.opened = 0
        """Incidents seen so far."""

    def __enter__(self) -> WatchScreen:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, update: Update) -> None:
        """Show what happened in a turn."""
        for notice in update.notices:
            self._console.print(f"[yellow]{_clock()}  note      {_plain(notice)}[/]", highlight=False)
        for name, status in update.statuses.items():
            if status is not None and status.state == "waiting" and self._reasons.get(name) != status.detail:
                self._reasons[name] = status.detail
                line = f"{_clock()}  source    {_plain(name)}: {_plain(status.detail)}"
                self._console.print(f"[yellow]{line}[/]", highlight=False)
        for row in update.rows:
            if isinstance(row, Incident):
                self._incident(row)
        if self._live is not None:
            self._live.update(self._table(update.statuses), refresh=True)

    def _incident(self, incident: Incident) -> None:
        known = self._open.get(incident.incident_id)
        kinds = ", ".join(incident.kinds)
        name = _plain(incident.stream)
        if incident.state == "resolved":
            self._open.pop(incident.incident_id, None)
            lasted = _lasted(incident)
            text = f"[green]{_clock()}  closed    {name}: {kinds}[/] after {lasted} [dim]{incident.incident_id}[/]"
            self._console.print(text, highlight=False)
            return
        if known is None:
            self.opened += 1
            began = "" if incident.start_at is None else f" since {_clock(incident.start_at)}"
            text = f"[bold red]{_clock()}  OPENED    {name}: {kinds}[/] ({incident.severity}){began}"
            self._console.print(f"{text} [dim]{incident.incident_id}[/]", highlight=False)
        elif known.kinds != incident.kinds:
            more = ", ".join(kind for kind in incident.kinds if kind not in known.kinds)
            self._console.print(f"[red]{_clock()}  and also  {name}: {more}[/]", highlight=False)
        self._open[incident.incident_id] = incident

    def _table(self, statuses: Mapping[str, Status | None]) -> Table:
        table = Table(title=f"{len(statuses)} streams, {len(self._open)} incidents open", title_justify="left")
        for name, justify in (("stream", "left"), ("state", "left"), ("frames/s", "right"), ("lag", "right")):
            table.add_column(name, justify=justify, no_wrap=True)  # type: ignore[arg-type]
        table.add_column("open incident")
        ordered = sorted(statuses.items(), key=lambda item: (not (item[1] and item[1].incident), item[0]))
        for name, status in ordered[:MAX_ROWS]:
            table.add_row(*_cells(name, status))
        if len(ordered) > MAX_ROWS:
            table.add_row(f"... and {len(ordered) - MAX_ROWS} more", "", "", "", "")
        return table


def _cells(name: str, status: Status | None) -> tuple[str, ...]:
    if status is None:
        return _plain(name), "[dim]being placed[/]", "", "", ""
    style = STATE_STYLES[status.state]
    lag = "" if math.isnan(status.lag_s) else f"{max(0.0, status.lag_s):.1f} s"
    fps = f"{status.fps:.1f}" if status.frames else ""
    return _plain(name), f"[{style}]{status.state}[/]", fps, lag, f"[bold red]{status.incident}[/]"


def _lasted(incident: Incident) -> str:
    if incident.end_at is not None and incident.start_at is not None:
        return f"{incident.end_at - incident.start_at:.1f} s"
    return "?" if incident.end_s is None else f"{incident.end_s - incident.start_s:.1f} s"


def _clock(at: float | None = None) -> str:
    moment = datetime.now(UTC) if at is None else datetime.fromtimestamp(at, UTC)
    return moment.strftime("%H:%M:%S")


def _several(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def _plain(text: str) -> str:
    """Text of a stream or a person, with nothing that the terminal would take for markup or control."""
    return "".join(c if c.isprintable() else "?" for c in text).replace("[", r"\[")


class ScanScreen:
    """The progress bar of a scan, a line for each source with something to say, and the summary."""

    def __init__(self, console: Console, sources: int) -> None:
        self._console = console
        self._sources = sources
        self._began = time.monotonic()
        self._media_s = 0.0
        self._bar = Bar(
            "scanning", BarColumn(), TextColumn("{task.fields[text]}"), TimeRemainingColumn(), console=console
        )
        self._task = self._bar.add_task("scan", total=sources, text="")
        self.problems: list[Scanned] = []
        self.kinds: set[str] = set()
        self._detections = 0

    def __enter__(self) -> ScanScreen:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def show(self, progress: Progress) -> None:
        """How far it is."""
        self._media_s = progress.media_s
        text = f"{progress.done} of {self._sources}  {self._speed():.0f} x real time"
        self._bar.update(self._task, completed=progress.done + progress.under_way, text=text)

    def found(self, scanned: Scanned) -> None:
        """A source is done: its problem if it has one, and what was detected in it."""
        name = _plain(scanned.stream)
        if scanned.problem:
            self.problems.append(scanned)
            what = "read in part" if scanned.media_s else "cannot be read"
            why = _plain(scanned.problem.removeprefix(f"{scanned.stream}: "))
            self._console.print(f"[red]{what}[/] {name}: {why}", highlight=False)
        if scanned.note:
            self._console.print(f"[dim]{name}: {scanned.note}[/]", highlight=False)
        detections = [row for row in scanned.rows if isinstance(row, Detection)]
        for row in sorted(detections, key=lambda row: row.start_s):
            self._detections += 1
            self.kinds.add(row.kind)
            end = "" if row.end_s is None else f"{row.end_s:.2f}"
            what = f"[{SEVERITY_STYLES[row.severity]}]{row.kind}[/] ({row.severity})"
            self._console.print(f"{name}: {what} {row.start_s:.2f} to {end} s ({row.track})", highlight=False)

    def summary(self, results: str) -> None:
        """The last line."""
        read = self._sources - len(self.problems)
        self._console.print(
            f"{read} of {self._sources} sources read, {self._media_s:.0f} s at {self._speed():.0f} x real time, "
            f"{_several(self._detections, 'detection')}, {_several(len(self.problems), 'problem')}; "
            f"results in {_plain(results)}",
            highlight=False,
        )

    def _speed(self) -> float:
        return self._media_s / max(1e-3, time.monotonic() - self._began)
