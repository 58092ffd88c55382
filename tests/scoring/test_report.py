"""The table, the list and the object say what was scored."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from itertools import pairwise

from rich.console import Console
from scored import clean, found, request, tried, truth

from monitor.scoring.figures import score
from monitor.scoring.report import Event, Report, as_json, print_report, to_look_at

CASES = [
    tried(request(), [truth(4, 6), truth(10, 12)], [found(4, 6, told_s=5.0), found(14, None, severity="minor")], []),
    tried(request("freeze", "strong", 10_001), [truth(4, 6, "freeze")], [found(4, 6, "freeze", told_s=5.25)], []),
]
CLEAN = [
    clean("b [x].ts", 1800.0, [found(1, 2), found(3, 4, "freeze", severity="minor"), found(5, 6, "silence")]),
]
REPORT = Report(
    use="tuning",
    profile="fast",
    clips=["a.ts"],
    seeds=(10_000, 10_001),
    clean=["b [x].ts"],
    clean_hours=0.5,
    rows=score(CASES, CLEAN),
    events=to_look_at(CASES, CLEAN, ("black", "freeze")),
    notes=["skipped: notes.txt (no media file)"],
)


def printed(verbose: bool = False) -> list[str]:
    said = io.StringIO()
    print_report(REPORT, Console(file=said, width=1000, soft_wrap=True), verbose)
    return said.getvalue().splitlines()


def test_what_it_was_made_of_stands_first_and_notes_last() -> None:
    lines = printed()
    assert lines[0] == "for tuning: settings fast, seeds 10000 to 10001, defects made of a.ts"
    assert lines[1] == "clean: 30.0 minutes of b [x].ts"
    assert lines[-1] == "note: skipped: notes.txt (no media file)"


def cells(title: str) -> list[list[str]]:
    """The rows of the table with this title, cut where its columns end: a blank in every line."""
    lines = printed()
    first = next(n for n, line in enumerate(lines) if line.startswith(title))
    end = next(n for n in range(first, len(lines)) if lines[n].startswith(("events:", "alarms/h:")))
    table = [line for line in lines[first + 1 : end] if line.strip() and "─" not in line]
    width = max(len(line) for line in table)
    table = [line.ljust(width) for line in table]
    ends = [x for x in range(width) if all(line[x] == " " for line in table)]
    bounds = list(pairwise([-1, *ends, width]))
    return [[line[a + 1 : b].strip() for a, b in bounds if b - a > 1] for line in table]


def test_a_row_stands_in_the_table_as_scored() -> None:
    rows = cells("how well it finds them")
    assert rows[0] == [
        *("kind", "generator", "by", "strength", "amount", "events", "precision", "recall", "F1", "delay", "edges"),
        "area",
    ]
    assert len(rows) == 1 + len(REPORT.rows) == 9
    assert rows[1] == [
        *("black", "lab", "monitor", "weak", "3 levels of noise", "2", "0.500", "0.500", "0.500"),
        *("1.00, 1.00", "0.0, 0.0", ""),
    ]
    assert rows[4] == ["black", "lab", "ffmpeg", "all", "", "2", "", "0.000", "0.000", "", "", ""]


def test_false_alarms_stand_in_a_table_of_their_own() -> None:
    rows = cells("what it tells where nothing is wrong")
    assert len(rows) == 1 + 4
    assert rows[1] == ["black", "lab", "monitor", "2.0", "9.5", "0.0", "0.0"]
    assert rows[2] == ["black", "lab", "ffmpeg", "", "", "", "0.0"]


def test_it_is_no_wider_than_a_terminal() -> None:
    """Of 130 columns, with the longest names."""
    damage = replace(truth(4, 6, "block_corruption"), unit="encoded")
    case = tried(request("block_corruption"), [damage], [], [])
    said = io.StringIO()
    report = replace(REPORT, rows=[*REPORT.rows, *score([case], CLEAN)])
    print_report(report, Console(file=said, width=1000, soft_wrap=True), False)
    assert max(len(line.rstrip()) for line in said.getvalue().splitlines()) <= 130


def test_what_to_look_at_is_listed_when_wanted() -> None:
    assert not [line for line in printed() if line.startswith(("missed:", "extra:", "alarm:", "minor:"))]
    lines = printed(verbose=True)
    first = next(n for n, line in enumerate(lines) if line.startswith("missed"))
    assert lines[first:-1] == [
        "missed: black in a.ts (lab weak, seed 10000): 10.00 s to 12.00 s",
        "extra: black in a.ts (lab weak, seed 10000): 14.00 s to its end, minor",
        "alarm: black in b [x].ts: 1.00 s to 2.00 s, major",
        "minor: freeze in b [x].ts: 3.00 s to 4.00 s, minor",
    ]
    assert Event("alarm", "black", "b [x].ts", None, "", "", 1.0, 2.0, "major") in REPORT.events


def test_the_object_has_what_other_programs_rely_on() -> None:
    said = json.loads(json.dumps(as_json(REPORT), allow_nan=False))
    assert {
        *("kind", "strength", "events", "precision", "recall", "f1", "false_alarms_per_stream_hour"),
        *("delay_p50_s", "delay_p95_s", "by"),
    } <= set(said["rows"][0])
    assert said["rows"][1]["precision"] == 0.5
    assert said["rows"][2]["precision"] is None
    assert (said["use"], said["seeds"], said["clean_hours"]) == ("tuning", [10_000, 10_001], 0.5)
    assert said["events"][0]["what"] == "missed"
