"""Settings of the kinds of sound."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from monitor.records import Severity
from monitor.settings.base import Ratio, Seconds, Temporal

LOUDNESS_STANDARDS: Mapping[str, tuple[float, float]] = {"r128": (-23.0, 1.0), "a85": (-24.0, 2.0)}
"""LUFS, and by how many LU a programme may differ: EBU R 128 for live programmes; ATSC A/85."""


class SilenceSettings(Temporal):
    """No sound in any channel of a track."""

    min_duration_s: Seconds = 8.0
    clear_s: Seconds = 0.5
    grave_s: Seconds = 1.0
    threshold_dbfs: Annotated[float, Field(ge=-120, le=-10, multiple_of=0.5)] = -60.0
    """A sample peak below this is silent. In steps of 0.5 dB, like the envelope that is measured. So is noise whose
    mean level is 6 dB below this; but that may be a quiet place, and is minor."""


class ChannelLossSettings(Temporal):
    """No sound in one channel while its partner plays, or in the centre or front pair of surround."""

    rising: ClassVar[tuple[tuple[str, str], ...]] = (("threshold_dbfs", "plays_dbfs"),)
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

    rising: ClassVar[tuple[tuple[str, str], ...]] = (("least_db", "strong_db"),)
    severity: Severity = "minor"
    clear_s: Annotated[float, Field(ge=0.2, le=60)] = 1.4
    within_s: Annotated[float, Field(ge=0.1, le=60)] = 1.3
    least_db: Annotated[float, Field(ge=10, le=100)] = 22.0
    """How far what is not foreseen stands out of what is around it, to go on with a detection, ..."""
    strong_db: Annotated[float, Field(ge=10, le=100)] = 26.0
    """... and of `count` of them, to begin one, ..."""
    over_usual_db: Annotated[float, Field(ge=0, le=60)] = 8.0
    """... or so far above what the stream usually has, if that is more."""
    alone_db: Annotated[float, Field(ge=0, le=100)] = 24.0
    """One that is so far above it is a defect by itself."""


class DropoutSettings(GlitchSettings):
    """Sound gone for milliseconds."""

    clear_s: Annotated[float, Field(ge=0.2, le=60)] = 3.0
    grave_s: Seconds = 2.0
    within_s: Annotated[float, Field(ge=0.1, le=60)] = 1.6
    """Nothing is missed in the pauses of speech."""
    least_ms: Annotated[float, Field(ge=2, le=120)] = 3.0
    """Least length of a gap, as far as coders leave it: they fill its sides."""
    alone_ms: Annotated[float, Field(ge=2, le=1000)] = 6.0
    """One as long, in sound that is steady around it, is a defect by itself: music and speech have none."""
    min_rms_dbfs: Annotated[float, Field(ge=-100, le=0)] = -50.0
    """Least level before a hole in the timestamps: sound that nobody hears is not missed."""


class ClippingSettings(GlitchSettings):
    """Tops of waves cut off. Minor: music is sold like this."""

    rising: ClassVar[tuple[tuple[str, str], ...]] = (("least", "strong"), ("sure_top", "likely_top"))
    severity: Severity = "minor"
    count: Annotated[int, Field(ge=1, le=1000)] = 8
    least: Ratio = 0.153
    strong: Ratio = 0.17
    """How much of what is near the loudest level lies at one level."""
    most_top_db: Annotated[float, Field(ge=0, le=12)] = 1.3
    """Or the loudest samples are so little louder than others, and ..."""
    likely_top: Ratio = 0.55
    sure_top: Ratio = 0.35
    """... by so much of what they were, in the seconds before."""
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

    rising: ClassVar[tuple[tuple[str, str], ...]] = (("quietest_lufs", "loudest_lufs"),)
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

    rising: ClassVar[tuple[tuple[str, str], ...]] = (("grave_correlation", "max_correlation"),)
    min_duration_s: Seconds = 3.0
    clear_s: Seconds = 1.0
    grave_s: Seconds = 3.0
    max_correlation: Annotated[float, Field(ge=-1, le=0)] = -0.5
    """Over 0.8 s; or ..."""
    min_reversal: Annotated[float, Field(ge=0, le=40)] = 3.0
    """... so much likelier it is, as a natural logarithm, that the pair is turned over than that it is as it was."""
    grave_correlation: Annotated[float, Field(ge=-1, le=0)] = -0.7
    """One of the two must be the other, turned upside down, for so much to be left of it."""
    min_rms_dbfs: Annotated[float, Field(ge=-100, le=0)] = -55.0


class ToneSettings(Temporal):
    """A sine and nothing else."""

    min_duration_s: Seconds = 3.0
    clear_s: Seconds = 0.5
    grave_s: Seconds = 5.0
    min_db: Annotated[float, Field(ge=0, le=99)] = 12.0
    """How far it is above all else."""
    drift: Annotated[float, Field(ge=0, le=1)] = 0.003
    drift_db: Annotated[float, Field(ge=0, le=20)] = 0.8
    """How much frequency (as a share) and level may change from row to row."""
    min_rms_dbfs: Annotated[float, Field(ge=-100, le=0)] = -50.0


class HumSettings(Temporal):
    """The mains beneath a programme."""

    rising: ClassVar[tuple[tuple[str, str], ...]] = (("likely", "sure"), ("grave_dbfs", "drone_dbfs"))
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
