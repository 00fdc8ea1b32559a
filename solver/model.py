"""The CP-SAT model of a whole problem: one integer per mode and node, the families on top."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from ortools.sat.python import cp_model

from solver.constraints import ALWAYS
from solver.problem import Placement, Problem
from solver.returns import Returns, slots
from solver.standing import Standing


class Model:
    """Variables over allowed nodes with room only; `families` posts every rule of the problem."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.cp = cp_model.CpModel()
        self._fixed = Standing(problem, Placement.empty())
        self._literals: dict[str, Any] = {}
        self._because: list[Any] = []
        self.variables: dict[tuple[int, int], cp_model.IntVar] = {}
        self._by_workload: dict[int, dict[int, list[int]]] = defaultdict(dict)
        self._by_node: dict[int, list[int]] = defaultdict(list)
        self._gone: list[Any] | None = None
        for workload in range(problem.workloads):
            if problem.count[workload]:
                self._open(workload)
        self.returns = Returns(self)

    def _open(self, workload: int) -> None:
        problem = self.problem
        nodes = problem.allowed[workload]
        for mode in problem.modes_of(workload):
            for node, room in zip(nodes.tolist(), slots(problem, mode, nodes).tolist(), strict=True):
                most = min(room, int(problem.count[workload]))
                if most:
                    self.variables[mode, node] = self.cp.new_int_var(0, most, f"x{mode}_{node}")
                    self._by_workload[workload].setdefault(node, []).append(mode)
                    self._by_node[node].append(mode)

    def families(self) -> None:
        for rule in (*ALWAYS, *self.problem.rules):
            rule.post(self)

    def on(self, workload: int, node: int) -> Any:
        return sum(self.variables[mode, node] for mode in self._by_workload[workload].get(node, ()))

    def usage(self, node: int, resource: int) -> Any:
        each = self.problem.demand[self.problem.rate[node]]
        return cp_model.LinearExpr.weighted_sum(
            [self.variables[mode, node] for mode in self._by_node[node]],
            [int(each[mode, resource]) for mode in self._by_node[node]],
        )

    def onto(self, node: int) -> Any:
        return cp_model.LinearExpr.sum([self.variables[mode, node] for mode in self._by_node[node]])

    def amount(self, most: int) -> Any:
        return self.cp.new_int_var(0, most, "")

    def flag(self) -> Any:
        return self.cp.new_bool_var("")

    def gone(self) -> Sequence[Any]:
        if self._gone is None:
            home = self.problem.home
            self._gone = []
            for mode, node, count in zip(home.mode.tolist(), home.node.tolist(), home.instances.tolist(), strict=True):
                self._gone.append(self.amount(count))
                self.require(self._gone[-1] >= count - self.variables.get((mode, node), 0))
        return self._gone

    def occupied(self) -> Sequence[int]:
        return sorted(self._by_node)

    def new(self, workloads: Sequence[int]) -> Any:
        return cp_model.LinearExpr.sum(
            [
                self.variables[mode, node]
                for workload in workloads
                for node, modes in self._by_workload[workload].items()
                for mode in modes
            ]
        )

    def fixed(self, workloads: Sequence[int]) -> int:
        return self._fixed.fixed(workloads)

    def inside(self, workloads: Sequence[int], level: int) -> Mapping[int, tuple[Any, int]]:
        domain = self.problem.topology.domain[level]
        new: dict[int, list[Any]] = defaultdict(list)
        for workload in workloads:
            for node, modes in self._by_workload[workload].items():
                new[int(domain[node])] += [self.variables[mode, node] for mode in modes]
        domains, _, total = self._fixed.per_domain(workloads, level)
        fixed = dict(zip(domains.tolist(), total.tolist(), strict=True))
        return {
            here: (cp_model.LinearExpr.sum(new[here]) if here in new else 0, fixed.get(here, 0))
            for here in sorted(new.keys() | fixed.keys())
        }

    def restarted(self, workloads: Sequence[int], level: int) -> Mapping[int, tuple[Any, int]]:
        return self.returns.by_loss(workloads, level)

    def restarts_inside(
        self, workloads: Sequence[int], level: int
    ) -> Mapping[int, Mapping[tuple[int, int], tuple[Any, int]]]:
        return self.returns.inside(workloads, level)

    def losses(self) -> Sequence[tuple[int, int, int]]:
        return sorted(self.returns.by_node)

    def restart_usage(self, node: int, level: int, domain: int, resource: int) -> Any:
        return self.returns.usage((node, level, domain), resource)

    def reserved(self, node: int, level: int, domain: int) -> Sequence[int]:
        return self.returns.reserved((node, level, domain))

    def any(self, expression: Any) -> Any:
        if isinstance(expression, int):
            return int(expression >= 1)
        key = str(expression)
        if key not in self._literals:
            literal = self.cp.new_bool_var("")
            self.cp.add(expression >= 1).only_enforce_if(literal)
            self.cp.add(expression <= 0).only_enforce_if(~literal)
            self._literals[key] = literal
        return self._literals[key]

    @contextmanager
    def because(self, literal: Any) -> Iterator[None]:
        """What is required inside holds only if the literal does: explanations assume it, and may go without."""
        self._because.append(literal)
        yield
        self._because.pop()

    def require(self, constraint: Any, only_if: Any = None) -> None:
        if isinstance(only_if, int) and not only_if:
            return
        if isinstance(constraint, bool | np.bool_):
            constraint = self.cp.new_constant(int(constraint)) == 1
        added = self.cp.add(constraint)
        conditions = [*self._because, *([] if only_if is None or isinstance(only_if, int) else [only_if])]
        if conditions:
            added.only_enforce_if(conditions)

    def read(self, solver: cp_model.CpSolver) -> Placement:
        values = [(mode, node, solver.value(variable)) for (mode, node), variable in self.variables.items()]
        return Placement.of([row for row in values if row[2]]).along_with(self.returns.read(solver))

    def hint(self, placement: Placement) -> None:
        rows = zip(placement.mode.tolist(), placement.node.tolist(), placement.instances.tolist(), strict=True)
        value = {(mode, node): count for mode, node, count in rows}
        for key, variable in self.variables.items():
            self.cp.add_hint(variable, value.get(key, 0))
