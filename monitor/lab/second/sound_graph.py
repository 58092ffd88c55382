"""FFmpeg's filters over a stretch of sound, and what its loudness meter says. Owns the graphs; knows no defect."""

from __future__ import annotations

from collections.abc import Iterator

import av
import numpy as np
from av.filter import Graph

from monitor.lab.second.pictures import Sound
from monitor.lab.second.source import SOUND_RATE

_NOTHING_LUFS = -70.0
_LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1"}


def _passed(sound: Sound, steps: tuple[str, ...]) -> Iterator[av.AudioFrame]:
    graph = Graph()
    graph.threads = 1
    layout = _LAYOUTS[len(sound)]
    last = source = graph.add_abuffer(sample_rate=SOUND_RATE, format="fltp", layout=layout)
    for step in (*steps, "aformat=sample_fmts=fltp", "abuffersink"):
        name, _, options = step.partition("=")
        following = graph.add(name, options or None)
        last.link_to(following)
        last = following
    graph.configure()
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound), format="fltp", layout=layout)
    frame.sample_rate = SOUND_RATE
    source.push(frame)
    source.push(None)
    while True:
        try:
            given = last.pull()
        except (BlockingIOError, EOFError):
            return
        assert isinstance(given, av.AudioFrame)
        yield given


def filtered(sound: Sound, *steps: str) -> Sound:
    """The sound after a chain of filters, each written as FFmpeg writes it (`highpass=f=3000`); as long as before."""
    pieces = [np.asarray(frame.to_ndarray(), dtype=np.float32) for frame in _passed(sound, steps)]
    whole = np.concatenate(pieces, axis=1)[:, : sound.shape[1]]
    return np.pad(whole, ((0, 0), (0, sound.shape[1] - whole.shape[1])))


def loudness(sound: Sound) -> float:
    """Integrated loudness in LUFS, by EBU R 128; -70 where nothing is heard."""
    said = [frame.metadata.get("lavfi.r128.I", "nan") for frame in _passed(sound, ("ebur128=metadata=1",))]
    # A last piece of less than 100 ms has no reading.
    return max(next((float(each) for each in reversed(said) if each != "nan"), _NOTHING_LUFS), _NOTHING_LUFS)
