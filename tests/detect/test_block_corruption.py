"""Blocks that a decoder made up: from when to when, how large, where, and what only looks like them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from builders import cut, event, inputs, spans, video
from hypothesis import given
from hypothesis import strategies as st

from monitor.detect import Inputs
from monitor.detect.block_corruption import BlockCorruption
from monitor.detect.damage import Assessor, DamageState
from monitor.detect.panel import Panel
from monitor.records import GRID, Detection, Readings
from monitor.settings import FAST

INTRA, PREDICTED, BOTH = 1, 2, 3
PLACES = ((4, 5), (4, 6), (4, 7), (5, 5), (5, 6), (6, 9))
"""Where the blocks of these tests are, as rows and columns of the map."""


def stream(parts: str, sides: int = 3, off: int = 0, usual: int = 0, **columns: Any) -> Readings:
    """A frame for each letter: I, P, B as coded; a lower-case one is damaged and its decoder says so; an `x` is one
    coded P whose blocks stand out, as does a `k`, which is coded I, and an `e`, coded B."""
    kinds = {"i": INTRA, "p": PREDICTED, "b": BOTH, "x": PREDICTED, "k": INTRA, "e": BOTH}
    maps = np.full((2, len(parts), *GRID), usual)
    for n, letter in enumerate(parts):
        if letter.islower():
            for row, column in PLACES:
                maps[0, n, row, column] += sides
                maps[1, n, row, column] += off
    coded = [kinds[letter.lower()] for letter in parts]
    given: dict[str, Any] = {
        "coded": np.array(coded),
        "key": np.array(coded) == INTRA,
        "corrupt": np.array([letter in "ipb" for letter in parts]),
        "grids": {"sides": maps[0], "off_sides": maps[1], "difference": 40},
    }
    return video(len(parts), **(given | columns))


def found(*steps: Inputs, profile: Any = FAST) -> list[Detection]:
    return [d for d in _all(steps, profile) if d.kind == "block_corruption"]


def _all(steps: Sequence[Inputs], profile: Any) -> list[Detection]:
    states, detections = {}, []
    panel = Panel(profile, (BlockCorruption,))
    for step in steps:
        states, more = panel.step(states, step)
        detections += more
    return detections


def frames(detection: Detection) -> tuple[int, int]:
    """First frame, and the first after it that is whole again."""
    assert detection.end_s is not None
    return round(detection.start_s * 25), round(detection.end_s * 25)


LEAD = "I" + "BBP" * 33
"""100 frames without damage: by then it is known what stands out normally."""


def test_from_the_pictures_before_that_lean_on_the_damaged_one_to_the_next_that_leans_on_none() -> None:
    last = found(inputs(stream(LEAD + "eep" + "eex" * 5 + "I" + "BBP" * 6, sides=1)))[-1]
    assert frames(last) == (100, 118)
    assert (last.severity, last.confidence) == ("major", 0.95)


def test_what_the_decoder_says_counts_where_little_stands_out_and_is_left_to_decode_error_where_nothing_does() -> None:
    """Motion that was made up without an edge is no block that anybody sees."""
    last = found(inputs(stream(LEAD + "BBp" + "BBP" * 5 + "I" + "BBP" * 6, sides=1)))[-1]
    assert frames(last) == (100, 118)
    assert last.evidence["area"] < 0.05
    assert found(inputs(stream(LEAD + "BBp" + "BBP" * 5 + "I" + "BBP" * 6, sides=0))) == []


def test_a_picture_that_no_other_leans_on_is_over_at_once() -> None:
    assert found(inputs(stream(LEAD + "BbP" + "BBP" * 9, sides=0))) == []
    assert found(inputs(stream(LEAD + "bx" + "PBB" * 9, sides=3))) == [], "two frames are none"
    last = found(inputs(stream(LEAD + "bbb" + "PBB" * 9, sides=1)))[-1]
    assert frames(last) == (100, 103), "three of them in a row are"


def test_a_picture_in_a_run_that_is_coded_from_both_sides_may_be_one_that_the_others_lean_on() -> None:
    """The decoder says it of that one alone."""
    (opened, closed) = found(inputs(stream(LEAD + "BbB" + "PBB" * 9, sides=1)))
    assert frames(closed) == (100, 103)
    assert (opened.severity, opened.confidence) == ("major", 0.95)


def test_damage_that_only_pixels_show() -> None:
    """Made up upstream, and coded again: key frames here mean nothing."""
    seen = found(inputs(stream(LEAD + "eex" * 3 + "k" + "eex" * 3 + "BBP" * 9)))
    assert frames(seen[-1]) == (100, 119)
    assert seen[-1].confidence == 0.7
    assert [d.revision for d in seen] == list(range(len(seen)))


def test_four_frames_that_only_pixels_show_are_none() -> None:
    assert found(inputs(stream(LEAD + "eexe" + "BP" * 20))) == []


def test_area_and_where() -> None:
    last = found(inputs(stream(LEAD + "eex" * 10 + "BBP" * 9, sides=6)))[-1]
    assert last.evidence["area"] == pytest.approx(len(PLACES) / 144, rel=0.01)
    box = [last.evidence[name] for name in ("left", "top", "right", "bottom")]
    assert box == pytest.approx([5 / 16, 4 / 9, 10 / 16, 7 / 9], abs=1e-4)
    assert last.severity == "minor", "below 5 % only the decoder's word is grave"


def test_what_only_pixels_show_is_minor_however_large() -> None:
    wide = np.zeros((len(LEAD) + 57, *GRID))
    wide[len(LEAD) : len(LEAD) + 30, 2:8, 2:14] = 6
    maps = {"sides": wide, "off_sides": np.zeros(GRID), "difference": 40}
    seen = found(inputs(stream(LEAD + "eex" * 10 + "BBP" * 9, grids=maps)))
    assert seen[-1].evidence["area"] > 0.3
    assert {d.severity for d in seen} == {"minor"}
    said = found(inputs(stream(LEAD + "bbp" + "x" * 27 + "BBP" * 9, grids=maps)))
    assert said[-1].severity == "major"


@pytest.mark.parametrize("parts", ["eex" * 10 + "BBP" * 9, "BBP" * 20])
def test_what_stood_out_before_is_in_the_picture(parts: str) -> None:
    """Bars, a table, a border of blocks."""
    assert found(inputs(stream("k" + "eex" * 20 + parts))) == []


def test_what_stands_out_everywhere_is_in_the_picture() -> None:
    """A caption fades in: its edges lie anywhere."""
    assert found(inputs(stream(LEAD + "eex" * 10 + "BBP" * 9, off=6))) == []


def test_a_counter_in_few_places_is_none() -> None:
    maps = np.zeros((159, *GRID))
    maps[100:, 7, 3:6] = np.random.default_rng(1).integers(0, 99, (59, 3))
    assert found(inputs(stream("P" * 159, grids={"sides": maps}))) == []


def test_a_cut_starts_anew() -> None:
    n = 160
    sides, difference = np.zeros((n, *GRID)), np.full((n, *GRID), 10)
    sides[100:] = np.random.default_rng(2).integers(0, 2, (n - 100, *GRID))
    assert found(inputs(stream("P" * n, grids={"sides": sides, "difference": difference}))) != []
    difference[100] = 200
    assert found(inputs(stream("P" * n, grids={"sides": sides, "difference": difference}))) == []


def test_a_stream_without_pictures_coded_by_themselves_is_damaged_for_ten_seconds() -> None:
    last = found(inputs(stream(LEAD + "p" + "P" * 400, sides=9)))[-1]
    assert last.end_s - last.start_s == pytest.approx(10, abs=0.2)


def test_an_error_without_a_frame_is_a_reason_to_look_closer() -> None:
    weak = stream(LEAD + "eexe" + "BP" * 20, sides=1)
    assert found(inputs(weak)) == []
    last = found(inputs(weak, event("decode_error", 100 / 25, track="video")))[-1]
    assert (frames(last), last.confidence) == ((100, 104), 0.95)


def test_what_is_open_ends_with_the_stream() -> None:
    last = found(inputs(stream(LEAD + "p" + "P" * 9)), inputs(ended=True))[-1]
    assert last.end_s == pytest.approx(110 / 25)


@given(
    parts=st.lists(st.sampled_from(["BBP", "BBPP", "I", "bbp", "eex", "eexeex", "p", "b", "BBP" * 9]), max_size=20),
    data=st.data(),
)
def test_any_split_gives_the_same_states_and_detections(parts: list[str], data: st.DataObject) -> None:
    rows = stream("I" + "BBP" * 5 + "".join(parts))
    edges = sorted({0, *data.draw(st.sets(st.integers(1, len(rows) - 1), max_size=6)), len(rows)})
    assessor, detector = Assessor(FAST), BlockCorruption(FAST)

    def run(pieces: list[Readings]) -> tuple[Any, Any, list[Detection]]:
        damage, state, detections = DamageState(), detector.start(), []
        for piece in pieces:
            damage, viewed = assessor.assess(damage, piece, ())
            state, more = detector.step(state, inputs(viewed).shown(detector.reads))
            detections += more
        return damage, state, detections

    whole = run([rows])
    split = run([cut(rows, a, b) for a, b in itertools.pairwise(edges)])
    assert split == whole
    assert spans(split[2]) == spans(whole[2])
