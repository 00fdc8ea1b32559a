"""The part of the CP-SAT model that says what restarts where: one integer per mode, node and loss."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from ortools.sat.python import cp_model

from solver.aside import top
from solver.constraints import Standby
from solver.problem import Ids, Ints, Problem
from solver.restarts import Restarts

if TYPE_CHECKING:
    from solver.model import Model

Loss = tuple[int, int]


class Returns:
    """variables: (mode, node, level, domain) -> instances that start there when the domain is lost."""

    def __init__(self, model: Model) -> None:
        self.problem = problem = model.problem
        self.variables: dict[tuple[int, int, int, int], cp_model.IntVar] = {}
        self.by_node: dict[tuple[int, int, int], list[int]] = defaultdict(list)
        fixed = problem.fixed.restarts
        self._fixed = list(zip(problem.owner(fixed.mode).tolist(), fixed.rows(), strict=True))
        self._owner = problem.owner(np.arange(problem.modes[-1], dtype=np.int32)).tolist()
        rows = problem.reserved
        keys = zip(rows.node.tolist(), rows.level.tolist(), rows.domain.tolist(), strict=True)
        self._reserved = dict(zip(keys, rows.amount.tolist(), strict=True))
        for workload, level in pairs(problem):
            here = model.inside([workload], level)
            if here:
                self._open(model, workload, level, sorted(here))

    def _open(self, model: Model, workload: int, level: int, domains: Sequence[int]) -> None:
        problem = self.problem
        nodes = problem.allowed[workload]
        most = int(problem.count[workload]) + model.fixed([workload])
        whole = problem.capacity + top(problem)
        for mode in problem.modes_of(workload):
            for node, room in zip(nodes.tolist(), slots(problem, mode, nodes, whole).tolist(), strict=True):
                for domain in domains:
                    if room and problem.topology.domain[level, node] != domain:
                        variable = model.cp.new_int_var(0, min(room, most), f"y{mode}_{node}_{level}_{domain}")
                        self.variables[mode, node, level, domain] = variable
                        self.by_node[node, level, domain].append(mode)

    def by_loss(self, workloads: Sequence[int], level: int) -> Mapping[int, tuple[Any, int]]:
        return _summed((domain, new, fixed) for _, (at, domain), new, fixed in self._of(workloads) if at == level)

    def inside(self, workloads: Sequence[int], level: int) -> Mapping[int, Mapping[Loss, tuple[Any, int]]]:
        where = self.problem.topology.domain[level].tolist()
        found: dict[int, dict[Loss, tuple[Any, int]]] = defaultdict(dict)
        summed = _summed(((where[node], loss), new, fixed) for node, loss, new, fixed in self._of(workloads))
        for (here, loss), amounts in summed.items():
            found[here][loss] = amounts
        return found

    def usage(self, key: tuple[int, int, int], resource: int) -> Any:
        modes = self.by_node[key]
        each = self.problem.demand[self.problem.rate[key[0]]]
        return cp_model.LinearExpr.weighted_sum(
            [self.variables[mode, *key] for mode in modes], [int(each[mode, resource]) for mode in modes]
        )

    def reserved(self, key: tuple[int, int, int]) -> Sequence[int]:
        found: Sequence[int] = self._reserved.get(key, [0] * self.problem.capacity.shape[1])
        return found

    def read(self, solver: cp_model.CpSolver) -> Restarts:
        values = [(*key, solver.value(variable)) for key, variable in self.variables.items()]
        return Restarts.of([row for row in values if row[4]])

    def _of(self, workloads: Sequence[int]) -> Iterator[tuple[int, Loss, Any, int]]:
        """(node, loss, new, fixed), one of the two zero."""
        for (mode, node, level, domain), variable in self.variables.items():
            if self._owner[mode] in workloads:
                yield node, (level, domain), variable, 0
        for workload, (_, node, level, domain, count) in self._fixed:
            if workload in workloads:
                yield node, (level, domain), 0, count


def pairs(problem: Problem) -> list[tuple[int, int]]:
    """(workload, level) of standby that a plan may touch."""
    return list(
        dict.fromkeys(
            (workload, rule.level)
            for rule in problem.rules
            if isinstance(rule, Standby) and problem.count[list(rule.workloads)].any()
            for workload in rule.workloads
        )
    )


def size(problem: Problem) -> int:
    """Variables that the restarts would have, at most."""
    total = 0
    for workload, level in pairs(problem):
        nodes = problem.allowed[workload]
        domains = len(np.unique(problem.topology.domain[level][nodes]))
        total += len(problem.modes_of(workload)) * len(nodes) * domains
    return total


def _summed(rows: Iterator[tuple[Any, Any, int]]) -> dict[Any, tuple[Any, int]]:
    new: dict[Any, list[Any]] = defaultdict(list)
    fixed: dict[Any, int] = defaultdict(int)
    for key, variable, count in rows:
        if not isinstance(variable, int):
            new[key].append(variable)
        fixed[key] += count
    return {key: (cp_model.LinearExpr.sum(new[key]) if key in new else 0, fixed[key]) for key in sorted(fixed)}


def slots(problem: Problem, mode: int, nodes: Ids, capacity: Ints | None = None) -> Ints:
    """How many instances of the mode each node could take if it were alone, out of this capacity or its own."""
    need = problem.demand[problem.rate[nodes], mode]
    room = (problem.capacity if capacity is None else capacity)[nodes]
    each = np.where(need > 0, room // np.maximum(need, 1), np.iinfo(np.int64).max)
    fits: Ints = np.maximum(each.min(axis=1, initial=np.iinfo(np.int64).max), 0)
    return fits
