"""Bounds of a small request in about a millisecond: slots counted exactly, limits per domain, cheapest first.

Every workload is looked at alone in the world, which only loosens the problem. Its instances are of one
flavour on integer slots, so counting them is exact but for rules that `limits` does not know.
"""

from __future__ import annotations

import numpy as np

from solver.constraints import Children, Completeness
from solver.patterns.bounds import Bounds
from solver.patterns.cheapest import cheapest
from solver.patterns.limits import minimum
from solver.patterns.outlook import Outlook
from solver.patterns.reach import Reach
from solver.problem import Problem


def quick(problem: Problem, unplaced: int | None = None, few: int = 8) -> Bounds | None:
    """Bounds by slots; None when more than `few` workloads have worth.

    unplaced: the worth that the plan at hand leaves out, for the second term (default: the first bound).
    """
    asked = np.flatnonzero((problem.weight > 0) & (problem.count > 0)).tolist()
    if not 0 < len(asked) <= few:
        return None
    outlook = Outlook(problem)
    reaches = [Reach(outlook, workload) for workload in asked]
    most = admitted(outlook, {reach.workload: reach.total for reach in reaches})
    wanted = int(problem.weight @ problem.count)
    least = wanted - sum(int(problem.weight[reach.workload]) * most[reach.workload] for reach in reaches)
    out = least if unplaced is None else max(unplaced, least)
    needs = [(reach, _needed(outlook, reach.workload, out)) for reach in reaches]
    return Bounds(least, _then(problem, needs), "slots")


def admitted(outlook: Outlook, most: dict[int, int]) -> dict[int, int]:
    """At most how many instances of each workload a plan places, when none is placed without its minimum."""
    most = dict(most)
    for rule in outlook.problem.rules:
        if isinstance(rule, Completeness):
            fits = sum(most.get(w, int(outlook.problem.count[w])) for w in rule.workloads)
            if fits + outlook.standing.fixed(rule.workloads) < rule.minimum:
                most.update(dict.fromkeys(set(most) & set(rule.workloads), 0))
    return most


def _needed(outlook: Outlook, workload: int, out: int) -> int:
    """At least how many instances there are in a plan that leaves out at most `out`."""
    problem = outlook.problem
    count = int(problem.count[workload])
    need = max(int(problem.must[workload]), count - out // int(problem.weight[workload]), 0)
    return max(need, min(minimum(outlook, workload), count)) if need else 0


def _then(problem: Problem, needs: list[tuple[Reach, int]]) -> int | None:
    if problem.then == "cost":
        along = _paid([reach for reach, _ in needs])
        costs = [cheapest(problem, reach, need, along[reach.workload]) for reach, need in needs]
        return None if None in costs else sum(cost or 0 for cost in costs)
    if problem.then == "fewest-servers":
        return max(_servers(problem, reach, need) for reach, need in needs)
    return None


def _paid(reaches: list[Reach]) -> dict[int, list[tuple[Children, Reach]]]:
    """Which master pays for which child: no instance of a child is paid twice."""
    payer: dict[int, Children] = {}
    paid: dict[int, list[tuple[Children, Reach]]] = {reach.workload: [] for reach in reaches}
    for reach in reaches:
        for rule, child in reach.children:
            if rule.child not in paid and (rule.child not in payer or (rule.ratio and payer[rule.child] is rule)):
                payer[rule.child] = rule
                paid[reach.workload].append((rule, child))
    return paid


def _servers(problem: Problem, reach: Reach, need: int) -> int:
    """Busy servers are free; of the others the roomiest first."""
    busy = problem.busy[reach.nodes]
    left = need - int(reach.slots[busy].sum())
    if left <= 0:
        return 0
    filled = np.cumsum(-np.sort(-reach.slots[~busy]))
    return min(int(np.searchsorted(filled, left)) + 1, len(filled))
