"""The stages add up to the whole, and the kernels are timed on what is in the clip."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from clips import make_clip as make_parts

from monitor.benchmark import stages as module
from monitor.benchmark.stages import BARE, KERNEL_FRAMES, WHOLE, kernel_times, stages
from monitor.benchmark.watching import watched
from monitor.detect import Inputs, Panel
from monitor.errors import SourceError
from monitor.lab.clips import make_clip
from monitor.lab.yardsticks import Clip, Spent, probe


def test_the_stages_add_up(clip: Clip) -> None:
    found = stages(clip, rounds=1)
    names = [stage.name for stage in found]
    assert (names[0], names[-1], len(names)) == (BARE, WHOLE, 7)
    assert {stage.what for stage in found} == {"small.ts"}
    assert found[0].share == 1
    assert sum(stage.ms_per_frame for stage in found[:-1]) == pytest.approx(found[-1].ms_per_frame)
    assert sum(stage.share for stage in found[:-1]) == pytest.approx(found[-1].share)
    timed = {stage.name: stage.ms_per_frame for stage in found}
    assert min(timed["picture meter"], timed["sound meter"], timed["detectors and incidents"]) > 0


def test_shares_are_medians_of_those_within_a_round(clip: Clip, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = iter([2.0, 4.0, 9.0])
    bare = iter([1.0, 4.0, 3.0])
    monkeypatch.setattr(module, "monitor_cpu_s", lambda *_: next(whole))
    monkeypatch.setattr(module, "bare_decode", lambda *_: Spent(next(bare), 10, 1.0))
    monkeypatch.setattr(module, "_split", lambda *_: (0.0, 0.0, 0.0))
    last = stages(clip, rounds=3)[-1]
    assert last.share == 2.0  # of 2, 1 and 3
    assert last.ms_per_frame == 4.0 / 10 * 1000


def test_detectors_are_timed_on_what_the_pipeline_shows_them(clip: Clip, monkeypatch: pytest.MonkeyPatch) -> None:
    real, shown = Panel.step, []

    def step(which: Any, states: Any, seen: Inputs) -> Any:
        shown.append((sum(map(len, (r.pts for r in seen.video))), len(seen.audio), seen.ended))
        return real(which, states, seen)

    outcomes = list(watched(clip, at_a_time=20))
    monkeypatch.setattr(Panel, "step", step)
    assert module._judging(outcomes) > 0
    assert len(shown) == len(outcomes)
    assert sum(frames for frames, _, _ in shown) == 25
    assert sum(blocks for _, blocks, _ in shown) > 1
    assert [ended for _, _, ended in shown] == [False] * (len(shown) - 1) + [True]


def test_every_kernel_is_timed_at_its_rate(clip: Clip, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KERNEL_S", 0.0)
    found = {time.kernel: time for time in kernel_times(clip)}
    sounds = ["sound_rows (2 ch)", "sound_moments (2 ch)"]
    assert list(found) == ["fast_tiles", "slow_tiles", "chroma_tiles", "summarise", *sounds]
    assert [time.calls_per_s for time in found.values()] == [25, 2, 50, 25, 10, 10]
    for time in found.values():
        assert time.ms_per_call > 0
        assert time.ms_per_frame == pytest.approx(time.ms_per_call * time.calls_per_s / 25)
        assert (time.what, time.width, time.height) == ("small.ts", 160, 96)


def test_a_kernel_takes_the_median_of_its_passes_by_call(clip: Clip, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 1.0, 1.0, 3.0, 3.0, 13.0, 13.0, 15.0, 15.0, 17.0])
    monkeypatch.setattr("monitor.benchmark.stages.time.process_time", lambda: next(clock))
    time = module._time(clip, "kernel", lambda: None, calls=4, calls_per_s=50)
    assert (time.ms_per_call, time.ms_per_frame) == (500.0, 1000.0)


def test_meters_are_timed_apart_from_decoding(clip: Clip, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("monitor.benchmark.stages.time.process_time", lambda: now[0])

    class Meter:
        def __init__(self, add_s: float, take_s: float) -> None:
            self.add_s, self.take_s, self.added, self.taken = add_s, take_s, 0, 0
            meters.append(self)

        def add(self, *_: object) -> None:
            now[0] += self.add_s
            self.added += 1

        def take(self, *_: object) -> None:
            now[0] += self.take_s
            self.taken += 1

    meters: list[Meter] = []
    monkeypatch.setattr(module, "PictureMeter", lambda: Meter(1.0, 100.0))
    monkeypatch.setattr(module, "SoundMeter", lambda: Meter(0.01, 0.5))
    decoding, picture, sound = module._split(clip, float("inf"))
    first, second = meters
    assert first.added == 25
    assert second.added > 40
    assert first.taken == second.taken > 1
    assert picture == pytest.approx(first.added + 100 * first.taken)
    assert sound == pytest.approx(0.01 * second.added + 0.5 * second.taken)
    assert decoding == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("sound_s", [1.0, 3.0])
def test_no_more_of_a_clip_is_held_than_is_timed(
    sound_s: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "KERNEL_SOUND_S", sound_s)
    long = probe(make_clip(tmp_path / "long.ts", "h264", 160, 96, 25, 5.0))
    frames, sound = module._content(long)
    assert KERNEL_FRAMES <= len(frames) < KERNEL_FRAMES + 20
    assert sound_s <= sum(block.samples.shape[1] for block in sound) / 48_000 < sound_s + 0.5


def test_only_frames_that_are_alike_are_timed(tmp_path: Path) -> None:
    parts = [make_clip(tmp_path / f"{w}.ts", "h264", w, 96, 25, 0.4) for w in (160, 192)]
    both = tmp_path / "both.ts"
    both.write_bytes(b"".join(part.read_bytes() for part in parts))
    frames, _ = module._content(probe(both))
    assert [frame.size for frame in frames] == [frames[0].size] * 10


def test_a_clip_without_sound_has_no_kernel_of_sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KERNEL_S", 0.0)
    mute = probe(make_parts(tmp_path / "mute.mp4", [("moving", 0.2)], sound=False))
    assert "sound_rows" not in "".join(time.kernel for time in kernel_times(mute))


def test_a_clip_without_a_picture_that_can_be_decoded_is_refused(clip: Clip, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "timed_packets", lambda *_: iter(()))
    with pytest.raises(SourceError, match=r"small\.ts: no picture"):
        kernel_times(clip)
