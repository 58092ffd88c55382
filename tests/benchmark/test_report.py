"""The tables, the object and the cost table say what was measured, and what was not."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from rich.console import Console

from monitor.benchmark.crowd import Crowd
from monitor.benchmark.report import Report, as_json, cost_table, print_report
from monitor.benchmark.rounds import Row
from monitor.benchmark.stages import BARE, WHOLE, KernelTime, Stage

ROW = Row(
    what="a [bold]talk[/].ts",
    codec="h264",
    width=1280,
    height=720,
    fps=29.97,
    frames=60,
    media_s=2.0,
    rounds=3,
    decode_cpu_s=0.25,
    monitor_cpu_s=0.3,
    ffmpeg_cpu_s=4.5,
    ffmpeg_program_cpu_s=6.0,
    ratio_to_decode=1.2,
    ratio_to_decode_min=1.15,
    ratio_to_decode_max=1.25,
    ratio_to_ffmpeg=0.0625,
    ratio_to_ffmpeg_program=0.05,
    streams_per_core=6.7,
    memory_mib=21.4,
)
UNMEASURED = replace(
    ROW,
    what="b.mp4",
    ffmpeg_cpu_s=None,
    ffmpeg_program_cpu_s=None,
    ratio_to_ffmpeg=None,
    ratio_to_ffmpeg_program=None,
    memory_mib=None,
)
MACHINE: dict[str, str | int] = {"cores": 2, "cpu": "Fast Chip", "python": "3.11"}
WHOLE_REPORT = Report(
    MACHINE,
    [ROW, UNMEASURED],
    [KernelTime("b.mp4", 1280, 720, "fast_tiles", 0.125, 29.97, 0.125)],
    [Stage("b.mp4", BARE, 4.0, 1.0), Stage("b.mp4", WHOLE, 4.8, 1.2)],
    [Crowd("b.mp4", 64, 2, 0.33, 0.3, 1.1, 1.05, 1.15, 12.5)],
    ["clips made of x.ts"],
)


def printed(report: Report) -> list[str]:
    said = io.StringIO()
    print_report(report, Console(file=said, width=1000, soft_wrap=True))
    return said.getvalue().splitlines()


def cells(lines: list[str], name: str) -> list[list[str]]:
    """The cells of all rows that begin with a clip's name."""
    rows = [[cell.strip() for cell in line.strip("│").split("│")] for line in lines if line.startswith("│")]
    return [row for row in rows if row[0] == name]


def test_a_row_stands_in_the_table_as_measured() -> None:
    [row] = cells(printed(WHOLE_REPORT), "a [bold]talk[/].ts")
    assert row[1:5] == ["h264", "1280x720", "29.97", "2.0"]
    assert row[5:9] == ["0.25", "0.30", "4.50", "6.00"]
    assert row[9:] == ["1.20", "1.15-1.25", "1/16.0", "6.7", "21"]


def test_what_was_not_measured_is_empty() -> None:
    row = cells(printed(WHOLE_REPORT), "b.mp4")[0]
    assert row[5:9] == ["0.25", "0.30", "", ""]
    assert (row[11], row[13]) == ("", "")


def test_every_part_is_printed_and_absent_ones_are_not() -> None:
    lines = printed(WHOLE_REPORT)
    assert lines[0] == "Fast Chip, 2 cores; python 3.11"
    assert lines[-1] == "note: clips made of x.ts"
    assert [row[1:] for row in cells(lines, "b.mp4")[1:]] == [
        [BARE, "4.000", "100.0%"],
        [WHOLE, "4.800", "120.0%"],
        ["1280x720", "fast_tiles", "0.1250", "30", "0.1250"],
        ["64", "2", "0.330", "0.300", "1.10", "1.05-1.15", "12.5"],
    ]
    few = "\n".join(printed(Report(MACHINE, [ROW])))
    assert not [title for title in ("where it goes", "kernels", "many in one", "note") if title in few]


def test_a_long_name_is_not_cut() -> None:
    name = "x" * 200 + ".ts"
    assert len(cells(printed(Report(MACHINE, [replace(ROW, what=name)])), name)) == 1


def test_the_object_has_what_other_programs_rely_on() -> None:
    found = json.loads(json.dumps(as_json(WHOLE_REPORT), allow_nan=False))
    assert set(found) == {"machine", "rows", "kernels", "profile", "streams", "notes"}
    assert {
        "what",
        "codec",
        "width",
        "height",
        "fps",
        "decode_cpu_s",
        "monitor_cpu_s",
        "ffmpeg_cpu_s",
        "ratio_to_decode",
        "ratio_to_ffmpeg",
    } <= set(found["rows"][0])
    assert (found["rows"][0]["ratio_to_ffmpeg"], found["rows"][1]["ratio_to_ffmpeg"]) == (0.0625, None)
    assert found["machine"] == MACHINE
    assert (len(found["kernels"]), len(found["profile"]), len(found["streams"])) == (1, 2, 1)


def test_the_cost_table_has_the_dearest_of_each_kind() -> None:
    rows = [ROW, replace(ROW, monitor_cpu_s=0.5), replace(ROW, monitor_cpu_s=0.1), replace(ROW, codec="av1")]
    table = cost_table(MACHINE, rows)
    assert table.machine == "Fast Chip, 2 cores"
    assert table.date == datetime.now(UTC).date().isoformat()
    assert [(row.codec, row.cpu_s_per_s) for row in table.rows] == [("av1", 0.15), ("h264", 0.25)]
    assert table.estimate("h264", 1280, 720, 29.97) == pytest.approx(0.25)
