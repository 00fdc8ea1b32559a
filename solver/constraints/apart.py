"""No domain of the level holds instances of two different parts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.constraints.base import Model
from solver.problem import Violation
from solver.standing import Standing


@dataclass(frozen=True, slots=True)
class Apart:
    """parts: sets of workloads; a domain into which the plan puts any of them may hold one part only."""

    parts: tuple[tuple[int, ...], ...]
    level: int
    name = "apart"

    @property
    def subjects(self) -> tuple[int, ...]:
        return tuple(workload for part in self.parts for workload in part)

    def violations(self, standing: Standing) -> list[Violation]:
        views = [standing.per_domain(part, self.level) for part in self.parts]
        new = np.concatenate([domains[added > 0] for domains, added, _ in views])
        domains, holders = np.unique(np.concatenate([domains for domains, _, _ in views]), return_counts=True)
        return [
            Violation(self.name, self.subjects, self.level, int(domain), int(parts), 1)
            for domain, parts in zip(domains, holders, strict=True)
            if parts > 1 and domain in new
        ]

    def post(self, model: Model) -> None:
        inside = [model.inside(part, self.level) for part in self.parts]
        for domain in sorted(set().union(*inside)):
            here = [view[domain] for view in inside if domain in view]
            standing = sum(fixed > 0 for _, fixed in here)
            if standing > 1:
                model.require(sum(new for new, _ in here) <= 0)
            elif len(here) > 1:
                model.require(sum(1 if fixed else model.any(new) for new, fixed in here) <= 1)
