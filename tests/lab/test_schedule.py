"""The rules of plans and recipes, and their way through JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import pytest

from monitor.errors import SettingsError
from monitor.lab.schedule import Planned, Recipe, recipe_of


@pytest.mark.parametrize(
    ("plan", "says"),
    [
        ({"kind": "blackness", "start_s": 0, "end_s": 1}, "'blackness', must be one of black"),
        ({"kind": "black", "start_s": 3, "end_s": 3}, "from 3 to 3 s"),
        ({"kind": "black", "start_s": -1, "end_s": 3}, "from -1 to 3 s"),
        ({"kind": "black", "start_s": 0, "end_s": 3, "channels": (0,)}, "nothing else has any"),
        ({"kind": "channel_loss", "start_s": 0, "end_s": 3, "channels": (2,)}, "channel_loss has one"),
        ({"kind": "channel_loss", "start_s": 0, "end_s": 3}, "channel_loss has one"),
        ({"kind": "timestamp_jump", "start_s": 0, "end_s": 3}, "must be the seconds to jump"),
        ({"kind": "decode_error", "start_s": 0, "end_s": 3, "amount": 2}, "share from 0 to 1"),
        ({"kind": "no_input", "start_s": 0, "end_s": 3, "how": "gone"}, "'gone'"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(plan: dict[str, Any], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        Planned(**plan)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"id": "../x"}, "must be letters"),
        ({"programme": "opera"}, "'opera'"),
        ({"transport": "srt"}, "'srt'"),
        ({"width": 321}, "width is 321"),
        ({"height": 32}, "height is 32"),
        ({"fps": 3}, "fps is 3"),
    ],
)
def test_a_recipe_that_makes_no_sense_is_refused(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        Recipe(**{"id": "a", "programme": "news", "transport": "udp", **wrong})


def test_a_recipe_survives_json() -> None:
    recipe = Recipe(
        "a", "news", "tcp", planned=(Planned("channel_loss", 1, 2, (1,)), Planned("no_input", 3, 4, how="mute"))
    )
    assert recipe_of(json.loads(json.dumps(asdict(recipe)))) == recipe


def test_what_holds_when() -> None:
    planned = (Planned("no_input", 2, 4, how="drop"), Planned("format_change", 5, 6), Planned("format_change", 8, 9))
    web, udp = Recipe("a", "news", "hls", planned=planned), Recipe("a", "news", "udp", planned=planned)
    assert [web.away(t) for t in (1.9, 2, 3.9, 4)] == [None, "drop", "drop", None]
    assert not web.paused(3)
    # Over UDP there is no server to ask: a sender that is away sends nothing.
    assert udp.away(3) is None
    assert udp.paused(3)
    # A change of format lasts until the next.
    assert [web.small(t) for t in (4.9, 5, 7.9, 8)] == [False, True, True, False]
