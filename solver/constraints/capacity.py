"""No node gives more of any resource than it has free."""

from __future__ import annotations

import numpy as np

from solver.constraints.base import Model
from solver.problem import Violation
from solver.standing import Standing


class Capacity:
    name = "capacity"
    subjects: tuple[int, ...] = ()

    def violations(self, standing: Standing) -> list[Violation]:
        problem, placement = standing.problem, standing.placement
        nodes, position = np.unique(placement.node, return_inverse=True)
        used = np.zeros((len(nodes), problem.capacity.shape[1]), np.int64)
        taken = problem.demand[problem.rate[placement.node], placement.mode] * placement.instances[:, None]
        np.add.at(used, position, taken)
        rows, columns = np.nonzero(used > problem.capacity[nodes])
        return [
            Violation(
                self.name,
                tuple(np.unique(problem.owner(placement.mode[placement.node == nodes[row]])).tolist()),
                0,
                int(nodes[row]),
                int(used[row, column]),
                int(problem.capacity[nodes[row], column]),
                int(column),
            )
            for row, column in zip(rows, columns, strict=True)
        ]

    def post(self, model: Model) -> None:
        capacity = model.problem.capacity
        for node in model.occupied():
            for resource in range(capacity.shape[1]):
                model.require(model.usage(node, resource) <= int(capacity[node, resource]))
