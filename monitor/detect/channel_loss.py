"""`channel_loss`: a channel, or the front pair, is gone while others of its track play. Never on a mix-down."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from monitor.audio import partners, peak_code
from monitor.detect.base import ALL_DEPTHS, Inputs
from monitor.detect.hold import Evidence, Hold, HoldState, Rows
from monitor.detect.hops import hops, silent
from monitor.records import Depth, Detection, Readings, Reason
from monitor.settings import ChannelLossSettings, Profile, fingerprint

FRONT = ("FL", "FR")
CENTRE = "FC"
SPOKEN_S = 0.3
"""A channel of the front pair has sound once it had so much; before that it never spoke."""
KNOWN_S, ALWAYS = 3.0, 0.97
"""A channel is always there if it was for so long, and for this share of the time; ..."""
LOST_S = 10.0
"""... of which it is not taken that it is gone for so long: else its second loss would be none."""
LONG = 10.0
"""After so many of these times it is known of a mean that nothing is left of how it began."""
PAST_S = 30.0
"""How far back what is usual of a channel reaches, as a time constant."""
ROW_S = 0.1
LEAK_DB, LEAK_DBFS = 36.0, -50.0
"""What is so far below its partner, and below this level, is what leaks from it."""
LASTS = 10
"""In so many hops it must be lost, to be so in a pause, too: where all of them stop, a coder lets one ring longer."""

Flags = NDArray[np.bool_]
NOTHING: Flags = np.empty((0, 0), np.bool_)


@dataclass(frozen=True, slots=True)
class Past:
    """Of one channel: seconds in which it spoke; the share of the time of the others in which it did, lately, and how
    long that time was; whether it was one that speaks, and one that always does, when it last did; when that was."""

    spoken_s: float = 0.0
    presence: float = 0.0
    heard_s: float = 0.0
    regular: bool = False
    constant: bool = False
    last_s: float = float("-inf")


@dataclass(frozen=True, slots=True)
class PairPast:
    """Of two channels, lately, while both spoke: their product, and the energy of each."""

    product: float = 0.0
    energies: tuple[float, float] = (0.0, 0.0)

    @property
    def alike(self) -> float:
        """Their correlation, whichever way up; 0 where nothing is known."""
        size = (self.energies[0] * self.energies[1]) ** 0.5
        return abs(self.product) / size if size > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Holding:
    """Where the loss of one thing stands, and in how many hops on end it was lost, pauses of the others left out."""

    hold: HoldState = HoldState()
    lost: int = 0


@dataclass(frozen=True, slots=True)
class TrackState:
    """Of one track: its channels, the past of each and of each pair, and the holds by name."""

    channels: tuple[str, ...] = ()
    pasts: tuple[Past, ...] = ()
    pairs: tuple[PairPast, ...] = ()
    holds: tuple[tuple[str, Holding], ...] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class _Thing:
    """What may be lost, alone: channels by their numbers, beside others of which one must play; and when it counts."""

    name: str
    here: tuple[int, ...]
    others: tuple[int, ...]
    when: Literal["spoke", "never", "regular", "constant"]
    slow: bool = False

    @property
    def whole(self) -> bool:
        """A pair, of which both are gone."""
        return len(self.here) > 1

    @property
    def key(self) -> str:
        """Its hold's name: a channel has two."""
        return f"{self.name} {self.when}"


class _Heard(NamedTuple):
    """The hops of some rows; where any is silent, also their codes, and what was known by the end of the row that each
    is of: all [hops, channels]."""

    rows: Rows
    codes: NDArray[np.uint8] = np.empty((0, 0), np.uint8)
    silent: Flags = NOTHING
    plays: Flags = NOTHING
    spoke: Flags = NOTHING
    regular: Flags = NOTHING
    constant: Flags = NOTHING
    grave: Flags = NOTHING
    alike: NDArray[np.float64] = np.empty((0, 0))


