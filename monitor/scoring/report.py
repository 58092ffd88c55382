"""What was scored, for people (a table, and what to look at) and for programs (one JSON object)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from monitor.scoring.cases import Clean, Tried
from monitor.scoring.figures import ALL, Row, is_alarm, matched
from monitor.scoring.material import Use

LEFT = ("kind", "generator", "by", "strength", "amount")
RIGHT = ("events", "precision", "recall", "F1", "delay", "edges", "area")
ALARMS = ("alarms/h", "below", "minor/h", "elsewhere/h")
NOTES = """\
events: matched one to one with detections, intersection over union >= 0.5. FFmpeg: blackdetect, freezedetect, defaults;
silencedetect, aphasemeter, as long as the profile asks. delay: seconds from a defect's first picture to when it was
told; edges: pictures that starts and ends are off; of both the median, and what 95 % are within. area: share of the
events in a part of the picture whose size is told within a factor of 2."""
ALARM_NOTES = """\
alarms/h: false ones, major and critical, per stream-hour of clean material; below: the true rate is, with 95 %
confidence; minor/h: of lower severity there; elsewhere/h: per hour of clips with other defects, where some are true."""


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
    """Both tables, and with `verbose` each event to look at."""
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
    console.print(_found_table(report.rows))
    console.print(NOTES, highlight=False, markup=False)
    console.print()
    console.print(_alarms_table(report.rows))
    console.print(ALARM_NOTES, highlight=False, markup=False)
    if verbose:
        for event in report.events:
            console.print(_line(event), highlight=False, markup=False)
    for note in report.notes:
        console.print(f"note: {note}", highlight=False, markup=False)


def _found_table(rows: Sequence[Row]) -> Table:
    table = _table("how well it finds them", LEFT, RIGHT)
    for row in rows:
        table.add_row(
            f"{row.kind} {row.variant}".strip(),
            row.generator,
            row.by,
            row.strength,
            "" if row.amount is None else escape(f"{row.amount:g} {row.unit}"),
            str(row.events),
            *(_number(value, 3) for value in (row.precision, row.recall, row.f1)),
            _median_and_most(row.delay_p50_s, row.delay_p95_s, 2),
            _median_and_most(row.edge_p50_frames, row.edge_p95_frames, 1),
            _number(row.area_within_2, 2),
            style="bold" if row.strength == ALL else "",
            end_section=row.strength == ALL,
        )
    return table


def _alarms_table(rows: Sequence[Row]) -> Table:
    """Of each kind once: clean material is the same for all that was made."""
    table = _table("what it tells where nothing is wrong", LEFT[:3], ALARMS)
    lines = []
    for row in rows:
        rates = (row.false_alarms_per_stream_hour, row.false_alarm_upper_95, row.minor_alarms_per_stream_hour)
        lines.append((row.kind, row.generator, row.by, *(_number(value, 1) for value in (*rates, row.elsewhere))))
    for line in dict.fromkeys(lines):
        table.add_row(*line)
    return table


def _table(title: str, left: Sequence[str], right: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, show_edge=False, padding=(0, 0))
    for name in left:
        table.add_column(name, no_wrap=True)
    for name in right:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _line(event: Event) -> str:
    end = "its end" if event.end_s is None else f"{event.end_s:.2f} s"
    made = "" if event.seed is None else f" ({event.generator} {event.strength}, seed {event.seed})"
    severity = f", {event.severity}" if event.severity else ""
    return f"{event.what}: {event.kind} in {event.clip}{made}: {event.start_s:.2f} s to {end}{severity}"


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def _median_and_most(median: float | None, most: float | None, digits: int) -> str:
    return "" if median is None or most is None else f"{median:.{digits}f}, {most:.{digits}f}"
