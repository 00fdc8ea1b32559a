"""No domain of the level holds instances of two different parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
        """Where restarts stand, too, for each loss with what runs, lost or not."""
        views = [standing.per_domain(part, self.level) for part in self.parts]
        returns = [standing.restarts_in(part, self.level) for part in self.parts]
        new = np.concatenate([domains[added > 0] for domains, added, _ in views])
        touched = {*new.tolist(), *(here for part in returns for (here, _), added in part.items() if added)}
        holders: dict[int, dict[tuple[int, int] | None, set[int]]] = {}
        for part, (domains, _, _) in enumerate(views):
            for here in domains.tolist():
                holders.setdefault(here, {}).setdefault(None, set()).add(part)
        for part, found in enumerate(returns):
            for here, lost in found:
                holders.setdefault(here, {}).setdefault(lost, set()).add(part)
        broken = []
        for here in sorted(touched):
            running = holders[here].get(None, set())
            most = max(len(running | parts) for parts in holders[here].values())
            if most > 1:
                broken.append(Violation(self.name, self.subjects, self.level, here, most, 1))
        return broken

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
        again = [model.restarts_inside(part, self.level) for part in self.parts]
        for domain in sorted(set().union(*inside, *again)):
            self._keep_one(
                model, [view.get(domain, (0, 0)) for view in inside], [view.get(domain, {}) for view in again]
            )

    def _keep_one(
        self,
        model: Model,
        here: Sequence[tuple[Any, int]],
        again: Sequence[Mapping[tuple[int, int], tuple[Any, int]]],
    ) -> None:
        """In one domain: what runs of each part, and what restarts there by what is lost."""
        added = sum(new for new, _ in here) + sum(new for part in again for new, _ in part.values())
        for lost in [None, *sorted(set().union(*again))]:
            back = [part.get(lost, (0, 0)) if lost else (0, 0) for part in again]
            pairs = list(zip(here, back, strict=True))
            if sum(fixed + standing > 0 for (_, fixed), (_, standing) in pairs) > 1:
                model.require(added <= 0)
            elif (
                sum(
                    isinstance(new, int) and isinstance(more, int) and not fixed + standing
                    for (new, fixed), (more, standing) in pairs
                )
                < len(pairs) - 1
            ):
                holders = [1 if fixed + standing else model.any(new + more) for (new, fixed), (more, standing) in pairs]
                model.require(sum(holders) <= 1)
