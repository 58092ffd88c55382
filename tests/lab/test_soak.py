"""The badly behaved streams: all kinds, all transports, all the time, the same for the same seed."""

from __future__ import annotations

from itertools import pairwise
from typing import get_args

from monitor.lab.schedule import Kind, Outage, Programme, Transport
from monitor.lab.soak import CALM_S, soak_recipes


def test_they_misbehave_in_every_way_for_the_whole_time() -> None:
    recipes = soak_recipes(20, 1800, 1)
    bad = [recipe for recipe in recipes if recipe.planned]
    assert len({recipe.id for recipe in recipes}) == 20
    assert [recipe.id.endswith("-clean") for recipe in recipes] == [not recipe.planned for recipe in recipes]
    assert len(recipes) - len(bad) == 2
    assert {plan.kind for recipe in bad for plan in recipe.planned} == set(get_args(Kind))
    assert {plan.how for recipe in bad for plan in recipe.of("no_input")} == set(get_args(Outage))
    assert {(recipe.transport, recipe.programme) for recipe in soak_recipes(16, 60, 1)} == {
        (transport, programme) for transport in get_args(Transport) for programme in get_args(Programme)
    }
    for recipe in bad:
        assert all(before.end_s + CALM_S[0] <= after.start_s for before, after in pairwise(recipe.planned))
        assert recipe.planned[-1].start_s > 1800 - 110
        assert sum(1 for _ in recipe.of("no_input")) >= 2


def test_the_seed_decides() -> None:
    assert soak_recipes(5, 300, 1) == soak_recipes(5, 300, 1)
    assert soak_recipes(5, 300, 1) != soak_recipes(5, 300, 2)
