"""What soft rules are broken by at least: each rule alone, by the room in its domains."""

from __future__ import annotations

import numpy as np

from solver.constraints import Apart, Soft, Spread
from solver.patterns.outlook import Outlook
from solver.patterns.reach import Reach
from solver.problem import Ints, Placement, Problem
from solver.standing import Standing

FEW = 64
"""Totals up to which each is looked at, where a limit is a share of the total."""


def least_breach(problem: Problem, out: int) -> int:
    """No plan that leaves out at most `out` scores less in the term `soft`.

    With T instances of a spread in all, a domain holds min(room, limit) of them without a breach, so that the others
    break it. Outside of the fullest domain stands what no domain has room for. What runs in parts that should be
    apart only meets more: instances never leave, unless some may move.
    """
    outlook = Outlook(problem)
    rules = [rule for rule in problem.rules if isinstance(rule, Soft)]
    return sum(rule.weight * _least(outlook, rule, out) for rule in rules)


def _least(outlook: Outlook, soft: Soft, out: int) -> int:
    problem, rule = outlook.problem, soft.rule
    if isinstance(rule, Apart):
        return soft.breach(Standing(problem, Placement.empty()))
    workloads, level = list(rule.subjects), rule.level  # type: ignore[attr-defined]
    fixed = outlook.standing.fixed(workloads)
    total = fixed + int(problem.count[workloads].sum())
    least = fixed + sum(_needed(problem, workload, out) for workload in workloads)
    room = _room(outlook, workloads, level)
    if not isinstance(rule, Spread):
        return max(least - int(room.max(initial=0)), 0)
    missing = max((rule.least or 0) - min(int((room > 0).sum()), total), 0) if least else 0
    above = 0
    if rule.share is None or total - least <= FEW:
        totals = range(least, total + 1) if rule.share is not None else (least,)
        above = min(number - int(np.minimum(room, rule.limit(number)).sum()) for number in totals)
    return missing + max(above, 0)


def _needed(problem: Problem, workload: int, out: int) -> int:
    weight, count = int(problem.weight[workload]), int(problem.count[workload])
    return max(int(problem.must[workload]), count - out // weight if weight else 0)


def _room(outlook: Outlook, workloads: list[int], level: int) -> Ints:
    """[domains]: at most so many instances, those included that stand there."""
    problem = outlook.problem
    room = np.zeros(problem.topology.sizes[level], np.int64)
    domains, _, fixed = outlook.standing.per_domain(workloads, level)
    room[domains] = fixed
    for workload in workloads:
        reach = Reach(outlook, workload)
        room += np.minimum(reach.sums(level), reach.wanted)
    return room
