"""`freeze`: the same picture again and again, as a sender does that is stuck."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from monitor.detect.base import ALL_DEPTHS, Inputs
from monitor.detect.hold import EPSILON_S, MAX_ROW_S, Evidence, Hold, HoldState, Rows
from monitor.detect.look import Look
from monitor.detect.picture import durations, shown_pictures
from monitor.detect.window import Kept, watch_windows
from monitor.records import Depth, Detection, Readings
from monitor.settings import FreezeSettings, Profile, fingerprint

REFINED, REFINED_S = 2.0, 0.7
"""In the mean a picture that stands differs by so many levels at most while it is coded anew: in a key frame, those of
so many seconds after it, which refine it, and one before it, which leans on it: one alone until a key frame comes."""
MANY = 2
"""So many frames that do not quite repeat the picture are not told from more."""
BRIEFLY_S = 0.25
"""What stands for less is a stream of few pictures a second, each shown more than once: it does not keep a freeze open
that is over."""
LEVELS = 256
"""Full scale of a difference in 8-bit levels, as FFmpeg's freezedetect counts it."""


class Stand(NamedTuple):
    """Frames that stand, one after the other: from when on (NaN: the last frame that was measured does not stand),
    whether they have for long enough, and whether the picture was in motion before."""

    from_s: float = float("nan")
    from_at: float = float("nan")
    long: bool = False
    lively: bool = False


class Still(NamedTuple):
    """The whole picture: the map of means when it began to stand (None: it does not); whether it was in motion before;
    when the last key frame came; how many frames in a row did not quite repeat it; whether there was one such since the
    last key frame."""

    maps: bytes | None = None
    stopped: bool = False
    key_s: float = float("-inf")
    unlike: int = 0
    leant: bool = False


NOTHING_STANDS, MOVES = Still(), Stand()


@dataclass(frozen=True, slots=True)
class FreezeState:
    """What stands, and for how long."""

    hold: HoldState = HoldState()
    stand: Stand = MOVES
    still: Still = NOTHING_STANDS
    last: bytes | None = None
    """Map and times of the last frame: a freeze begins with the frame *before* the first that repeats it."""
    last_t_s: float = float("nan")
    last_at: float = float("nan")
    window: Kept = ()
    """What `watch_windows` remembers."""


