"""Everything a person can set: frozen, bounded, with units in the names; unknown keys are refused.

Owns the profiles (what counts as a fault, and how a source is treated). Does not own which streams there are
(`monitor.catalog`) nor where results go (the command line).

A settings file is TOML. It starts from a built-in profile and changes what it names:

    extends = "default"          # or "fast"; the default if left out

    [black]
    min_duration_s = 2.0

Durations of the `default` profile come from real clips that are *rightly* still, black or silent: a screen recording
stands still for 5.3 s and a dark launch pad for 5.1 s, trailer cards are black for 3.0 s, a clip's sound track is
digital silence for 5.1 s. Each default stands clear of these by half as much again. `fast` has every least
duration at its floor, and tells more of what may be wrong: for tests, and for feeds that never rest. What is grave is
so after as long as in `default`.
"""

from __future__ import annotations

from monitor.settings.base import Section, Temporal, fingerprint
from monitor.settings.picture import (
    BandingSettings,
    BlackSettings,
    BlockCorruptionSettings,
    BlockinessSettings,
    BlurSettings,
    CombingSettings,
    DegradedSettings,
    FlashingSettings,
    FreezeSettings,
    LetterboxSettings,
    LevelsSettings,
    NoiseSettings,
    SnowSettings,
    SolidColorSettings,
    StutterSettings,
    TearingSettings,
    TestPatternSettings,
)
from monitor.settings.profile import BUILT_IN, DEFAULT, FAST, Profile, explain, load_profile
from monitor.settings.sound import (
    LOUDNESS_STANDARDS,
    ChannelLossSettings,
    ClickSettings,
    ClippingSettings,
    DropoutSettings,
    GlitchSettings,
    HissSettings,
    HumSettings,
    LoudnessSettings,
    PhaseSettings,
    SilenceSettings,
    ToneSettings,
    TruePeakSettings,
)
from monitor.settings.stream import (
    AvSyncSettings,
    DecodeErrorSettings,
    FormatChangeSettings,
    MismatchSettings,
    NoInputSettings,
    SourceSettings,
    StallSettings,
    TimestampJumpSettings,
    TrackLossSettings,
)

__all__ = [
    "BUILT_IN",
    "DEFAULT",
    "FAST",
    "LOUDNESS_STANDARDS",
    "AvSyncSettings",
    "BandingSettings",
    "BlackSettings",
    "BlockCorruptionSettings",
    "BlockinessSettings",
    "BlurSettings",
    "ChannelLossSettings",
    "ClickSettings",
    "ClippingSettings",
    "CombingSettings",
    "DecodeErrorSettings",
    "DegradedSettings",
    "DropoutSettings",
    "FlashingSettings",
    "FormatChangeSettings",
    "FreezeSettings",
    "GlitchSettings",
    "HissSettings",
    "HumSettings",
    "LetterboxSettings",
    "LevelsSettings",
    "LoudnessSettings",
    "MismatchSettings",
    "NoInputSettings",
    "NoiseSettings",
    "PhaseSettings",
    "Profile",
    "Section",
    "SilenceSettings",
    "SnowSettings",
    "SolidColorSettings",
    "SourceSettings",
    "StallSettings",
    "StutterSettings",
    "TearingSettings",
    "Temporal",
    "TestPatternSettings",
    "TimestampJumpSettings",
    "ToneSettings",
    "TrackLossSettings",
    "TruePeakSettings",
    "explain",
    "fingerprint",
    "load_profile",
]
