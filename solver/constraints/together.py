"""All instances of the workloads stand in one domain of the level."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

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

    def breaches(self, standing: Standing) -> list[Violation]:
        """Instances outside of the fullest domain."""
        domains, _, count = standing.per_domain(self.workloads, self.level)
        if len(domains) <= 1:
            return []
        fullest = int(np.argmax(count))
        outside = int(count.sum() - count[fullest])
        return [Violation(self.name, self.workloads, self.level, int(domains[fullest]), outside, 0)]

    def post_breach(self, model: Model) -> Any:
        """Some domain counts as the one where they should be: best the fullest."""
        inside = model.inside(self.workloads, self.level).values()
        total = model.new(self.workloads) + model.fixed(self.workloads)
        outside = model.amount(sum(int(model.problem.count[w]) for w in self.workloads) + model.fixed(self.workloads))
        chosen = [model.flag() for _ in inside]
        for here, (new, fixed) in zip(chosen, inside, strict=True):
            model.require(outside >= total - new - fixed, here)
        if chosen:
            model.require(sum(chosen) == 1)
        return outside

    def post(self, model: Model) -> None:
        inside = model.inside(self.workloads, self.level)
        used = [1 if fixed else model.any(new) for new, fixed in inside.values()]
        model.require(sum(used) <= 1, touched(model, self.workloads))
