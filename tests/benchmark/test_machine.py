"""What it was measured on, and the memory of one more stream."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from monitor.benchmark import machine as module
from monitor.benchmark.machine import growth_mib, machine, memory_mib
from monitor.errors import SourceError
from monitor.lab.clips import make_clip
from monitor.lab.yardsticks import Clip, probe


def test_the_machine_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    info = tmp_path / "cpuinfo"
    info.write_text("processor\t: 0\nmodel name\t: Fast Chip: 9000\nmodel name\t: Other\n")
    monkeypatch.setattr(module, "CPU_INFO", info)
    found = machine()
    assert found["cpu"] == "Fast Chip: 9000"
    assert int(found["cores"]) >= 1
    assert {"python", "monitor", "numpy", "numba", "pyav", "ffmpeg_in_pyav", "ffmpeg_program"} <= set(found)
    assert json.loads(json.dumps(found)) == found


def test_a_machine_without_a_list_of_its_processors_is_named_all_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "CPU_INFO", tmp_path / "none")
    monkeypatch.setattr("monitor.benchmark.machine.platform.processor", lambda: "")
    assert machine()["cpu"] == "unknown"


@pytest.mark.skipif(not module.CLEAR_REFS.exists(), reason="this system does not tell the peak of a process's memory")
def test_memory_goes_with_the_size_of_the_picture(clip: Clip, tmp_path: Path) -> None:
    large = probe(make_clip(tmp_path / "large.ts", "h264", 1280, 720, 10, 0.5))
    small_mib, large_mib = memory_mib(clip), memory_mib(large)
    assert small_mib is not None
    assert large_mib is not None
    # A decoder holds some pictures, 1.3 MiB each; more than 40 of them would be all of the clip, and then some.
    assert small_mib + 5 < large_mib < small_mib + 60


def test_memory_is_not_measured_where_the_system_does_not_tell(
    clip: Clip, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "CLEAR_REFS", tmp_path / "none" / "clear_refs")
    assert growth_mib(str(clip.path), "inf") is None
    monkeypatch.setattr(module, "CHILD", "print(None)")
    assert memory_mib(clip) is None


def test_a_process_that_ends_early_is_an_error_with_its_words(clip: Clip) -> None:
    with pytest.raises(SourceError, match=r"gone\.ts.*status 1.*does not exist"):
        memory_mib(dataclasses.replace(clip, path=clip.path.with_name("gone.ts")))
