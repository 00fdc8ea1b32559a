"""Limits: what the rules leave one workload per domain of a level, whatever the others do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.constraints import Apart, Completeness, Quota, Spread, Survival, Together
from solver.patterns.outlook import Outlook
from solver.problem import Ints, Problem
from solver.standing import Standing


@dataclass(frozen=True, slots=True)
class Limit:
    """At most min(most, share of (new instances + others)) - standing per domain of the level.

    standing [domains]: what the rule counts there already (empty: nothing anywhere). others: instances of the
    rule that may stand beside the workload's. exact: so many or none. single: one domain only. least: domains.
    closed: domains that may not be used.
    """

    level: int
    most: int
    standing: Ints
    share: tuple[int, int] | None = None
    others: int = 0
    exact: bool = False
    single: bool = False
    least: int = 0
    closed: tuple[int, ...] = ()

    def room(self, total: int, domains: int) -> Ints:
        """[domains]: what each may take when the workload has `total` new instances; never too little."""
        most = self.most
        if self.share is not None:
            most = min(most, (total + self.others) * self.share[0] // self.share[1])
        room = np.full(domains, most, np.int64)
        if len(self.standing):
            room -= self.standing
            if self.single:
                room[self.standing == 0] = 0
        room[list(self.closed)] = 0
        return np.maximum(room, 0)

    @property
    def uniform(self) -> bool:
        """The same plain cap in every domain."""
        return not (len(self.standing) or self.closed or self.exact or self.least)

    def keep(self, amount: Ints, room: Ints) -> Ints:
        """What remains of an upper bound per domain when the domains have so much room."""
        kept = np.where(amount >= room, room, 0) if self.exact else np.minimum(amount, room)
        used = int((kept > 0).sum()) + int((self.standing > 0).sum())
        return kept if used >= self.least else np.zeros_like(kept)


def limits(outlook: Outlook, workload: int) -> list[Limit]:
    """The limits of a workload; families that give none are left out, which is sound."""
    rules = outlook.rules[workload]
    return [limit for rule in rules for limit in _read(outlook.problem, outlook.standing, workload, rule)]


def minimum(outlook: Outlook, workload: int) -> int:
    """How many instances of the workload there are at least once there is any (Completeness over it alone)."""
    return max(
        (
            rule.minimum - outlook.standing.fixed(rule.workloads)
            for rule in outlook.rules[workload]
            if isinstance(rule, Completeness) and rule.workloads == (workload,)
        ),
        default=0,
    )


def _read(problem: Problem, standing: Standing, workload: int, rule: object) -> list[Limit]:
    many = int(problem.count[workload])
    if isinstance(rule, Spread):
        held = _held(problem, standing, rule.workloads, rule.level)
        beside = sum(int(problem.count[w]) for w in rule.workloads) - many
        others = standing.fixed(rule.workloads) + beside
        most = many + others if rule.most is None else rule.most
        least = 0 if beside or rule.least is None else rule.least  # the others' domains count too
        return [Limit(rule.level, most, held, rule.share, others, least=least)]
    if isinstance(rule, Survival):
        return [_survivable(problem, standing, workload, rule)]
    if isinstance(rule, Quota):
        held = _held(problem, standing, rule.subjects, rule.level)
        return [Limit(rule.level, rule.each, held, exact=True)]
    if isinstance(rule, Together):
        held = _held(problem, standing, rule.workloads, rule.level)
        return [Limit(rule.level, many + int(held.max(initial=0)), held, single=True)]
    if isinstance(rule, Apart):
        rest = [w for part in rule.parts if workload not in part for w in part]
        closed = np.flatnonzero(_held(problem, standing, rest, rule.level)).tolist()
        return [Limit(rule.level, many, np.empty(0, np.int64), closed=tuple(closed))] if closed else []
    return []


def _survivable(problem: Problem, standing: Standing, workload: int, rule: Survival) -> Limit:
    """No domain holds more than may be lost."""
    many = int(problem.count[workload])
    others = standing.fixed(rule.workloads) + sum(int(problem.count[w]) for w in rule.workloads) - many
    held = _held(problem, standing, rule.workloads, rule.level)
    lost = (rule.keep[1] - rule.keep[0], rule.keep[1]) if rule.keep else None
    return Limit(rule.level, max(many + others - (rule.least or 0), 0), held, lost, others)


def _held(problem: Problem, standing: Standing, workloads: list[int] | tuple[int, ...], level: int) -> Ints:
    domains, _, count = standing.per_domain(workloads, level)
    if not len(domains):
        return np.empty(0, np.int64)
    held = np.zeros(problem.topology.sizes[level], np.int64)
    held[domains] = count
    return held
