"""Settings of what is about a stream as a whole: sound and picture in step, arrival, timestamps, its source."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from monitor.records import Severity
from monitor.settings.base import Seconds, Section, Temporal


class AvSyncSettings(Temporal):
    """Sound out of step with the picture. Limits as a viewer detects it: ITU-R BT.1359, section 2."""

    min_duration_s: Seconds = 10.0
    clear_s: Seconds = 10.0
    grave_s: Seconds = 10.0
    early_ms: Annotated[float, Field(ge=0, le=10_000)] = 45.0
    """Sound may be so much earlier than the picture, ..."""
    late_ms: Annotated[float, Field(ge=0, le=10_000)] = 125.0
    """... and so much later."""
    apart_s: Annotated[float, Field(ge=0.1, le=3600)] = 1.0
    """The tracks of a recording may begin so far apart."""
    interleaving_s: Annotated[float, Field(ge=0.5, le=60)] = 1.5
    """One track may lie so far behind the other in the stream (an MPEG-2 decoder buffers a second)."""


class MismatchSettings(Temporal):
    """Another programme than that of the stream's reference."""

    min_duration_s: Seconds = 5.0
    clear_s: Seconds = 5.0
    severity: Severity = "critical"


class NoInputSettings(Temporal):
    """The source cannot be opened, or was lost and does not come back."""

    min_duration_s: Seconds = 5.0
    clear_s: Seconds = 1.0
    severity: Severity = "critical"


class StallSettings(Temporal):
    """The source is open, but what is due does not arrive."""

    min_duration_s: Seconds = 4.0
    clear_s: Seconds = 1.0


class DecodeErrorSettings(Section):
    """Packets that the decoder refuses or conceals."""

    min_errors: Annotated[int, Field(ge=1, le=100_000)] = 3
    """How many within `window_s` open a detection."""
    window_s: Seconds = 10.0
    clear_s: Seconds = 5.0
    severity: Severity = "major"


class TimestampJumpSettings(Section):
    """Timestamps that jump by more than the clock explains."""

    min_jump_s: Annotated[float, Field(ge=0.5, le=86_400)] = 2.0
    """Smallest jump, forwards or back, that is a detection. Jumps from 0.5 s on are in the events."""
    severity: Severity = "minor"


class FormatChangeSettings(Section):
    """Size, pixel format, sample rate or channel layout change in mid-stream."""

    severity: Severity = "minor"


class TrackLossSettings(Temporal):
    """An expected picture or sound track is missing while the stream goes on."""

    min_duration_s: Seconds = 4.0
    clear_s: Seconds = 1.0


class SourceSettings(Section):
    """How a source is opened, read and opened again."""

    open_timeout_s: Annotated[float, Field(ge=0.5, le=300)] = 10.0
    read_timeout_s: Annotated[float, Field(ge=0.5, le=300)] = 10.0
    """A read that takes longer ends the connection."""
    reconnect_first_wait_s: Annotated[float, Field(ge=0.05, le=300)] = 0.5
    """First wait before opening again; doubles each time, with jitter."""
    reconnect_max_wait_s: Annotated[float, Field(ge=0.1, le=3600)] = 30.0
    queue_s: Annotated[float, Field(ge=1, le=120)] = 20.0
    """Most seconds of packets that wait to be decoded. Beyond it they are dropped up to a key frame, and counted."""
    queue_mib: Annotated[float, Field(ge=1, le=1024)] = 16.0
    """... and most memory they may take."""
