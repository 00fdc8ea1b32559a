"""An instance runs only on nodes that its workload is allowed on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from solver.constraints.base import Model
from solver.problem import Ids, Violation
from solver.standing import Standing


class Eligibility:
    name = "eligibility"
    subjects: tuple[int, ...] = ()

    def violations(self, standing: Standing) -> list[Violation]:
        found = []
        for workload in range(standing.problem.workloads):
            nodes, instances = standing.new([workload])
            if len(nodes):
                wrong = nodes[~_among(standing.problem.allowed[workload], nodes)]
                found += [
                    Violation(self.name, (workload,), 0, int(node), int(instances[nodes == node].sum()), 0)
                    for node in np.unique(wrong)
                ]
        return found

    def post(self, model: Model) -> None:
        """The model has variables on allowed nodes only."""


def _among(allowed: Ids, nodes: Ids) -> NDArray[np.bool_]:
    """[nodes]: which are allowed; these ascend."""
    if not len(allowed):
        return np.zeros(len(nodes), np.bool_)
    at = np.minimum(np.searchsorted(allowed, nodes), len(allowed) - 1)
    return np.asarray(allowed[at] == nodes)
