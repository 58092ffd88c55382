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

import hashlib
import math
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from monitor.errors import SettingsError
from monitor.records import Severity

Seconds = Annotated[float, Field(ge=0, le=86_400)]
Levels = Annotated[float, Field(ge=0, le=255)]
"""8-bit levels."""
Ratio = Annotated[float, Field(ge=0, le=1)]

LOUDNESS_STANDARDS: Mapping[str, tuple[float, float]] = {"r128": (-23.0, 1.0), "a85": (-24.0, 2.0)}
"""LUFS, and by how many LU a programme may differ: EBU R 128 for live programmes; ATSC A/85."""


class Section(BaseModel):
    """Base of every section: frozen; a key that is not known is refused, and a value of another type."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)


class Temporal(Section):
    """When a defect that goes on opens and closes: it must last, and it must stay away."""

    min_duration_s: Seconds
    """How long the defect must last before a detection opens."""
    clear_s: Seconds
    """How long it must be gone before the detection closes (its end is still when it went)."""
    severity: Severity = "major"
    """How severe it is once it has been grave for `grave_s`; before that, at most `minor`."""
    grave_s: Seconds = 0.0


class BlackSettings(Temporal):
    """Black picture. `dark_ratio` is FFmpeg's `pic_th`; a pixel is dark as with its default `pix_th` of 0.10."""

    min_duration_s: Seconds = 5.0
    clear_s: Seconds = 1.0
    grave_s: Seconds = 5.0
    dark_ratio: Ratio = 0.98
    """Least share of dark pixels in the active picture (inside the bars)."""
    max_lit_ratio: Ratio = 0.04
    """Largest share of the 9 x 16 map with something bright in it: room for a channel logo, not for credits."""
    ignore_bars: bool = True
    """Leave letterbox and pillarbox bars, once seen beside a picture, out of the ratio."""
    max_chroma: Annotated[float, Field(ge=0, le=255)] = 24.0
    """Largest distance of the mean chroma from grey, in 8-bit levels: dark luma with strong chroma is not black."""


class FreezeSettings(Temporal):
    """The same picture again and again. `noise` is FFmpeg freezedetect's: a share of full scale (0.001 = -60 dB)."""

    min_duration_s: Seconds = 8.0
    clear_s: Seconds = 0.5
    grave_s: Seconds = 8.0
    """Of a picture that stopped while it moved. One that was still before, or came with a cut, stays minor: so do
    cards, slides and screens."""
    noise: Ratio = 0.001
    """Largest mean absolute difference to the picture that stands, over all planes."""
    max_moving: Annotated[float, Field(ge=0, le=255)] = 1.0
    """Largest mean absolute difference in any place of the 9 x 16 map, in 8-bit levels: something small that moves."""
    max_drift: Annotated[float, Field(ge=0, le=255)] = 1.5
    """Largest change of the mean in any place of the map since the freeze began, in 8-bit levels."""
    min_live: Ratio = 0.1
    """Share of the picture that was in motion for seconds before, without which a freeze stays minor."""
    min_window: Ratio = 0.15
    """With no more than this share of the picture in motion, no part of it is seen to stop."""
    ignore_key_frames: bool = True
    """A key frame codes the same picture anew: let it differ by more than `noise`, as long as nothing drifts."""


class SolidColorSettings(Temporal):
    """The whole picture is one colour, and not black: blue or green screens, grey of a decoder without references."""

    min_duration_s: Seconds = 3.0
    clear_s: Seconds = 0.5
    grave_s: Seconds = 3.0
    max_spread: Levels = 6.0
    """Largest distance of any two places of the map, in luma and chroma, but for a logo."""
    max_gradient: Levels = 7.5
    """Largest sum of the mean gradients across and down: room for noise."""


class SnowSettings(Temporal):
    """Noise in place of a picture, as a receiver without a signal shows it."""

    min_duration_s: Seconds = 2.0
    clear_s: Seconds = 0.5
    grave_s: Seconds = 0.02
    """Of frames that show it in full: one is enough."""
    max_spread: Levels = 20.0
    """Largest distance of the means of any two places of the map, in luma and chroma, but for a logo."""
    begin_gradient: Levels = 12.0
    """Least sum of the mean gradients across and down for snow to begin: one colour with noise has less, ..."""
    min_gradient: Levels = 8.0
    """... and for it to go on."""
    min_seething: Levels = 13.0
    """Or: least mean difference to the frame before in every place, but for a logo, whose means hardly change; ..."""
    on_seething: Levels = 6.0
    """... and for it to go on, where a coder short of bits smears it."""
    full_gradient: Levels = 24.0
    """The same of a frame that shows it in full, ..."""
    full_change: Levels = 3.0
    """... and its least mean difference to the frame before in any place, but for a logo."""


