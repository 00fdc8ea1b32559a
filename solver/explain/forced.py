"""Forced: the problem in which some instances of a workload have to stand on given nodes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from solver.constraints import Apart, Children, Completeness, Quota, Rule, Soft, Spread, Standby, Survival, Together
from solver.problem import Ids, Placement, Problem


def forced(problem: Problem, workload: int, nodes: Ids, instances: int) -> Problem:
    """So many instances become a workload of their own (the last one), which may use these nodes only; every rule
    counts it with the one that it comes from. Raises ValueError for a child, whose number follows from its master's,
    and for what has standby, whose restarts are no matter of places.

    Nothing obliges a plan to place it: its worth is that of all others together.
    """
    if any(isinstance(rule, Children) and rule.child == workload for rule in problem.rules):
        raise ValueError("a child stands where its master does: force the master")
    if any(isinstance(rule, Standby) and workload in rule.workloads for rule in problem.rules):
        raise ValueError("standby is promised for all instances: a part of them cannot be forced")
    twin = problem.workloads
    modes = problem.modes_of(workload)
    count = problem.count.copy()
    count[workload] -= instances
    return replace(
        problem,
        demand=np.concatenate([problem.demand, problem.demand[:, modes.start : modes.stop]], axis=1),
        modes=np.append(problem.modes, problem.modes[-1] + len(modes)).astype(problem.modes.dtype),
        count=np.append(count, instances),
        must=np.append(np.maximum(problem.must - (np.arange(twin) == workload) * instances, 0), 0),
        weight=np.append(problem.weight, int(problem.weight @ problem.count) + 1),
        allowed=(*problem.allowed, np.intersect1d(problem.allowed[workload], nodes).astype(np.int32)),
        size=np.concatenate([problem.size, problem.size[[workload]]]),
        rules=tuple(_with(rule, workload, twin) for rule in problem.rules),
    )


def merged(problem: Problem, workload: int, placement: Placement) -> Placement:
    """A placement of `forced` in the numbers of the problem that it was made from."""
    first = int(problem.modes[-1])
    shift = first - int(problem.modes[workload])
    mode = np.where(placement.mode >= first, placement.mode - shift, placement.mode).astype(np.int32)
    return Placement.merge(mode, placement.node, placement.instances).along_with(placement.restarts)


def _with(rule: Rule, workload: int, twin: int) -> Rule:
    def both(workloads: tuple[int, ...]) -> tuple[int, ...]:
        return (*workloads, twin) if workload in workloads else workloads

    if isinstance(rule, Soft):
        inner: Any = _with(rule.rule, workload, twin)  # of the same family
        return replace(rule, rule=inner)
    if isinstance(rule, Apart):
        return replace(rule, parts=tuple(both(part) for part in rule.parts))
    if isinstance(rule, Children):
        return replace(rule, masters=both(rule.masters))
    if isinstance(rule, Spread | Survival | Together | Completeness):
        return replace(rule, workloads=both(rule.workloads))
    if isinstance(rule, Quota) and rule.workload == workload:
        raise ValueError("so many in each site or none: a part of them cannot be forced")
    return rule
