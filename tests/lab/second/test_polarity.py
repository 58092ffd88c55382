from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from second_clips import CODECS, first_spoiled, heard_after, part, spoiled, untouched

from monitor.lab.second.programme import Programme
from monitor.lab.truth import STRENGTHS, Strength


@pytest.mark.parametrize("strength", STRENGTHS)
def test_two_channels_are_apart_that_were_alike(strength: Strength, talk: Programme) -> None:
    made = first_spoiled(talk, "phase", strength)
    assert untouched(talk, made, spare_s=0.005)
    heard = heard_after(made.sound, CODECS[STRENGTHS.index(strength)])
    for event in made.events:
        correlation = np.corrcoef(part(heard, event))[0, 1]
        assert correlation == pytest.approx(event.amount, abs=0.1)
        assert correlation < (0 if strength == "weak" else -0.3)
        before = heard[:, event.span.start - 48_000 : event.span.start]
        assert np.corrcoef(before)[0, 1] > 0.5


def test_weak_leaves_the_highs(talk: Programme) -> None:
    made = first_spoiled(talk, "phase", "weak")
    spectra = np.fft.rfft(part(made.sound, made.events[0]))
    low, high = (slice(len(spectra[0]) * a // 24000, len(spectra[0]) * b // 24000) for a, b in ((20, 60), (3000, 8000)))
    both = np.real(spectra[0] * spectra[1].conj())
    assert both[low].sum() < 0 < both[high].sum()


def test_mono_and_channels_that_are_not_alike_are_refused(talk: Programme) -> None:
    assert spoiled(dataclasses.replace(talk, mono=True), "phase", "strong", 0) is None
    apart = np.stack((talk.sound[0], np.roll(talk.sound[1], 48_000)))
    assert spoiled(Programme(apart, "apart", talk.lufs), "phase", "strong", 0) is None
