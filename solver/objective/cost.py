"""Price of the node times size of the instance, summed over all prices and the instances placed."""

from __future__ import annotations

from typing import Any

import numpy as np

from solver.constraints.base import Model
from solver.problem import Ids, Ints, Placement, Problem


class Cost:
    name = "cost"

    def value(self, problem: Problem, placement: Placement) -> int:
        size = problem.size[problem.owner(placement.mode)]
        return int(((problem.price[placement.node] * size).sum(axis=1) * placement.instances).sum())

    def whole(self, problem: Problem, value: int) -> int:
        return value

    def post(self, model: Model) -> Any:
        problem = model.problem
        return sum(
            cost * model.on(workload, node)
            for workload in np.flatnonzero(problem.count).tolist()
            for node, cost in zip(*map(np.ndarray.tolist, _where(problem, workload)), strict=True)
        )


def _where(problem: Problem, workload: int) -> tuple[Ids, Ints]:
    """(nodes, what an instance costs there)."""
    nodes = problem.allowed[workload]
    return nodes, problem.cost(workload)[nodes]
