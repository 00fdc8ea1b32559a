"""Limits: what a scheduler that looks at one instance at a time can see of the rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solver.constraints import Apart, Quota, Rule, Spread, Together
from solver.problem import Ids, Ints, Problem


@dataclass(slots=True)
class Tally:
    """At most `most` instances per domain. domain: [nodes]. count: [domains]."""

    domain: Ids
    count: Ints
    most: int

    def room(self, node: int) -> int:
        return self.most - int(self.count[self.domain[node]])

    def open(self, nodes: Ids) -> NDArray[np.bool_]:
        return np.asarray(self.count[self.domain[nodes]] < self.most)

    def put(self, node: int, instances: int) -> None:
        self.count[self.domain[node]] += instances


@dataclass(slots=True)
class Owner:
    """Every domain belongs to the part that came first. holder: [domains], -1 while nobody's."""

    domain: Ids
    holder: Ints
    part: int

    def room(self, node: int) -> int:
        return 2**40 if self.holder[self.domain[node]] in (-1, self.part) else 0

    def open(self, nodes: Ids) -> NDArray[np.bool_]:
        return np.isin(self.holder[self.domain[nodes]], (-1, self.part))

    def put(self, node: int, instances: int) -> None:
        self.holder[self.domain[node]] = self.part


@dataclass(slots=True)
class Home:
    """Where the first instance goes, all others follow. chosen: [1], the domain, -1 before."""

    domain: Ids
    chosen: Ints

    def room(self, node: int) -> int:
        return 2**40 if self.chosen[0] in (-1, self.domain[node]) else 0

    def open(self, nodes: Ids) -> NDArray[np.bool_]:
        return np.asarray((self.domain[nodes] == self.chosen[0]) | (self.chosen[0] < 0))

    def put(self, node: int, instances: int) -> None:
        self.chosen[0] = self.domain[node]


Limit = Tally | Owner | Home


def limits(problem: Problem) -> list[list[Limit]]:
    """Per workload, those that it is under; workloads of one rule share the counts. The instances that stand already
    are counted. What no single instance can break (minimal domains, all or nothing) has no limit."""
    found: list[list[Limit]] = [[] for _ in range(problem.workloads)]
    for rule in problem.rules:
        for workload, limit in _of(problem, rule):
            found[workload].append(limit)
    fixed = problem.fixed
    for workload, node, count in zip(problem.owner(fixed.mode), fixed.node, fixed.instances, strict=True):
        for limit in found[workload]:
            limit.put(int(node), int(count))
    return found


def _of(problem: Problem, rule: Rule) -> Iterator[tuple[int, Limit]]:
    topology = problem.topology
    match rule:
        case Spread():
            standing = np.isin(problem.owner(problem.fixed.mode), rule.workloads)
            total = int(problem.count[list(rule.workloads)].sum() + problem.fixed.instances[standing].sum())
            count = np.zeros(topology.sizes[rule.level], np.int64)
            shared = Tally(topology.domain[rule.level], count, rule.limit(total))
            yield from ((workload, shared) for workload in rule.workloads)
        case Quota():
            count = np.zeros(topology.sizes[rule.level], np.int64)
            yield rule.workload, Tally(topology.domain[rule.level], count, rule.each)
        case Apart():
            holder = np.full(topology.sizes[rule.level], -1, np.int64)
            for part, workloads in enumerate(rule.parts):
                owner = Owner(topology.domain[rule.level], holder, part)
                yield from ((workload, owner) for workload in workloads)
        case Together():
            home = Home(topology.domain[rule.level], np.full(1, -1, np.int64))
            yield from ((workload, home) for workload in rule.workloads)
