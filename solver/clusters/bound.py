"""Bound: no assignment to so many clusters is nearer; and the centres that the relaxation would choose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solver.clusters.problem import Hosting

Floats = NDArray[np.float64]
ROUNDS = 400
PATIENCE = 15
"""Rounds without a better bound, after which steps are halved."""
CLOSE = 1e-3
"""Relative: nearer to `above` than that is near enough."""
SLACK = 1e-9
"""Relative: sums of so many floating-point numbers are off by less."""


@dataclass(frozen=True, slots=True)
class Relaxed:
    """bound: metres times servers. centres: sets of sites that were chosen on the way, the best bound first."""

    bound: int
    centres: list[tuple[int, ...]]


def relaxed(hosting: Hosting, above: int, rounds: int = ROUNDS) -> Relaxed:
    """Lagrangian relaxation of "every site is in one cluster" (J. E. Beasley, "Lagrangean heuristics for location
    problems", EJOR 65, 1993): with a reward per site, each centre alone chooses its members, parts of sites included,
    and the centres that gain the most are taken. Every vector of rewards gives a valid bound; they are improved by
    subgradients, in steps of Polyak's length towards `above`, the cost of an assignment that is known or guessed."""
    cost = hosting.cost.astype(np.float64)
    reward = np.partition(cost, min(1, hosting.sites - 1), axis=1)[:, min(1, hosting.sites - 1)].copy()
    best, chosen, step, stale = -np.inf, list[tuple[float, tuple[int, ...]]](), 2.0, 0
    for _ in range(rounds):
        gain, part = _members(cost - reward[:, None], hosting)
        centres = np.argsort(gain, kind="stable")[: hosting.clusters]
        value = float(reward.sum() + gain[centres].sum())
        chosen.append((value, tuple(sorted(centres.tolist()))))
        if value > best:
            best, stale, kept = value, 0, reward.copy()
        else:
            stale += 1
        slope = 1.0 - part[:, centres].sum(axis=1)
        norm = float(slope @ slope)
        if norm < 1e-12 or above - best < CLOSE * above:
            break
        if stale >= PATIENCE:
            step, stale, reward = step / 2, 0, kept.copy()
            continue
        reward = reward + step * max(above - value, 1.0) / norm * slope
    ranked = dict.fromkeys(centres for _, centres in sorted(chosen, key=lambda each: -each[0]))
    return Relaxed(max(int(np.floor(best * (1 - SLACK))), 0), list(ranked))


def _members(cost: Floats, hosting: Hosting) -> tuple[Floats, Floats]:
    """([centres] cost of the best members, [sites, centres] part of each that is one): the cheapest servers first, as
    long as they gain, at least `least` and at most `most` of them."""
    size = hosting.size.astype(np.float64)
    order = np.argsort(cost / size[:, None], axis=0, kind="stable")
    sorted_cost, sorted_size = np.take_along_axis(cost, order, axis=0), size[order]
    before = np.cumsum(sorted_size, axis=0) - sorted_size
    gains = sorted_cost < 0
    room = np.where(gains, hosting.most - before, hosting.least - before)
    taken = np.clip(room / sorted_size, 0.0, 1.0)
    part = np.empty_like(taken)
    np.put_along_axis(part, order, taken, axis=0)
    return (sorted_cost * taken).sum(axis=0), part
