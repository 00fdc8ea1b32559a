"""Exact: small markets as one CP-SAT model, a flag for every server that may be bought."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from ortools.sat.python import cp_model

from solver.buying.market import Market
from solver.model import Model
from solver.problem import Ints

WORK = 20.0
"""CP-SAT's deterministic time."""


def exact(market: Market, most: Ints, left: Callable[[], float], seed: int) -> tuple[Ints | None, int, bool]:
    """(counts [offers] of the best purchase that was found, bound, whether it is proven best).

    most [offers]: servers of each offer that a purchase may have at all.
    """
    problem, offer = market.stocked(np.maximum(most, 1))
    model = Model(problem)
    model.families()
    for workload in np.flatnonzero((problem.weight > 0) & (problem.count > 0)).tolist():
        model.require(model.new([workload]) == int(problem.count[workload]))
    used = {node: model.any(model.onto(node)) for node in model.occupied() if offer[node] >= 0}
    model.cp.minimize(_spent(market, model, used, offer, most))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed
    solver.parameters.max_time_in_seconds = max(left(), 0.01)
    solver.parameters.max_deterministic_time = WORK
    status = solver.solve(model.cp)
    bound = math.ceil(solver.best_objective_bound - 1e-6) if math.isfinite(solver.best_objective_bound) else 0
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None, bound, status == cp_model.INFEASIBLE
    counts = np.zeros(len(market.nodes), np.int64)
    for node, flag in used.items():
        counts[offer[node]] += int(solver.value(flag))
    return counts, bound, status == cp_model.OPTIMAL


def _spent(market: Market, model: Model, used: dict[int, Any], offer: np.ndarray, most: Ints) -> Any:
    """Servers of one offer are alike: they are used in their order. A site that takes servers is opened."""
    of_offer: dict[int, list[Any]] = {}
    for node, flag in sorted(used.items()):
        of_offer.setdefault(int(offer[node]), []).append(flag)
    of_site: dict[int, list[Any]] = {}
    for each, flags in of_offer.items():
        for earlier, later in pairwise(flags):
            model.require(earlier >= later)
        model.require(sum(flags) <= int(most[each]))
        of_site.setdefault(int(market.site[each]), []).extend(flags)
    spent = [int(market.price[each]) * sum(flags) for each, flags in of_offer.items()]
    for site, flags in of_site.items():
        model.require(sum(flags) <= int(market.room[site]))
        if market.opening[site]:
            opened = model.flag()
            for flag in flags:
                model.require(opened >= flag)
            spent.append(int(market.opening[site]) * opened)
    return sum(spent)
