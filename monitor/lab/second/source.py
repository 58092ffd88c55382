"""A clean clip out of a source file. Owns decoding, scaling, pace and sound of what the defects are put into.

Every picture of the source becomes one picture of the clip (every nth of a fast source), whatever the two rates are: a
change of rate by repeated or left-out pictures would be stutter, and the clip would not be clean. The sound is
stretched to go along.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from av.audio.resampler import AudioResampler
from av.container import InputContainer
from av.filter import Graph

from monitor.errors import SettingsError
from monitor.lab.second.graph import picture_of
from monitor.lab.second.pictures import Clip, Picture, Sound

SOUND_RATE = 48_000


@dataclass(frozen=True, slots=True)
class _Cut:
    """Which pictures of the source: every `step`th from `first` on; `speed`: how much faster than the source."""

    first: int
    step: int
    speed: float
    source_fps: float


@contextmanager
def opened(path: Path) -> Iterator[InputContainer]:
    """A source to read from. Raises SettingsError where FFmpeg cannot read it."""
    try:
        with av.open(str(path), metadata_errors="replace") as container:
            yield container
    except av.error.FFmpegError as error:
        raise SettingsError(f"source {path}: cannot be read: {error}; give a clip that FFmpeg decodes") from error


def _cut(container: InputContainer, fps: int, wanted: int, dice: np.random.Generator) -> _Cut:
    stream = container.streams.video[0]
    rate = float(stream.average_rate or fps)
    step = max(1, round(rate / fps))
    seconds = container.duration / av.time_base if container.duration else 0.0
    # One second short of what the header says: headers round up, and a clip must not wrap round for want of a frame.
    spare = int((seconds - 1.0) * rate) - wanted * step
    return _Cut(int(dice.integers(0, spare + 1)) if spare > 0 else 0, step, fps * step / rate, rate)


def _pictures(container: InputContainer, cut: _Cut, width: int, height: int, wanted: int) -> list[Picture]:
    stream = container.streams.video[0]
    stream.codec_context.thread_count = 1
    pictures: list[Picture] = []
    for number, frame in enumerate(container.decode(stream)):
        if number >= cut.first and (number - cut.first) % cut.step == 0:
            small = frame.reformat(width, height, "yuv420p", dst_color_range="MPEG", interpolation="BICUBIC")
            pictures.append(picture_of(small))
        if len(pictures) == wanted:
            break
    return pictures


def _stretched(sound: Sound, speed: float) -> Sound:
    graph = Graph()
    graph.threads = 1
    source = graph.add_abuffer(sample_rate=SOUND_RATE, format="fltp", layout="stereo")
    # FFmpeg's atempo takes no less than a half; a source that far off has no sound worth keeping in step.
    tempo = graph.add("atempo", f"{min(max(speed, 0.5), 2.0):.6f}")
    sink = graph.add("abuffersink")
    graph.link_nodes(source, tempo, sink).configure()
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound), format="fltp", layout="stereo")
    frame.sample_rate = SOUND_RATE
    source.push(frame)
    source.push(None)
    pieces: list[Sound] = []
    while True:
        try:
            pieces.append(sink.pull().to_ndarray())  # type: ignore[attr-defined]
        except (BlockingIOError, EOFError):
            return np.concatenate(pieces, axis=1) if pieces else sound


def _sound(container: InputContainer, cut: _Cut, seconds: float) -> Sound:
    """The sound beside the pictures, exactly as long as they are; silence where there is none."""
    silence = np.zeros((2, round(seconds * SOUND_RATE)), dtype=np.float32)
    if not container.streams.audio:
        return silence
    resampler = AudioResampler(format="fltp", layout="stereo", rate=SOUND_RATE)
    start = cut.first / cut.source_fps
    end = start + (seconds + 0.5) * cut.speed
    pieces: list[Sound] = []
    for frame in container.decode(container.streams.audio[0]):
        if frame.time is not None and frame.time > end:
            break
        if frame.time is None or frame.time >= start:
            pieces += [np.asarray(done.to_ndarray(), dtype=np.float32) for done in resampler.resample(frame)]
    if not pieces:
        return silence
    heard = _stretched(np.concatenate(pieces, axis=1), cut.speed)[:, : silence.shape[1]]
    silence[:, : heard.shape[1]] = heard
    return silence


def read(path: Path, width: int, height: int, fps: int, wanted: int, dice: np.random.Generator) -> Clip:
    """A clip of `wanted` pictures: a stretch of the source at random, or all of it in a loop where it is shorter.

    Raises SettingsError where the source cannot be read or has no pictures.
    """
    pictures, cut = _seen(path, (width, height), fps, wanted, dice)
    with opened(path) as container:
        sound = _sound(container, cut, len(pictures) / fps)
    turns = -(-wanted // len(pictures))
    looped = np.tile(sound, (1, turns))[:, : round(wanted / fps * SOUND_RATE)]
    return Clip(tuple((pictures * turns)[:wanted]), width, height, fps, looped, path.name)


def read_beside(sound: Sound, path: Path, size: tuple[int, int], fps: int, wanted: int, dice: np.random.Generator
                ) -> Clip:  # fmt: skip
    """The same with a sound that is there already, instead of the source's. `size`: width and height."""
    pictures, _ = _seen(path, size, fps, wanted, dice)
    turns = -(-wanted // len(pictures))
    return Clip(tuple((pictures * turns)[:wanted]), *size, fps, sound, path.name)


def _seen(path: Path, size: tuple[int, int], fps: int, wanted: int, dice: np.random.Generator
          ) -> tuple[list[Picture], _Cut]:  # fmt: skip
    with opened(path) as container:
        if not container.streams.video:
            raise SettingsError(f"source {path}: has no picture; give a clip with a video stream")
        cut = _cut(container, fps, wanted, dice)
        pictures = _pictures(container, cut, *size, wanted)
    if not pictures:
        raise SettingsError(f"source {path}: no picture could be decoded; give a clip that is sound")
    return pictures, cut
