"""Small problems whole: one CP-SAT model, one objective term after the other, each with its proof."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from ortools.sat.python import cp_model

from solver.model import Model
from solver.objective import terms
from solver.problem import Placement, Problem
from solver.returns import size

SMALL = 4000
"""Pairs of mode and node, restarts by loss included, up to which a problem counts as small."""
WORK = 0.05
"""CP-SAT's deterministic time per objective term at the first attempt: the same work on every machine."""


@dataclass(frozen=True, slots=True)
class Exact:
    """bounds: one per term, as far as the proof went; each holds for plans with the values of the terms before it.

    cut: the clock ended it. Then there is no placement: a plan must be the same when it is made again by effort.
    """

    placement: Placement | None
    bounds: tuple[int, ...]
    cut: bool = False


def small(problem: Problem) -> bool:
    modes = (problem.modes[1:] - problem.modes[:-1])[problem.count > 0]
    nodes = [len(allowed) for allowed, count in zip(problem.allowed, problem.count, strict=True) if count]
    return sum(int(m) * n for m, n in zip(modes, nodes, strict=True)) + size(problem) <= SMALL


def exact(problem: Problem, left: Callable[[], float], seed: int, work: float = WORK) -> Exact:
    """Lexicographic optimum by CP-SAT, while seconds are `left` and within so much deterministic `work` per term."""
    model = Model(problem)
    model.families()
    placement: Placement | None = None
    bounds: list[int] = []
    for term in terms(problem):
        expression = term.post(model)
        model.cp.minimize(expression)
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = seed
        solver.parameters.max_time_in_seconds = max(left(), 0.01)
        solver.parameters.max_deterministic_time = work
        status = solver.solve(model.cp)
        if status == cp_model.INFEASIBLE:
            return Exact(None, ())
        if status != cp_model.OPTIMAL:
            bounds.append(
                math.ceil(solver.best_objective_bound - 1e-6) if math.isfinite(solver.best_objective_bound) else 0
            )
            if solver.response_proto.deterministic_time < work:
                return Exact(None, tuple(bounds), cut=True)
            placement = model.read(solver) if status == cp_model.FEASIBLE else placement
            break
        placement = model.read(solver)
        value = term.value(problem, placement)
        bounds.append(value)
        model.require(expression <= value)
    return Exact(placement, tuple(bounds))
