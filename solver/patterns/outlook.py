"""Outlook: a problem with what bounds look up in it again and again."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from solver.constraints import Rule
from solver.patterns import kernels
from solver.problem import Ids, Ints, Placement, Problem
from solver.standing import Standing

_PLENTY = 1 << 31


class Outlook:
    """standing: what is fixed. rules: of each workload."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.standing = Standing(problem, Placement.empty())
        self.rules: dict[int, list[Rule]] = defaultdict(list)
        for rule in problem.rules:
            for workload in set(rule.subjects):
                self.rules[workload].append(rule)
        self._slots: dict[tuple[int, bytes], tuple[Ids, Ints]] = {}

    def slots(self, workload: int, most: int) -> tuple[Ids, Ints]:
        """(nodes that take an instance, how many each, at most `most`)."""
        problem = self.problem
        modes = problem.modes_of(workload)
        demand = np.ascontiguousarray(problem.demand[:, modes.start : modes.stop])  # one compiled form for all
        allowed = problem.allowed[workload]
        key = id(allowed), demand.tobytes()
        if key not in self._slots:
            self._slots[key] = kernels.slots(problem.capacity, problem.rate, demand, allowed, _PLENTY)
        nodes, slots = self._slots[key]
        return nodes, np.minimum(slots, most)
