"""Price of the node times size of the instance, summed over the instances placed."""

from __future__ import annotations

from typing import Any

import numpy as np

from solver.constraints.base import Model
from solver.problem import Placement, Problem


class Cost:
    name = "cost"

    def value(self, problem: Problem, placement: Placement) -> int:
        size = problem.size[problem.owner(placement.mode)]
        return int(problem.price[placement.node] @ (size * placement.instances))

    def whole(self, problem: Problem, value: int) -> int:
        return value

    def post(self, model: Model) -> Any:
        problem = model.problem
        return sum(
            int(problem.price[node] * problem.size[workload]) * model.on(workload, node)
            for workload in np.flatnonzero(problem.count).tolist()
            for node in problem.allowed[workload].tolist()
        )
