from __future__ import annotations

from pathlib import Path

import pytest

from monitor.errors import SettingsError
from monitor.lab.truth import Case, Truth, read_case, write_case


def test_a_case_is_read_as_it_was_written(tmp_path: Path) -> None:
    truths = (Truth("blur", 4.0, 7.5, 0.5, 2.0, "px"), Truth("blur", 12.0, 14.0))
    case = Case("blur", "weak", 7, "talk.mp4", "lab", truths)
    write_case(tmp_path / "a.ts", case)
    assert read_case(tmp_path / "a.ts") == case


@pytest.mark.parametrize(("start", "end", "area"), [(-1, 2, 1), (2, 2, 1), (3, 2, 1), (0, 1, 0), (0, 1, 1.1)])
def test_a_truth_that_cannot_be(start: float, end: float, area: float) -> None:
    with pytest.raises(SettingsError, match="must"):
        Truth("black", start, end, area)


@pytest.mark.parametrize("written", ["", "[]", "{}", '{"kind": "black", "truths": [3]}'])
def test_a_file_that_is_no_truth(tmp_path: Path, written: str) -> None:
    (tmp_path / "a.ts.truth.json").write_text(written)
    with pytest.raises(SettingsError, match="make the clip again"):
        read_case(tmp_path / "a.ts")


def test_a_clip_without_truth(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"a\.ts\.truth\.json"):
        read_case(tmp_path / "a.ts")
