"""`click`, `dropout`, `clipping`, `true_peak`: what shows in some rows, and comes again."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from monitor.audio import BANDS_HZ, LINES_HZ, peak_code
from monitor.detect.heard import Heard, of_channels, rows_of, whole
from monitor.detect.hold import Rows
from monitor.records import Readings
from monitor.settings import Profile

HIGH_HZ = 2500
ZEROS = 0.8
"""A gap is of nothing but zeros, if for this share of it there are."""
SPENT_HOPS, GOES_ON = 4, 40
"""Sound goes on around a gap, if all but so many hops of the row are within 20 dB (codes are half decibels) of the
loudest: claps with nothing between them do not."""
STEADY_HOPS, STEADY = 3, 30
"""It is steady around it, so that one gap by itself is a defect, if all but so many are within 15 dB."""
SAMPLED, KEPT, LEAST_KNOWN = 5, 40, 4
"""How flat tops are is remembered of every so many rows, for as long as so many last; so many are enough to compare."""
ADOPTED_S = 60.0
"""What is flatter than it was is not remembered, but after so long it is how it is."""
TOPS_S = 1.5
"""Of so long a time the readings of tops are (see `monitor.audio`): where there was a tone in it, it is in them."""
TONE_ROWS = 10
"""What lasts so long is a tone, not a vowel."""
NATURAL_TOP_DB = 3.0
"""What evidence says of a row in which it could not be measured."""
PAST, KNOWN, USUAL_PERCENT = 600, 30, 80
"""How strong clicks usually are is what so many percent of the rows of the last minute do not reach; it is known from
so many rows on."""
PLAYS = peak_code(-50)
"""One click by itself counts where every hop is at least so loud: sound that begins or ends sharply clicks, too."""
FORGET_S = 10.0
"""A defect began so long before it was known to be one, at most: hard percussion goes on for minutes."""

LIKE = 1.6
"""Gaps that differ by this factor are not alike."""
LEAST_HOLE_S, LONGEST_HOLE_S = 0.005, 2.0
"""A hole between rows that is a dropout: below it is jitter, beyond it a loss of the track, or a jump of the clock."""

GRAVE_SHARE = 0.75
"""Of the moments of a defect that are remembered, its strongest, so many must be grave for it to be."""


class Moment(NamedTuple):
    """Of what may still become a defect: when it was (media seconds), how strong, whether it was grave, and whether it
    is a defect by itself."""

    t_s: float
    strength: float
    grave: bool
    sure: bool = False


Moments = tuple[Moment, ...]


class Glitches(Heard):
    """So many moments within `within_s` of each other are a defect, from the first to the last of them: one by itself
    is a drum, or a consonant, if it is not surely none. A moment counts as one however many channels have it."""

    column: str
    least: str
    """The setting from which on a moment goes on with a defect, ..."""
    strong: str
    """... and that of which `count` of them make one."""
    late_s = 0.0
    """What a row shows lies so long before it."""
    silent = 0.0
    """What the column has where there is nothing, or nothing was measured."""

    def __init__(self, profile: Profile) -> None:
        super().__init__(profile)
        self.settings: Any = getattr(profile, self.kind)
        self._least = float(getattr(self.settings, self.least))
        self._strong = float(getattr(self.settings, self.strong))

    def _judge(self, memory: Any, sound: Readings) -> tuple[Any, Rows]:
        return self._among(memory, sound, self._values(sound))

    def _among(
        self,
        memory: Moments | None,
        sound: Readings,
        values: NDArray[np.float64],
        grave: NDArray[np.bool_] | None = None,
        judged: NDArray[np.float64] | None = None,
        sure: NDArray[np.bool_] | None = None,
    ) -> tuple[Moments | None, Rows]:
        """What is remembered after these rows, and which are bad: by these values of each channel, or by what these are
        taken for. `sure`: rows [N] that are a defect each by itself."""
        strength = (values if judged is None else judged).max(axis=1)
        measured = whole(sound)
        moments = list(memory or ())
        bad, strongest = np.zeros(len(sound), np.bool_), strength.copy()
        graver = np.zeros(len(sound), np.bool_)
        since = sound.t_s.copy()
        for k in np.flatnonzero(measured & (strength >= self._least)).tolist():
            t_s = float(sound.t_s[k])
            if moments and t_s - moments[-1].t_s > self.settings.within_s:
                moments.clear()
            alone = sure is not None and bool(sure[k])
            moments.append(Moment(t_s, float(strength[k]), grave is None or bool(grave[k]), alone))
            others, alike = self._sorted(moments)
            several = sum(each.strength >= self._strong for each in alike) >= self.settings.count
            if several or any(each.sure for each in alike):
                bad[k], since[k] = True, alike[0].t_s
                strongest[k] = max(each.strength for each in alike)
                graver[k] = sum(each.grave for each in alike) >= GRAVE_SHARE * len(alike)
                # What is known to be a defect needs no more than to be known as one.
                between = sorted(alike[1:-1], key=lambda each: (not each.sure, -each.strength))
                alike = [alike[0], *between[: self.settings.count], alike[-1]]
            else:
                alike = [each for each in alike if t_s - each.t_s <= FORGET_S]
            moments = sorted({*alike, *(each for each in others if t_s - each.t_s <= FORGET_S)})
        evidence = {"strongest": (strongest, "max"), **of_channels(sound, self.column, "max", values)}
        rows = rows_of(sound, bad, evidence, measured, graver)
        early = (sound.t_s - since)[measured]
        since_s = rows.t_s - early - self.late_s
        return tuple(moments), Rows(
            since_s, rows.duration_s + early, rows.at - early - self.late_s, rows.bad, rows.evidence, rows.grave
        )

    def _sorted(self, moments: list[Moment]) -> tuple[list[Moment], list[Moment]]:
        """Those that have nothing to do with the last of them, and the others."""
        return [], moments

    def _values(self, sound: Readings) -> NDArray[np.float64]:
        """How strong it is [N, channels]."""
        return np.fmax(sound.values[self.column].astype(np.float64), self.silent)


@dataclass(frozen=True, slots=True)
class Usual:
    """Moments; how strong the last rows were, in half decibels: PAST of them at most; and whether there was sound
    throughout the last of them."""

    moments: Moments | None = None
    past: bytes = b""
    plays: bool = False


class Click(Glitches):
    """Samples out of place: impulses and broken waves, against what the sound's own linear prediction foresees (as in
    the restoration of old recordings: Godsill and Rayner, Digital Audio Restoration, 1998). Hard percussion is like
    that, too, and goes on: what counts stands out of what the last minute had."""

    kind = "click"
    version = 3
    reads = ("click_db", "peak")
    column, least, strong = "click_db", "least_db", "strong_db"

    def _judge(self, memory: Usual | None, sound: Readings) -> tuple[Usual, Rows]:
        memory = memory or Usual()
        values = self._values(sound)
        codes = np.clip(2 * values.max(axis=1), 0, 255).astype(np.uint8)
        measured = np.flatnonzero(whole(sound))
        line = np.concatenate((np.frombuffer(memory.past, np.uint8), codes[measured]))
        known = len(memory.past)
        judged, sure = values.copy(), np.zeros(len(sound), np.bool_)
        for n, k in enumerate(measured.tolist()):
            before = line[max(0, known + n - PAST) : known + n]
            if codes[k] >= 2 * self._least and len(before) >= KNOWN:
                usual = float(np.percentile(before, USUAL_PERCENT)) / 2
                judged[k] -= max(0.0, usual + self.settings.over_usual_db - self._strong)
                sure[k] = codes[k] / 2 >= usual + self.settings.alone_db
        plays = sound.prints["peak"].max(axis=1).min(axis=1) >= PLAYS
        sure &= plays & np.concatenate(([memory.plays], plays[:-1]))
        moments, rows = self._among(memory.moments, sound, values, judged=judged, sure=sure)
        return Usual(moments, line[-PAST:].tobytes(), bool(plays[-1])), rows


@dataclass(frozen=True, slots=True)
class Before:
    """What came before a dropout's next row: moments; the epoch, where it ended, and whether there was sound."""

    moments: Moments | None
    epoch: int
    end_s: float
    loud: bool


