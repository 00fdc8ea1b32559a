"""All instances of the workloads stand in one domain of the level."""

from __future__ import annotations

from dataclasses import dataclass

from solver.constraints.base import Model, touched
from solver.problem import Violation
from solver.standing import Standing


@dataclass(frozen=True, slots=True)
class Together:
    workloads: tuple[int, ...]
    level: int
    name = "together"

    @property
    def subjects(self) -> tuple[int, ...]:
        return self.workloads

    def violations(self, standing: Standing) -> list[Violation]:
        if not standing.placed(self.workloads):
            return []
        domains, _, _ = standing.per_domain(self.workloads, self.level)
        if len(domains) <= 1:
            return []
        return [Violation(self.name, self.workloads, self.level, -1, len(domains), 1)]

    def post(self, model: Model) -> None:
        inside = model.inside(self.workloads, self.level)
        used = [1 if fixed else model.any(new) for new, fixed in inside.values()]
        model.require(sum(used) <= 1, touched(model, self.workloads))
