"""A workload stands with exactly so many instances in every domain that it uses."""

from __future__ import annotations

from dataclasses import dataclass

from solver.constraints.base import Model
from solver.problem import Violation
from solver.standing import Standing


@dataclass(frozen=True, slots=True)
class Quota:
    """each: instances in a domain of the level, or none at all."""

    workload: int
    level: int
    each: int
    name = "quota"

    @property
    def subjects(self) -> tuple[int, ...]:
        return (self.workload,)

    def violations(self, standing: Standing) -> list[Violation]:
        return [
            Violation(self.name, self.subjects, self.level, int(domain), int(total), self.each)
            for domain, new, total in zip(*standing.per_domain(self.subjects, self.level), strict=True)
            if new and total != self.each
        ]

    def post(self, model: Model) -> None:
        for new, fixed in model.inside(self.subjects, self.level).values():
            present = model.any(new)
            model.require(new == (self.each - fixed) * present)
