"""The cost table as a file, and between its rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.cluster.costs import (
    SOUND_CORES,
    Cost,
    CostTable,
    dearest,
    expected_cores,
    shipped,
    usual_cores,
)
from monitor.errors import SettingsError
from monitor.lab.clips import make_clip
from monitor.media.source import open_input
from monitor.records import Stream
from monitor.settings import DEFAULT

TABLE = CostTable(
    'Fast "Chip" 9000 \N{GREEK SMALL LETTER MU}\N{PERSONAL COMPUTER}, 2 cores',
    "2026-11-24",
    (
        Cost("h264", 1280, 720, 25, 0.1),
        Cost("h264", 1280, 720, 50, 0.18),
        Cost("h264", 1920, 1080, 25, 0.2),
        Cost("av1", 1280, 720, 29.97, 0.4),
    ),
)
GOOD = """\
machine = "m"
date = "d"

[[rows]]
codec = "h264"
width = 1280
height = 720
fps = 29.97
cpu_s_per_s = 0.1

[[rows]]
codec = "av1"
width = 1280
height = 720
fps = 30
cpu_s_per_s = 1
"""


def test_a_table_that_was_written_reads_the_same(tmp_path: Path) -> None:
    path = tmp_path / "costs.toml"
    path.write_text(TABLE.toml(), encoding="utf-8")
    assert CostTable.load(path) == TABLE


def test_the_shipped_table_loads_and_knows_the_usual_codecs_and_sizes() -> None:
    table = CostTable.load()
    assert table.machine
    assert {"h264"} <= {row.codec for row in table.rows}
    assert {480, 720, 1080} <= {row.height for row in table.rows if row.codec == "h264"}
    # A stream costs more than nothing and less than a machine: nobody has written milliseconds, or percent.
    assert all(0.001 < row.cpu_s_per_s < 8 for row in table.rows)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('machine = "m"\n', "", r"line 1: key 'machine' is None; must be text"),
        ('date = "d"', "date = 2026-11-24", r"line 2: key 'date'.*must be text"),
        ('date = "d"', 'dat = "d"', r"line 2: key 'dat' is not known"),
        ("fps = 30", "fps = 0", r"line 15: key 'fps' is 0; must be a number above 0"),
        ("fps = 30", "fps = inf", r"line 15: key 'fps' is inf; must be a number above 0"),
        ("fps = 29.97", "fps = true", r"line 8: key 'fps' is True; must be a number above 0"),
        (
            "width = 1280\nheight = 720\nfps = 30",
            "width = 12.5\nheight = 720\nfps = 30",
            "line 13: key 'width' is 12.5",
        ),
        ('codec = "av1"', "codec = 1", r"line 12: key 'codec' is 1; must be the codec's name"),
        ("cpu_s_per_s = 1\n", "", r"line 11: key 'cpu_s_per_s' is None"),
        ("cpu_s_per_s = 1\n", "cpu_s_per_s = 1\ncores = 4\n", r"line 17: key 'cores' is not known"),
        (GOOD[GOOD.index("[[rows]]") :], "", r"line 1: key 'rows' must be one \[\[rows\]\] for each"),
        ("machine", "= 3", r"cannot be read as TOML: .*mend the file"),
    ],
)
def test_a_table_that_is_wrong_is_refused_with_line_key_and_rule(old: str, new: str, said: str, tmp_path: Path) -> None:
    assert old in GOOD
    path = tmp_path / "costs.toml"
    path.write_text(GOOD)
    assert len(CostTable.load(path).rows) == 2
    path.write_text(GOOD.replace(old, new))
    with pytest.raises(SettingsError, match=r"costs\.toml.*" + said):
        CostTable.load(path)


def test_a_table_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.toml: no such file; .*bench\.py --cost-table"):
        CostTable.load(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b'machine = "\xff"')
    with pytest.raises(SettingsError, match="cannot be read as TOML"):
        CostTable.load(tmp_path / "bytes.toml")


def test_a_row_is_taken_as_measured() -> None:
    assert TABLE.estimate("h264", 1280, 720, 50) == pytest.approx(0.18)


def test_between_the_rows_the_nearest_counts_by_size_then_rate_scaled_by_pixels() -> None:
    assert TABLE.estimate("h264", 1280, 720, 30) == pytest.approx(0.1 * 30 / 25)
    assert TABLE.estimate("h264", 1280, 720, 48) == pytest.approx(0.18 * 48 / 50)
    assert TABLE.estimate("h264", 3840, 2160, 50) == pytest.approx(0.2 * 8)
    assert TABLE.estimate("h264", 640, 360, 25) == pytest.approx(0.1 / 4)


def test_an_unknown_codec_costs_what_the_dearest_would() -> None:
    assert TABLE.estimate("vvc", 1280, 720, 25) == pytest.approx(0.4 * 25 / 29.97)
    dear_below = CostTable("m", "d", (Cost("a", 10, 10, 10, 1.0), Cost("b", 10, 10, 10, 2.0)))
    assert dear_below.estimate("c", 10, 10, 10) == 2.0


@pytest.mark.parametrize(
    ("width", "height", "fps"), [(0, 720, 25), (1280, 0, 25), (1280, 720, 0), (1, 1, float("nan"))]
)
def test_a_stream_of_no_size_or_rate_is_refused(width: int, height: int, fps: float) -> None:
    with pytest.raises(ValueError, match="must be at least 1x1 and above 0 fps"):
        TABLE.estimate("h264", width, height, fps)


def test_of_several_rows_of_one_kind_the_dearest_stays() -> None:
    rows = [Cost("h264", 1280, 720, 25, cost) for cost in (0.1, 0.3, 0.2)]
    other = Cost("h264", 640, 360, 25, 0.9)
    assert dearest([*rows, other]) == (other, Cost("h264", 1280, 720, 25, 0.3))


def test_an_open_source_is_expected_to_take_what_the_table_says(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "clip.ts", "h264", 320, 180, 25, 0.5)
    with open_input(Stream(id="a", url=str(path)), DEFAULT.source) as source:
        both, sound = expected_cores(source.tracks), expected_cores(source.tracks[1:])
        more = expected_cores([*source.tracks, source.tracks[1]])
    assert both == shipped().estimate("h264", 320, 180, 25)
    assert (sound, more) == (SOUND_CORES, pytest.approx(both + SOUND_CORES))


def test_a_stream_of_which_nothing_is_known_takes_what_1080p_does() -> None:
    assert usual_cores() == shipped().estimate("h264", 1920, 1080, 30)
