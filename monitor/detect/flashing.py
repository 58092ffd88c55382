"""`flashing`: flashes that can harm photosensitive viewers, as ITU-R BT.1702-3 limits them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from monitor.detect.base import ALL_DEPTHS, Inputs
from monitor.detect.hold import Evidence, Hold, HoldState, Rows
from monitor.detect.picture import durations, shown_pictures
from monitor.kernels.flash import Trend, follow_flashes, no_trend
from monitor.records import PLACES, Depth, Detection, Readings
from monitor.settings import FlashingSettings, Profile, fingerprint

WINDOW_S = 1.0
"""Transitions are counted over the last second, this frame included."""
STOPPED_S = 0.2
"""More than three flashes a second have transitions less than 0.17 s apart: after so long without one, it is over."""
TOGETHER = 0.9
"""Of the least area so much must turn the same way at once: what moves turns here and there at any time."""
EPSILON_S = 1e-6

Marks = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class FlashingState:
    """Trends of luminance and red in each place as bytes, the frames of the last second that had transitions (when, and
    where, as bits), the frames with many of the last seconds (when, how long)."""

    hold: HoldState = HoldState()
    trend: tuple[bytes, bytes, bytes] | None = None
    recent: tuple[tuple[float, bytes], ...] = ()
    many: tuple[tuple[float, float], ...] = ()
    bad: bool = False
    bad_until_s: float = float("-inf")
    """End of the last frame that was one too many."""


class Flashing:
    """A frame is one too many when on `min_area` of the picture there were more than `max_transitions` within the last
    second: more than three flashes. Or when there were `many_transitions` for `extended_s` of the last
    `extended_within_s`: even what keeps to the limits may be a risk after five seconds. Areas are added up, wherever
    they lie, in places of the 9 x 16 map; each place has its mean colour. HDR is judged as if it were not."""

    kind = "flashing"
    version = 2
    reads = ("luma", "mean", "u", "v")
    depths: frozenset[Depth] = ALL_DEPTHS

    def __init__(self, profile: Profile) -> None:
        self.settings: FlashingSettings = profile.flashing
        self._least = max(1, round(self.settings.min_area * PLACES))
        self._together = max(1, round(TOGETHER * self._least))
        self._hold = Hold(self.kind, self.settings, f"{self.kind}@{self.version}:{fingerprint(self.settings)}")

    def start(self) -> FlashingState:
        """Nothing known."""
        return FlashingState()

    def step(self, state: FlashingState, seen: Inputs) -> tuple[FlashingState, list[Detection]]:
        """Go on with the frames that were seen."""
        found: list[Detection] = []
        for video in shown_pictures(seen):
            measured = ~np.isnan(video.values["luma"])
            if measured.any():
                state, rows = self._rows(state, video, measured)
                hold, more = self._hold.step(state.hold, seen, video.track, rows)
                state, found = replace(state, hold=hold), found + more
        if seen.ended:
            found += self._hold.end(state.hold)[1]
            state = FlashingState()
        return state, found

    def _rows(self, state: FlashingState, video: Readings, measured: Marks) -> tuple[FlashingState, Rows]:
        t_s, lasts, at = video.t_s[measured], durations(video)[measured], video.at[measured]
        trend = _loaded(state.trend)
        maps = [video.grids[name].reshape(len(video), PLACES)[measured] for name in ("mean", "u", "v")]
        changes = self.settings.change_cd, self.settings.dark_cd, self.settings.red_change
        turned = follow_flashes(t_s, maps, trend, changes, self._together)
        some = turned[:2].any(axis=(0, 2))
        times = np.array([*(t for t, _ in state.recent), *t_s[some]])
        marks = np.concatenate((_unpacked(state.recent), turned[:, some]), axis=1)
        transitions, large, first_s, last_s = self._counted(times, marks, t_s)
        many, long_s = self._many(state.many, t_s, lasts, transitions >= self.settings.many_transitions)
        too_many = transitions > self.settings.max_transitions
        bad = (too_many | ~np.isnan(long_s)) & (t_s - last_s <= STOPPED_S)
        # It began with the first of those that are too many together.
        before = np.concatenate(([state.bad], bad[:-1]))
        free_s = np.maximum.accumulate(np.concatenate(([state.bad_until_s], np.where(bad, t_s + lasts, -np.inf))))[:-1]
        since = np.where(bad & ~before, t_s - np.maximum(np.fmin(first_s, long_s), free_s), 0.0)
        kept = times > t_s[-1] - WINDOW_S + EPSILON_S
        recent = tuple((float(t), np.packbits(marks[:, k]).tobytes()) for k, t in enumerate(times) if kept[k])
        until_s = float(max(free_s[-1], t_s[-1] + lasts[-1] if bad[-1] else -np.inf))
        kept_trend = (trend[0].tobytes(), trend[1].tobytes(), trend[2].tobytes())
        state = FlashingState(state.hold, kept_trend, recent, many, bool(bad[-1]), until_s)
        evidence: Evidence = {"flashes_per_s": (transitions / 2, "max")}
        grave = large > self.settings.max_transitions
        return state, Rows(t_s - since, lasts + since, at - since, bad, evidence, grave)

    def _counted(
        self, times: NDArray[np.float64], marks: Marks, t_s: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        """For each frame: how many transitions in the last second reached so much of the picture, of luminance or of
        red; how many large ones; when the first and the last of all were."""
        if not len(times):
            none = np.zeros(len(t_s), np.int64)
            return none, none, np.full(len(t_s), np.nan), np.full(len(t_s), -np.inf)
        so_far = np.concatenate((np.zeros((4, 1, PLACES), np.int64), marks.cumsum(axis=1)), axis=1)
        last = np.searchsorted(times, t_s + EPSILON_S)
        first = np.minimum(np.searchsorted(times, t_s - WINDOW_S + EPSILON_S), last)
        within = so_far[:, last] - so_far[:, first]
        reached = np.partition(within, PLACES - self._least, axis=2)[:, :, PLACES - self._least]
        first_s = np.where(first < last, times[np.minimum(first, len(times) - 1)], np.nan)
        last_s = np.where(first < last, times[np.maximum(last - 1, 0)], -np.inf)
        return reached[:2].max(axis=0), reached[2:].max(axis=0), first_s, last_s

    def _many(
        self, before: tuple[tuple[float, float], ...], t_s: NDArray[np.float64], lasts: NDArray[np.float64], many: Marks
    ) -> tuple[tuple[tuple[float, float], ...], NDArray[np.float64]]:
        """Frames with many transitions in the last seconds; and for each frame that has seen too many of them for too
        long, when those began (NaN: it has not)."""
        if not before and not many.any():
            return (), np.full(len(t_s), np.nan)
        starts = np.array([*(t for t, _ in before), *t_s[many]])
        length = np.concatenate(([0.0], np.cumsum([*(d for _, d in before), *lasts[many]])))
        last = np.searchsorted(starts, t_s + EPSILON_S)
        first = np.searchsorted(starts, t_s - self.settings.extended_within_s + EPSILON_S)
        too_long = many & (length[last] - length[first] > self.settings.extended_s - EPSILON_S)
        kept = starts > t_s[-1] - self.settings.extended_within_s
        known = tuple(zip(starts[kept].tolist(), np.diff(length)[kept].tolist(), strict=True))
        return known, np.where(too_long, starts[np.minimum(first, len(starts) - 1)], np.nan)


def _loaded(kept: tuple[bytes, bytes, bytes] | None) -> Trend:
    """A copy of the trends, to go on with."""
    extremes, ways, turned_s = no_trend()
    if kept is not None:
        extremes[:] = np.frombuffer(kept[0], np.float32).reshape(extremes.shape)
        ways[:] = np.frombuffer(kept[1], np.int8).reshape(ways.shape)
        turned_s[:] = np.frombuffer(kept[2], np.float64).reshape(turned_s.shape)
    return extremes, ways, turned_s


def _unpacked(recent: tuple[tuple[float, bytes], ...]) -> Marks:
    """Where the frames of the last second had transitions: bool [4, frames, places]."""
    bits = np.frombuffer(b"".join(marks for _, marks in recent), np.uint8).reshape(len(recent), 4 * PLACES // 8)
    return np.unpackbits(bits, axis=1).reshape(len(recent), 4, PLACES).transpose(1, 0, 2).astype(np.bool_)
