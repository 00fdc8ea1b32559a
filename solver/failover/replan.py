"""Replan: what was left out gets its turn before some of what was placed; kept when less is left out in the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np

from solver.failover.frame import concerned
from solver.failover.plan import Plan, waves
from solver.failover.units import Unit, components, units, without
from solver.problem import Placement, Problem

MOST = 4
"""Units that make room in one try."""


class Replans:
    """Other plans while something is left out, one after the other; none without standby. It knows nothing of the
    search that asks: who keeps it is gone when nobody looks at it any more."""

    def __init__(self, problem: Problem, seed: int) -> None:
        self.problem, self.seed = problem, seed
        self._begun = False

    def next(self, best: Placement, late: Callable[[], bool]) -> Placement | None:
        """First one that settles standby before all else, then tries on `best`. Each takes the same work wherever it
        runs; one that `late` comes into is not given, and None says that there is none."""
        if not self._any or late() or not (out := _left_out(self.problem, best)):
            return None
        plan = self._on(best, out, late) if self._begun else self._from_nothing(late)
        self._begun = True
        plan.climb(range(self.problem.workloads))
        return None if late() else plan.placed

    @cached_property
    def _any(self) -> bool:
        return bool(concerned(self.problem) and units(self.problem))

    @cached_property
    def _chance(self) -> np.random.Generator:
        return np.random.default_rng(self.seed)

    @cached_property
    def _every(self) -> list[Unit]:
        return components(self.problem)

    def _from_nothing(self, late: Callable[[], bool]) -> Plan:
        plan = Plan(self.problem, self.seed, late=late)
        for wave in waves(self.problem):
            plan.settle(wave)
        return plan

    def _on(self, best: Placement, out: list[Unit], late: Callable[[], bool]) -> Plan:
        target = out[int(self._chance.integers(len(out)))]
        kept, again = _without_some(self.problem, best, self._every, target, self._chance)
        plan = Plan(self.problem, self.seed, kept, late)
        for unit in again:
            plan.settle([unit])
        return plan


def _left_out(problem: Problem, placement: Placement) -> list[Unit]:
    """Those that lack some worth."""
    owner = problem.owner(placement.mode)
    placed = np.bincount(owner, placement.instances, minlength=problem.workloads)
    lack = (placed < problem.count) & (problem.weight > 0)
    return [unit for unit in components(problem) if lack[list(unit)].any()]


def _without_some(
    problem: Problem, placement: Placement, every: Sequence[Unit], target: Unit, chance: np.random.Generator
) -> tuple[Placement, list[Unit]]:
    """The placement without the target and a few units on nodes that it may use; all that is to be placed then, the
    target first."""
    nodes = np.unique(np.concatenate([problem.allowed[workload] for workload in target]))
    there = set(problem.owner(placement.mode)[np.isin(placement.node, nodes)].tolist())
    others = [unit for unit in every if unit != target and not unit.isdisjoint(there)]
    picked = chance.permutation(len(others))[: 1 + int(chance.integers(MOST))]
    gone = [target, *(others[row] for row in picked.tolist())]
    return without(problem, placement, [workload for unit in gone for workload in unit]), gone
