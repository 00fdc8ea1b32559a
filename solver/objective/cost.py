"""Price of the node times size of the instance, summed over all prices and the instances placed."""

from __future__ import annotations

from typing import Any

import numpy as np

from solver.constraints.base import Model
from solver.problem import Placement, Problem


class Cost:
    name = "cost"

    def value(self, problem: Problem, placement: Placement) -> int:
        size = problem.size[problem.owner(placement.mode)]
        return int(((problem.price[placement.node] * size).sum(axis=1) * placement.instances).sum())

    def whole(self, problem: Problem, value: int) -> int:
        return value

    def post(self, model: Model) -> Any:
        problem = model.problem
        costs = {workload: problem.cost(workload) for workload in np.flatnonzero(problem.count).tolist()}
        return sum(
            int(cost[node]) * model.on(workload, node)
            for workload, cost in costs.items()
            for node in problem.allowed[workload].tolist()
        )
