"""Plan: place, assign restarts, take out what no room is left for, and try that again spread wider."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from fractions import Fraction

import numpy as np

from solver.construct import construct
from solver.failover.assign import assign
from solver.failover.frame import Share, concerned, framed
from solver.failover.units import Unit, units, without
from solver.problem import Placement, Problem

LADDER: tuple[tuple[Share | None, Fraction], ...] = (
    (None, Fraction(1)),
    ((1, 2), Fraction(1)),
    ((1, 3), Fraction(1)),
    ((1, 4), Fraction(1)),
    (None, Fraction(3, 4)),
    (None, Fraction(1, 2)),
    ((0, 1), Fraction(1)),
    (None, Fraction(1, 4)),
    (None, Fraction(1, 8)),
)
"""Try after try: the part of a rule's instances that a domain may hold (spread wider, a loss takes less; (0, 1) needs
no restarts at all, see `framed`), and the part of what is asked for, which helps those that may come in part."""
ALONE = LADDER[6]
WORK, FEW = 4_000_000, 16
"""Nodes that all constructions of a plan may look at, and how many constructions there may be in any case."""


def protected(problem: Problem, seed: int) -> Placement:
    """A placement that keeps every rule, with its restarts: all at once; those that find no room for theirs are taken
    out, and tried once more so that they survive without any."""
    if not concerned(problem):
        return construct(problem, seed)
    plan = Plan(problem, seed)
    plan.climb(range(problem.workloads), (LADDER[0], ALONE))
    return plan.placed


def waves(problem: Problem) -> list[list[Unit]]:
    """Units that may go to few nodes before those that may go to more: nobody else takes their restarts elsewhere.
    Within a wave, those that are worth the most for their size come first, the largest of these before the others."""
    found: dict[int, list[Unit]] = {}
    size = problem.demand[0] @ (1.0 / np.maximum(problem.capacity.sum(axis=0), 1))
    for unit in units(problem):
        scope = min(len(problem.allowed[workload]) for workload in unit)
        found.setdefault(scope.bit_length(), []).append(unit)

    def key(unit: Unit) -> tuple[float, float, int]:
        rows = sorted(unit)
        total = float(sum(size[problem.modes[row]] * problem.count[row] for row in rows))
        worth = float(sum(problem.weight[row] * problem.count[row] for row in rows))
        return -round(worth / max(total, 1e-12), 6), -total, rows[0]

    return [sorted(found[scope], key=key) for scope in sorted(found)]


class Plan:
    """placed: what stands so far, with all its restarts. late: when to do no more."""

    def __init__(
        self,
        problem: Problem,
        seed: int,
        placed: Placement | None = None,
        late: Callable[[], bool] = lambda: False,
    ) -> None:
        self.problem = problem
        self.seed = seed
        self.late = late
        self.units = units(problem)
        self.placed = placed or Placement.empty()
        self.left = max(FEW, WORK // max(problem.nodes, 1))

    def settle(self, wave: Sequence[Unit]) -> None:
        """All of them, when there is room for all; else one half after the other."""
        before = self.placed
        workloads = [workload for unit in wave for workload in unit]
        out = self.add(workloads, None)
        if out and len(wave) > 1 and self.left > 0:
            self.placed = before
            self.settle(wave[: len(wave) // 2])
            self.settle(wave[len(wave) // 2 :])
        elif out:
            self.climb(workloads, LADDER[1:] if self.left > 0 else (ALONE,))

    def climb(self, workloads: Collection[int], ladder: Sequence[tuple[Share | None, Fraction]] = LADDER) -> None:
        """Until all that was taken out is placed in another way."""
        out: set[int] = set()
        for share, part in ladder:
            out |= self.add(workloads, share, part)
            out -= {row for unit in self.units if not unit.isdisjoint(self._has()) for row in unit}
            if not out:
                break

    def _has(self) -> set[int]:
        """Workloads of which something is placed."""
        return set(self.problem.owner(self.placed.mode).tolist())

    def add(self, workloads: Collection[int], share: Share | None, part: Fraction = Fraction(1)) -> set[int]:
        """Place what the workloads lack, of those with standby a part, beside what is placed; units that have something
        stay as they are. The workloads that were taken out again."""
        problem = self.problem
        owner = problem.owner(self.placed.mode)
        has = np.bincount(owner, self.placed.instances, minlength=problem.workloads).astype(np.int64)
        count = np.zeros(problem.workloads, np.int64)
        count[list(workloads)] = (problem.count - has)[list(workloads)]
        for unit in self.units:
            rows = list(unit)
            count[rows] = 0 if has[rows].any() else -(-count[rows] * part.numerator // part.denominator)
        if not count.any() or self.late():
            return set()
        self.left -= 1
        return self._take(construct(framed(problem, self.placed, count, share), self.seed))

    def _take(self, new: Placement) -> set[int]:
        """Those for whose restarts there is room; others are taken out until all of the rest are among them."""
        known = self.placed.restarts
        out: set[int] = set()
        while True:
            both = self.placed + without(self.problem, new, out) if out else self.placed + new
            found = assign(self.problem, both, known, self.late)
            if self.late():
                return out
            if not found.short:
                self.placed = both.along_with(known + found.restarts)
                return out
            short = {workload for rule in found.short for workload in rule.workloads}
            out |= {workload for unit in self.units if not unit.isdisjoint(short) for workload in unit}