class Dropout(Glitches):
    """Sound that is gone for milliseconds and back, with sharp sides, again and again: packets or buffers lost. Where
    nothing was put in their place, timestamps have a hole of as long. Grave where there is such a hole, or nothing but
    zeros: applause has gaps, too, and sound that is cut up for effect."""

    kind = "dropout"
    version = 4
    reads = ("gap_ms", "rms_dbfs", "zero_run_s", "peak")
    column, least, strong = "gap_ms", "least_ms", "least_ms"

    def _judge(self, memory: Before | None, sound: Readings) -> tuple[Before, Rows]:
        ends = sound.t_s + sound.duration_s
        loud = np.asarray((sound.values["rms_dbfs"] >= self.settings.min_rms_dbfs).any(axis=1))
        holes_s = np.zeros(len(sound))
        holes_s[1:] = np.where(loud[:-1], sound.t_s[1:] - ends[:-1], 0.0)
        if memory is not None and memory.epoch == sound.epoch and memory.loud:
            holes_s[0] = sound.t_s[0] - memory.end_s
        is_hole = (holes_s >= LEAST_HOLE_S) & (holes_s <= LONGEST_HOLE_S)
        values = np.maximum(self._values(sound), np.where(is_hole, 1000 * holes_s, 0.0)[:, None])
        zeros_ms = 1000 * sound.values["zero_run_s"].max(axis=1).astype(np.float64)
        empty = (zeros_ms >= ZEROS * values.max(axis=1)) & (zeros_ms > 0)
        hops = np.sort(sound.prints["peak"], axis=2).astype(np.int16)
        goes_on = (hops[:, :, SPENT_HOPS] >= hops[:, :, -1] - GOES_ON).any(axis=1)
        grave = is_hole | (empty & goes_on)
        steady = (values >= self.settings.alone_ms) & (hops[:, :, STEADY_HOPS] >= hops[:, :, -1] - STEADY)
        sure = is_hole | (steady & (sound.values["rms_dbfs"] >= self.settings.min_rms_dbfs)).any(axis=1)
        moments = None if memory is None else memory.moments
        moments, rows = self._among(moments, sound, values, grave, sure=sure)
        return Before(moments, sound.epoch, float(ends[-1]), bool(loud[-1])), rows

    def _sorted(self, moments: list[Moment]) -> tuple[list[Moment], list[Moment]]:
        """Gaps of one cause are about as long as each other; pauses of speech are as it happens."""
        least, most = moments[-1].strength / LIKE, moments[-1].strength * LIKE
        alike = [each for each in moments if least <= each.strength <= most]
        return [each for each in moments if not least <= each.strength <= most], alike


