"""What was measured, for people (tables), for programs (one JSON object) and for the planner (the cost table)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from monitor.benchmark.crowd import Crowd
from monitor.benchmark.rounds import Row
from monitor.benchmark.stages import BARE, WHOLE, KernelTime, Stage
from monitor.cluster.costs import Cost, CostTable, dearest

ROW_COLUMNS = (
    "clip",
    "codec",
    "size",
    "fps",
    "seconds",
    "decode",
    "monitor",
    "FFmpeg",
    "program",
    "to decode",
    "spread",
    "to FFmpeg",
    "streams/core",
    "MiB",
)


@dataclass(frozen=True, slots=True)
class Report:
    """All that one run measured. `notes`: what could not be, and of what the clips are made."""

    machine: dict[str, str | int]
    rows: Sequence[Row]
    kernels: Sequence[KernelTime] = ()
    stages: Sequence[Stage] = ()
    crowds: Sequence[Crowd] = ()
    notes: Sequence[str] = ()


def as_json(report: Report) -> dict[str, Any]:
    """The object that `jobs/bench.py --json` prints; what was not measured is null, or an empty list."""
    return {
        "machine": report.machine,
        "rows": [asdict(row) for row in report.rows],
        "kernels": [asdict(kernel) for kernel in report.kernels],
        "profile": [asdict(stage) for stage in report.stages],
        "streams": [asdict(crowd) for crowd in report.crowds],
        "notes": list(report.notes),
    }


def cost_table(machine: dict[str, str | int], rows: Iterable[Row]) -> CostTable:
    """What each kind of stream costs, for the planner. Of several clips of one kind the dearest counts."""
    costs = (
        Cost(row.codec, row.width, row.height, row.fps, row.monitor_cpu_s / row.media_s)
        for row in rows
        if row.monitor_cpu_s > 0 and row.media_s > 0
    )
    name = f"{machine['cpu']}, {machine['cores']} cores"
    return CostTable(name, datetime.now(UTC).date().isoformat(), dearest(costs))


def print_report(report: Report, console: Console) -> None:
    """The tables, widest first."""
    machine = report.machine
    said = ", ".join(f"{name} {machine[name]}" for name in machine if name not in ("cpu", "cores"))
    console.print(f"{machine['cpu']}, {machine['cores']} cores; {said}", highlight=False, markup=False)
    console.print(_rows(report.rows))
    console.print(
        "decode, monitor, FFmpeg, program: CPU seconds that so many seconds of the clip took, one thread, medians.\n"
        "FFmpeg: its filters in PyAV; program: the same filters in the ffmpeg program; empty: not measured.\n"
        "to decode, spread, to FFmpeg: the monitor's CPU seconds over the other's in the same round.\n"
        "MiB: what one more stream takes in a process that watches already. No results are written.",
        highlight=False,
        markup=False,
    )
    if report.stages:
        console.print(_stages(report.stages))
    if report.kernels:
        console.print(_kernels(report.kernels))
    if report.crowds:
        console.print(_crowds(report.crowds))
    for note in report.notes:
        console.print(f"note: {note}", highlight=False, markup=False)


def _table(title: str, left: Iterable[str], right: Iterable[str]) -> Table:
    table = Table(title=title, title_justify="left")
    for name in left:
        table.add_column(name, no_wrap=True)
    for name in right:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _rows(rows: Sequence[Row]) -> Table:
    table = _table("what a stream costs", ROW_COLUMNS[:3], ROW_COLUMNS[3:])
    for row in rows:
        table.add_row(
            escape(row.what),
            row.codec,
            f"{row.width}x{row.height}",
            f"{row.fps:g}",
            f"{row.media_s:.1f}",
            f"{row.decode_cpu_s:.2f}",
            f"{row.monitor_cpu_s:.2f}",
            _seconds(row.ffmpeg_cpu_s),
            _seconds(row.ffmpeg_program_cpu_s),
            f"[bold]{row.ratio_to_decode:.2f}[/]",
            f"{row.ratio_to_decode_min:.2f}-{row.ratio_to_decode_max:.2f}",
            "" if row.ratio_to_ffmpeg is None else f"1/{1 / row.ratio_to_ffmpeg:.1f}",
            f"{row.streams_per_core:.1f}",
            "" if row.memory_mib is None else f"{row.memory_mib:.0f}",
        )
    return table


def _stages(stages: Sequence[Stage]) -> Table:
    table = _table("where it goes", ("clip", "stage"), ("ms per frame", "of decoding"))
    for stage in stages:
        style = "bold" if stage.name in (BARE, WHOLE) else ""
        cells = (escape(stage.what), stage.name, f"{stage.ms_per_frame:.3f}", f"{stage.share:.1%}")
        table.add_row(*cells, style=style, end_section=stage.name == WHOLE)
    return table


def _kernels(kernels: Sequence[KernelTime]) -> Table:
    table = _table("kernels", ("clip", "size", "kernel"), ("ms per call", "calls per second", "ms per frame"))
    for kernel in kernels:
        table.add_row(
            escape(kernel.what),
            f"{kernel.width}x{kernel.height}",
            kernel.kernel,
            f"{kernel.ms_per_call:.4f}",
            f"{kernel.calls_per_s:.0f}",
            f"{kernel.ms_per_frame:.4f}",
        )
    return table


def _crowds(crowds: Sequence[Crowd]) -> Table:
    columns = ("streams", "threads", "CPU s each", "alone", "ratio", "spread", "s until done")
    table = _table("many in one process", ("clip",), columns)
    for crowd in crowds:
        table.add_row(
            escape(crowd.what),
            str(crowd.streams),
            str(crowd.threads),
            f"{crowd.cpu_s_per_stream:.3f}",
            f"{crowd.cpu_s_alone:.3f}",
            f"[bold]{crowd.ratio:.2f}[/]",
            f"{crowd.ratio_min:.2f}-{crowd.ratio_max:.2f}",
            f"{crowd.wall_s:.1f}",
        )
    return table


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
