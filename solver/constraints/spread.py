"""Limits per domain of one level: at most so many instances, at most a share of all, over at least so many domains."""

from __future__ import annotations

from dataclasses import dataclass

from solver.constraints.base import Model
from solver.problem import Violation
from solver.standing import Standing


@dataclass(frozen=True, slots=True)
class Spread:
    """most: instances per domain. share: (numerator, denominator) of all instances of the rule. least: domains.

    The limits per domain speak where the plan adds: what already stands too dense elsewhere is no reason to refuse.
    """

    workloads: tuple[int, ...]
    level: int
    most: int | None = None
    share: tuple[int, int] | None = None
    least: int | None = None
    name = "spread"

    @property
    def subjects(self) -> tuple[int, ...]:
        return self.workloads

    def limit(self, total: int) -> int:
        """The most instances that one domain may hold when the rule has `total` of them."""
        limits = [total]
        if self.most is not None:
            limits.append(self.most)
        if self.share is not None:
            limits.append(total * self.share[0] // self.share[1])
        return min(limits)

    def violations(self, standing: Standing) -> list[Violation]:
        if not standing.placed(self.workloads):
            return []
        domains, added, count = standing.per_domain(self.workloads, self.level)
        limit = self.limit(int(count.sum()))
        found = [
            Violation(self.name, self.workloads, self.level, int(domain), int(held), limit)
            for domain, new, held in zip(domains, added, count, strict=True)
            if new and held > limit
        ]
        if self.least is not None and len(domains) < self.least:
            found.append(Violation(self.name, self.workloads, self.level, -1, len(domains), self.least))
        return found

    def post(self, model: Model) -> None:
        inside = model.inside(self.workloads, self.level)
        total = model.new(self.workloads) + model.fixed(self.workloads)
        for new, fixed in inside.values():
            speaks = model.any(new) if fixed else None
            if self.most is not None:
                model.require(new + fixed <= self.most, speaks)
            if self.share is not None:
                model.require(self.share[1] * (new + fixed) <= self.share[0] * total, speaks)
        if self.least is not None:
            speaks = model.any(model.new(self.workloads))
            used = [1 if fixed else model.any(new) for new, fixed in inside.values()]
            model.require(sum(used) >= self.least, speaks)
