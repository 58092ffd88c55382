"""One channel gone while others play, per channel, never on a mix-down."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from builders import inputs, pieces, run, sound, spans

from monitor.audio import peak_code
from monitor.detect.channel_loss import ChannelLoss
from monitor.records import Detection, Readings
from monitor.settings import DEFAULT, FAST, Profile

LOUD, FAINT, OFF = 240, peak_code(-60) - 1, 0
SURROUND = ("FL", "FR", "FC", "LFE", "BL", "BR")
BOTH = [(LOUD, LOUD)]


def stereo(codes: Sequence[Sequence[int]], alike: float = 0.8, channels: tuple[str, ...] = ("FL", "FR")) -> Readings:
    """Rows of 100 ms with these peaks; pairs are so alike while both of them play."""
    rows = sound(codes, channels=channels)
    rows.values["correlation"] = np.where(np.array(codes).min(axis=1, keepdims=True) > 0, alike, 0.0).repeat(
        len(channels), axis=1
    )
    return rows


def told(rows: Readings, profile: Profile = FAST) -> list[Detection]:
    return run(ChannelLoss, inputs(rows), inputs(ended=True), profile=profile)


@pytest.mark.parametrize("gone", [OFF, FAINT])
def test_one_channel_that_had_sound_is_gone(gone: int) -> None:
    found = told(stereo(BOTH * 15 + [(LOUD, gone)] * 20 + BOTH * 5))
    assert spans(found) == [("audio:0:FR", 1.5, None), ("audio:0:FR", 1.5, 3.5)]
    assert found[-1].evidence["others_dbfs"] == (LOUD - 255) / 2
    assert found[-1].evidence["peak_dbfs"] == (gone - 255) / 2
    assert found[-1].evidence["correlation_before"] == pytest.approx(0.8)


def test_it_is_grave_where_the_two_were_alike_and_else_after_a_minute() -> None:
    for alike, after_s in ((0.8, 8), (-0.8, 8), (0.1, 60)):
        for lost_s, severity in ((after_s - 0.5, "minor"), (after_s + 0.5, "major")):
            found = told(stereo(BOTH * 100 + [(OFF, LOUD)] * round(10 * lost_s), alike))
            assert (found[0].severity, found[-1].severity) == ("minor", severity)


def test_a_solo_at_one_side_is_no_more_than_minor() -> None:
    """Early stereo: each instrument in a channel of its own, with rests."""
    bars = [(LOUD, OFF)] * 60 + [(OFF, LOUD)] * 60 + BOTH * 40
    found = told(stereo(bars * 4, 0.1))
    assert {d.severity for d in found} == {"minor"}
    assert told(stereo(bars * 4, 0.1), DEFAULT) == []


def test_one_that_never_had_sound_is_minor_and_told_late() -> None:
    assert told(stereo([(LOUD, OFF)] * 290), DEFAULT) == []
    found = told(stereo([(LOUD, OFF)] * 900), DEFAULT)
    assert spans(found) == [("audio:0:FR", 0.0, None), ("audio:0:FR", 0.0, 90.0)]
    assert {d.severity for d in found} == {"minor"}


def test_neither_silence_of_both_nor_a_faint_partner_is_a_loss() -> None:
    assert told(stereo(BOTH * 15 + [(OFF, OFF)] * 50)) == []
    hardly = peak_code(-50) - 1
    assert told(stereo(BOTH * 15 + [(hardly, OFF)] * 50)) == []


def test_where_both_stop_and_one_rings_longer_none_is_lost() -> None:
    rows = stereo(BOTH * 15 + [(OFF, OFF)] * 30)
    rows.prints["peak"][15, 0, :9] = LOUD
    assert told(rows) == []
    rows.prints["peak"][15, 0] = LOUD
    assert {d.track for d in told(rows)} == {"audio:0:FR"}, "for a tenth of a second it was"


@pytest.mark.parametrize(("leak_dbfs", "is_lost"), [(-56.5, True), (-54.0, False)])
def test_what_leaks_from_its_partner_is_nothing_of_its_own(leak_dbfs: float, is_lost: bool) -> None:
    """37 and 34 dB below it."""
    loud, leak = peak_code(-19.5), peak_code(leak_dbfs)
    found = told(stereo([(loud, loud)] * 15 + [(loud, leak)] * 20 + [(loud, loud)] * 5))
    assert spans(found) == ([("audio:0:FR", 1.5, None), ("audio:0:FR", 1.5, 3.5)] if is_lost else [])


def test_pauses_of_the_other_channel_do_not_end_it() -> None:
    talk = [(LOUD, OFF)] * 6 + [(OFF, OFF)] * 4
    found = told(stereo(BOTH * 15 + talk * 3))
    assert spans(found) == [("audio:0:FR", 1.5, None), ("audio:0:FR", 1.5, 4.5)]


def surround(before_s: int, lost_s: int, *gone: str, rest: Sequence[str] = ()) -> list[Detection]:
    """What is told where these channels go, and `rest` never had sound."""
    full = [OFF if name in rest else LOUD for name in SURROUND]
    less = [OFF if name in (*gone, *rest) else LOUD for name in SURROUND]
    return told(stereo([full] * (10 * before_s) + [less] * (10 * lost_s), channels=SURROUND), DEFAULT)


@pytest.mark.parametrize("gone", [("LFE",), ("BL", "BR"), ("LFE", "BL", "BR")])
def test_surround_and_low_frequencies_may_rest(gone: tuple[str, ...]) -> None:
    assert {(d.track, d.severity) for d in surround(40, 70, *gone)} <= {("audio:0:BL+BR", "minor")}
    assert surround(40, 7, *gone) == []
    assert surround(0, 70, *gone) == []


@pytest.mark.parametrize("pair", [("FL", "FR"), ("BL", "BR")])
def test_a_pair_that_always_had_sound_is_gone_at_once(pair: tuple[str, str]) -> None:
    full, less = [LOUD] * 6, [OFF if name in pair else LOUD for name in SURROUND]
    found = told(stereo([full] * 45 + [less] * 25 + [full] * 20, channels=SURROUND))
    assert spans(found)[-1] == (f"audio:0:{'+'.join(pair)}", 4.5, 7.0)
    assert {d.severity for d in found} == {"minor"}
    twice = told(stereo(([full] * 45 + [less] * 25) * 2 + [full] * 20, channels=SURROUND))
    assert [span for span in spans(twice) if span[2] is not None] == [
        (f"audio:0:{'+'.join(pair)}", start, start + 2.5) for start in (4.5, 11.5)
    ], "and again: that it was gone is not taken for how it is"
    pauses = [full if k % 20 else less for k in range(45)]
    assert told(stereo(pauses + [less] * 25 + [full] * 20, channels=SURROUND)) == [], "it was not always there"


@pytest.mark.parametrize(
    ("gone", "track", "severity"),
    [
        (("FR",), "audio:0:FR", "major"),
        (("BL",), "audio:0:BL", "major"),
        (("FL", "FR"), "audio:0:FL+FR", "minor"),
        (("FC",), "audio:0:FC", "minor"),
    ],
)
def test_what_goes_from_surround_is_one_detection(gone: tuple[str, ...], track: str, severity: str) -> None:
    found = surround(40, 35, *gone)
    assert {(d.track, d.start_s) for d in found} == {(track, 40.0)}
    assert found[-1].severity == severity


@pytest.mark.parametrize("names", [("FL", "FR", "LFE"), ("FL", "FR", "FC"), ("FC", "LFE"), ("FL", "LFE")])
def test_low_frequencies_are_nothing_beside_which_a_pair_could_be_lost(names: tuple[str, ...]) -> None:
    rows = [tuple(LOUD if name != "LFE" or k % 3 else OFF for name in names) for k in range(60)]
    assert told(stereo(rows, channels=names)) == []
    both = [tuple(OFF if name in ("FL", "FR") and k >= 40 else LOUD for name in names) for k in range(80)]
    assert {d.track for d in told(stereo(both, channels=names))} <= {"audio:0:FL+FR"}


def test_a_surround_channel_that_seldom_has_sound_is_not_missed() -> None:
    now_and_then = [(LOUD,) * 6] * 100 + [(LOUD, LOUD, OFF, LOUD, OFF, LOUD)] * 300
    assert told(stereo(now_and_then[:100] + now_and_then[100:] * 3, channels=SURROUND), DEFAULT) == []
    assert surround(40, 60, rest=("FC", "LFE", "BL", "BR")) == []


def test_other_channels_begin_anew() -> None:
    before, after = stereo(BOTH * 15 + [(LOUD, OFF)] * 15), stereo([(LOUD,)] * 30, channels=("FC",))
    found = run(ChannelLoss, inputs(before), inputs(after), inputs(ended=True))
    assert spans(found)[-1] == ("audio:0:FR", 1.5, 3.0)


def test_any_split_gives_the_same() -> None:
    rng = np.random.default_rng(5)
    codes = rng.choice([OFF, FAINT, 160, LOUD], (900, 6), p=[0.2, 0.1, 0.1, 0.6])
    codes[200:, :] = np.repeat(codes[200::50], 50, axis=0)
    whole = stereo(codes.tolist(), 0.5, SURROUND)
    once = told(whole)
    assert len(once) > 6
    for size in (1, 7, 130):
        split = run(ChannelLoss, *pieces(whole, size), inputs(ended=True))
        assert sorted(split, key=by_name) == sorted(once, key=by_name)


def by_name(each: Detection) -> tuple[str, int]:
    return each.detection_id, each.revision
