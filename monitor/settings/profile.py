"""Profiles: one complete set of settings each, built in or read from a TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from monitor.errors import SettingsError
from monitor.settings.base import Section
from monitor.settings.picture import (
    BandingSettings,
    BlackSettings,
    BlockCorruptionSettings,
    BlockinessSettings,
    BlurSettings,
    CombingSettings,
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
from monitor.settings.sound import (
    ChannelLossSettings,
    ClickSettings,
    ClippingSettings,
    DropoutSettings,
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


class Profile(Section):
    """One complete set of settings, with the name under which people know it."""

    name: str = "default"
    source: SourceSettings = SourceSettings()
    black: BlackSettings = BlackSettings()
    freeze: FreezeSettings = FreezeSettings()
    solid_color: SolidColorSettings = SolidColorSettings()
    snow: SnowSettings = SnowSettings()
    test_pattern: TestPatternSettings = TestPatternSettings()
    letterbox: LetterboxSettings = LetterboxSettings()
    blur: BlurSettings = BlurSettings()
    noise: NoiseSettings = NoiseSettings()
    banding: BandingSettings = BandingSettings()
    blockiness: BlockinessSettings = BlockinessSettings()
    combing: CombingSettings = CombingSettings()
    levels: LevelsSettings = LevelsSettings()
    block_corruption: BlockCorruptionSettings = BlockCorruptionSettings()
    flashing: FlashingSettings = FlashingSettings()
    stutter: StutterSettings = StutterSettings()
    tearing: TearingSettings = TearingSettings()
    silence: SilenceSettings = SilenceSettings()
    channel_loss: ChannelLossSettings = ChannelLossSettings()
    click: ClickSettings = ClickSettings()
    dropout: DropoutSettings = DropoutSettings()
    clipping: ClippingSettings = ClippingSettings()
    true_peak: TruePeakSettings = TruePeakSettings()
    loudness: LoudnessSettings = LoudnessSettings()
    phase: PhaseSettings = PhaseSettings()
    tone: ToneSettings = ToneSettings()
    hum: HumSettings = HumSettings()
    hiss: HissSettings = HissSettings()
    av_sync: AvSyncSettings = AvSyncSettings()
    mismatch: MismatchSettings = MismatchSettings()
    no_input: NoInputSettings = NoInputSettings()
    stall: StallSettings = StallSettings()
    decode_error: DecodeErrorSettings = DecodeErrorSettings()
    timestamp_jump: TimestampJumpSettings = TimestampJumpSettings()
    format_change: FormatChangeSettings = FormatChangeSettings()
    track_loss: TrackLossSettings = TrackLossSettings()


DEFAULT = Profile()

_FAST_BETWEEN = 3.0
"""In margins: `fast` also tells what is worse since a cut. Of 2, 3, 5 and 50 it finds most of what the lab makes."""
FAST = Profile(
    name="fast",
    source=SourceSettings(reconnect_first_wait_s=0.2, reconnect_max_wait_s=5.0, read_timeout_s=5.0, open_timeout_s=5.0),
    black=BlackSettings(min_duration_s=1.0, clear_s=0.2),
    freeze=FreezeSettings(min_duration_s=1.0, clear_s=0.2),
    solid_color=SolidColorSettings(min_duration_s=1.0, clear_s=0.2),
    snow=SnowSettings(min_duration_s=1.0, clear_s=0.2),
    test_pattern=TestPatternSettings(min_duration_s=1.0, clear_s=0.2),
    letterbox=LetterboxSettings(min_duration_s=1.0, clear_s=0.2),
    blur=BlurSettings(min_duration_s=1.0, between=_FAST_BETWEEN),
    noise=NoiseSettings(min_duration_s=1.0, between=_FAST_BETWEEN),
    banding=BandingSettings(min_duration_s=1.0, between=_FAST_BETWEEN, margin=0.2),
    blockiness=BlockinessSettings(min_duration_s=1.0, between=_FAST_BETWEEN),
    combing=CombingSettings(min_duration_s=1.0, between=_FAST_BETWEEN),
    levels=LevelsSettings(min_duration_s=1.0, between=_FAST_BETWEEN),
    stutter=StutterSettings(min_duration_s=1.0),
    tearing=TearingSettings(min_duration_s=1.0, torn=3),
    silence=SilenceSettings(min_duration_s=1.0, clear_s=0.2),
    channel_loss=ChannelLossSettings(min_duration_s=1.0, clear_s=0.2, slow_min_duration_s=10.0),
    loudness=LoudnessSettings(min_duration_s=2.0, clear_s=1.0, jump_lu=6.0),
    phase=PhaseSettings(min_duration_s=1.0),
    tone=ToneSettings(min_duration_s=1.0),
    hum=HumSettings(min_duration_s=0.8, clear_s=0.4),
    hiss=HissSettings(min_duration_s=0.8, clear_s=0.2),
    av_sync=AvSyncSettings(min_duration_s=1.0, clear_s=1.0, late_ms=45.0, apart_s=0.3),
    mismatch=MismatchSettings(min_duration_s=1.0, clear_s=1.0),
    no_input=NoInputSettings(min_duration_s=1.0, clear_s=0.5),
    stall=StallSettings(min_duration_s=1.0, clear_s=0.5),
    decode_error=DecodeErrorSettings(min_errors=1, window_s=1.0, clear_s=1.0),
    timestamp_jump=TimestampJumpSettings(min_jump_s=0.5),
    track_loss=TrackLossSettings(min_duration_s=1.0, clear_s=0.5),
)

BUILT_IN: Mapping[str, Profile] = {DEFAULT.name: DEFAULT, FAST.name: FAST}


def load_profile(name: str, beside: Path | None = None) -> Profile:
    """The profile of this name: a built-in one, or a TOML file (a relative path is looked up from `beside`).

    Raises SettingsError naming file, key, value, rule and remedy.
    """
    if name in BUILT_IN:
        return BUILT_IN[name]
    path = Path(name) if beside is None else beside / name
    try:
        written: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        known = ", ".join(BUILT_IN)
        raise SettingsError(
            f"settings {name!r}: neither a built-in profile ({known}) nor a file at {path}; "
            f"name one of these, or the path of a TOML file"
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"settings {path}: cannot be read as TOML: {error}; mend the file") from error
    base = written.pop("extends", DEFAULT.name)
    if base not in BUILT_IN:
        raise SettingsError(f"settings {path}: extends = {base!r}: must be one of {', '.join(BUILT_IN)}")
    merged: dict[str, Any] = BUILT_IN[base].model_dump() | {"name": path.stem}
    for key, value in written.items():
        merged[key] = merged.get(key, {}) | value if isinstance(value, dict) and key in merged else value
    try:
        return Profile.model_validate(merged)
    except ValidationError as error:
        raise SettingsError(f"settings {path}: {explain(error)}") from None


def explain(error: ValidationError) -> str:
    """One line of a pydantic error for a person: key, value, rule, remedy."""
    lines = []
    for problem in error.errors(include_url=False):
        key = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            lines.append(f"key {key!r} is not known; take it out or correct its spelling")
        elif problem["type"] == "missing":
            lines.append(f"key {key!r} is missing; add it")
        elif problem["type"] == "value_error" and isinstance(problem["input"], dict):
            lines.append(f"section {key!r}: {problem['ctx']['error']}")
        else:
            lines.append(f"key {key!r} is {problem['input']!r}: {problem['msg']}; correct it")
    return "; ".join(lines)
