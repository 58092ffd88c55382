"""Which frames are damaged, for all who want to know."""

from __future__ import annotations

import pickle

import numpy as np
from builders import cut, event
from test_block_corruption import LEAD, stream

from monitor.detect.damage import DAMAGE_COLUMNS, Assessor, DamageState
from monitor.settings import DEFAULT


def test_which_frames_are_damaged_is_told_to_others() -> None:
    _, viewed = Assessor(DEFAULT).assess(DamageState(), stream(LEAD + "p" + "x" * 9 + "I" + "P" * 9), ())
    assert (viewed.values["damaged"] > 0).nonzero()[0].tolist() == list(range(100, 110))
    assert set(DAMAGE_COLUMNS) <= set(viewed.values)


def test_an_error_waits_for_the_frame_after_it() -> None:
    """A packet that gave no frame is told of before the frames around it."""
    error = event("decode_error", 1.9, track="video")
    state, _ = Assessor(DEFAULT).assess(DamageState(), stream("P" * 40), (error, event("decode_error", 0.5)))
    assert state.errors == (1.9,), "of the other track, none"
    state, _ = Assessor(DEFAULT).assess(state, stream("P" * 60), ())
    assert state.errors == ()


def test_the_state_is_small_and_goes_through_pickle() -> None:
    state, _ = Assessor(DEFAULT).assess(DamageState(), stream(LEAD + "p"), ())
    assert pickle.loads(pickle.dumps(state)) == state
    assert len(pickle.dumps(state)) < 5600


def test_a_picture_that_is_all_blocks_is_not_damaged_unless_its_decoder_says_so() -> None:
    """Edges of 8 x 8 blocks as steep as everything else: coded with too few bits, which is another kind."""
    blocks = LEAD + "eex" * 10
    coarse = {"block_x": np.where(np.arange(len(blocks)) >= len(LEAD), 8.0, 0.0)}
    _, fine = Assessor(DEFAULT).assess(DamageState(), stream(blocks, sides=6), ())
    assert (fine.values["damaged"] > 0).any()
    _, seen = Assessor(DEFAULT).assess(DamageState(), stream(blocks, sides=6, **coarse), ())
    assert not (seen.values["damaged"] > 0).any()
    _, said = Assessor(DEFAULT).assess(DamageState(), stream(LEAD + "p" + "P" * 29, **coarse), ())
    assert (said.values["damaged"] > 0).any()


def test_a_picture_that_was_always_all_blocks_can_be_damaged() -> None:
    """A test card has its edges where blocks have theirs."""
    _, seen = Assessor(DEFAULT).assess(DamageState(), stream(LEAD + "eex" * 10, sides=6, block_x=8.0), ())
    assert (seen.values["damaged"] > 0).any()


def test_any_split_assesses_the_same() -> None:
    parts = LEAD + "eex" * 10 + "BBP" * 9
    coarse = {"block_x": np.where(np.arange(len(parts)) % 50 < 20, 8.0, 0.0)}
    whole = stream(parts, sides=6, **coarse)
    state, seen = Assessor(DEFAULT).assess(DamageState(), whole, ())
    split, found = DamageState(), []
    for k in range(0, len(parts), 7):
        split, part = Assessor(DEFAULT).assess(split, cut(whole, k, min(k + 7, len(parts))), ())
        found.append(part.values["damaged"])
    assert split == state
    assert np.array_equal(np.concatenate(found), seen.values["damaged"])
