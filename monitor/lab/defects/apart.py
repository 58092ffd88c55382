"""Two clips of one programme, the second of which is wrong: its sound out of step, or another programme in its place.
And markers, flashes and beeps, whose sound is out of step.

The second clip is what a later stage of a platform may make of the first: another size and crop, other pictures per
second, other coders, another loudness, begun up to SHIFT_S earlier or later.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av
import av.error
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from monitor.errors import SettingsError
from monitor.lab.clips import bit_rate
from monitor.lab.defects.footage import (
    SOUND_ENCODERS,
    Footage,
    Plane,
    Samples,
    Size,
    chroma_of,
    heard,
    read,
    write_sounding,
)
from monitor.lab.defects.sounds import QUIET_DBFS, level_dbfs
from monitor.lab.scenes import RATE
from monitor.lab.truth import REFERENCE, STRENGTHS, Strength, Truth

Rng = np.random.Generator

SECONDS = 50.0
"""Of a case, at the least: what is compared are 20 s."""
SHIFT_S = 2.0
INNOCENT_MS = 30.0
"""Before it becomes wrong, the sound is out of step by up to so much, which nobody is to tell."""
ERRORS_MS = ((60.0, 90.0), (120.0, 250.0), (400.0, 1900.0))
"""From what to what, of each strength; either way."""
MARKER_MS = 450.0
GONE_S = (25.0, 30.0, 36.0)
MISMATCH_S = 80.0
LEAST_S = 8.0
SIZES = ((256, 144), (320, 180), (192, 108))
FPS = 25
CENTRED = {25: 0, 30: 10, 50: 0}
"""By pictures per second: what to add to 25ths of them, so that first showings are right in the mean."""
RATES = tuple(CENTRED)
CROP = 0.05
LEAST_MOTION = 0.5


def out_of_step(strength: Strength, source: Path | None, out: Path, rng: Rng, size: Size) -> tuple[Truth, ...]:
    """Make a clip whose sound is out of step in its second half, and beside it its reference; or, in one case of three,
    flashes and beeps, which need none."""
    least, most = ERRORS_MS[STRENGTHS.index(strength)]
    errors_ms = (float(rng.uniform(-INNOCENT_MS, INNOCENT_MS)), float(rng.uniform(least, most) * rng.choice([-1, 1])))
    seconds = max(SECONDS, size.seconds)
    turn_s = round(float(rng.uniform(0.45, 0.55)) * seconds, 3)
    if rng.integers(3) == 0:
        # Of markers at intervals of a second, what is further away is nearer to the next.
        errors_ms = errors_ms[0], float(np.clip(errors_ms[1], -MARKER_MS, MARKER_MS))
        footage, samples = _markers(seconds, turn_s, errors_ms, rng)
    else:
        small = replace(size, width=320, height=180, fps=FPS, seconds=seconds)
        footage, samples, shown_s = _pair(source, out, rng, small)
        footage = _retold(footage, shown_s, rng)
        samples = _heard_later(samples, shown_s, turn_s, errors_ms)
        seconds = len(footage) / footage.fps
    _write(footage, samples, out, rng)
    return (Truth("av_sync", turn_s, seconds, 1.0, round(errors_ms[1], 1), "ms"),)


def another(strength: Strength, source: Path | None, out: Path, rng: Rng, size: Size) -> tuple[Truth, ...]:
    """Make a clip that shows another programme for a while, a scene of the lab, and beside it its reference."""
    seconds = max(MISMATCH_S, size.seconds)
    small = replace(size, width=320, height=180, fps=FPS, seconds=seconds)
    footage, samples, shown_s = _pair(source, out, rng, small)
    lasts_s = GONE_S[STRENGTHS.index(strength)]
    start_s = round(float(rng.uniform(18.0, seconds - SHIFT_S - lasts_s - 8.0)), 3)
    a, b = (round((t + shown_s) * footage.fps) for t in (start_s, start_s + lasts_s))
    c, d = (round((t + shown_s) * RATE) for t in (start_s, start_s + lasts_s))
    whole, samples = footage.whole.copy(), samples.copy()
    whole[a:b] = read(None, replace(small, seconds=lasts_s + 1)).whole[: b - a]
    samples[:, c:d] = heard(None, lasts_s + 1)[:, : d - c]
    footage = _retold(Footage(whole, footage.fps), shown_s, rng)
    _write(footage, samples[:, round(shown_s * RATE) :], out, rng)
    return (Truth("mismatch", start_s, start_s + lasts_s, 1.0, lasts_s, "s"),)


def _pair(source: Path | None, out: Path, rng: Rng, size: Size) -> tuple[Footage, Samples, float]:
    """What both clips are made of, with the reference written; and from which second on the other shows it."""
    footage, samples = _there_and_back(source, size)
    if level_dbfs(samples) < QUIET_DBFS:
        raise SettingsError("this sound is too quiet to be compared; take another clip")
    if float(np.median(footage.moved())) < LEAST_MOTION:
        raise SettingsError("these pictures hardly move, so they cannot be compared; take another clip")
    shift_s = int(rng.integers(round(SHIFT_S * size.fps))) / size.fps
    first_s, shown_s = (shift_s, 0.0) if rng.integers(2) else (0.0, shift_s)
    part = Footage(footage.whole[round(first_s * footage.fps) :], footage.fps)
    reference = out.with_name(out.name + REFERENCE)
    rate = bit_rate("h264", footage.width, footage.height, footage.fps)
    write_sounding(part, reference, "h264", rate, samples[:, round(first_s * RATE) :], "aac")
    return footage, samples, shown_s


def _there_and_back(source: Path | None, size: Size) -> tuple[Footage, Samples]:
    """Pictures and sound of a clip, forwards and backwards where it is too short: nothing comes again for a while."""
    frames = size.frames if source is None else min(size.frames, int(_shortest_s(source) * size.fps))
    part = replace(size, seconds=frames / size.fps)
    whole, samples = read(source, part).whole, heard(source, part.seconds)
    times = -(-size.frames // frames)
    whole = np.concatenate([whole[:: 1 - 2 * (k % 2)] for k in range(times)])[: size.frames]
    samples = np.concatenate([samples[:, :: 1 - 2 * (k % 2)] for k in range(times)], axis=1)
    return Footage(whole, size.fps), np.ascontiguousarray(samples[:, : round(size.seconds * RATE)])


def _shortest_s(source: Path) -> float:
    """Seconds that a clip has both pictures and sound. Raises SettingsError for less than LEAST_S."""
    try:
        with av.open(f"file:{source}", metadata_errors="replace") as container:
            whole_s = (container.duration or 0) / av.time_base
            each = [
                float(stream.duration * stream.time_base) if stream.duration and stream.time_base else whole_s
                for stream in (*container.streams.video[:1], *container.streams.audio[:1])
            ]
    except (av.error.FFmpegError, OSError) as error:
        raise SettingsError(f"{source}: cannot be read: {error}; give another file") from None
    if min(each, default=0.0) < LEAST_S:
        raise SettingsError(f"{source.name}: has less than {LEAST_S:g} s of both pictures and sound; take another clip")
    return min(each)


def _retold(footage: Footage, shown_s: float, rng: Rng) -> Footage:
    """From a second on, cropped, in another size, and as often a second as another stage may show it."""
    width, height = SIZES[int(rng.integers(len(SIZES)))]
    fps = RATES[int(rng.integers(len(RATES)))]
    top, left = (2 * round(CROP * float(rng.random()) * side / 2) for side in (footage.height, footage.width))
    scale = VideoReformatter()
    first = round(shown_s * footage.fps)
    total = int((len(footage) - first) / footage.fps * fps)
    # Of a converter that shows pictures neither earlier nor later, in the mean.
    sources = first + (np.arange(total) * footage.fps + CENTRED[fps]) // fps
    found = np.empty((total, height * 3 // 2, width), np.uint8)
    for n, source in enumerate(np.minimum(sources, len(footage) - 1).tolist()):
        frame = VideoFrame.from_ndarray(_cropped(footage.whole[source], top, left), format="yuv420p")
        found[n] = scale.reformat(frame, width, height, "yuv420p").to_ndarray()
    return Footage(found, fps)


def _cropped(whole: Plane, top: int, left: int) -> Plane:
    """A picture [height * 3 // 2, width] without so many rows and columns on either side, even numbers."""
    height, width = whole.shape[0] * 2 // 3, whole.shape[1]
    planes = [whole[:height], *chroma_of(whole)]
    parts = []
    for plane, part in zip(planes, (1, 2, 2), strict=True):
        parts.append(plane[top // part : plane.shape[0] - top // part, left // part : plane.shape[1] - left // part])
    flat = np.concatenate([np.ascontiguousarray(plane).reshape(-1) for plane in parts])
    return flat.reshape((height - 2 * top) * 3 // 2, width - 2 * left)


def _heard_later(samples: Samples, shown_s: float, turn_s: float, errors_ms: tuple[float, float]) -> Samples:
    """From a second on, with the sound later by so much before and after a turn."""
    n = samples.shape[1] - round(shown_s * RATE)
    late = np.where(np.arange(n) < turn_s * RATE, *(round(error / 1000 * RATE) for error in errors_ms))
    at = np.arange(n) + round(shown_s * RATE) - late
    return np.ascontiguousarray(samples[:, np.clip(at, 0, samples.shape[1] - 1)])


def _markers(seconds: float, turn_s: float, errors_ms: tuple[float, float], rng: Rng) -> tuple[Footage, Samples]:
    """Something bright on something dark at regular intervals, and a beep."""
    fps = RATES[int(rng.integers(len(RATES)))]
    width, height = SIZES[int(rng.integers(len(SIZES)))]
    whole = np.full((round(seconds * fps), height * 3 // 2, width), 128, np.uint8)
    whole[:, :height] = rng.integers(16, 90)
    samples = rng.normal(0, 1e-4, (2, round(seconds * RATE))).astype(np.float32)
    period = int(rng.choice([fps, fps * 2, fps * 3 // 2]))
    lasts, hz = int(rng.integers(1, 4)), float(rng.choice([440.0, 1000.0, 2000.0]))
    top, left = (0, 0) if rng.integers(2) else (height // 3, width // 3)
    beep = 0.25 * np.sin(2 * np.pi * hz * np.arange(round(rng.uniform(0.03, 0.1) * RATE)) / RATE)
    for n in range(period, len(whole) - 2 * fps, period):
        whole[n : n + lasts, top : height - top, left : width - left] = 225
        error_ms = errors_ms[int(n / fps >= turn_s)]
        at = round((n / fps + error_ms / 1000) * RATE)
        samples[:, at : at + len(beep)] += beep.astype(np.float32)
    return Footage(whole, fps), samples


def _write(footage: Footage, samples: Samples, out: Path, rng: Rng) -> None:
    gain = 10 ** (float(rng.uniform(-9, 0)) / 20)
    codec = "hevc" if rng.integers(4) == 0 else "h264"
    rate = bit_rate(codec, footage.width, footage.height, footage.fps)
    sound_codec = tuple(SOUND_ENCODERS)[int(rng.integers(len(SOUND_ENCODERS)))]
    write_sounding(footage, out, codec, rate, samples * np.float32(gain), sound_codec)
