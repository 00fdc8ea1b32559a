"""Limits: what a search keeps per domain so that spread and survival rules hold."""

from __future__ import annotations

from dataclasses import dataclass

from solver.constraints import Spread, Survival
from solver.problem import Problem

NO_LIMIT = 2**62


@dataclass(frozen=True, slots=True)
class Limit:
    """With T instances in all, a domain holds at most `most`, and at most (T - past) x share (a fraction; 0/0: any);
    they stand in at least `least` domains."""

    workloads: tuple[int, ...]
    level: int
    most: int = NO_LIMIT
    share: tuple[int, int] = (0, 0)
    past: int = 0
    least: int = 0


def limits(problem: Problem) -> list[Limit]:
    found = []
    for rule in problem.rules:
        if isinstance(rule, Spread):
            most = NO_LIMIT if rule.most is None else rule.most
            found.append(Limit(rule.workloads, rule.level, most, rule.share or (0, 0), 0, rule.least or 0))
        elif isinstance(rule, Survival):
            found += _survival(rule)
    return found


def _survival(rule: Survival) -> list[Limit]:
    """The loss of k domains takes at most L when each holds at most L / k: exact for one, enough for more."""
    found = []
    if rule.keep is not None:
        loss = (rule.keep[1] - rule.keep[0], rule.keep[1] * rule.count)
        found.append(Limit(rule.workloads, rule.level, share=loss))
    if rule.least is not None:
        found.append(Limit(rule.workloads, rule.level, share=(1, rule.count), past=rule.least))
    return found