class TestPatternSettings(Temporal):
    """Colour bars and other test cards, and slates: a plain ground with text. A slate stays minor: a title looks so."""

    min_duration_s: Seconds = 8.0
    clear_s: Seconds = 0.5
    grave_s: Seconds = 5.0
    min_contrast: Levels = 4.0
    min_slate_flat: Ratio = 0.85
    """Least share of pixels of a slate that are like their neighbours: synthetic pictures."""
    min_ground: Ratio = 0.45
    """Least share of the places of the map that have the colour of a slate's ground."""


class LetterboxSettings(Temporal):
    """Black bars that were not there before, or more of them than there may be."""

    min_duration_s: Seconds = 5.0
    clear_s: Seconds = 1.0
    severity: Severity = "minor"
    min_bar: Ratio = 0.03
    """Least width of each of two bars, as a share of the picture's, or by so much wider than before."""
    max_uneven: Ratio = 0.06
    """Largest difference of the two."""
    max_bars: Ratio = 1.0
    """Largest share of the height or the width that bars may take, even if they were always there (1: any)."""


class FlashingSettings(Temporal):
    """ITU-R BT.1702-3. Luminance in cd/m² of a display whose white has 200; EA's IRIS has the same limits. Grave are
    more than three flashes a second that change by twice the limit; what only just breaks the rule is minor."""

    min_duration_s: Seconds = 0.0
    clear_s: Seconds = 1.0
    grave_s: Seconds = 0.02
    change_cd: Annotated[float, Field(gt=0, le=200)] = 20.0
    """Least change of luminance that is half a flash, ..."""
    dark_cd: Annotated[float, Field(gt=0, le=200)] = 160.0
    """... if its darker end is below this."""
    red_change: Annotated[float, Field(gt=0, le=320)] = 20.0
    """Least change of (R - G - B) x 320 to or from saturated red that is half a flash."""
    min_area: Annotated[float, Field(gt=0, le=1)] = 0.25
    """Least share of the picture."""
    max_transitions: Annotated[int, Field(ge=1, le=100)] = 6
    """Most halves of flashes within a second."""
    many_transitions: Annotated[int, Field(ge=1, le=100)] = 4
    """So many within a second are too many ..."""
    extended_s: Seconds = 4.0
    """... for so long ..."""
    extended_within_s: Annotated[float, Field(gt=0, le=60)] = 5.0
    """... of so many seconds."""


class StutterSettings(Temporal):
    """Motion that does not flow."""

    min_duration_s: Seconds = 2.0
    clear_s: Seconds = 1.0
    grave_s: Seconds = 3.0
    hitches: Annotated[int, Field(ge=1, le=100)] = 2
    """So many pictures a second that are held, with a jump after."""
    min_jump: Annotated[float, Field(gt=0, le=100)] = 1.4
    """Least change after a held picture that is a jump, in usual changes from picture to picture."""
    disordered: Annotated[int, Field(ge=1, le=100)] = 3
    """So many pictures a second that are out of order."""


class TearingSettings(Temporal):
    """Pictures of two moments, one above the other. Minor: so does a sharp edge look that moves up or down."""

    min_duration_s: Seconds = 3.0
    clear_s: Seconds = 1.0
    severity: Severity = "minor"
    grave_s: Seconds = 3.0
    factor: Annotated[float, Field(ge=1, le=100)] = 1.2
    margin: Levels = 1.5
    """A seam, and the mean of those on one line, is this factor, and so many levels, above the stream's normal."""
    torn: Annotated[int, Field(ge=1, le=10)] = 6
    """So many samples of three seconds, which has some 17."""


class DegradedSettings(Temporal):
    """The picture is worse than the stream's own normal. `margin`: by how much the number that is judged may be above
    that of the scene; its unit is the kind's."""

    min_duration_s: Seconds = 3.0
    clear_s: Seconds = 1.0
    severity: Severity = "minor"
    grave_s: Seconds = 3.0
    margin: Annotated[float, Field(gt=0, le=100)] = 0.5
    between: Annotated[float, Field(ge=1, allow_inf_nan=True)] = math.inf
    """So many margins above the highest of the last minute is not normal in another scene. Infinite (`inf`): told is
    what begins within a scene."""
    grave_excess: Annotated[float, Field(ge=1, le=100)] = 2.5
    """So many margins are grave."""


