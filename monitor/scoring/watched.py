"""A recorded clip through the pipeline, as `monitor.recorded` does it, but in small steps: what is found, and when a
live watch would have told it. And the same of FFmpeg's filters."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from monitor.errors import SourceError
from monitor.lab.ffmpeg_detect import ffmpeg_detect
from monitor.lab.truth import REFERENCE
from monitor.lab.yardsticks import USUAL_FPS, probe
from monitor.media.source import open_input
from monitor.pipeline import Outcome, Pipeline, TimedPacket
from monitor.recorded import Beside, prints_of
from monitor.records import Detection, Stream
from monitor.scoring.matching import Found
from monitor.settings import Profile

PACKETS_AT_A_TIME = 8
"""About a tenth of a second of 25 pictures a second and AAC: so much too late a detection is told at most."""

YARDSTICKS: Mapping[str, str] = {
    "black": "blackdetect",
    "freeze": "freezedetect",
    "phase": "aphasemeter",
    "silence": "silencedetect",
}
"""FFmpeg's filter for a kind, with its defaults; those of sound wait as long as the profile does."""
IN_SOUND = ("phase", "silence")
"""Those of them that FFmpeg finds in the sound."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What somebody found in a clip of `media_s` seconds at `fps` pictures a second."""

    found: tuple[Found, ...]
    media_s: float
    fps: float


@dataclass(slots=True)
class _Watching:
    """Detections by their name, with the moment of their first telling."""

    fps: float
    detections: dict[str, Detection] = field(default_factory=dict)
    told_s: dict[str, float] = field(default_factory=dict)
    first_s: float | None = None
    """Media time of the first picture."""
    first_pts_s: float = math.inf
    last_pts_s: float = -math.inf

    def sent(self, packets: Iterable[TimedPacket]) -> None:
        for track, packet, _ in packets:
            if track.kind == "video" and packet.pts is not None:
                pts_s = float(packet.pts * track.time_base)
                self.first_pts_s = min(self.first_pts_s, pts_s)
                self.last_pts_s = max(self.last_pts_s, pts_s)

    def take(self, outcome: Outcome) -> None:
        for readings in outcome.readings:
            if readings.track == "video" and self.first_s is None:
                self.first_s = float(readings.t_s[0])
        for detection in outcome.detections:
            self.detections[detection.detection_id] = detection
            # The newest picture that was sent, which the decoder may still hold: what a live watch waits for, too.
            self.told_s.setdefault(detection.detection_id, self.last_pts_s - self.first_pts_s + 1 / self.fps)

    def found(self) -> tuple[Found, ...]:
        first_s = self.first_s or 0.0
        return tuple(
            Found(
                kind=each.kind,
                start_s=each.start_s - first_s,
                end_s=None if each.end_s is None else each.end_s - first_s,
                told_s=self.told_s[each.detection_id],
                severity=each.severity,
                area=each.evidence.get("area"),
                amount=_amount(each),
            )
            for each in sorted(self.detections.values(), key=lambda each: (each.start_s, each.kind, each.track))
        )


def _amount(detection: Detection) -> float | None:
    """How large it is, where there is a truth for that: sound later than picture, in milliseconds."""
    parts = [value for name, value in detection.evidence.items() if name.startswith("by_")]
    return sum(parts) / len(parts) if parts else None


def watch(clip: Path, profile: Profile) -> Watched:
    """All kinds of detections in a clip, final; compared with its reference, if that stands beside it. Raises
    SourceError if it cannot be read, or nothing of it decoded."""
    stream = Stream(id=clip.name, url=str(clip))
    beside = clip.with_name(clip.name + REFERENCE)
    reference = None
    if beside.is_file():
        reference = Beside(prints_of(Stream(id=beside.name, url=str(beside)), profile))
    with open_input(stream, profile.source) as source:
        watching = _Watching(next((track.fps for track in source.tracks if track.kind == "video"), 0.0) or USUAL_FPS)
        pipeline = Pipeline(stream, profile, live=False, now=math.nan)
        pipeline.opened(source.tracks, source.description, math.nan)
        packets = ((track, packet, math.nan) for track, packet, _ in source.packets())
        while some := list(islice(packets, PACKETS_AT_A_TIME)):
            watching.sent(some)
            pipeline.packets(some, math.nan)
            outcome = pipeline.take()
            watching.take(outcome)
            if reference is not None:
                reference.take(pipeline, outcome)
        pipeline.closed("ended", "", math.nan)
        outcome = pipeline.take()
        watching.take(outcome)
        if reference is not None:
            reference.take(pipeline, outcome, ended=True)
        pipeline.finish(math.nan)
        watching.take(pipeline.take())
    if pipeline.media_s <= 0:
        raise SourceError(f"{clip}: nothing of it can be decoded")
    return Watched(watching.found(), pipeline.media_s - (watching.first_s or 0.0), watching.fps)


def watch_ffmpeg(clip: Path, kinds: Iterable[str], profile: Profile) -> Watched:
    """The same of FFmpeg's filters for these kinds, which must be in YARDSTICKS. What the decoder holds back is not
    counted in when they tell. In a clip without sound nothing is said of it. Raises SettingsError for what is no clip,
    SourceError if it cannot be read."""
    opened = probe(clip)
    filters = {kind: _filter(kind, profile) for kind in kinds}
    seen = [kind for kind in filters if kind not in IN_SOUND]
    heard = [kind for kind in filters if kind in IN_SOUND and len(opened.tracks) > 1]
    picture = ffmpeg_detect(opened, [filters[kind] for kind in seen])
    spans = dict(picture.spans)
    if heard:
        spans |= ffmpeg_detect(opened, [filters[kind] for kind in heard], track=1).spans
    # Of both since the first picture, as a defect's truth is.
    found = tuple(
        Found(
            kind=kind,
            start_s=span.start_s - picture.first_s,
            end_s=None if span.end_s is None else span.end_s - picture.first_s,
            told_s=span.told_s - picture.first_s,
        )
        for kind in (*seen, *heard)
        for span in spans[filters[kind]]
    )
    return Watched(found, picture.end_s - picture.first_s, opened.fps)


def _filter(kind: str, profile: Profile) -> str:
    if kind == "silence":
        # Its own 2 s would leave out what a profile of 1 s is asked for, and find what one of 8 s is not.
        return f"{YARDSTICKS[kind]}=n=-60dB:d={profile.silence.min_duration_s:g}"
    if kind == "phase":
        return f"{YARDSTICKS[kind]}=video=0:phasing=1:duration={profile.phase.min_duration_s:g}"
    return YARDSTICKS[kind]
