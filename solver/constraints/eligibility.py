"""An instance runs only on nodes that its workload is allowed on."""

from __future__ import annotations

import numpy as np

from solver.constraints.base import Model
from solver.problem import Violation
from solver.standing import Standing


class Eligibility:
    name = "eligibility"
    subjects: tuple[int, ...] = ()

    def violations(self, standing: Standing) -> list[Violation]:
        found = []
        for workload in range(standing.problem.workloads):
            nodes, instances = standing.new([workload])
            if len(nodes):
                wrong = nodes[~np.isin(nodes, standing.problem.allowed[workload])]
                found += [
                    Violation(self.name, (workload,), 0, int(node), int(instances[nodes == node].sum()), 0)
                    for node in np.unique(wrong)
                ]
        return found

    def post(self, model: Model) -> None:
        """The model has variables on allowed nodes only."""
