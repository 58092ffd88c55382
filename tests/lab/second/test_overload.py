from __future__ import annotations

import numpy as np
import pytest
from second_clips import AAC, AC3, OPUS, RATE, db, first_spoiled, heard_after, part, spoiled, untouched

from monitor.lab.second.programme import Programme
from monitor.lab.second.sound_graph import loudness
from monitor.lab.second.stream import SoundRecipe
from monitor.lab.truth import STRENGTHS, Strength


def crest_db(sound: np.ndarray) -> float:
    """How far the highest of the wave is above its RMS."""
    return 20 * float(np.log10(np.abs(sound).max())) - db(sound)


@pytest.mark.parametrize("strength", STRENGTHS)
def test_tops_are_cut(strength: Strength, talk: Programme) -> None:
    made = first_spoiled(talk, "clipping", strength)
    assert untouched(talk, made, spare_s=0.03)
    heard = heard_after(made.sound, AAC)
    low, high = {"weak": (0.1, 1.0), "middle": (0.8, 3.0), "strong": (3.5, 9.0)}[strength]
    for event in made.events:
        assert low < event.amount < high
        assert crest_db(part(heard, event)) < crest_db(part(talk.sound, event)) - 2
        cut = part(made.sound, event)
        assert max((cut > 0.93 * cut.max()).mean(), (cut < 0.93 * cut.min()).mean()) > 0.004 * low


def test_half_of_them_have_uneven_ceilings_or_another_level(talk: Programme) -> None:
    made = [each for seed in range(12) if (each := spoiled(talk, "clipping", "strong", seed))]
    parts = [part(each.sound, each.events[0]) for each in made]
    skewed = [abs(float(one.max()) / -float(one.min()) - 1) > 0.05 for one in parts]
    louder = [db(one) > db(part(talk.sound, each.events[0])) + 2 for one, each in zip(parts, made, strict=True)]
    assert 0 < sum(skewed) < len(made)
    assert 0 < sum(louder) < len(made)


@pytest.mark.parametrize(("strength", "codec"), list(zip(STRENGTHS, (OPUS, AC3, OPUS), strict=True)), ids=STRENGTHS)
def test_peaks_pass_full_scale_in_what_is_decoded(strength: Strength, codec: SoundRecipe, talk: Programme) -> None:
    made = first_spoiled(talk, "true_peak", strength)
    assert made.over
    assert untouched(talk, made, spare_s=0.03)
    heard = heard_after(made.sound, codec)
    for event in made.events:
        assert event.amount == pytest.approx({"weak": 1.1, "middle": 2.1, "strong": 4.1}[strength], abs=0.4)
        inside = part(heard, event)
        assert 20 * np.log10(np.abs(inside).max()) == pytest.approx(event.amount, abs=1.0)
        over = np.flatnonzero((np.abs(inside) > 1.0).any(axis=0))
        assert np.diff(over).max() < RATE
    outside = np.ones(heard.shape[1], dtype=bool)
    for event in made.events:
        outside[event.span.start - RATE // 10 : event.span.end + RATE // 10] = False
    assert np.abs(heard[:, outside]).max() < 0.9


def test_a_passage_is_louder_or_quieter_by_what_it_says(talk: Programme) -> None:
    amounts = []
    for strength in STRENGTHS:
        for seed in range(2):
            made = spoiled(talk, "loudness", strength, seed)
            if not made:
                continue
            (event,) = made.events
            heard = heard_after(made.sound, AAC) if seed == 0 else made.sound
            outside = np.concatenate((heard[:, : event.span.start], heard[:, event.span.end :]), axis=1)
            shift = loudness(part(heard, event)) - loudness(outside)
            assert shift == pytest.approx(event.amount, abs=3.0)
            assert 8 <= (event.span.end - event.span.start) / RATE <= 10.01
            assert loudness(outside) == pytest.approx(-23, abs=2.0)
            amounts.append((STRENGTHS.index(strength), abs(event.amount)))
    assert {each for each, _ in amounts} == {0, 1, 2}
    assert max(amount for which, amount in amounts if which == 0) < min(
        amount for which, amount in amounts if which == 2
    )