class ChannelLoss:
    """A channel is lost where its hop of 10 ms is silent and its partner (left and right of one place) plays; pauses of
    the partner do not end that. Tracks are named by what is gone: `audio:0:FR`, `audio:0:FL+FR`.

    It is grave where the two were alike before: what is in the middle of a stereo image cannot leave one channel. Where
    they were not, as with instruments at one side each, it is so after a long time. Minor, and after a longer time, are
    a channel that never had sound beside one that has; and in surround the centre, and the front pair as a whole, of
    which there is one detection. Other channels of surround count while they have sound most of the time. A pair
    that always has is lost as a whole at once, but is never grave: it may rest. Low frequencies always may.
    """

    kind = "channel_loss"
    version = 3
    reads = ("peak", "rms_dbfs", "peak_dbfs", "correlation")
    depths: frozenset[Depth] = ALL_DEPTHS

    def __init__(self, profile: Profile) -> None:
        self.settings: ChannelLossSettings = profile.channel_loss
        slow = self.settings.model_copy(
            update={"min_duration_s": self.settings.slow_min_duration_s, "severity": "minor"}
        )
        self._plays = peak_code(self.settings.plays_dbfs)
        name = f"{self.kind}@{self.version}:{fingerprint(self.settings)}"
        minor = self.settings.model_copy(update={"severity": "minor"})
        self._hold, self._slow = Hold(self.kind, self.settings, name), Hold(self.kind, slow, name)
        self._minor = Hold(self.kind, minor, name)

    def start(self) -> tuple[tuple[str, TrackState], ...]:
        """Nothing known."""
        return ()

    def step(
        self, state: tuple[tuple[str, TrackState], ...], seen: Inputs
    ) -> tuple[tuple[tuple[str, TrackState], ...], list[Detection]]:
        """Go on with the sound that was heard."""
        found: list[Detection] = []
        tracks = dict(state)
        for sound in seen.audio:
            if len(sound) and len(sound.channels) > 1:
                before = tracks.get(sound.track, TrackState())
                if before.channels != sound.channels:
                    self._end(before, found)
                    before = _fresh(sound.channels)
                tracks[sound.track] = self._track(before, seen, sound, found)
        if seen.ended:
            for track in tracks.values():
                self._end(track, found)
            tracks = {}
        return tuple(sorted(tracks.items())), found

    def _end(self, track: TrackState, found: list[Detection]) -> None:
        holds = dict(track.holds)
        for thing in _things(track.channels):
            if thing.key in holds:
                found += self._by(thing).end(holds[thing.key].hold)[1]

    def _by(self, thing: _Thing) -> Hold:
        return self._slow if thing.slow else self._minor if thing.whole else self._hold

    def _track(self, state: TrackState, seen: Inputs, sound: Readings, found: list[Detection]) -> TrackState:
        state, heard = self._hear(state, sound)
        holds = dict(state.holds)
        for thing in _things(sound.channels):
            before = holds.get(thing.key, Holding())
            rows, lost = _judged(thing, heard, before.lost)
            hold, more = self._by(thing).step(before.hold, seen, f"{sound.track}:{thing.name}", rows)
            holds[thing.key] = Holding(hold, lost)
            found += more
        return replace(state, holds=tuple(sorted(holds.items())))

    def _hear(self, state: TrackState, sound: Readings) -> tuple[TrackState, _Heard]:
        """The hops of these rows, and what is known after them. Row by row, so that any split gives the same."""
        heard = hops(sound)
        codes, rows, of = heard
        mates = partners(sound.channels)
        faint = _faint(sound, mates)
        gone = silent(sound, heard, self.settings.threshold_dbfs) | faint[of]
        quiet = not gone.any()  # As nearly always: then nothing is asked of the past.
        speaks = (sound.prints["peak"].max(axis=2) >= self._plays) & ~faint
        energy = 10 ** (np.maximum(sound.values["rms_dbfs"].astype(np.float64), -200.0) / 10)
        product = np.sqrt(energy * energy[:, mates]) * sound.values["correlation"]
        firsts = [(k, mate) for k, mate in enumerate(mates.tolist()) if k < mate]
        pasts, pairs = list(state.pasts), list(state.pairs)
        spoke, regular, constant, long_ago, alike = [], [], [], [], []
        long_s = self.settings.unlike_grave_s - self.settings.grave_s
        by_row = zip(
            (sound.reason == Reason.MEASURED).tolist(),
            sound.t_s.tolist(),
            *(speaks.tolist(), product.tolist(), energy.tolist()),
            strict=True,
        )
        for measured, t_s, now, products, energies in by_row:
            if measured:
                self._learn(pasts, now, t_s)
                for n, (a, b) in enumerate(firsts):
                    if now[a] and now[b]:
                        pairs[n] = _learned(pairs[n], products[a], energies[a], energies[b])
            if not quiet:
                spoke.append([past.spoken_s >= SPOKEN_S for past in pasts])
                regular.append([past.regular for past in pasts])
                constant.append([past.constant for past in pasts])
                long_ago.append([t_s - past.last_s >= long_s for past in pasts])
                same = dict.fromkeys(range(len(pasts)), 0.0)
                for pair, past in zip(firsts, pairs, strict=True):
                    same |= dict.fromkeys(pair, past.alike)
                alike.append(list(same.values()))
        state = replace(state, pasts=tuple(pasts), pairs=tuple(pairs))
        if quiet:
            return state, _Heard(rows)
        likeness = np.array(alike)
        grave = np.array(long_ago) | (likeness >= self.settings.min_correlation)
        spoke_of, regular_of, constant_of = (np.array(flags)[of] for flags in (spoke, regular, constant))
        plays = codes >= self._plays
        return state, _Heard(rows, codes, gone, plays, spoke_of, regular_of, constant_of, grave[of], likeness[of])

    def _learn(self, pasts: list[Past], speaks: list[bool], t_s: float) -> None:
        if True not in speaks:
            return
        for k, past in enumerate(pasts):
            if past.constant and not speaks[k] and t_s - past.last_s <= LOST_S:
                continue
            presence = past.presence + (speaks[k] - past.presence) * ROW_S / PAST_S
            heard_s = min(past.heard_s + ROW_S, LONG * PAST_S)
            if speaks[k]:
                regular = presence >= self.settings.min_presence
                # A mean that began with nothing is by so much too small.
                share = presence / (1 - (1 - ROW_S / PAST_S) ** (heard_s / ROW_S))
                constant = heard_s >= KNOWN_S and share >= ALWAYS
                spoken_s = min(past.spoken_s + ROW_S, 2 * SPOKEN_S)
                pasts[k] = Past(spoken_s, presence, heard_s, regular, constant, t_s)
            else:
                pasts[k] = replace(past, presence=presence, heard_s=heard_s)


