"""A child stands in exactly the domains where its master stands, in proportion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.constraints.base import Model
from solver.problem import Ints, Violation
from solver.standing import Standing


@dataclass(frozen=True, slots=True)
class Children:
    """In each domain of the level: one child per `ratio` masters, rounded up; or `each` children if any master."""

    masters: tuple[int, ...]
    child: int
    level: int
    ratio: int | None = None
    each: int | None = None
    name = "children"

    @property
    def subjects(self) -> tuple[int, ...]:
        return (*self.masters, self.child)

    def needed(self, masters: Ints) -> Ints:
        if self.ratio is not None:
            return -(-masters // self.ratio)
        return np.where(masters > 0, self.each or 0, 0)

    def short(self, standing: Standing) -> int:
        """Children that masters lack where they stand, new ones and those that ran before."""
        domains, _, master = standing.per_domain(self.masters, self.level)
        child = np.zeros(standing.problem.topology.sizes[self.level], np.int64)
        found, _, has = standing.per_domain([self.child], self.level)
        child[found] = has
        return int(np.maximum(self.needed(master) - child[domains], 0).sum())

    def violations(self, standing: Standing) -> list[Violation]:
        domains, new, master = standing.per_domain(self.masters, self.level)
        child_domains, child_new, child = standing.per_domain([self.child], self.level)
        every = np.union1d(domains, child_domains)
        masters, children, added = (np.zeros(len(every), np.int64) for _ in range(3))
        masters[np.searchsorted(every, domains)] = master
        children[np.searchsorted(every, child_domains)] = child
        added[np.searchsorted(every, domains)] += new
        added[np.searchsorted(every, child_domains)] += child_new
        needed = self.needed(masters)
        return [
            Violation(self.name, self.subjects, self.level, int(domain), int(has), int(needs))
            for domain, has, needs, any_new in zip(every, children, needed, added, strict=True)
            if any_new and has != needs
        ]

    def post(self, model: Model) -> None:
        masters = model.inside(self.masters, self.level)
        children = model.inside([self.child], self.level)
        for domain in sorted(masters.keys() | children.keys()):
            new, fixed = masters.get(domain, (0, 0))
            child_new, child_fixed = children.get(domain, (0, 0))
            speaks = model.any(new + child_new) if fixed or child_fixed else None
            master, child = new + fixed, child_new + child_fixed
            if self.ratio is not None:
                model.require(self.ratio * child >= master, speaks)
                model.require(self.ratio * child <= master + self.ratio - 1, speaks)
            else:
                present = 1 if fixed else model.any(new)
                model.require(child == (self.each or 0) * present, speaks)
