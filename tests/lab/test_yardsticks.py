"""The yardsticks do what they say, over exactly the part of a clip that the monitor is given."""

from __future__ import annotations

import dataclasses
import shutil
from collections import Counter
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import av
import pytest
from av.filter import Graph
from clips import make_clip as make_parts

from monitor.errors import SettingsError, SourceError
from monitor.lab import yardsticks as module
from monitor.lab.clips import make_clip
from monitor.lab.yardsticks import (
    PICTURE_CHAIN,
    SOUND_CHAIN,
    Clip,
    Within,
    bare_decode,
    ffmpeg_chain,
    ffmpeg_program,
    probe,
    versions,
)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    return probe(make_clip(tmp_path_factory.mktemp("yard") / "small.ts", "h264", 160, 96, 25, 1.0))


def packet(dts: int | None, index: int = 0) -> Any:
    return SimpleNamespace(dts=dts, time_base=Fraction(1, 1000), stream_index=index)


def test_a_file_is_probed_as_the_monitor_watches_it(clip: Clip, tmp_path: Path) -> None:
    assert (clip.codec, clip.width, clip.height, clip.fps, clip.tracks) == ("h264", 160, 96, 25.0, (0, 1))
    sound_first = tmp_path / "sound first.mkv"
    with av.open(str(clip.path)) as source, av.open(str(sound_first), "w") as out:
        streams = {i: out.add_stream_from_template(source.streams[i]) for i in (1, 0)}
        for part in source.demux():
            if part.dts is not None:
                part.stream = streams[part.stream_index]
                out.mux(part)
    assert probe(sound_first).tracks == (1, 0)