class BlurSettings(DegradedSettings):
    """Softer than before. In natural logarithms: 0.69 is half the detail."""

    margin: Annotated[float, Field(gt=0, le=100)] = 0.4


class NoiseSettings(DegradedSettings):
    """Noisier than before. In natural logarithms: 0.69 is twice the noise."""

    margin: Annotated[float, Field(gt=0, le=100)] = 0.4


class BandingSettings(DegradedSettings):
    """More terraces than before. In natural logarithms of the odds of flat to stepped pixels."""

    margin: Annotated[float, Field(gt=0, le=100)] = 0.4


class BlockinessSettings(DegradedSettings):
    """More visible blocks than before. As a share of the mean gradient."""

    margin: Annotated[float, Field(gt=0, le=100)] = 0.07
    grave_excess: Annotated[float, Field(ge=1, le=100)] = 10.0


class CombingSettings(DegradedSettings):
    """Lines of two moments. In natural logarithms."""

    margin: Annotated[float, Field(gt=0, le=100)] = 0.45


class LevelsSettings(DegradedSettings):
    """More pixels outside the legal range, or at its ends, than before. As a share of the pixels."""

    margin: Annotated[float, Field(gt=0, le=100)] = 0.03


class BlockCorruptionSettings(Section):
    """Blocks that a decoder made up, as it says itself or as the sides of macroblocks show that stand out.

    How many stand out in each place of the 9 x 16 map beyond the most of the last seconds there is the excess; numbers
    are of a picture with 920 tiles (640 x 360), and grow with the root of the number of tiles.
    """

    severity: Severity = "major"
    """How severe it is with the area that is grave; else at most `minor`."""
    grave_area: Ratio = 0.01
    """Share of the picture, if the decoder says so too, ..."""
    grave_area_seen: Ratio = 0.05
    """... and if only pixels do: a caption that fades in looks alike, but is small."""
    min_area: Ratio = 0.005
    """Damage to less of the picture does not show, whatever the decoder says."""
    min_s: Seconds = 0.08
    """How long damage must last before a detection opens, ..."""
    rows_flagged: Annotated[int, Field(ge=1, le=1000)] = 3
    """... and how many frames, if the decoder says so too, ..."""
    rows_seen: Annotated[int, Field(ge=1, le=1000)] = 5
    """... and if only pixels do."""
    clear_s: Annotated[float, Field(ge=0.2, le=60)] = 0.3
    """How long it must be gone before the detection closes (its end is still when it went)."""
    unseen_s: Seconds = 10.0
    """What the decoder said was damaged may stay so, unseen and untold, until a picture coded by itself comes: so long
    at most."""
    least: Annotated[float, Field(ge=1, le=1000)] = 4.0
    """Least excess that is damage, ..."""
    times_usual: Annotated[float, Field(ge=0, le=100)] = 10.0
    """... above so many times the usual one, the mean of ..."""
    usual_s: Annotated[float, Field(ge=1, le=3600)] = 8.0
    """... so long."""
    standing: Annotated[float, Field(ge=0, le=10)] = 0.5
    """... and this share of what stands out normally, in a picture that is made of blocks itself and moves."""
    slow_least: Annotated[float, Field(ge=0, le=1000)] = 2.5
    """The same of the mean excess of about ten frames, which finds what stands out little but goes on: least ..."""
    slow_times_usual: Annotated[float, Field(ge=0, le=100)] = 4.5
    """... above so many times the usual one."""
    off_weight: Annotated[float, Field(ge=0, le=10)] = 0.8
    """How much the most excess beside the macroblock grid, of the last seconds, takes away: what is in the picture
    itself stands out anywhere."""
    most_per_place: Annotated[float, Field(ge=1, le=1000)] = 5.0
    """No place adds more: a running counter is in few places."""
    places: Annotated[int, Field(ge=1, le=144)] = 3
    """In how many places at least."""
    primed: Ratio = 0.4
    """Share of excess and places that is enough right after the decoder reported an error."""
    stays: Ratio = 0.5
    """Damage that only pixels show goes on while the excess is at least this share of what it was so far, ..."""
    stays_least: Annotated[float, Field(ge=0, le=1000)] = 1.5
    """... and this much."""


class SilenceSettings(Temporal):
    """No sound in any channel of a track."""

    min_duration_s: Seconds = 8.0
    clear_s: Seconds = 0.5
    threshold_dbfs: Annotated[float, Field(ge=-120, le=-10, multiple_of=0.5)] = -60.0
    """A sample peak below this is silent. In steps of 0.5 dB, like the envelope that is measured."""


