"""No workload gets more instances than it asks for, nor fewer than it must have."""

from __future__ import annotations

from solver.constraints.base import Model
from solver.problem import Violation
from solver.standing import Standing


class Demand:
    name = "demand"
    subjects: tuple[int, ...] = ()

    def violations(self, standing: Standing) -> list[Violation]:
        found = []
        for workload, (count, must) in enumerate(zip(standing.problem.count, standing.problem.must, strict=True)):
            placed = standing.placed([workload])
            if not must <= placed <= count:
                found.append(Violation(self.name, (workload,), -1, -1, placed, int(count if placed > count else must)))
        return found

    def post(self, model: Model) -> None:
        for workload, (count, must) in enumerate(zip(model.problem.count, model.problem.must, strict=True)):
            model.require(model.new([workload]) <= int(count))
            model.require(model.new([workload]) >= int(must))
