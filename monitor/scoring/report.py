"""What was scored, for people (a table, and what to look at) and for programs (one JSON object)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from monitor.scoring.cases import Clean, Tried
from monitor.scoring.figures import ALL, Row, is_alarm, matched
from monitor.scoring.material import Use

LEFT = ("kind", "generator", "by", "strength", "amount")
RIGHT = (
    *("events", "precision", "recall", "F1", "misses", "extras"),
    *("delay p50", "p95", "edges p50", "p95", "area ok"),
    *("false alarms/h", "at most", "minor/h", "elsewhere/h"),
)
NOTES = """\
events: matched one to one with detections, intersection over union >= 0.5. FFmpeg: blackdetect, freezedetect, defaults.
delay: seconds from a defect's first picture to when it was told; edges: pictures that starts and ends are off.
false alarms/h: per stream-hour of clean material; at most: the true rate is below this with 95 % confidence;
minor/h: of lower severity there; elsewhere/h: per hour of clips with other defects, where some are true.
area ok: share of the events that take a part of the picture whose size is told within a factor of 2."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something to look at: a defect that was missed, or a detection where there is none. `what`: "missed"; "extra", in
    a made clip; "alarm", in a clean one, or "minor" where it is of lower severity."""

    what: str
    kind: str
    clip: str
    seed: int | None
    generator: str
    strength: str
    start_s: float
    end_s: float | None
    severity: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """All that one run found. `clips`: that defects were made of; `seeds`: the first and the last. `clean_hours`: of
    clean material. `events`: what the monitor missed, or told wrongly."""

    use: Use
    profile: str
    clips: Sequence[str]
    seeds: tuple[int, int]
    clean: Sequence[str]
    clean_hours: float
    rows: Sequence[Row]
    events: Sequence[Event] = ()
    notes: Sequence[str] = ()


def to_look_at(cases: Sequence[Tried], clean: Sequence[Clean], kinds: Sequence[str]) -> list[Event]:
    """What the monitor missed, or told wrongly, of these kinds."""
    found: list[Event] = []
    for case in cases:
        asked, result = case.request, matched(case, "monitor")
        about = (asked.kind, asked.source.name, asked.seed, asked.generator, asked.strength)
        found += [Event("missed", *about, truth.start_s, truth.end_s) for truth in result.misses]
        found += [Event("extra", *about, each.start_s, each.end_s, each.severity) for each in result.extras]
    for each in clean:
        for told in each.seen["monitor"].found if each.seen else ():
            if told.kind in kinds:
                what = "alarm" if is_alarm(told) else "minor"
                end_s = told.end_s
                found.append(Event(what, told.kind, each.clip.name, None, "", "", told.start_s, end_s, told.severity))
    return found


def as_json(report: Report) -> dict[str, Any]:
    """The object that `jobs/score.py --json` prints; what cannot be told is null."""
    return asdict(report)


def print_report(report: Report, console: Console, verbose: bool) -> None:
    """The table, and with `verbose` each event to look at."""
    first, last = report.seeds
    console.print(
        f"for {report.use}: settings {report.profile}, seeds {first} to {last}, "
        f"defects made of {', '.join(report.clips)}",
        highlight=False,
        markup=False,
    )
    console.print(
        f"clean: {report.clean_hours * 60:.1f} minutes of {', '.join(report.clean) or 'nothing'}",
        highlight=False,
        markup=False,
    )
    console.print(_table(report.rows))
    console.print(NOTES, highlight=False, markup=False)
    if verbose:
        for event in report.events:
            console.print(_line(event), highlight=False, markup=False)
    for note in report.notes:
        console.print(f"note: {note}", highlight=False, markup=False)


def _table(rows: Sequence[Row]) -> Table:
    table = Table(title="how well it finds them", title_justify="left")
    for name in LEFT:
        table.add_column(name, no_wrap=True)
    for name in RIGHT:
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        strong = "" if row.amount is None else f"{row.amount:g} {row.unit}"
        table.add_row(
            *(
                f"{row.kind} {row.variant}".strip(),
                row.generator,
                row.by,
                row.strength,
                escape(strong),
                str(row.events),
            ),
            *(_number(value, 3) for value in (row.precision, row.recall, row.f1)),
            *(str(row.misses), str(row.extras)),
            *(_number(value, 2) for value in (row.delay_p50_s, row.delay_p95_s)),
            *(_number(value, 1) for value in (row.edge_p50_frames, row.edge_p95_frames)),
            _number(row.area_within_2, 2),
            *(_number(value, 1) for value in (row.false_alarms_per_stream_hour, row.false_alarm_upper_95)),
            *(_number(value, 1) for value in (row.minor_alarms_per_stream_hour, row.elsewhere)),
            style="bold" if row.strength == ALL else "",
            end_section=row.strength == ALL,
        )
    return table


def _line(event: Event) -> str:
    end = "its end" if event.end_s is None else f"{event.end_s:.2f} s"
    made = "" if event.seed is None else f" ({event.generator} {event.strength}, seed {event.seed})"
    severity = f", {event.severity}" if event.severity else ""
    return f"{event.what}: {event.kind} in {event.clip}{made}: {event.start_s:.2f} s to {end}{severity}"


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"