class ChannelLossSettings(Temporal):
    """No sound in one channel while its partner plays, or in the centre or front pair of surround."""

    min_duration_s: Seconds = 8.0
    clear_s: Seconds = 0.5
    grave_s: Seconds = 8.0
    threshold_dbfs: Annotated[float, Field(ge=-120, le=-10, multiple_of=0.5)] = -60.0
    """A sample peak below this is silent, ..."""
    plays_dbfs: Annotated[float, Field(ge=-120, le=0, multiple_of=0.5)] = -50.0
    """... and one from here on is sound."""
    min_correlation: Ratio = 0.3
    """So alike were the two channels of a pair, for the loss of one to be grave; or ..."""
    unlike_grave_s: Seconds = 60.0
    """... it is so after this time: early stereo has each instrument in one channel."""
    slow_min_duration_s: Seconds = 30.0
    """Least time for what is never more than minor: a channel of two that never had sound; of surround, the centre, and
    the front pair as a whole."""
    min_presence: Ratio = 0.5
    """Share of the time of the others in which a channel of surround must have had sound, for its loss to count."""


class GlitchSettings(Temporal):
    """What shows in moments is a defect when so many come within a time of each other."""

    min_duration_s: Seconds = 0.0
    clear_s: Annotated[float, Field(ge=0.2, le=60)] = 1.2
    within_s: Annotated[float, Field(ge=0.1, le=60)] = 1.1
    """So far apart they may be."""
    count: Annotated[int, Field(ge=1, le=1000)] = 3


class ClickSettings(GlitchSettings):
    """Samples out of place. Minor: so is hard percussion at times."""

    severity: Severity = "minor"
    least_db: Annotated[float, Field(ge=10, le=100)] = 22.0
    """How far what is not foreseen stands out of what is around it, to go on with a detection, ..."""
    strong_db: Annotated[float, Field(ge=10, le=100)] = 26.0
    """... and of `count` of them, to begin one."""


class DropoutSettings(GlitchSettings):
    """Sound gone for milliseconds."""

    clear_s: Annotated[float, Field(ge=0.2, le=60)] = 1.7
    grave_s: Seconds = 2.0
    within_s: Annotated[float, Field(ge=0.1, le=60)] = 1.6
    """Nothing is missed in the pauses of speech."""
    least_ms: Annotated[float, Field(ge=2, le=120)] = 3.0
    """Least length of a gap, as far as coders leave it: they fill its sides."""
    min_rms_dbfs: Annotated[float, Field(ge=-100, le=0)] = -50.0
    """Least level before a hole in the timestamps: sound that nobody hears is not missed."""


class ClippingSettings(GlitchSettings):
    """Tops of waves cut off. Minor: music is sold like this."""

    severity: Severity = "minor"
    count: Annotated[int, Field(ge=1, le=1000)] = 8
    least: Ratio = 0.153
    strong: Ratio = 0.17
    """How much of what is near the loudest level lies at one level."""
    min_peak_dbfs: Annotated[float, Field(ge=-100, le=0)] = -34.0
    tone_db: Annotated[float, Field(ge=0, le=99)] = 20.0
    """What has one line of the spectrum so far above all else is a tone."""
    overtones_db: Annotated[float, Field(ge=-100, le=0)] = -55.0
    """Least power above 2.5 kHz, by that of the whole: cutting makes overtones, a chord has none."""


class TruePeakSettings(GlitchSettings):
    """The wave itself goes beyond a level. Minor: what lossy coding adds goes there often."""

    clear_s: Annotated[float, Field(ge=0.2, le=60)] = 3.0
    severity: Severity = "minor"
    within_s: Annotated[float, Field(ge=0.1, le=60)] = 3.0
    count: Annotated[int, Field(ge=1, le=1000)] = 1
    limit_dbtp: Annotated[float, Field(ge=-20, le=20)] = 0.5


