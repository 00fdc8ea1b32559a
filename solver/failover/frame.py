"""Frame: a problem without standby, in which any plan goes with the restarts that are decided on."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

import numpy as np

from solver.aside import growth, used
from solver.constraints import Apart, Rule, Spread, Standby, Survival
from solver.failover.units import rows_of, units, without
from solver.problem import Ids, Placement, Problem
from solver.restarts import Reserved, Restarts

Share = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Frame:
    """problem: what a search may plan. kept: what stands as it is, with all restarts."""

    problem: Problem
    kept: Placement

    def whole(self, inner: Placement) -> Placement:
        return self.kept + inner if len(self.kept) else inner


def frame(problem: Problem, placement: Placement) -> tuple[Frame, Placement]:
    """What a search may change beside the units that have restarts, and what it starts from.

    Units without restarts may move when they survive by themselves. Without any standby this is the problem itself.
    """
    if not concerned(problem):
        return Frame(problem, Placement.empty()), placement
    with_restarts = set(problem.owner((placement.restarts + problem.fixed.restarts).mode).tolist())
    placed = set(problem.owner(placement.mode).tolist())
    still = {
        workload
        for unit in units(problem)
        if not unit.isdisjoint(with_restarts) and not unit.isdisjoint(placed)
        for workload in unit
    }
    kept = rows_of(problem, placement, still)
    count = problem.count.copy()
    count[sorted(still)] = 0
    return Frame(framed(problem, kept, count), kept), without(problem, placement, still)


def concerned(problem: Problem) -> bool:
    return bool(len(problem.fixed.restarts)) or any(isinstance(rule, Standby) for rule in problem.rules)


def framed(problem: Problem, kept: Placement, count: np.ndarray, share: Share | None = (0, 1)) -> Problem:
    """What is kept stands; room that its restarts need is gone. count: what may be placed yet.

    share: instead of standby, at most this part of a rule's instances in a domain; (0, 1): so few that enough remains
    after any loss without restarts; None: any.
    """
    busy = problem.busy.copy()
    if len(busy):
        busy[kept.node] = True
    return replace(
        problem,
        capacity=problem.capacity - used(problem, kept) - growth(problem, kept.restarts),
        count=count,
        must=np.minimum(problem.must, count),
        allowed=_allowed(problem, kept.restarts),
        rules=tuple(_rules(problem, share)),
        fixed=(problem.fixed + kept).along_with(Restarts()),
        busy=busy,
        reserved=Reserved(),
    )


def _rules(problem: Problem, share: Share | None) -> Iterator[Rule]:
    for rule in problem.rules:
        if not isinstance(rule, Standby):
            yield rule
        elif share == (0, 1):
            yield Survival(rule.workloads, rule.level, 1, rule.keep, rule.least)
        elif share is not None:
            yield Spread(rule.workloads, rule.level, share=share)


def _allowed(problem: Problem, restarts: Restarts) -> tuple[Ids, ...]:
    """Without the domains where another part of an apart rule restarts."""
    every = restarts + problem.fixed.restarts
    if not len(every):
        return problem.allowed
    allowed = list(problem.allowed)
    owner = problem.owner(every.mode)
    for rule in problem.rules:
        if isinstance(rule, Apart):
            domain = problem.topology.domain[rule.level]
            where = [np.unique(domain[every.node[np.isin(owner, part)]]) for part in rule.parts]
            for part, workloads in enumerate(rule.parts):
                others = [each for other, each in enumerate(where) if other != part]
                _close(allowed, workloads, domain, np.concatenate(others))
    return tuple(allowed)


def _close(allowed: list[Ids], workloads: Collection[int], domain: Ids, closed: Ids) -> None:
    if len(closed):
        for workload in workloads:
            nodes = allowed[workload]
            allowed[workload] = nodes[~np.isin(domain[nodes], closed)]
