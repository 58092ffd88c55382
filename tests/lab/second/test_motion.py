from __future__ import annotations

import numpy as np
from second_clips import HEIGHT, WIDTH, first_made, made_of

from monitor.lab.second.pictures import Clip

MIDDLE = slice(HEIGHT // 4, HEIGHT * 3 // 4), slice(WIDTH // 4, WIDTH * 3 // 4)


def test_frozen_frames_are_the_one_before(clean: Clip) -> None:
    part = slice(0, HEIGHT // 2), slice(0, WIDTH)
    whole = [
        made for seed in range(12) if (made := made_of(clean, "freeze", "strong", seed)) and made.events[0].area > 0.8
    ]
    for made in whole:
        for event in made.events:
            held = made.frames[event.span.start - 1][part]
            assert all(np.array_equal(made.frames[at][part], held) for at in event.span.frames)
            assert not np.array_equal(made.frames[event.span.end][part], held)


def test_half_a_picture_stands_beside_a_live_one(clean: Clip) -> None:
    made = next(
        made for seed in range(40) if (made := made_of(clean, "freeze", "strong", seed)) and made.events[0].area < 0.6
    )
    first, later = (made.frames[made.events[0].span.start + at][:HEIGHT].astype(int) for at in (0, 10))
    moved = np.abs(first - later)
    left, right = moved[:, : WIDTH * 2 // 5].mean(), moved[:, WIDTH * 3 // 5 :].mean()
    assert min(left, right) == 0
    assert max(left, right) > 0.5


def test_under_a_ticker_all_stands_but_the_ticker(clean: Clip) -> None:
    made = next(
        made
        for seed in range(40)
        if (made := made_of(clean, "freeze", "strong", seed)) and 0.8 < made.events[0].area < 1
    )
    first, later = (made.frames[made.events[0].span.start + at][:HEIGHT].astype(int) for at in (0, 10))
    rows = np.abs(first - later).mean(axis=1) > 0
    assert not rows[: HEIGHT * 4 // 5].any()
    assert rows[-HEIGHT // 10 :].any()


def test_combs_are_of_both_moments(clean: Clip) -> None:
    at = (made := first_made(clean, "combing", "middle")).events[0].span.start
    rows = [np.array_equal(made.frames[at][row], clean.frames[at][row]) for row in range(HEIGHT)]
    late = [np.array_equal(made.frames[at][row], clean.frames[at - 2][row]) for row in range(HEIGHT)]
    first = 0 if all(rows[::2]) else 1
    assert all(rows[first::2])
    assert all(late[1 - first :: 2])


def test_torn_pictures_are_two_clean_ones(clean: Clip) -> None:
    at = (made := first_made(clean, "tearing", "weak")).events[0].span.start
    now = [np.array_equal(made.frames[at][row], clean.frames[at][row]) for row in range(HEIGHT)]
    late = [np.array_equal(made.frames[at][row], clean.frames[at - 2][row]) for row in range(HEIGHT)]
    line = now.index(False)
    assert HEIGHT // 5 <= line <= HEIGHT * 4 // 5
    assert all(late[line:])


def test_stutter_shows_no_frame_that_the_source_lacks(clean: Clip) -> None:
    known = {frame.tobytes() for frame in clean.frames}
    made = [made for seed in range(8) if (made := made_of(clean, "stutter", "strong", seed))]
    assert made
    assert all(frame.tobytes() in known for one in made for frame in one.frames)
