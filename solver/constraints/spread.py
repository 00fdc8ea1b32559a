"""Limits per domain of one level: at most so many instances, at most a share of all, over at least so many domains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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

    def breaches(self, standing: Standing) -> list[Violation]:
        """Instances above the limit, over all domains, and the domains that are missing."""
        domains, _, count = standing.per_domain(self.workloads, self.level)
        limit = self.limit(int(count.sum()))
        found = [
            Violation(self.name, self.workloads, self.level, int(domain), int(held), limit)
            for domain, held in zip(domains, count, strict=True)
            if held > limit
        ]
        if self.least is not None and 0 < len(domains) < self.least:
            found.append(Violation(self.name, self.workloads, self.level, -1, len(domains), self.least))
        return found

    def post_breach(self, model: Model) -> Any:
        inside = model.inside(self.workloads, self.level).values()
        total = model.new(self.workloads) + model.fixed(self.workloads)
        parts = [self._above(model, new + fixed, total) for new, fixed in inside]
        if self.least is not None:
            missing = model.amount(self.least)
            present = 1 if model.fixed(self.workloads) else model.any(model.new(self.workloads))
            used = sum(1 if fixed else model.any(new) for new, fixed in inside)
            model.require(missing >= self.least * present - used)
            parts.append(missing)
        return sum(parts)

    def _above(self, model: Model, held: Any, total: Any) -> Any:
        """Instances of a domain above the limit."""
        above = model.amount(sum(int(model.problem.count[w]) for w in self.workloads) + model.fixed(self.workloads))
        if self.most is not None:
            model.require(above >= held - self.most)
        if self.share is not None:
            model.require(self.share[1] * (held - above) <= self.share[0] * total)
        return above

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