class LoudnessSettings(Temporal):
    """How loud the programme is, by ITU-R BS.1770-5: over a long time, and against its own past. Minor: where no
    standard is named, streams differ."""

    min_duration_s: Seconds = 10.0
    clear_s: Seconds = 3.0
    severity: Severity = "minor"
    standard: Literal["none", "r128", "a85"] = "none"
    """`r128`: EBU R 128, -23 LUFS within 1 LU. `a85`: ATSC A/85, -24 LKFS within 2 dB. `none`: told is what is far too
    loud or too quiet, ..."""
    loudest_lufs: Annotated[float, Field(ge=-70, le=10)] = -7.0
    """... louder than this ..."""
    quietest_lufs: Annotated[float, Field(ge=-70, le=10)] = -45.0
    """... or quieter than this."""
    window_s: Annotated[float, Field(ge=10, le=86_400)] = 60.0
    """What was heard longer ago counts e-fold less: a programme's loudness is of minutes. Judged after so long."""
    jump_lu: Annotated[float, Field(ge=1, le=100)] = 10.0
    """The last three seconds are so much louder or quieter than that."""

    @property
    def limits_lufs(self) -> tuple[float, float]:
        """The quietest and the loudest that is right."""
        if self.standard == "none":
            return self.quietest_lufs, self.loudest_lufs
        target, tolerance = LOUDNESS_STANDARDS[self.standard]
        return target - tolerance, target + tolerance


class PhaseSettings(Temporal):
    """The channels of a pair against each other."""

    min_duration_s: Seconds = 3.0
    clear_s: Seconds = 1.0
    grave_s: Seconds = 3.0
    max_correlation: Annotated[float, Field(ge=-1, le=0)] = -0.3
    """Over half a second; or ..."""
    long_correlation: Annotated[float, Field(ge=-1, le=0)] = -0.2
    """... over a second, for as long as ..."""
    now_correlation: Annotated[float, Field(ge=-1, le=0)] = -0.1
    """... it is so over half of it, too: what is only somewhat alike comes and goes."""
    grave_correlation: Annotated[float, Field(ge=-1, le=0)] = -0.7
    """One of the two must be the other, turned upside down, for so much to be left of it."""
    min_rms_dbfs: Annotated[float, Field(ge=-100, le=0)] = -55.0


class ToneSettings(Temporal):
    """A sine and nothing else."""

    min_duration_s: Seconds = 3.0
    clear_s: Seconds = 0.5
    grave_s: Seconds = 5.0
    min_db: Annotated[float, Field(ge=0, le=99)] = 15.0
    """How far it is above all else."""
    drift: Annotated[float, Field(ge=0, le=1)] = 0.003
    drift_db: Annotated[float, Field(ge=0, le=20)] = 0.5
    """How much frequency (as a share) and level may change from row to row."""
    min_rms_dbfs: Annotated[float, Field(ge=-100, le=0)] = -50.0


class HumSettings(Temporal):
    """The mains beneath a programme."""

    min_duration_s: Seconds = 3.0
    clear_s: Seconds = 0.5
    grave_s: Seconds = 5.0
    min_line_dbfs: Annotated[float, Field(ge=-100, le=0)] = -66.0
    """What is quieter is no line (re a sine at full scale)."""
    likely: Annotated[float, Field(ge=0, le=20)] = 2.5
    """How clearly the lines of the mains stand out for a detection to go on, ..."""
    sure: Annotated[float, Field(ge=0, le=20)] = 5.0
    """... and to begin: the sum of lg2(1 + r²) over the four clearest lines, r being the level of one by how much it is
    moved about, 4 at most."""
    grave: Annotated[float, Field(ge=0, le=1000)] = 2.0
    """This r in two lines at least is grave, ..."""
    grave_dbfs: Annotated[float, Field(ge=-100, le=0)] = -50.0
    """... where all lines are so loud together, ..."""
    drone_dbfs: Annotated[float, Field(ge=-100, le=10)] = -26.0
    """... and no louder: then it may be what plays, a drone of chords tuned to the mains."""


class HissSettings(Temporal):
    """Steady noise that came over a programme. Minor: so do rain and the sea."""

    min_duration_s: Seconds = 3.0
    clear_s: Seconds = 0.5
    severity: Severity = "minor"
    min_dbfs: Annotated[float, Field(ge=-120, le=0)] = -68.0
    """Least level of the noise between 10 and 15 kHz (re a sine at full scale)."""
    rise_db: Annotated[float, Field(ge=1, le=100)] = 5.0
    """How far it is above what the stream had there in the seconds before."""
    steady_db: Annotated[float, Field(ge=0.5, le=20)] = 1.5
    """How far the middle of a second is above its quietest row, at most."""


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
        else:
            lines.append(f"key {key!r} is {problem['input']!r}: {problem['msg']}; correct it")
    return "; ".join(lines)


def fingerprint(section: Section) -> str:
    """Eight hex digits that change when any setting of this section does; part of every detection's `detector`."""
    return hashlib.blake2s(section.model_dump_json().encode(), digest_size=4).hexdigest()