def test_what_is_no_clip_is_refused_with_the_remedy(tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("no clip\n")
    sound = make_parts(tmp_path / "sound.mp4", [("moving", 0.2)], picture=False)
    for path, said in (
        (text, "not media.*give a file that can be read"),
        (sound, "holds no picture .*aac.*give a file that does"),
        (tmp_path / "gone.ts", "does not exist"),
        (tmp_path, "is a folder"),
    ):
        with pytest.raises(SettingsError, match=said):
            probe(path)


def test_within_goes_by_the_timestamps_of_the_picture(clip: Clip) -> None:
    within = Within(clip, 2.0)
    assert [within(packet(dts)) for dts in (5000, 6999, 7000)] == [True, True, False]
    within = Within(clip, 2.0)
    assert [within(packet(dts, index=1)) for dts in (0, 9000)] == [True, True]
    assert within(packet(5000))
    endless = Within(clip, float("inf"))
    assert all(endless(packet(dts)) for dts in (0, 10**9, None))


def test_within_goes_by_the_rate_where_there_are_no_timestamps(clip: Clip) -> None:
    within = Within(clip, 2.0)
    assert [within(packet(None)) for _ in range(51)] == [True] * 50 + [False]


def test_bare_decoding_gives_every_picture_on_one_thread(clip: Clip) -> None:
    spent = bare_decode(clip)
    assert (spent.frames, spent.media_s) == (25, pytest.approx(1.0))
    assert spent.cpu_s > 0
    assert bare_decode(clip, 0.2).frames == 5
    with av.open(str(clip.path)) as container:
        contexts = module._contexts(container, clip)
        assert {(c.thread_count, c.thread_type.name) for c in contexts.values()} == {(1, "NONE")}
        assert set(contexts) == {0, 1}


@pytest.mark.parametrize(
    ("pts", "seconds"),
    [
        ([0, 40, 80], 0.12),
        ([0, 40, 1040, 1080], 1.12),
        ([None, None, None], 0.12),
        ([0, 40, 900_000, 900_040, 3], 0.2),
        ([500], 0.04),
    ],
)
def test_seconds_are_counted_over_holes_jumps_and_missing_timestamps(
    clip: Clip, pts: list[int | None], seconds: float
) -> None:
    counted = module._Counted(clip, 10.0)
    for each in pts:
        counted.add(0, [SimpleNamespace(pts=each, time_base=Fraction(1, 1000))])  # type: ignore[list-item]
        counted.add(1, [SimpleNamespace(pts=7, time_base=Fraction(1, 48000))])  # type: ignore[list-item]
    spent = counted.spent(0.5)
    assert (spent.frames, spent.cpu_s) == (len(pts), 0.5)
    assert spent.media_s == pytest.approx(seconds)


def test_a_raw_stream_without_timestamps_lasts_as_long_as_it_shows(clip: Clip, tmp_path: Path) -> None:
    raw = tmp_path / "raw.264"
    with av.open(str(clip.path)) as source, raw.open("wb") as out:
        for part in source.demux(video=0):
            out.write(bytes(part))
    found = probe(raw)
    assert (found.tracks, found.fps) == ((0,), 25.0)
    assert bare_decode(found).media_s == pytest.approx(1.0)
    assert bare_decode(found, 0.4).frames == 10


def test_packets_that_cannot_be_decoded_are_passed_over(clip: Clip, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.mp4"
    with av.open(str(clip.path)) as source, av.open(str(damaged), "w") as out:
        stream = out.add_stream_from_template(source.streams.video[0])
        for n, part in enumerate(source.demux(video=0)):
            if part.dts is not None:
                broken = av.Packet(b"\x00\x00\x00\x01\xff" * 9) if n in (6, 7) else part
                broken.pts, broken.dts, broken.time_base = part.pts, part.dts, part.time_base
                broken.stream = stream
                out.mux(broken)
    assert 20 <= bare_decode(probe(damaged)).frames < 25


def test_a_clip_of_which_nothing_can_be_decoded_is_an_error(clip: Clip) -> None:
    mute = dataclasses.replace(clip, tracks=(1,))
    assert bare_decode(mute).frames > 0
    with pytest.raises(SourceError, match=r"small\.ts: no picture of its first 0\.5 s can be decoded; give another"):
        module._Counted(clip, 0.5).spent(1.0)
    with pytest.raises(SourceError, match=r"gone\.ts: cannot be read"):
        bare_decode(dataclasses.replace(clip, path=clip.path.with_name("gone.ts")))


def test_tracks_that_are_not_watched_are_not_read(clip: Clip) -> None:
    only = dataclasses.replace(clip, tracks=(0,))
    indices = {index for index, _ in module.decoded(only, float("inf"))}
    assert indices == {0}


class RecordingGraph:
    """A filter graph that tells what is put into it, and what comes out of its sinks."""

    filters: ClassVar[list[str]] = []
    out: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        object.__setattr__(self, "real", Graph())

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self.real, name, value)

    def add(self, name: str) -> Any:
        self.filters.append(name)
        return self.real.add(name)


@pytest.fixture
def graphs(monkeypatch: pytest.MonkeyPatch) -> type[RecordingGraph]:
    """All graphs that are made record into this class."""
    RecordingGraph.filters, RecordingGraph.out = [], Counter()
    monkeypatch.setattr(module, "Graph", RecordingGraph)
    real = module.Chain.take

    def take(chain: Any, frame: Any) -> Any:
        sink = chain.sink
        if sink is not None and not isinstance(sink, RecordingSink):
            chain.sink = RecordingSink(sink, RecordingGraph.out)
        return real(chain, frame)

    monkeypatch.setattr(module.Chain, "take", take)
    return RecordingGraph


class RecordingSink:
    def __init__(self, real: Any, out: Counter[str]) -> None:
        self.real, self.out = real, out

    def pull(self) -> Any:
        frame = self.real.pull()
        self.out[type(frame).__name__] += 1
        return frame


def test_every_picture_and_all_sound_go_through_all_filters(clip: Clip, graphs: type[RecordingGraph]) -> None:
    assert ffmpeg_chain(clip).frames == 25
    assert {*PICTURE_CHAIN, *SOUND_CHAIN} <= set(graphs.filters)
    assert len(graphs.filters) == len({*graphs.filters}) == len(PICTURE_CHAIN) + len(SOUND_CHAIN) + 2
    # The first of each is pulled before anybody counts; idet holds one back.
    assert graphs.out["VideoFrame"] == pytest.approx(24, abs=2)
    assert graphs.out["AudioFrame"] == pytest.approx(46, abs=3)


def test_another_format_gets_another_graph(tmp_path: Path, graphs: type[RecordingGraph]) -> None:
    parts = [make_clip(tmp_path / f"{w}.ts", "h264", w, 96, 25, 0.4) for w in (160, 192)]
    both = tmp_path / "both.ts"
    both.write_bytes(b"".join(part.read_bytes() for part in parts))
    assert ffmpeg_chain(probe(both)).frames == 20
    assert graphs.filters.count("freezedetect") == 2


def test_filters_that_refuse_are_an_error_of_the_source(clip: Clip, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PICTURE_CHAIN", ("no_such_filter",))
    with pytest.raises(SourceError, match=r"small\.ts: FFmpeg's filters do not take it: .*no_such_filter"):
        ffmpeg_chain(clip)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An `ffmpeg` that writes down its arguments, works for a while, and ends as it is told by a file beside it."""
    path = tmp_path / "ffmpeg"
    path.write_text(
        f'#!/bin/sh\necho "$@" > {tmp_path}/said\ni=0\nwhile [ $i -lt 20000 ]; do i=$((i+1)); done\n'
        f"echo 'first line' >&2; echo 'No such filter' >&2\nexit $(cat {tmp_path}/status)\n"
    )
    path.chmod(0o755)
    (tmp_path / "status").write_text("0")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return path


def test_the_program_gets_the_same_chains_tracks_and_seconds(clip: Clip, program: Path) -> None:
    spent = ffmpeg_program(clip, 2.5)
    assert spent is not None
    assert spent > 0
    said = (program.parent / "said").read_text()
    assert f"-threads 1 -filter_threads 1 -t 2.5 -i file:{clip.path} -map 0:0 -map 0:1 -vf " in said
    assert f"-vf {','.join(PICTURE_CHAIN)} -af {','.join(SOUND_CHAIN)} -threads 1 -f null -" in said
    ffmpeg_program(dataclasses.replace(clip, tracks=(0,)))
    said = (program.parent / "said").read_text()
    assert "-af" not in said
    assert "-t " not in said


def test_a_program_that_fails_is_an_error_with_its_last_words(clip: Clip, program: Path) -> None:
    (program.parent / "status").write_text("3")
    with pytest.raises(SourceError, match="ended with status 3: No such filter"):
        ffmpeg_program(clip)


def test_the_real_program_takes_the_chains(clip: Clip) -> None:
    if shutil.which("ffmpeg") is None:
        pytest.skip("there is no ffmpeg program on this machine")
    assert ffmpeg_program(clip, 0.5) is not None
    assert versions()["ffmpeg_program"] not in ("none", "unknown")


def test_without_the_program_it_is_not_measured(clip: Clip, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert ffmpeg_program(clip) is None
    found = versions()
    assert found["ffmpeg_program"] == "none"
    assert found["pyav"] == av.__version__
