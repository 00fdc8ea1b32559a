"""Needs: what every single loss would have to start again, for each rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from solver.constraints import Standby
from solver.problem import Placement, Problem
from solver.restarts import Restarts
from solver.standing import Standing

Loss = tuple[int, int]
"""(level, domain)"""


@dataclass(frozen=True, slots=True)
class Need:
    """instances: to start beyond those that do already. lost: how many of each workload of the rule may."""

    rule: Standby
    instances: int
    lost: dict[int, int]


def needs(problem: Problem, placement: Placement, known: Restarts) -> dict[Loss, list[Need]]:
    """By loss. known: restarts that are decided on, beside those of `problem.fixed`; a rule that the placement does not
    touch needs nothing."""
    standing = Standing(problem, placement.along_with(known))
    found: dict[Loss, list[Need]] = {}
    for rule in problem.rules:
        if isinstance(rule, Standby) and standing.placed(rule.workloads):
            for domain, need in _of(rule, standing):
                found.setdefault((rule.level, domain), []).append(need)
    return found


def _of(rule: Standby, standing: Standing) -> Iterator[tuple[int, Need]]:
    domains, _, held = standing.per_domain(rule.workloads, rule.level)
    lost, _, back = standing.restarted(rule.workloads, rule.level)
    again = dict(zip(lost.tolist(), back.tolist(), strict=True))
    total = int(held.sum())
    remain = total - held
    short = rule.needed(total) - remain - np.array([again.get(domain, 0) for domain in domains.tolist()], np.int64)
    if not (short > 0).any():
        return
    each = {workload: _gone(workload, rule.level, standing) for workload in rule.workloads}
    for domain, instances in zip(domains.tolist(), short.tolist(), strict=True):
        if instances > 0:
            yield domain, Need(rule, instances, {workload: gone.get(domain, 0) for workload, gone in each.items()})


def _gone(workload: int, level: int, standing: Standing) -> dict[int, int]:
    """Domain -> instances that its loss takes and that nothing restarts yet."""
    domains, _, held = standing.per_domain([workload], level)
    gone = dict(zip(domains.tolist(), held.tolist(), strict=True))
    for domain, _, back in zip(*standing.restarted([workload], level), strict=True):
        gone[int(domain)] = max(gone.get(int(domain), 0) - int(back), 0)
    return gone
