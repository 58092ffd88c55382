"""Blockiness: a stretch that went through an encoder at a very coarse quantiser before the programme's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from monitor.lab.second.graph import filtered
from monitor.lab.second.passage import X264_STEADY, coded, shown
from monitor.lab.second.pictures import Clip, Event, Made, Picture, Plane, Span, replaced
from monitor.lab.second.places import choose, unsuited
from monitor.lab.truth import Strength


@dataclass(frozen=True, slots=True)
class _Link:
    """An encoder of a link. `gop` in pictures; `halved`: it is sent at half the width and height."""

    codec: str
    quantiser: int
    gop: int
    halved: bool = False


# From fine to coarse. With few pictures from one key picture to the next the quantiser shows more; at half the size the
# blocks are twice as large.
_LINKS = (
    tuple(_Link("mpeg2video", *steps) for steps in ((20, 12), (31, 6), (24, 1), (31, 1), (20, 1, True), (31, 1, True))),
    tuple(_Link("mjpeg", *steps) for steps in ((12, 1), (25, 1), (40, 1), (55, 1), (31, 1, True), (55, 1, True))),
    tuple(_Link("libx264", *steps) for steps in ((40, 6), (43, 6), (46, 6), (49, 6), (51, 6), (49, 6, True))),
)
_DECODERS = {"libx264": "h264"}
_GRID = 8
_STEEPER = {"weak": 1.5, "middle": 1.9, "strong": 2.5}
_LEAST_LEVELS = {"weak": 1.0, "middle": 1.6, "strong": 2.3}
_LEAST_DETAIL = 8.0
_PROBE = 25
# As the programme is encoded afterwards, and rather worse: what stands out then does in the clip.
_PROGRAMME = {"preset": "veryfast", "g": "50", "x264-params": f"{X264_STEADY}:vbv-maxrate=1000:vbv-bufsize=800"}
_PROGRAMME_PIXELS = 640 * 360


def blockiness(clip: Clip, strength: Strength, dice: np.random.Generator) -> Made:
    """Visible blocks all over: amount = by how many levels the picture is steeper across their edges than elsewhere.

    MPEG-2, JPEG, or H.264 without its deblocking filter, each as fine as gives the strength: 1.5, 1.9,
    2.5 times as steep across the edges and steps of 1, 1.6, 2.3 levels. Checked on a part of each event after an
    encoder like the programme's, which takes much of the blocks away.
    """
    links = _LINKS[int(dice.integers(len(_LINKS)))]
    detail = [float(clip.luma(at)[::2, ::2].std()) for at in range(len(clip.frames))]
    spans = choose(clip, dice, lambda span: min(detail[span.start : span.end]) > _LEAST_DETAIL, "it is flat")
    frames = clip.frames
    events: list[Event] = []
    for span in spans:
        link, levels = _finest(clip, span, links, strength)
        frames = replaced(frames, span, _passed(frames[span.start : span.end], link, clip))
        events.append(Event(span, 1.0, levels, "levels of step"))
    return Made(frames, tuple(events))


def _finest(clip: Clip, span: Span, links: Sequence[_Link], strength: Strength) -> tuple[_Link, float]:
    """The finest link that gives the strength in the middle of the event, and the step that is left there in levels."""
    steeper = _STEEPER[strength]
    middle = (span.start + span.end - _PROBE) // 2
    probe = clip.frames[middle : middle + _PROBE]
    rate = int(800_000 * (clip.width * clip.height / _PROGRAMME_PIXELS) ** 0.75)
    programme = _PROGRAMME | {"b": str(rate)}
    for link in links:
        given = shown(coded(_passed(probe, link, clip), "libx264", programme, clip.fps), "h264")
        edges, between = np.mean([_steepness(picture[: clip.height]) for picture in given.values()], axis=0)
        if edges >= steeper * between and edges - between >= _LEAST_LEVELS[strength]:
            return link, float(edges - between)
    raise unsuited(clip, f"no quantiser makes it {steeper} times as steep across the edges of blocks")


def _passed(pictures: Sequence[Picture], link: _Link, clip: Clip) -> list[Picture]:
    if link.codec == "libx264":
        options = {
            "preset": "veryfast",
            "qp": str(link.quantiser),
            "x264-params": f"{X264_STEADY}:no-deblock=1:aq-mode=0",
        }
    else:
        options = {"qmin": str(link.quantiser), "qmax": str(link.quantiser), "b": "50M"}
    sent = pictures
    if link.halved:
        sent = filtered(pictures, f"scale={clip.width // 4 * 2}:{clip.height // 4 * 2}:flags=area")
    packets = coded(sent, link.codec, options | {"g": str(link.gop)}, clip.fps)
    given = shown(packets, _DECODERS.get(link.codec, link.codec))
    received = [given[number] for number in range(len(pictures))]
    return filtered(received, f"scale={clip.width}:{clip.height}:flags=neighbor") if link.halved else received


def _steepness(luma: Plane) -> tuple[float, float]:
    """Mean difference of neighbouring pixels, in levels, across the edges of blocks and elsewhere, both ways."""
    across, between = [], []
    for plane in (luma, luma.T):
        steep = np.abs(np.diff(plane.astype(np.int16), axis=1)).mean(axis=0)
        edge = np.arange(len(steep)) % _GRID == _GRID - 1
        across.append(float(steep[edge].mean()))
        between.append(float(steep[~edge].mean()))
    return float(np.mean(across)), float(np.mean(between))
