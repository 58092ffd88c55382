"""Readings over time -> detections. Sees no pixels. One small file per kind (or family); all of them in one tuple."""

from __future__ import annotations

from monitor.detect.arrival import NoInput, Stall, TrackLoss
from monitor.detect.av_sync import AvSync, Mismatch
from monitor.detect.base import Detector, Inputs
from monitor.detect.block_corruption import BlockCorruption
from monitor.detect.channel_loss import ChannelLoss
from monitor.detect.decode_error import DecodeErrors
from monitor.detect.degraded import Banding, Blockiness, Blur, Combing, Levels, Noise
from monitor.detect.flashing import Flashing
from monitor.detect.freeze import Freeze
from monitor.detect.glitches import Click, Clipping, Dropout, TruePeak
from monitor.detect.hiss import Hiss
from monitor.detect.hum import Hum
from monitor.detect.letterbox import Letterbox
from monitor.detect.loudness import Loudness
from monitor.detect.moments import FormatChange, TimestampJump
from monitor.detect.panel import Build, DetectorStates, Panel
from monitor.detect.phase import Phase
from monitor.detect.shown import Black, Snow, SolidColor, TestPattern
from monitor.detect.silence import Silence
from monitor.detect.stutter import Stutter
from monitor.detect.tearing import Tearing
from monitor.detect.tone import Tone
from monitor.settings import Profile

__all__ = ["KINDS", "REGISTERED", "Detector", "DetectorStates", "Inputs", "Panel", "panel"]

REGISTERED: tuple[Build, ...] = (
    Black,
    Freeze,
    SolidColor,
    TestPattern,
    Snow,
    Letterbox,
    Blur,
    Noise,
    Banding,
    Blockiness,
    Combing,
    Levels,
    BlockCorruption,
    Flashing,
    Stutter,
    Tearing,
    Silence,
    ChannelLoss,
    Click,
    Dropout,
    Clipping,
    TruePeak,
    Loudness,
    Phase,
    Tone,
    Hum,
    Hiss,
    AvSync,
    Mismatch,
    NoInput,
    Stall,
    DecodeErrors,
    TimestampJump,
    FormatChange,
    TrackLoss,
)
KINDS: tuple[str, ...] = tuple(build(Profile()).kind for build in REGISTERED)


def panel(profile: Profile) -> Panel:
    """Every registered detector with this profile's settings."""
    return Panel(profile, REGISTERED)