@lru_cache(maxsize=64)
def _things(names: tuple[str, ...]) -> tuple[_Thing, ...]:
    """What may be lost of a track with these channels."""
    found = []
    for k, mate in enumerate(partners(names).tolist()):
        if mate >= 0 and (names[k] in FRONT or len(names) == 2):
            found.append(_Thing(names[k], (k,), (mate,), "spoke"))
            found.append(_Thing(names[k], (k,), (mate,), "never", slow=True))
        elif mate >= 0:
            found.append(_Thing(names[k], (k,), (mate,), "regular"))
    if len(names) > 2 and set(FRONT) <= set(names):
        pair = tuple(names.index(name) for name in FRONT)
        others = tuple(k for k, name in enumerate(names) if name not in FRONT and not name.startswith("LFE"))
        if others:
            found.append(_Thing("+".join(FRONT), pair, others, "constant"))
            found.append(_Thing("+".join(FRONT), pair, others, "regular", slow=True))
        if CENTRE in names:
            found.append(_Thing(CENTRE, (names.index(CENTRE),), pair, "regular", slow=True))
        for k, mate in enumerate(partners(names).tolist()):
            if k < mate and names[k] not in FRONT:
                found.append(_Thing(f"{names[k]}+{names[mate]}", (k, mate), pair, "constant"))
    return tuple(found)


def _judged(thing: _Thing, heard: _Heard, before: int) -> tuple[Rows, int]:
    """The hops in which it is lost, and how many of them on end there are after these. What is silent stays lost while
    the others pause: then nothing new is known."""
    if not heard.silent.size:
        return heard.rows, 0 if len(heard.rows.bad) else before
    here, others = list(thing.here), list(thing.others)
    counts: Flags = np.all(_counting(thing, heard)[:, here], axis=1)
    silent: Flags = np.all(heard.silent[:, here], axis=1)
    lost: Flags = counts & silent & np.any(heard.plays[:, others], axis=1)
    grave: Flags = np.all(heard.grave[:, here], axis=1)
    evidence: Evidence = {
        "peak_dbfs": (_dbfs(heard.codes[:, here].max(axis=1)), "max"),
        "others_dbfs": (_dbfs(heard.codes[:, others].max(axis=1)), "max"),
        "correlation_before": (heard.alike[:, here].max(axis=1), "max"),
    }
    bad, after = _carried(lost, silent & counts, before)
    return replace(heard.rows, bad=bad, grave=grave, evidence=evidence), after


def _faint(sound: Readings, mates: NDArray[np.int64]) -> Flags:
    """Which channels are so far below the other one of their pair [N, channels], that they have nothing of their own:
    what leaks from one line into another is 40 dB down and more."""
    rms, peak = sound.values["rms_dbfs"], sound.values["peak_dbfs"]
    with np.errstate(invalid="ignore"):
        found = (rms < rms[:, mates] - LEAK_DB) & (peak < peak[:, mates] - LEAK_DB) & (rms < LEAK_DBFS)
    return np.asarray(found & (mates >= 0))


def _counting(thing: _Thing, heard: _Heard) -> Flags:
    """Of each channel, whether it has been what this is about [hops, channels]."""
    if thing.when == "never":
        return ~heard.spoke
    if thing.when == "regular":
        return heard.regular & ~heard.constant if thing.whole else heard.regular
    return heard.constant if thing.when == "constant" else heard.spoke


def _fresh(channels: tuple[str, ...]) -> TrackState:
    pairs = int((partners(channels) >= 0).sum()) // 2
    return TrackState(channels, (Past(),) * len(channels), (PairPast(),) * pairs)


def _learned(pair: PairPast, product: float, one: float, other: float) -> PairPast:
    keep = 1 - ROW_S / PAST_S
    return PairPast(pair.product * keep + product, (pair.energies[0] * keep + one, pair.energies[1] * keep + other))


def _carried(lost: Flags, may_be: Flags, before: int) -> tuple[Flags, int]:
    """Which hops are lost, where one that may be is, if it has been for long enough; and in how many on end it was."""
    so_far = np.cumsum(lost)
    counts: NDArray[np.int64] = so_far - np.maximum.accumulate(np.where(may_be, -before, so_far))
    return lost | (may_be & (counts >= LASTS)), int(counts[-1]) if len(counts) else before


def _dbfs(codes: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The lower end of what a code says."""
    return (codes.astype(np.float64) - 255) / 2
