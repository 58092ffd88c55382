"""Sound that is not there for a while: its packets are left out of the finished stream, timestamps stay as they are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import av

Span = tuple[float, float]


def without_sound(whole: Path, out: Path, spans: Sequence[Span]) -> None:
    """Copy a clip but for the packets of its sound that begin within these spans of seconds."""
    with av.open(str(whole)) as source, av.open(str(out), "w") as target:
        begins = (source.start_time or 0) / av.time_base
        copies = {stream.index: target.add_stream_from_template(stream) for stream in source.streams}
        for packet in source.demux():
            if packet.dts is None or packet.pts is None:
                continue
            at = float(packet.pts * packet.time_base) - begins
            if packet.stream.type == "audio" and any(start <= at < end for start, end in spans):
                continue
            packet.stream = copies[packet.stream_index]
            target.mux(packet)
