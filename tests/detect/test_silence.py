"""Silence, per channel, never on a mix-down."""

from __future__ import annotations

from builders import inputs, pieces, run, sound, spans

from monitor.audio import peak_code
from monitor.detect.silence import Silence

LOUD, QUIET, OFF = 240, peak_code(-60) - 1, 0


def test_a_track_falls_silent() -> None:
    found = run(
        Silence, inputs(sound([(LOUD, LOUD)] * 5 + [(QUIET, OFF)] * 20)), inputs(sound([(LOUD, LOUD)] * 5, 2.5))
    )
    assert spans(found) == [("audio:0", 0.5, None), ("audio:0", 0.5, 2.5)]


def test_the_threshold_itself_is_sound() -> None:
    assert run(Silence, inputs(sound([(peak_code(-60), OFF)] * 30))) == []


def test_noise_that_nobody_hears_is_silence_and_a_knock_in_it_is_sound() -> None:
    noise = sound([(LOUD, LOUD)] * 5 + [(peak_code(-54), peak_code(-54))] * 30)
    noise.values["rms_dbfs"][5:] = -67.0
    found = run(Silence, inputs(noise))
    assert spans(found) == [("audio:0", 0.5, None)]
    assert found[-1].severity == "minor", "it may be a quiet place"
    noise.prints["peak"][9::10, 0, 3] = LOUD
    assert run(Silence, inputs(noise)) == []


def test_one_channel_alone_is_no_silence() -> None:
    assert run(Silence, inputs(sound([(LOUD, LOUD)] * 5 + [(LOUD, OFF)] * 50))) == []


def test_any_split_gives_the_same() -> None:
    whole = sound([(LOUD, LOUD)] * 5 + [(QUIET, OFF)] * 20 + [(LOUD, OFF)] * 5)
    once = run(Silence, inputs(whole), inputs(ended=True))
    assert spans(once)[-1] == ("audio:0", 0.5, 2.5)
    assert run(Silence, *pieces(whole, 3), inputs(ended=True)) == once


def test_out_of_phase_sound_is_sound() -> None:
    """A mix-down of it is silent; per channel it is as loud as it is."""
    assert run(Silence, inputs(sound([(LOUD, LOUD)] * 50))) == []
