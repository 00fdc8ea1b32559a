"""At most so many of the instances that run leave their place."""

from __future__ import annotations

from dataclasses import dataclass

from solver.constraints.base import Model
from solver.problem import Violation
from solver.standing import Standing


@dataclass(frozen=True, slots=True)
class Moves:
    most: int
    name = "moves"
    subjects: tuple[int, ...] = ()

    def violations(self, standing: Standing) -> list[Violation]:
        home, gone = standing.problem.home, standing.gone()
        if gone.sum() <= self.most:
            return []
        workloads = sorted(set(standing.problem.owner(home.mode[gone > 0]).tolist()))
        return [Violation(self.name, tuple(workloads), -1, -1, int(gone.sum()), self.most)]

    def post(self, model: Model) -> None:
        model.require(sum(model.gone()) <= self.most)