class Freeze:
    """A frame repeats the reference picture when they differ by at most `noise`, no place of the picture moves more
    than `max_moving`, and no place has changed by more than `max_drift` since the stillness began. A key frame codes
    the same picture anew and may differ more: it does not end a freeze unless a place changes. A still scene with a
    camera's noise differs everywhere, and a slow zoom adds up: neither is a freeze. Nor is it, of the whole picture,
    where a ticker runs; then the part that was in motion and stopped at once (see `window`) is one, and so is a picture
    that stopped under noise. What is no picture (black, one colour, a test pattern) is left to those kinds.

    It stays `minor` where the picture was hardly in motion before, or after a cut or a dissolve (a still is shown on
    purpose), and where only weak motion or means show that it stopped.

    With `max_moving` and `max_drift` 255, `ignore_key_frames` off and `min_window` 1 this is FFmpeg's freezedetect, to
    the frame.
    """

    kind = "freeze"
    version = 7
    reads = ("difference", "drift", "moving", "key", "mean", "shown")
    depths: frozenset[Depth] = ALL_DEPTHS

    def __init__(self, profile: Profile) -> None:
        self.settings: FreezeSettings = profile.freeze
        self._briefly_s = min(BRIEFLY_S, profile.freeze.clear_s / 2, profile.freeze.min_duration_s) - EPSILON_S
        self._hold = Hold(self.kind, profile.freeze, f"{self.kind}@{self.version}:{fingerprint(profile.freeze)}")

    def start(self) -> FreezeState:
        """Nothing known."""
        return FreezeState()

    def step(self, state: FreezeState, seen: Inputs) -> tuple[FreezeState, list[Detection]]:
        """Go on with the frames that were seen."""
        found: list[Detection] = []
        for video in shown_pictures(seen):
            window, windows = watch_windows(state.window, video, self.settings)
            whole, still = self._still(state, video, windows.live >= self.settings.min_live)
            pictures = video.values["shown"] == Look.PICTURE
            sure = whole | (windows.sure & pictures)
            bad = sure | ((windows.area > 0) & pictures)
            late_s = np.where(whole, 0.0, windows.late_s)
            area = np.where(whole, 1.0, windows.area)
            rows, stand = self._rows(state, video, bad, sure, late_s, area, windows.live)
            hold, more = self._hold.step(state.hold, seen, video.track, rows)
            found += more
            last = video.grids["mean"][-1].tobytes()
            times = float(video.t_s[-1]), float(video.at[-1])
            state = FreezeState(hold, stand, still, last, *times, window)
        if seen.ended:
            hold, more = self._hold.end(state.hold)
            found += more
            state = FreezeState()
        return state, found

    def _still(self, state: FreezeState, video: Readings, moved: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], Still]:
        """Which frames repeat the one before, and what is so after the last. What was not in motion before is not known
        from a quiet scene, coded with few bits, but by repeating itself exactly."""
        values, maps = video.values, video.grids["mean"]
        unknown = np.isnan(values["drift"])
        with np.errstate(invalid="ignore"):
            same = values["drift"] <= self.settings.noise * LEVELS
            same &= values["moving"] <= self.settings.max_moving
        key = (values["key"] > 0) & self.settings.ignore_key_frames
        picture = values["shown"] == Look.PICTURE
        refined = (values["difference"] <= REFINED) & self.settings.ignore_key_frames
        bad = np.zeros(len(video), np.bool_)
        still, stopped, key_s, unlike, leant = state.still
        last = state.last
        if still is None and not (same & picture).any():
            since = len(same) - 1 - int(np.flatnonzero(same)[-1]) if same.any() else unlike + len(same)
            key_s = float(video.t_s[key][-1]) if key.any() else key_s
            return bad, Still(None, bool(moved[-1]), key_s, min(since, MANY))
        for i, t_s in enumerate(video.t_s.tolist()):
            now = maps[i].tobytes()
            key_s = t_s if key[i] else key_s
            unlike = 0 if same[i] else min(unlike + 1, MANY)
            stopped = bool(moved[i]) if still is None else stopped
            leans = unlike == 1 and not leant
            coded_anew = key[i] or (stopped and refined[i] and (leans or t_s - key_s <= REFINED_S))
            goes_on = same[i] or unknown[i] or coded_anew
            if not (goes_on and picture[i]) or last is None or (still is None and not same[i]):
                still = None
            elif _drift(now, still or last) <= self.settings.max_drift:
                bad[i] = not unknown[i]
                still = still or last
            else:
                still = None
            leant = still is not None and not key[i] and (leant or (unlike > 0 and t_s - key_s > REFINED_S))
            last = now
        return bad, Still(still, stopped, key_s, unlike, leant)

    def _rows(
        self,
        state: FreezeState,
        video: Readings,
        bad: NDArray[np.bool_],
        sure: NDArray[np.bool_],
        late_s: NDArray[np.float64],
        area: NDArray[np.float64],
        live: NDArray[np.float64],
    ) -> tuple[Rows, Stand]:
        """Rows for the hold, and what stands after the last one. A freeze begins with the frame before the first that
        repeats it, and is known when it has lasted a little."""
        measured = ~np.isnan(video.values["drift"])
        t_s, at, lasts = video.t_s.copy(), video.at.copy(), durations(video)
        told, grave, stand = np.zeros(len(video), np.bool_), np.zeros(len(video), np.bool_), state.stand
        if measured.any() and not bad.any():
            stand = MOVES
        known = measured.copy()
        for k in np.flatnonzero(measured & bad.any()):
            before_s, before_at = (video.t_s[k - 1], video.at[k - 1]) if k else (state.last_t_s, state.last_at)
            if not bad[k] or t_s[k] - before_s > MAX_ROW_S:  # What nobody has seen did not stand.
                stand = MOVES
            if not bad[k]:
                continue
            if np.isnan(stand.from_s):
                if t_s[k] - before_s > MAX_ROW_S:
                    before_s, before_at = t_s[k], at[k]
                lively = bool(live[k] >= self.settings.min_live)
                stand = Stand(float(before_s - late_s[k]), float(before_at - late_s[k]), False, lively)
            told[k] = stand.long or t_s[k] + lasts[k] - stand.from_s >= self._briefly_s
            known[k] = told[k]
            if told[k] and not stand.long:
                lasts[k] += t_s[k] - stand.from_s
                t_s[k], at[k] = stand.from_s, stand.from_at
                stand = stand._replace(long=True)
            grave[k] = told[k] and stand.lively and sure[k]
        evidence: Evidence = {
            "drift": (video.values["drift"], "max"),
            "moving": (video.values["moving"], "max"),
            "area": (area, "max"),
        }
        confidence = np.where(grave, 0.95, 0.6)
        return Rows(t_s, lasts, at, told, evidence, grave, confidence).measured(known), stand


def _drift(now: bytes, then: bytes) -> int:
    """Largest change of the mean luma in any place of the map, in 8-bit levels."""
    return int(np.abs(np.frombuffer(now, np.uint8).astype(np.int16) - np.frombuffer(then, np.uint8)).max())
