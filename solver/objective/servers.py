"""Servers that the plan opens: those that carry an instance of it and nothing before."""

from __future__ import annotations

from typing import Any

import numpy as np

from solver.constraints.base import Model
from solver.problem import Placement, Problem


class Servers:
    name = "fewest-servers"

    def value(self, problem: Problem, placement: Placement) -> int:
        return int((~problem.busy[np.unique(placement.node)]).sum())

    def whole(self, problem: Problem, value: int) -> int:
        return value

    def post(self, model: Model) -> Any:
        return sum(model.any(model.onto(node)) for node in model.occupied() if not model.problem.busy[node])
