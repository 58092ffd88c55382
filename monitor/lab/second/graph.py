"""FFmpeg's filters over lists of pictures. Owns the graphs; knows no defect.

One thread, so that filters that use chance give the same pixels on every machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

import av
import numpy as np
from av.filter import Graph
from av.filter.context import FilterContext

from monitor.lab.second.pictures import Picture

_TICK = Fraction(1, 1000)


def _add(graph: Graph, step: str) -> FilterContext:
    name, _, options = step.partition("=")
    return graph.add(name, options or None)


def _finish(graph: Graph, last: FilterContext, steps: Sequence[str]) -> None:
    for step in (*steps, "format=yuv420p", "buffersink"):
        following = _add(graph, step)
        last.link_to(following)
        last = following
    graph.configure()


def _frame(picture: Picture, number: int) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
    frame.pts, frame.time_base = number, _TICK
    return frame


def picture_of(frame: av.VideoFrame) -> Picture:
    """The planes of a frame in yuv420p."""
    return np.asarray(frame.to_ndarray(), dtype=np.uint8)


def _ready(graph: Graph) -> Iterator[Picture]:
    while True:
        try:
            yield picture_of(graph.vpull())
        except (BlockingIOError, EOFError):
            return


def _input(graph: Graph, picture: Picture, name: str) -> FilterContext:
    height, width = picture.shape[0] * 2 // 3, picture.shape[1]
    pixels = av.VideoFormat("yuv420p", width, height)
    return graph.add_buffer(width=width, height=height, format=pixels, time_base=_TICK, name=name)


def filtered(pictures: Sequence[Picture], *steps: str) -> list[Picture]:
    """The pictures after a chain of filters, each written as FFmpeg writes it (`gblur=sigma=2`)."""
    graph = Graph()
    graph.threads = 1
    source = _input(graph, pictures[0], "in")
    _finish(graph, source, steps)
    done: list[Picture] = []
    for number, picture in enumerate(pictures):
        source.push(_frame(picture, number))
        done += _ready(graph)
    source.push(None)
    return [*done, *_ready(graph)]


def joined(first: Sequence[Picture], second: Sequence[Picture], join: str, *steps: str) -> list[Picture]:
    """The pictures that a filter of two inputs (`blend`, `overlay`) makes of two lists of one length."""
    graph = Graph()
    graph.threads = 1
    sources = [_input(graph, pictures[0], f"in{number}") for number, pictures in enumerate((first, second))]
    meeting = _add(graph, join)
    for number, source in enumerate(sources):
        source.link_to(meeting, 0, number)
    _finish(graph, meeting, steps)
    done: list[Picture] = []
    for number, pair in enumerate(zip(first, second, strict=True)):
        for source, picture in zip(sources, pair, strict=True):
            source.push(_frame(picture, number))
        done += _ready(graph)
    for source in sources:
        source.push(None)
    return [*done, *_ready(graph)]


def sourced(source: str, count: int, *steps: str) -> list[Picture]:
    """The first `count` pictures of one of FFmpeg's picture sources (`smptebars=size=640x360`) after a chain."""
    graph = Graph()
    graph.threads = 1
    _finish(graph, _add(graph, source), steps)
    return [picture_of(graph.vpull()) for _ in range(count)]


def flat(width: int, height: int, count: int, luma: int, *steps: str, blue: int = 128, red: int = 128) -> list[Picture]:
    """`count` pictures of one colour, given as luma and the two colour differences, after a chain."""
    card = np.full((height * 3 // 2, width), luma, dtype=np.uint8)
    card[height:].flat[: width * height // 4] = blue
    card[height:].flat[width * height // 4 :] = red
    return filtered([card] * count, *steps)
