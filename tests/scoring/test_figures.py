"""Counts, shares and rates are those of the definition."""

from __future__ import annotations

import dataclasses
import math
import sys
from types import SimpleNamespace

import pytest
from scored import clean, found, request, tried, truth

from monitor.lab.truth import Truth
from monitor.scoring.figures import Row, score, upper_rate
from monitor.scoring.generators import SECOND

HOUR_S = 3600.0
DEFECTS = [truth(4, 6), truth(10, 12)]


def row(rows: list[Row], **wanted: str) -> Row:
    [one] = [each for each in rows if all(getattr(each, key) == value for key, value in wanted.items())]
    return one


def test_precision_recall_and_f1_of_pooled_counts() -> None:
    cases = [
        tried(request(strength="weak"), DEFECTS, [found(4, 6, told_s=5.2), found(1, 2), found(14, 15)]),
        tried(request(strength="strong"), DEFECTS, [found(4, 6, told_s=5.0), found(10, 12.2, told_s=11.4)]),
    ]
    rows = score(cases, [])
    weak, strong, both = (row(rows, by="monitor", strength=name) for name in ("weak", "strong", "all"))
    assert (weak.events, weak.misses, weak.extras) == (2, 1, 2)
    assert (weak.precision, weak.recall, weak.f1) == (pytest.approx(1 / 3), 0.5, pytest.approx(0.4))
    assert (strong.precision, strong.recall, strong.f1) == (1.0, 1.0, 1.0)
    assert (both.events, both.misses, both.extras) == (4, 1, 2)
    assert (both.precision, both.recall, both.f1) == (0.6, 0.75, pytest.approx(2 / 3))
    assert (weak.amount, strong.amount, both.amount) == (3.0, 0.0, None)
    assert {weak.unit, both.unit} == {"levels of noise"}
    assert (weak.delay_p50_s, both.delay_p50_s) == (pytest.approx(1.2), pytest.approx(1.2))
    assert both.delay_p95_s == pytest.approx(1.38)
    # At 10 pictures a second; starts and ends of three events, of which one end is two pictures late.
    assert (both.edge_p50_frames, both.edge_p95_frames) == (pytest.approx(0.0), pytest.approx(1.5))
    assert [each.strength for each in rows if each.by == "monitor"] == ["weak", "strong", "all"]


def test_what_is_made_in_two_ways_has_rows_of_its_own() -> None:
    def defect(how: str) -> Truth:
        return Truth("block_corruption", 4.0, 6.0, 0.2, 15.0, how)

    asked = request("block_corruption")
    seen = [found(4, 6, "block_corruption")]
    rows = score([tried(asked, [defect("encoded")], seen), tried(asked, [defect("baked")], [])], [])
    assert row(rows, variant="encoded", strength="all").f1 == 1.0
    assert row(rows, variant="baked", strength="all").f1 == 0.0


def test_what_cannot_be_told_is_none() -> None:
    [silent, *_] = score([tried(request(), DEFECTS, [])], [])
    assert (silent.precision, silent.recall, silent.f1) == (None, 0.0, 0.0)
    assert (silent.delay_p50_s, silent.delay_p95_s, silent.edge_p50_frames, silent.area_within_2) == (None,) * 4
    assert (silent.false_alarms_per_stream_hour, silent.false_alarm_upper_95, silent.elsewhere) == (None,) * 3


def test_ffmpeg_stands_beside_where_it_has_a_filter() -> None:
    cases = [
        tried(request("freeze"), [truth(4, 8, "freeze")], [found(4, 8, "freeze")], ffmpeg=[found(4, 6, "freeze")]),
        tried(request("blur"), [truth(4, 8, "blur")], [], ffmpeg=[found(1, 3, "freeze"), found(5, 8, "freeze")]),
    ]
    rows = score(cases, [])
    assert [(each.kind, each.by) for each in rows if each.strength == "all"] == [
        *(("freeze", "monitor"), ("freeze", "ffmpeg"), ("blur", "monitor"))
    ]
    assert row(rows, kind="freeze", by="ffmpeg", strength="all").recall == 1.0
    # 2 in 20 s of other defects.
    assert row(rows, kind="freeze", by="ffmpeg", strength="all").elsewhere == pytest.approx(360)
    assert row(rows, kind="freeze", by="monitor", strength="all").elsewhere == 0
    assert row(rows, kind="blur", by="monitor", strength="weak").elsewhere == 0


def test_generators_are_scored_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, SECOND, SimpleNamespace())  # type: ignore[arg-type]
    one, two = request(), request(generator="second")
    rows = score([tried(one, DEFECTS, []), tried(two, DEFECTS, [found(4, 6), found(1, 2, "freeze")])], [])
    assert row(rows, generator="lab", by="monitor", strength="all").recall == 0
    assert row(rows, generator="second", by="monitor", strength="all").recall == 0.5


def test_other_kinds_are_no_extras() -> None:
    [first, *_] = score([tried(request(), DEFECTS, [found(4, 6, "freeze"), found(4, 6)])], [])
    assert (first.precision, first.misses, first.extras) == (1.0, 1, 0)


def test_false_alarms_are_of_clean_material_and_grave() -> None:
    material = [
        clean("a.ts", HOUR_S, [found(1, 2), found(3, 4, severity="critical"), found(5, 6, severity="minor")]),
        clean("b.ts", HOUR_S, [found(1, 2, "freeze"), found(5, 6, severity="info")]),
        dataclasses.replace(clean("c.ts", HOUR_S, []), seen={}),
    ]
    rows = score([tried(request(), DEFECTS, []), tried(request(), DEFECTS, [], ffmpeg=[])], material)
    for strength in ("weak", "all"):
        each = row(rows, by="monitor", strength=strength)
        assert (each.false_alarms_per_stream_hour, each.minor_alarms_per_stream_hour) == (1.0, 1.0)
        assert each.false_alarm_upper_95 == pytest.approx(upper_rate(2, 2.0))
    assert row(rows, by="ffmpeg", strength="all").false_alarms_per_stream_hour is None


@pytest.mark.parametrize(
    ("truth_area", "told_area", "share"),
    [(0.4, 0.2, 1.0), (0.4, 0.8, 1.0), (0.4, 0.19, 0.0), (0.4, 0.81, 0.0), (1.0, 0.5, None), (0.4, None, None)],
)
def test_an_area_is_right_within_a_factor_of_two(
    truth_area: float, told_area: float | None, share: float | None
) -> None:
    case = tried(request(), [truth(4, 6, area=truth_area)], [found(4, 6, area=told_area)])
    assert score([case], [])[0].area_within_2 == share


@pytest.mark.parametrize(
    ("events", "upper"),
    # Tables of the chi-squared distribution: its 0.95 quantile of 2 n + 2 degrees of freedom, halved.
    [(0, 5.991 / 2), (1, 9.488 / 2), (2, 12.592 / 2), (4, 18.307 / 2), (9, 31.410 / 2), (49, 124.342 / 2)],
)
def test_the_upper_bound_is_exact(events: int, upper: float) -> None:
    assert upper_rate(events, 1.0) == pytest.approx(upper, rel=2e-4)
    assert upper_rate(events, 4.0) == pytest.approx(upper / 4, rel=2e-4)


def test_the_upper_bound_of_none_and_of_very_many() -> None:
    assert upper_rate(0, 2.0) == pytest.approx(-math.log(0.05) / 2)
    assert upper_rate(0, 0.0) == math.inf
    # Near the normal law: n + 1.645 sqrt(n), and a little.
    assert upper_rate(400, 1.0) == pytest.approx(400 + 1.645 * 20 + 1.6, abs=0.3)
