"""Settings of the kinds of picture."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

from pydantic import Field

from monitor.records import Severity
from monitor.settings.base import Levels, Ratio, Seconds, Section, Temporal


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

    rising: ClassVar[tuple[tuple[str, str], ...]] = (
        ("min_gradient", "begin_gradient"),
        ("on_seething", "min_seething"),
    )
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
