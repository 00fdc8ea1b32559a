"""Assign: sites to given centres within the sizes of clusters; fewest servers change, then all are near."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from ortools.sat.python import cp_model

from solver.clusters.problem import Hosting
from solver.problem import Ids

SCALE = 1_000
"""Metres are counted in kilometres where CP-SAT sums them: its sums are of 64 bits."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """cluster: [sites], position of its centre. cost: metres times servers. moved: servers of sites that were in
    another cluster; moved_bound: with these centres no assignment moves fewer."""

    cluster: Ids
    cost: int
    moved: int
    moved_bound: int


def assign(hosting: Hosting, centres: Sequence[int], work: float, seed: int = 0) -> Assignment | None:
    """The first `hosting.known` centres are those of the clusters that there are. None: none was found within so much
    deterministic work of CP-SAT, or there is none."""
    model = cp_model.CpModel()
    each = [[model.new_bool_var("") for _ in centres] for _ in range(hosting.sites)]
    for row in each:
        model.add_exactly_one(row)
    for column in range(len(centres)):
        load = cp_model.LinearExpr.weighted_sum([row[column] for row in each], hosting.size.tolist())
        model.add_linear_constraint(load, hosting.least, hosting.most)
    stays = [(each[site][home], int(hosting.old[site])) for site, home in _homes(hosting)]
    if not stays:
        return _nearest(hosting, centres, model, each, work, seed)
    total = sum(size for _, size in stays)
    kept = cp_model.LinearExpr.weighted_sum([variable for variable, _ in stays], [size for _, size in stays])
    model.maximize(kept)
    solver = _solver(work, seed)
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    most = round(solver.objective_value)
    bound = total - int(solver.best_objective_bound + 1e-6)
    model.clear_objective()  # type: ignore[no-untyped-call]
    model.add(kept >= most)
    for row in each:
        for variable in row:
            model.add_hint(variable, solver.value(variable))
    return _nearest(hosting, centres, model, each, work, seed, bound)


def _homes(hosting: Hosting) -> list[tuple[int, int]]:
    return [(site, home) for site, home in enumerate(hosting.before.tolist()) if home >= 0]


def _nearest(
    hosting: Hosting,
    centres: Sequence[int],
    model: cp_model.CpModel,
    each: list[list[cp_model.IntVar]],
    work: float,
    seed: int,
    moved_bound: int = 0,
) -> Assignment | None:
    cost = hosting.cost[:, list(centres)]
    flat = [variable for row in each for variable in row]
    model.minimize(cp_model.LinearExpr.weighted_sum(flat, (cost // SCALE).reshape(-1).tolist()))
    solver = _solver(work, seed)
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    cluster = np.array([[solver.boolean_value(x) for x in row].index(True) for row in each], np.int32)
    moved = sum(int(hosting.old[site]) for site, home in _homes(hosting) if cluster[site] != home)
    return Assignment(cluster, int(cost[np.arange(hosting.sites), cluster].sum()), moved, moved_bound)


def _solver(work: float, seed: int) -> cp_model.CpSolver:
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed
    solver.parameters.max_deterministic_time = work
    solver.parameters.relative_gap_limit = 1e-4
    return solver
