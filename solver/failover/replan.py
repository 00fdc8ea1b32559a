"""Replan: what was left out gets its turn before some of what was placed; kept when less is left out in the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from solver.failover.frame import concerned
from solver.failover.plan import Plan, waves
from solver.failover.units import Unit, components, units, without
from solver.problem import Placement, Problem

MOST = 4
"""Units that make room in one try."""


def replans(
    problem: Problem, best: Callable[[], Placement], late: Callable[[], bool], seed: int
) -> Iterator[Placement]:
    """Other plans, while something is left out: first one that settles standby before all else, then tries on `best`.

    Each takes the same work wherever it runs; one that `late` comes into is not given. Nothing without standby.
    """
    if not concerned(problem) or not units(problem) or not _left_out(problem, best()):
        return
    plan = Plan(problem, seed, late=late)
    for wave in waves(problem):
        plan.settle(wave)
    plan.climb(range(problem.workloads))
    if not late():
        yield plan.placed
    every = components(problem)
    chance = np.random.default_rng(seed)
    while (out := _left_out(problem, best())) and not late():
        placed = _without_some(problem, best(), every, out[int(chance.integers(len(out)))], chance)
        again = Plan(problem, seed, placed[0], late)
        for unit in placed[1]:
            again.settle([unit])
        again.climb(range(problem.workloads))
        if not late():
            yield again.placed


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
