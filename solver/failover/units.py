"""Units: workloads that come, stay and go together because a rule counts them against each other."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from solver import ties
from solver.constraints import Children, Completeness, Spread, Standby, Survival
from solver.problem import Placement, Problem

TYING = (Children, Completeness, Spread, Standby, Survival)
"""Rules that taking some instances out may break; those of the others hold for any part of what they held for."""

Unit = frozenset[int]


def units(problem: Problem) -> list[Unit]:
    """Those with standby, in the order of their workloads."""
    standby = {workload for rule in problem.rules if isinstance(rule, Standby) for workload in rule.workloads}
    return [unit for unit in components(problem) if not standby.isdisjoint(unit)] if standby else []


def components(problem: Problem) -> list[Unit]:
    """All of them, in the order of their workloads."""
    tied = [rule.subjects for rule in problem.rules if isinstance(rule, TYING)]
    return sorted(map(frozenset, ties.components(range(problem.workloads), tied)), key=min)


def rows_of(problem: Problem, placement: Placement, workloads: Iterable[int]) -> Placement:
    """What the placement has of these workloads, their restarts too."""
    chosen = np.fromiter(workloads, np.int64)
    which = np.isin(problem.owner(placement.mode), chosen)
    again = np.isin(problem.owner(placement.restarts.mode), chosen)
    return Placement(
        placement.mode[which], placement.node[which], placement.instances[which], placement.restarts.only(again)
    )


def without(problem: Problem, placement: Placement, workloads: Iterable[int]) -> Placement:
    gone = set(workloads)
    return rows_of(problem, placement, [each for each in range(problem.workloads) if each not in gone])
