"""Worth of the instances that are left out."""

from __future__ import annotations

from typing import Any

from solver.constraints.base import Model
from solver.problem import Placement, Problem


class Unplaced:
    name = "unplaced"

    def value(self, problem: Problem, placement: Placement) -> int:
        wanted = int(problem.weight @ problem.count)
        return wanted - int(problem.weight[problem.owner(placement.mode)] @ placement.instances)

    def whole(self, problem: Problem, value: int) -> int:
        running = int(problem.weight[problem.owner(problem.home.mode)] @ problem.home.instances)
        return int(problem.weight @ problem.count) - running

    def post(self, model: Model) -> Any:
        problem = model.problem
        return sum(
            int(weight) * (int(count) - model.new([workload]))
            for workload, (weight, count) in enumerate(zip(problem.weight, problem.count, strict=True))
            if weight and count
        )
