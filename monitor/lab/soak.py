"""Badly behaved streams for hours of watching: they stall, vanish, jump, break and change, at seeded random times."""

from __future__ import annotations

from typing import get_args

import numpy as np

from monitor.lab.schedule import Kind, Outage, Planned, Programme, Recipe, Transport

CLEAN_EVERY = 10
"""One stream in so many has no defect."""
CALM_S = (8.0, 40.0)
"""Shortest and longest time without a defect."""
LASTS_S: dict[Kind, tuple[float, float]] = {
    "no_input": (5, 60),
    "stall": (3, 20),
    "decode_error": (2, 10),
    "timestamp_jump": (1, 1),
    "format_change": (1, 1),
    "track_loss": (5, 30),
    "black": (3, 12),
    "freeze": (3, 15),
    "silence": (3, 15),
    "channel_loss": (3, 15),
}
"""How long each kind lasts, at the least and at the most."""
WEIGHTS: dict[Kind, int] = {kind: 2 if kind in ("no_input", "stall", "decode_error") else 1 for kind in LASTS_S}
"""How often each kind comes, against the others."""


def soak_recipes(count: int, duration_s: float, seed: int) -> tuple[Recipe, ...]:
    """`count` streams of 320 x 180 that misbehave for all of `duration_s`; the same seed gives the same ones."""
    return tuple(_recipe(number, duration_s, seed) for number in range(count))


def _recipe(number: int, duration_s: float, seed: int) -> Recipe:
    rng = np.random.default_rng([seed, number])
    transports, programmes = get_args(Transport), get_args(Programme)
    transport: Transport = transports[number % len(transports)]
    # Every fourth step moves on by one, so that all programmes meet all transports.
    programme: Programme = programmes[(number + number // len(transports)) % len(programmes)]
    clean = number % CLEAN_EVERY == CLEAN_EVERY - 1
    name = f"soak-{number:02d}-{transport}" + ("-clean" if clean else "")
    return Recipe(
        name,
        programme,
        transport,
        width=320,
        height=180,
        fps=(15, 20, 25)[number % 3],
        planned=() if clean else _planned(duration_s, rng),
        seed=seed * 1000 + number,
    )


def _planned(duration_s: float, rng: np.random.Generator) -> tuple[Planned, ...]:
    """Defects one after the other, with calm between them."""
    kinds = list(WEIGHTS)
    odds = np.array([WEIGHTS[kind] for kind in kinds], float)
    outages = get_args(Outage)
    planned: list[Planned] = []
    at = float(rng.uniform(*CALM_S))
    while at < duration_s:
        kind = kinds[int(rng.choice(len(kinds), p=odds / odds.sum()))]
        end = at + float(rng.uniform(*LASTS_S[kind]))
        how: Outage = outages[int(rng.integers(len(outages)))] if kind == "no_input" else "error"
        channels = (int(rng.integers(2)),) if kind == "channel_loss" else None
        amount = float(rng.choice([-1, 1]) * 10 ** rng.uniform(0, 3)) if kind == "timestamp_jump" else 0.0
        planned.append(Planned(kind, at, end, channels, amount, how))
        at = end + float(rng.uniform(*CALM_S))
    return tuple(planned)
