from __future__ import annotations

import numpy as np
import pytest
from second_clips import AC3, CODECS, RATE, first_spoiled, heard_after, spoiled, untouched

from monitor.lab.second.pictures import Sound
from monitor.lab.second.programme import Programme
from monitor.lab.truth import STRENGTHS, Strength


def bent(sound: Sound) -> np.ndarray:
    """[samples] how much the wave bends, most of all channels: what is out of place bends it."""
    return np.abs(np.diff(sound, 2)).max(axis=0)


def peaks(sound: Sound, clean: Sound) -> list[int]:
    """Where they differ most, of every stretch of 20 ms in which they do."""
    apart = np.abs(sound - clean).max(axis=0)
    at = np.flatnonzero(apart > 1e-4)
    starts = at[np.concatenate(([True], np.diff(at) > RATE // 50))]
    return [int(start + np.argmax(apart[start : start + RATE // 100])) for start in starts]


@pytest.mark.parametrize("strength", STRENGTHS)
def test_clicks_stand_out_after_two_codecs(strength: Strength, talk: Programme) -> None:
    made = first_spoiled(
        talk, "click", strength, lambda made: untouched(talk, made) and len(added(made.sound, talk)) > 4
    )
    found = added(made.sound, talk)
    assert len(made.events) == 2
    least_db = {"weak": 18.0, "middle": 26.0, "strong": 33.9}[strength]
    assert all(event.amount >= least_db for event in made.events)
    ends = [at for event in made.events for at in (event.span.start, event.span.end)]
    assert all(min(abs(at - end) for at in found) < RATE // 100 for end in ends)
    which = STRENGTHS.index(strength)
    for codec in CODECS[which : which + 2]:
        heard = heard_after(made.sound, codec)
        clean = heard_after(talk.sound, codec)
        over = [
            float(bent(heard[:, at - 240 : at + 240]).max() / bent(clean[:, at - 960 : at + 960]).max()) for at in found
        ]
        assert np.median(over) > {"weak": 1.2, "middle": 2.5, "strong": 6.0}[strength]


def added(sound: Sound, programme: Programme) -> list[int]:
    """Clicks that were added: a sound that slips differs for longer."""
    longest = np.flatnonzero(np.abs(sound - programme.sound).max(axis=0) > 1e-4)
    return peaks(sound, programme.sound) if longest.size < RATE // 4 else []


def test_a_slip_puts_the_wave_somewhere_else_and_back(talk: Programme) -> None:
    made = first_spoiled(talk, "click", "middle", lambda made: not added(made.sound, talk))
    assert untouched(talk, made)
    heard = heard_after(made.sound, AC3)
    for event in made.events:
        usual = float(np.quantile(bent(talk.sound), 0.999))
        for at in (event.span.start, event.span.end - 1):
            assert bent(made.sound[:, at - 3 : at + 3]).max() > 0.05
            assert bent(heard[:, at - 240 : at + 240]).max() > 1.5 * usual


def test_there_must_be_room_below_full_scale() -> None:
    full = np.where(np.arange(20 * RATE) % 100 < 50, 0.94, -0.94).astype(np.float32)
    loud = Programme(np.tile(full, (2, 1)), "square", -3.0)
    assert all(spoiled(loud, "click", "strong", seed) is None for seed in range(3))
