"""What FFmpeg's own detecting filters say of a clip: the yardstick of what is found, as `yardsticks` is of its cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import av.error
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame

from monitor.errors import SourceError
from monitor.lab.yardsticks import Chain, Clip, decoded

PREFIXES: Mapping[str, str] = {
    "blackdetect": "lavfi.black_",
    "freezedetect": "lavfi.freezedetect.freeze_",
    "silencedetect": "lavfi.silence_",
    "aphasemeter": "lavfi.aphasemeter.out_phase_",
}
"""How the metadata of each begin, before `start` and `end`."""
BLACK_S = 2.0
"""Least duration of blackdetect where its options say none."""


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when (None: still at the end), and when that could first be known: all in seconds of the clip's own
    timestamps."""

    start_s: float
    end_s: float | None
    told_s: float


@dataclass(frozen=True, slots=True)
class Told:
    """What the filters said. `first_s`, `end_s`: of the pictures (or the sound) that they saw."""

    first_s: float
    end_s: float
    spans: Mapping[str, Sequence[Span]]


def ffmpeg_detect(clip: Clip, filters: Sequence[str], track: int = 0) -> Told:
    """Send one of a clip's tracks (0: its picture) through filters of PREFIXES, each as FFmpeg writes it, with or
    without options ("blackdetect", "freezedetect=d=0.5"); their spans by that text.

    A span is told when a program that reads the filter's metadata can know of it: with the frame at which it has lasted
    long enough. Raises SourceError where the file cannot be read on, or a filter does not take what is in it.
    """
    listeners = {text: _Listener(PREFIXES[text.split("=")[0]], _least_s(text)) for text in filters}
    first_s = end_s = None
    try:
        for frame in _filtered(clip, filters, track):
            at_s = frame.time
            if at_s is None:
                continue
            first_s = at_s if first_s is None else first_s
            lasts_s = frame.samples / frame.rate if isinstance(frame, AudioFrame) else 1 / clip.fps
            end_s = at_s + lasts_s
            for listener in listeners.values():
                listener.hear(frame, end_s)
    except (av.error.FFmpegError, ValueError) as error:
        raise SourceError(f"{clip.path}: FFmpeg's filters do not take it: {error}") from None
    if first_s is None or end_s is None:
        raise SourceError(f"{clip.path}: nothing of it can be decoded; give another clip")
    return Told(first_s, end_s, {text: listener.spans(end_s) for text, listener in listeners.items()})


def _filtered(clip: Clip, filters: Sequence[str], track: int) -> Iterator[VideoFrame | AudioFrame]:
    chain = Chain(tuple(filters), tuple(filters))
    for _, frames in decoded(replace(clip, tracks=(clip.tracks[track],))):
        for frame in frames:
            yield from chain.take(frame)
    yield from chain.rest()


def _least_s(text: str) -> float:
    """blackdetect marks every start at once, and leaves out what was too short only where it prints."""
    name, _, options = text.partition("=")
    given = dict(option.split("=", 1) for option in options.split(":") if "=" in option)
    return float(given.get("d", BLACK_S)) if name == "blackdetect" else 0.0


@dataclass(slots=True)
class _Listener:
    """Puts together the spans of one filter."""

    prefix: str
    least_s: float
    found: list[Span] = field(default_factory=list)
    begun: tuple[float, float] | None = None
    """Start of the span that is open, and when it was told."""

    def hear(self, frame: VideoFrame | AudioFrame, now_s: float) -> None:
        said = frame.metadata
        start, end = (float(said[key]) if key in said else None for key in (self.prefix + "start", self.prefix + "end"))
        if start is not None:
            if self.begun is not None:
                # Another format has another graph, which knows nothing of what is open.
                self._close(start if end is None else end)
            self.begun = (start, max(now_s, start + self.least_s))
        if end is not None and (start is None or start < end):
            # A picture that comes just when the one before has stood long enough tells both.
            self._close(end)

    def _close(self, end_s: float) -> None:
        if self.begun is not None and end_s - self.begun[0] >= self.least_s - 1e-6:
            self.found.append(Span(self.begun[0], end_s, self.begun[1]))
        self.begun = None

    def spans(self, until_s: float) -> list[Span]:
        """All, with the one that is open at the end."""
        if self.begun is None or until_s - self.begun[0] < self.least_s:
            return self.found
        return [*self.found, Span(self.begun[0], None, self.begun[1])]