@dataclass(frozen=True, slots=True)
class Tops:
    """What is remembered of how sharp the tops are: moments; `top_db` of each SAMPLED-th row, for as long as KEPT of
    them last [samples, channels]; rows since the last of them; since when they were flat (NaN: they are not); how many
    rows on end, up to the last, had one line above all else; and until when there was a tone."""

    moments: Moments | None
    past: NDArray[np.float32]
    since: int = 0
    flat_s: float = math.nan
    lines: int = 0
    toned_s: float = -math.inf


class Clipping(Glitches):
    """Tops of waves that are cut off: many samples at one level, few beyond, in row after row. A sine, and a chord of
    few of them, has such a shelf by itself, but none of the overtones that cutting makes. Where few samples are cut,
    lossy coding leaves no shelf; but the loudest are hardly louder than the others any more, as they were before. A
    recording that is like that throughout is mastered loud."""

    kind = "clipping"
    version = 4
    late_s = 0.6
    reads = ("flat_top", "top_db", "peak_dbfs", "tone_db", "spectrum")
    column, least, strong = "flat_top", "least", "strong"

    def _judge(self, memory: Tops | None, sound: Readings) -> tuple[Tops, Rows]:
        tops = sound.values["top_db"]
        if memory is None or memory.past.shape[1] != tops.shape[1]:
            memory = Tops(None, np.empty((0, tops.shape[1]), np.float32))
        values = sound.values
        line = values["tone_db"] >= self.settings.tone_db
        ends_s = sound.t_s + sound.duration_s
        # How many rows on end had one, of each: since the last that had none.
        n = np.arange(1, len(sound) + 1)
        lines = n - np.maximum.accumulate(np.where(line.any(axis=1), -memory.lines, n))
        toned_s = np.maximum.accumulate(np.maximum(np.where(lines >= TONE_ROWS, ends_s, -math.inf), memory.toned_s))
        speaks = (values["peak_dbfs"] >= self.settings.min_peak_dbfs) & ~line
        speaks &= (_overtones_db(sound) >= self.settings.overtones_db) & (ends_s - toned_s >= TOPS_S)[:, None]
        memory = replace(memory, lines=int(lines[-1]), toned_s=float(toned_s[-1]))
        memory, flat = self._flat(memory, sound, speaks)
        strength = np.where(speaks, self._values(sound), 0.0)
        strength = np.maximum(strength, np.array([0.0, self._least, self._strong])[flat])
        moments, rows = self._among(memory.moments, sound, self._values(sound), judged=strength)
        shown = of_channels(sound, "top_db", "min", np.nan_to_num(tops, nan=NATURAL_TOP_DB)[whole(sound)])
        return replace(memory, moments=moments), replace(rows, evidence={**rows.evidence, **shown})

    def _flat(self, memory: Tops, sound: Readings, speaks: NDArray[np.bool_]) -> tuple[Tops, NDArray[np.int64]]:
        """Of each row and channel, whether its tops are flatter than they were: 1 likely, 2 surely."""
        tops = np.nan_to_num(sound.values["top_db"], nan=0.0)
        flat = np.zeros(tops.shape, np.int64)
        maybe = speaks & (tops <= self.settings.most_top_db) & (tops > 0)
        past, since, flat_s = memory.past, memory.since, memory.flat_s
        for k in np.flatnonzero(whole(sound)).tolist():
            t_s = float(sound.t_s[k])
            if maybe[k].any() and len(past) >= LEAST_KNOWN:
                share = tops[k] / np.maximum(np.median(past, axis=0), 1e-9)
                flat[k] = maybe[k] * ((share <= self.settings.likely_top) + 1 * (share <= self.settings.sure_top))
            flat_s = math.nan if not flat[k].any() else t_s if math.isnan(flat_s) else flat_s
            since += 1
            if since >= SAMPLED and not t_s - flat_s < ADOPTED_S:
                past, since = np.vstack((past, tops[k : k + 1]))[-KEPT:], 0
        return replace(memory, past=past, since=since, flat_s=flat_s), flat


def _overtones_db(sound: Readings) -> NDArray[np.float64]:
    """How much lies above HIGH_HZ, by the power of the whole [N, channels], in dB."""
    codes = sound.prints["spectrum"][:, :, len(LINES_HZ) :].astype(np.float64)
    power = np.where(codes > 0, 10 ** ((codes - 255) / 20), 0.0)
    high = power[:, :, BANDS_HZ.index(HIGH_HZ) :].sum(axis=2)
    found: NDArray[np.float64] = 10 * np.log10((high + 1e-20) / (power.sum(axis=2) + 1e-10))
    return found


class TruePeak(Glitches):
    """The signal between the samples goes beyond a limit (ITU-R BS.1770-5 Annex 2; EBU R 128 asks for -1 dBTP)."""

    kind = "true_peak"
    version = 1
    silent = -200.0
    reads = ("true_peak_dbtp",)
    column, least, strong = "true_peak_dbtp", "limit_dbtp", "limit_dbtp"
