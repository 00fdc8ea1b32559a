"""All or nothing: once any instance is placed, there are at least `minimum` of them."""

from __future__ import annotations

from dataclasses import dataclass

from solver.constraints.base import Model
from solver.problem import Violation
from solver.standing import Standing


@dataclass(frozen=True, slots=True)
class Completeness:
    """minimum: instances of the workloads together, the fixed ones included (all of them: whole or not at all)."""

    workloads: tuple[int, ...]
    minimum: int
    name = "completeness"

    @property
    def subjects(self) -> tuple[int, ...]:
        return self.workloads

    def violations(self, standing: Standing) -> list[Violation]:
        placed = standing.placed(self.workloads)
        total = placed + standing.fixed(self.workloads)
        if not placed or total >= self.minimum:
            return []
        return [Violation(self.name, self.workloads, -1, -1, total, self.minimum)]

    def post(self, model: Model) -> None:
        placed = model.new(self.workloads)
        model.require(placed + model.fixed(self.workloads) >= self.minimum, model.any(placed))
