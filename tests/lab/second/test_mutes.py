from __future__ import annotations

import numpy as np
import pytest
from second_clips import AAC, AC3, CODECS, RATE, db, first_spoiled, heard_after, part, spoiled, untouched

from monitor.lab.second.programme import Programme
from monitor.lab.second.stream import SoundRecipe
from monitor.lab.truth import STRENGTHS, Strength


@pytest.mark.parametrize(
    ("strength", "codec", "most_db"), [("weak", AAC, -63.0), ("middle", AC3, -72.0), ("strong", AAC, -85.0)]
)
def test_silence_is_as_quiet_as_it_says_and_sound_is_around(
    strength: Strength, codec: SoundRecipe, most_db: float, talk: Programme
) -> None:
    made = first_spoiled(talk, "silence", strength)
    assert untouched(talk, made, spare_s=0.3)
    heard = heard_after(made.sound, codec)
    assert len(made.events) == 2
    for event in made.events:
        assert db(part(heard, event, 0.04)) < most_db
        assert db(part(made.sound, event)) == pytest.approx(max(event.amount, -120.0), abs=0.5)
        # Within 0.3 s of fade and 0.1 s it is heard again.
        for at in (event.span.start, event.span.end):
            assert db(heard[:, at - RATE * 2 // 5 : at + RATE * 2 // 5]) > -45


def test_some_fade_and_some_do_not(talk: Programme) -> None:
    fading = []
    for seed in range(8):
        made = spoiled(talk, "silence", "strong", seed)
        if made:
            at = made.events[0].span.start
            fading.append(db(made.sound[:, at - 480 : at]) < db(talk.sound[:, at - 480 : at]) - 6)
    assert 0 < sum(fading) < len(fading)


def test_what_is_silent_by_itself_is_refused(talk: Programme) -> None:
    pausing = talk.sound.copy()
    pausing[:, 3 * RATE : 4 * RATE] = 0
    assert spoiled(Programme(pausing, "pausing", talk.lufs), "silence", "strong", 0) is None


@pytest.mark.parametrize("strength", STRENGTHS)
def test_one_channel_is_lost_and_the_other_plays_on(strength: Strength, talk: Programme) -> None:
    made = first_spoiled(talk, "channel_loss", strength)
    assert untouched(talk, made, spare_s=0.05)
    heard = heard_after(made.sound, CODECS[STRENGTHS.index(strength)])
    for event in made.events:
        lost, playing = sorted(db(channel[None]) for channel in part(heard, event, 0.04))
        assert playing > -40
        assert lost < playing - (30 if strength == "weak" else 45)


def test_a_pair_of_six_is_lost(trailer: Programme) -> None:
    made = first_spoiled(trailer, "channel_loss", "strong", lambda made: len(made.sound) == 6)
    heard = heard_after(made.sound, AC3)
    assert len(heard) == 6
    event = made.events[0]
    levels = [db(channel[None]) for channel in part(heard, event, 0.04)]
    front, back = max(levels[:2]), max(levels[4:])
    assert min(front, back) < -80
    assert max(front, back) > -50


@pytest.mark.parametrize(("strength", "codec"), list(zip(STRENGTHS, CODECS[1:], strict=True)), ids=STRENGTHS)
def test_gaps_are_within_sound_and_as_long_as_they_say(strength: Strength, codec: SoundRecipe, talk: Programme) -> None:
    made = first_spoiled(talk, "dropout", strength)
    assert untouched(talk, made)
    heard = heard_after(made.sound, codec)
    hit = np.flatnonzero((made.sound != talk.sound).any(axis=1))
    low, high = {"weak": (5, 10), "middle": (10, 23.3), "strong": (40, 86)}[strength]
    for event in made.events:
        assert low <= event.amount <= high
        length = round(event.amount * RATE / 1000)
        starts = gaps(part(made.sound, event), part(talk.sound, event))
        assert len(starts) >= 3
        assert np.diff(starts).min() >= 0.14 * RATE
        assert starts[0] < 96
        assert event.span.end - event.span.start - starts[-1] == pytest.approx(length, abs=96)
        for start in starts:
            at = event.span.start + start
            inside = slice(at + length // 4, at + length * 3 // 4)
            assert db(heard[hit, inside]) < db(talk.sound[hit, inside]) - 6


def gaps(sound: np.ndarray, clean: np.ndarray) -> np.ndarray:
    """Where stretches begin in which the two differ; 2 ms of likeness do not end one."""
    at = np.flatnonzero((sound != clean).any(axis=0))
    return at[np.concatenate(([True], np.diff(at) > 100))]


def test_gaps_of_its_own_are_refused(talk: Programme) -> None:
    broken = talk.sound.copy()
    loud = int(np.argmax(talk.levels[0, 100:-100])) + 100
    broken[:, loud * 480 : loud * 480 + 500] = 0
    assert spoiled(Programme(broken, "broken", talk.lufs), "dropout", "strong", 0) is None
