"""No domain of the level holds instances of two different parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

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

    def breaches(self, standing: Standing) -> list[Violation]:
        """Instances that would have to leave so that no domain holds two parts: all but those of its largest part."""
        views = [standing.per_domain(part, self.level) for part in self.parts]
        domains = np.unique(np.concatenate([domains for domains, _, _ in views]))
        held = np.zeros((len(self.parts), len(domains)), np.int64)
        for row, (here, _, count) in zip(held, views, strict=True):
            row[np.searchsorted(domains, here)] = count
        return [
            Violation(self.name, self.subjects, self.level, int(domain), int(leave), 0)
            for domain, leave in zip(domains, held.sum(axis=0) - held.max(axis=0), strict=True)
            if leave
        ]

    def post_breach(self, model: Model) -> Any:
        inside = [model.inside(part, self.level) for part in self.parts]
        shared = [[view[domain] for view in inside if domain in view] for domain in sorted(set().union(*inside))]
        return sum(self._leaving(model, here) for here in shared if len(here) > 1)

    def _leaving(self, model: Model, here: Sequence[tuple[Any, int]]) -> Any:
        """Some part of a domain counts as the one that may stay: best the largest."""
        held = [new + fixed for new, fixed in here]
        leave = model.amount(sum(int(model.problem.count[w]) for w in self.subjects) + model.fixed(self.subjects))
        stays = [model.flag() for _ in held]
        for flag, mine in zip(stays, held, strict=True):
            model.require(leave >= sum(held) - mine, flag)
        model.require(sum(stays) == 1)
        return leave

    def post(self, model: Model) -> None:
        inside = [model.inside(part, self.level) for part in self.parts]
        for domain in sorted(set().union(*inside)):
            here = [view[domain] for view in inside if domain in view]
            standing = sum(fixed > 0 for _, fixed in here)
            if standing > 1:
                model.require(sum(new for new, _ in here) <= 0)
            elif len(here) > 1:
                model.require(sum(1 if fixed else model.any(new) for new, fixed in here) <= 1)
