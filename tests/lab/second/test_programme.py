from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from second_clips import RATE, spoiled

from monitor.errors import SettingsError
from monitor.lab.second import SOUND_KINDS
from monitor.lab.second.pictures import Span
from monitor.lab.second.programme import Programme, _looped, edges_heard, hear, longest


def test_it_has_a_level_of_broadcasting_and_room_above(talk: Programme, trailer: Programme) -> None:
    for programme in (talk, trailer):
        assert programme.sound.shape == (2, 20 * RATE)
        assert -33 <= programme.lufs <= -15.9
        assert np.abs(programme.sound).max() <= 10 ** (-3 / 20) + 1e-6


def test_gain_ends_where_peaks_would_pass_the_room(media: Path) -> None:
    free, held = (hear(media / "cast_talk_720p.ts", 20.0, np.random.default_rng(seed)) for seed in (0, 1))
    assert np.abs(free.sound).max() < 0.6
    assert np.abs(held.sound).max() == pytest.approx(10 ** (-3 / 20), abs=1e-5)


def test_a_loop_has_no_seam() -> None:
    at = np.arange(3 * RATE) / RATE
    sine = np.sin(2 * np.pi * 103.3 * at).astype(np.float32)[None]
    looped = _looped(sine, 10 * RATE)
    assert looped.shape == (1, 10 * RATE)
    assert np.abs(np.diff(looped)).max() < 1.5 * np.abs(np.diff(sine)).max()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("bottles_static_cam.mp4", "bottles_static_cam.mp4 does not suit: it has no sound; take another source"),
        ("flower_silent_track.mp4", "its sound is too quiet: -70 LUFS"),
        ("frog_handheld.mp4", "its sound is too quiet"),
    ],
)
def test_what_has_nothing_to_spoil_is_refused(name: str, message: str, media: Path) -> None:
    with pytest.raises(SettingsError, match=message):
        hear(media / name, 10.0, np.random.default_rng(0))


def test_edges_are_heard_where_sound_is_on_both_sides() -> None:
    heard = np.ones(1000, dtype=bool)
    span = Span(300 * 480, 500 * 480)
    assert edges_heard(heard, span)
    heard[499:502] = False
    assert not edges_heard(heard, span)
    assert longest(~heard) == 3


@pytest.mark.parametrize("kind", SOUND_KINDS)
def test_events_keep_their_distances_and_change_the_sound(kind: str, talk: Programme, trailer: Programme) -> None:
    tried = [spoiled(one, kind, "middle", seed) for one in (talk, trailer) for seed in range(2)]
    made = [each for each in tried if each]
    assert made
    for one in made:
        spans = [event.span for event in one.events]
        seconds = [(span.end - span.start) / RATE for span in spans]
        assert all(event.unit for event in one.events)
        assert spans[0].start >= 3.9 * RATE
        assert spans[-1].end <= 18.1 * RATE
        assert all(after.start - before.end >= 3.9 * RATE for before, after in pairwise(spans))
        assert min(seconds) >= 1.35
        assert max(seconds) <= (10.1 if kind == "loudness" else 5.1)
        assert one.sound.dtype == np.float32
        assert np.isfinite(one.sound).all()
        assert one.over or np.abs(one.sound).max() <= 1.0
