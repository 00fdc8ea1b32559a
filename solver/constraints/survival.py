"""What remains after losing any `count` domains of a level still is enough."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.constraints.base import Model, kept, touched
from solver.problem import Violation
from solver.standing import Standing


@dataclass(frozen=True, slots=True)
class Survival:
    """keep: (numerator, denominator) of all instances of the rule, or `least` instances, that have to remain.

    The worst loss takes the `count` fullest domains: with S instances there, of T in all, T - S must be enough.
    """

    workloads: tuple[int, ...]
    level: int
    count: int
    keep: tuple[int, int] | None = None
    least: int | None = None
    name = "survival"

    @property
    def subjects(self) -> tuple[int, ...]:
        return self.workloads

    def needed(self, total: int) -> int:
        """Instances that have to remain of so many."""
        return kept(total, self.keep, self.least)

    def violations(self, standing: Standing) -> list[Violation]:
        if not standing.placed(self.workloads):
            return []
        _, _, held = standing.per_domain(self.workloads, self.level)
        total = int(held.sum())
        remain = total - int(np.sort(held)[-self.count :].sum())
        if remain >= self.needed(total):
            return []
        return [Violation(self.name, self.workloads, self.level, -1, remain, self.needed(total))]

    def post(self, model: Model) -> None:
        """The k largest c_d sum to the least of k t + sum max(c_d - t, 0) over t (Ogryczak and Tamir 2003)."""
        speaks = touched(model, self.workloads)
        inside = model.inside(self.workloads, self.level).values()
        total = model.new(self.workloads) + model.fixed(self.workloads)
        most = sum(int(model.problem.count[w]) for w in self.workloads) + model.fixed(self.workloads)
        threshold = model.amount(most)
        lost = self.count * threshold
        for new, fixed in inside:
            above = model.amount(most)
            model.require(above >= new + fixed - threshold)
            lost = lost + above
        if self.keep is not None:
            model.require(self.keep[1] * (total - lost) >= self.keep[0] * total, speaks)
        if self.least is not None:
            model.require(total - lost >= self.least, model.any(model.new(self.workloads)))
