"""Silence, per channel, never on a mix-down."""

from __future__ import annotations

from builders import inputs, run, sound, spans

from monitor.audio import peak_code
from monitor.detect.silence import Silence
from monitor.settings import FAST

LOUD, QUIET, OFF = 240, peak_code(-60) - 1, 0


def test_a_track_falls_silent() -> None:
    found = run(
        Silence, inputs(sound([(LOUD, LOUD)] * 5 + [(QUIET, OFF)] * 20)), inputs(sound([(LOUD, LOUD)] * 5, 2.5))
    )
    assert spans(found) == [("audio:0", 0.5, None), ("audio:0", 0.5, 2.5)]


def test_the_threshold_itself_is_sound() -> None:
    assert run(Silence, inputs(sound([(peak_code(-60), OFF)] * 30))) == []


def test_one_channel_that_had_sound_falls_silent() -> None:
    found = run(Silence, inputs(sound([(LOUD, LOUD)] * 5 + [(LOUD, OFF)] * 20 + [(LOUD, LOUD)] * 5)))
    assert spans(found) == [("audio:0:FR", 0.5, None), ("audio:0:FR", 0.5, 2.5)]
    together = FAST.model_copy(update={"silence": FAST.silence.model_copy(update={"channels": "all"})})
    assert run(Silence, inputs(sound([(LOUD, LOUD)] * 5 + [(LOUD, OFF)] * 20)), profile=together) == []


def test_a_channel_that_never_had_sound_is_not_a_fault_of_its_own() -> None:
    assert run(Silence, inputs(sound([(LOUD, OFF)] * 50))) == []


def test_pauses_of_the_other_channel_do_not_end_it() -> None:
    talk = [(LOUD, OFF)] * 6 + [(OFF, OFF)] * 4
    found = run(Silence, inputs(sound([(LOUD, LOUD)] * 5 + talk * 3)), inputs(ended=True))
    assert spans(found) == [("audio:0:FR", 0.5, None), ("audio:0:FR", 0.5, 3.5)]


def test_surround_channels_may_be_silent() -> None:
    names = ("FL", "FR", "FC", "LFE", "BL", "BR")
    codes = [(LOUD,) * 6] * 5 + [(LOUD, LOUD, LOUD, OFF, OFF, OFF)] * 50
    assert run(Silence, inputs(sound(codes, channels=names))) == []


def test_out_of_phase_sound_is_sound() -> None:
    """A mix-down of it is silent; per channel it is as loud as it is."""
    assert run(Silence, inputs(sound([(LOUD, LOUD)] * 50))) == []
