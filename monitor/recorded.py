"""A recorded file through the pipeline, as fast as it goes: what `jobs/scan.py` does with each of its sources."""

from __future__ import annotations

import glob
import math
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from monitor.audio import SoundMeter
from monitor.catalog import MEDIA_SUFFIXES, list_media, open_object
from monitor.errors import SettingsError, SourceError
from monitor.measure import PictureMeter
from monitor.media.decode import Decoder
from monitor.media.redact import redact
from monitor.media.source import Input, check_url, open_input
from monitor.pipeline import Outcome, Pipeline
from monitor.records import Coverage, Detection, Event, FrameBatch, Incident, Readings, SoundBlock, Stream
from monitor.settings import Profile
from monitor.sync import Pair, Prints

PACKETS_AT_A_TIME = 256
"""About three seconds: what is done once for each of these costs a tenth less than with one second."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """What came of one source. `problem`: why it could not be read, or not to its end; `note`: what it lacks."""

    stream: str
    media_s: float
    rows: tuple[Detection | Event | Incident | Coverage, ...]
    problem: str = ""
    note: str = ""


class Beside:
    """A recording beside its reference: what came of it is compared, and what that says goes back into its pipeline."""

    def __init__(self, reference: Prints) -> None:
        self._watched = Prints(keep_s=math.inf)
        self._pair = Pair(reference, self._watched)
        self._times = 0

    def take(self, pipeline: Pipeline, outcome: Outcome, ended: bool = False) -> None:
        """Go on with what came since the last call. `ended`: nothing more comes."""
        self._watched.add(outcome.readings)
        found = self._pair.compare(ended)
        self._times += len(found)
        pipeline.compared(found, math.nan)
        if ended and not self._times:
            pipeline.noted("not_compared", 0.0, "too short, or nothing of it could be decoded", math.nan)


def scan(
    stream: Stream,
    profile: Profile,
    write: Callable[[list[Readings]], None],
    progress: Callable[[float, float], None],
    reference: Prints | None = None,
) -> Scanned:
    """Read a source to its end. `write` takes readings as they come, `progress` media seconds done and in all (NaN:
    not known). `reference`: of the recording that it is compared with. Detections and incidents are final: one row
    each. Never raises for what is wrong with the source."""
    pipeline = Pipeline(stream, profile, live=False, now=math.nan)
    rows: list[Event | Coverage] = []
    detections: dict[str, Detection] = {}
    incidents: dict[str, Incident] = {}
    problem = note = ""
    duration: float | None = None
    beside = None if reference is None else Beside(reference)

    def take(ended: bool = False) -> None:
        outcome = pipeline.take()
        write(outcome.readings)
        if beside is not None:
            beside.take(pipeline, outcome, ended)
        rows.extend(outcome.events)
        rows.extend(outcome.coverage)
        detections.update((d.detection_id, d) for d in outcome.detections)
        incidents.update((i.incident_id, i) for i in outcome.incidents)

    try:
        with ExitStack() as held:
            file = held.enter_context(open_object(stream.url)) if stream.url.startswith("s3://") else None
            source = held.enter_context(open_input(stream, profile.source, file))
            duration = source.duration_s
            kinds = {track.kind for track in source.tracks}
            note = "" if len(kinds) == 2 else ("no sound" if "video" in kinds else "no picture")
            pipeline.opened(source.tracks, source.description, math.nan)
            problem = _read(pipeline, source, take, progress)
    except SourceError as error:
        problem = str(error)
    take(ended=True)
    pipeline.finish(math.nan, None if problem and not pipeline.media_s else duration)
    take()
    if not problem:
        problem = _incomplete(pipeline, rows, duration)
    return Scanned(stream.id, pipeline.media_s, (*rows, *detections.values(), *incidents.values()), problem, note)


def prints_of(stream: Stream, profile: Profile) -> Prints:
    """What another recording is compared with, of all of this one. Raises SourceError if it cannot be read."""
    prints = Prints(keep_s=math.inf)
    picture, sound = PictureMeter(), SoundMeter()
    with ExitStack() as held:
        file = held.enter_context(open_object(stream.url)) if stream.url.startswith("s3://") else None
        source = held.enter_context(open_input(stream, profile.source, file))
        decoder = Decoder(stream.id, source.tracks, "full", None)
        held.callback(decoder.close)
        packets = ((track, packet, math.nan) for track, packet, _ in source.packets())
        ended = False
        while not ended:
            some = list(islice(packets, PACKETS_AT_A_TIME))
            ended = not some
            for item in decoder.flush() if ended else decoder.decode(some):
                if isinstance(item, FrameBatch):
                    picture.add(item, decoder.timeline)
                elif isinstance(item, SoundBlock):
                    sound.add(item, decoder.timeline)
            prints.add([*picture.take(), *sound.take(ended)])
    if prints.span[0] > prints.span[1]:
        raise SourceError(f"{redact(stream.url)}: nothing in it could be decoded, so nothing can be compared with it")
    return prints


def find_media(places: Iterable[str]) -> list[Stream]:
    """A stream for every recording that these files, folders, globs, URLs and s3:// prefixes name, each once.

    A folder stands for the media files below it. The stream's id is the path or URL as given, without credentials.
    Raises SettingsError for a glob, folder or prefix that holds nothing.
    """
    found: dict[str, Stream] = {}
    for place in places:
        for url in _expand(place):
            found.setdefault(url, Stream(id=redact(url), url=url))
    return list(found.values())


def _expand(place: str) -> list[str]:
    if place.startswith("s3://"):
        return list_media(place)
    if "://" in place:
        check_url(place)
        return [place]
    path = Path(place)
    if path.is_dir():
        known = MEDIA_SUFFIXES | {".m3u8"}
        inside = sorted(str(p) for p in path.rglob("*") if p.suffix.lower() in known and p.is_file())
        if not inside:
            raise SettingsError(f"{place}: no media file in this folder; name its files if their names are unusual")
        return inside
    if glob.has_magic(place) and not path.exists():
        matched = sorted(p for p in glob.glob(place, recursive=True) if Path(p).is_file())  # noqa: PTH207 - Path.glob takes no absolute pattern
        if not matched:
            raise SettingsError(f"{place}: matches no file; correct the pattern")
        return matched
    return [place]


def _read(pipeline: Pipeline, source: Input, take: Callable[[], None], progress: Callable[[float, float], None]) -> str:
    """All packets; why they ended early, or nothing."""
    problem = ""
    packets = ((track, packet, math.nan) for track, packet, _ in source.packets())
    while not problem:
        try:
            some = list(islice(packets, PACKETS_AT_A_TIME))
        except SourceError as error:
            some, problem = [], str(error)
        if not some:
            break
        pipeline.packets(some, math.nan)
        take()
        progress(pipeline.media_s, source.duration_s or math.nan)
    pipeline.closed("lost" if problem else "ended", problem, math.nan)
    return problem


def _incomplete(pipeline: Pipeline, rows: list[Event | Coverage], duration: float | None) -> str:
    """Why a source that was read without an error still was not read as it should be; nothing if it was."""
    errors = [row for row in rows if isinstance(row, Event) and row.kind == "decode_error"]
    if pipeline.media_s <= 0:
        return f"nothing in it could be decoded: {errors[0].detail}" if errors else "it holds no picture and no sound"
    if any(isinstance(row, Coverage) and row.reason == "truncated" for row in rows):
        return f"it is truncated: {pipeline.media_s:.1f} s of the {duration:.1f} s that it announces could be read"
    return ""
