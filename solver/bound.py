"""Bounds by what there is time for: slots in a millisecond, then patterns or cells."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from solver.objective import soft_rules, terms
from solver.patterns import Bounds, quick
from solver.patterns import bounds as affordable
from solver.patterns.breach import least_breach
from solver.problem import Placement, Problem

MODES = 6
"""Modes of a workload up to which bounds look at each of them."""


def quick_bounds(problem: Problem, values: tuple[int, ...]) -> tuple[int, ...]:
    """A bound per term, 0 where none is known; those after the first for plans that leave out at most `values[0]`."""
    found = quick(problem, values[0])
    if problem.then == "cost" and values[0] == 0:
        cheapest = max(found.then or 0, _cheapest(problem)) if found else _cheapest(problem)
        found = Bounds(found.unplaced if found else 0, cheapest, "slots")
    return per_term(problem, found, least_breach(problem, values[0]) if soft_rules(problem) else 0)


def _cheapest(problem: Problem) -> int:
    """Cost of all that has worth, each instance on the cheapest node that it is allowed on, room or not."""
    least: dict[tuple[int, bytes], int] = {}
    total = 0
    for workload, nodes in enumerate(problem.allowed):
        if problem.weight[workload] and len(nodes):
            alike = id(nodes), problem.size[workload].tobytes()
            if alike not in least:
                least[alike] = int(problem.cost(workload)[nodes].min())
            total += int(problem.count[workload]) * least[alike]
    return total


def bounds(
    problem: Problem, values: tuple[int, ...], stop: Callable[[], bool], left: Callable[[], float] = lambda: math.inf
) -> tuple[int, ...]:
    """The same with the tightest arguments that are affordable; valid whenever `stop` ends them. left: seconds."""
    return per_term(problem, affordable(loosened(problem), values[0], stop, left), 0)


def loosened(problem: Problem) -> Problem:
    """The same problem, or where a workload has many modes one without them: every instance takes what it takes in any
    mode anyway, and nothing of what it could choose. Every plan stays one."""
    if int(np.diff(problem.modes).max(initial=0)) <= MODES:
        return problem
    demand = np.minimum.reduceat(problem.demand, problem.modes[:-1], axis=1)
    slot = problem.slot if problem.slot.size else np.zeros((len(demand), demand.shape[2]), np.int64)
    counts = (demand > 0).any(axis=(0, 1)) | (slot > 0).any(axis=0)
    fixed, home = (
        Placement.merge(problem.owner(rows.mode), rows.node, rows.instances) for rows in (problem.fixed, problem.home)
    )
    return replace(
        problem,
        capacity=np.ascontiguousarray(problem.capacity[:, counts]),
        demand=np.ascontiguousarray(demand[:, :, counts]),
        modes=np.arange(problem.workloads + 1, dtype=np.int32),
        fixed=fixed,
        home=home,
        slot=np.ascontiguousarray(slot[:, counts]),
    )


def per_term(problem: Problem, found: Bounds | None, breach: int) -> tuple[int, ...]:
    """The arguments know neither soft rules nor moves: their bounds hold whatever is broken or moved."""
    known = {"unplaced": found.unplaced, str(problem.then): found.then or 0} if found else {}
    known["soft"] = breach
    return tuple(known.get(term.name, 0) for term in terms(problem))
