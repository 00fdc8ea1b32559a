"""After losing any single domain, what remains together with what restarts on standby room is enough."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from solver.aside import losses, top, used
from solver.constraints.base import Model, Rule, kept, touched
from solver.problem import Violation
from solver.standing import Standing


@dataclass(frozen=True, slots=True)
class Standby:
    """keep: (numerator, denominator) of all instances of the rule, or `least` instances, that have to run again after
    the loss of a domain of the level: those outside of it, and those that the placement restarts."""

    workloads: tuple[int, ...]
    level: int
    keep: tuple[int, int] | None = None
    least: int | None = None
    name = "standby"

    @property
    def subjects(self) -> tuple[int, ...]:
        return self.workloads

    def needed(self, total: int) -> int:
        """Instances that have to run of so many."""
        return kept(total, self.keep, self.least)

    def violations(self, standing: Standing) -> list[Violation]:
        if not standing.placed(self.workloads):
            return []
        domains, _, held = standing.per_domain(self.workloads, self.level)
        lost, _, back = standing.restarted(self.workloads, self.level)
        again = dict(zip(lost.tolist(), back.tolist(), strict=True))
        total = int(held.sum())
        needed = self.needed(total)
        return [
            Violation(self.name, self.workloads, self.level, domain, total - here + again.get(domain, 0), needed)
            for domain, here in zip(domains.tolist(), held.tolist(), strict=True)
            if total - here + again.get(domain, 0) < needed
        ]

    def post(self, model: Model) -> None:
        speaks = touched(model, self.workloads)
        total = model.new(self.workloads) + model.fixed(self.workloads)
        back = model.restarted(self.workloads, self.level)
        for domain, (new, fixed) in model.inside(self.workloads, self.level).items():
            here = speaks if fixed else model.any(new)
            again, standing = back.get(domain, (0, 0))
            remain = total - new - fixed + again + standing
            if self.keep is not None:  # true by itself where nothing is lost: a row without a condition bounds better
                model.require(self.keep[1] * remain >= self.keep[0] * total, here if fixed else None)
            if self.least is not None:
                model.require(remain >= self.least, here)


class Restarting:
    """Restarts are of what is lost, on nodes allowed to it outside of the loss, and there is room for all of a loss at
    once beside what runs."""

    name = "restart"
    subjects: tuple[int, ...] = ()

    def violations(self, standing: Standing) -> list[Violation]:
        if not len(standing.restarts):
            return []
        return [*self._misplaced(standing), *self._surplus(standing), *self._crowded(standing)]

    def _misplaced(self, standing: Standing) -> Iterator[Violation]:
        problem, restarts = standing.problem, standing.restarts
        inside = problem.topology.domain[restarts.level, restarts.node] == restarts.domain
        for row, workload in enumerate(standing.returning.tolist()):
            node, count = int(restarts.node[row]), int(restarts.instances[row])
            lost = int(restarts.level[row]), int(restarts.domain[row])
            if inside[row]:
                yield Violation("restart-inside", (workload,), 0, node, count, 0, lost=lost)
            allowed = problem.allowed[workload]
            at = int(np.searchsorted(allowed, node))
            if at == len(allowed) or allowed[at] != node:
                yield Violation("restart-eligibility", (workload,), 0, node, count, 0, lost=lost)

    def _surplus(self, standing: Standing) -> Iterator[Violation]:
        levels = _levels(standing.problem.rules)
        for workload, level in sorted(
            set(zip(standing.returning.tolist(), standing.restarts.level.tolist(), strict=True))
        ):
            domains, _, held = standing.per_domain([workload], level)
            of = dict(zip(domains.tolist(), held.tolist(), strict=True)) if level in levels.get(workload, ()) else {}
            for domain, new, total in zip(*standing.restarted([workload], level), strict=True):
                most = int(of.get(int(domain), 0))
                if new and total > most:
                    yield Violation("restart-surplus", (workload,), level, int(domain), int(total), most)

    def _crowded(self, standing: Standing) -> Iterator[Violation]:
        problem, restarts = standing.problem, standing.restarts
        each = losses(problem, restarts)
        room = (problem.capacity + top(problem))[each.node]
        taken = used(problem, standing.placement)[each.node] + each.amount
        for row, column in np.argwhere(taken > room).tolist():
            node, lost = int(each.node[row]), (int(each.level[row]), int(each.domain[row]))
            here = (restarts.node == node) & (restarts.level == lost[0]) & (restarts.domain == lost[1])
            workloads = tuple(np.unique(standing.returning[here]).tolist())
            amounts = int(taken[row, column]), int(room[row, column])
            yield Violation("restart-capacity", workloads, 0, node, *amounts, resource=column, lost=lost)

    def post(self, model: Model) -> None:
        problem = model.problem
        for workload, levels in _levels(problem.rules).items():
            for level in levels:
                inside = model.inside([workload], level)
                for domain, (again, standing) in model.restarted([workload], level).items():
                    new, fixed = inside.get(domain, (0, 0))
                    only_if = model.any(again) if standing > fixed else None
                    model.require(again + standing <= new + fixed, only_if)
        most = top(problem)
        for node, level, domain in model.losses():
            reserved = model.reserved(node, level, domain)
            for resource in range(problem.capacity.shape[1]):
                back = model.restart_usage(node, level, domain, resource) + reserved[resource]
                room = int(problem.capacity[node, resource] + most[node, resource])
                model.require(model.usage(node, resource) + back <= room)


def _levels(rules: tuple[Rule, ...]) -> dict[int, tuple[int, ...]]:
    """The levels of each workload's standby."""
    found: dict[int, tuple[int, ...]] = {}
    for rule in rules:
        if isinstance(rule, Standby):
            for workload in rule.workloads:
                found[workload] = tuple(dict.fromkeys((*found.get(workload, ()), rule.level)))
    return found
