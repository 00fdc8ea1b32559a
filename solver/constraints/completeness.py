"""All or nothing: once any instance is placed, there are at least `minimum` of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.constraints.base import Model
from solver.problem import Problem, Violation
from solver.standing import Standing


@dataclass(frozen=True, slots=True)
class Completeness:
    """minimum: instances of the workloads together, the fixed ones included (all of them: whole or not at all).

    What runs may be fewer: the rule speaks of a plan that adds to it.
    """

    workloads: tuple[int, ...]
    minimum: int
    name = "completeness"

    @property
    def subjects(self) -> tuple[int, ...]:
        return self.workloads

    def violations(self, standing: Standing) -> list[Violation]:
        placed = standing.placed(self.workloads)
        total = placed + standing.fixed(self.workloads)
        if placed <= self._running(standing.problem) or total >= self.minimum:
            return []
        return [Violation(self.name, self.workloads, -1, -1, total, self.minimum)]

    def post(self, model: Model) -> None:
        placed = model.new(self.workloads)
        more = model.any(placed - self._running(model.problem))
        model.require(placed + model.fixed(self.workloads) >= self.minimum, more)

    def _running(self, problem: Problem) -> int:
        if not len(problem.home):
            return 0
        mine = np.isin(problem.owner(problem.home.mode), self.workloads)
        return int(problem.home.instances[mine].sum())
