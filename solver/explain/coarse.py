"""Coarse: many servers as one node per site, which only loosens a problem; what is impossible there is impossible.

A coarse node has the sum of its servers' capacity and, for each workload, the sum of their slots: no more instances of
it than the servers take one by one. Rules of finer levels are loosened to a limit per node, or left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from solver.constraints import Rule, Spread
from solver.constraints.base import Model
from solver.explain.system import Room, System, is_rule
from solver.patterns.outlook import Outlook
from solver.problem import Ids, Ints, Placement, Problem, Topology
from solver.standing import Standing

FINE = 3000
"""Pairs of mode and node up to which every server is a node of its own."""


@dataclass(frozen=True, slots=True)
class View:
    """problem: of the nodes that somebody may use, server by server (`exact`) or coarse. rules, rooms: what each fact
    says there, rooms as nodes. nodes: the server behind each node when exact."""

    problem: Problem
    rules: Mapping[int, Rule | Thin]
    rooms: Mapping[int, list[int]]
    nodes: Ids
    exact: bool

    def placement(self, found: Placement) -> Placement:
        """In the numbers of the whole problem; only when exact."""
        return Placement(found.mode, self.nodes[found.node], found.instances)


@dataclass(frozen=True, slots=True)
class Thin:
    """No more than so many instances of the workloads on each node: what a limit per finer domain comes to."""

    workloads: tuple[int, ...]
    most: tuple[int, ...]

    def post(self, model: Model) -> None:
        for domain, (new, fixed) in model.inside(self.workloads, 0).items():
            if not isinstance(new, int):
                model.require(new <= max(self.most[domain] - fixed, 0))


def views(system: System, kept: frozenset[int]) -> Iterator[View]:
    """What the kept facts leave, on the nodes that somebody may use: coarse, then server by server if those are few."""
    problem = system.under(kept)
    asked = np.flatnonzero(problem.count).tolist()
    usable = np.zeros(problem.nodes, np.bool_)
    for nodes in {id(problem.allowed[w]): problem.allowed[w] for w in asked}.values():
        usable[nodes] = True
    usable[problem.fixed.node] = True
    nodes = np.flatnonzero(usable).astype(np.int32)
    pairs = sum(len(problem.allowed[w]) * len(problem.modes_of(w)) for w in asked)
    group = _groups(system, problem, nodes)
    if 4 * (int(group.max(initial=-1)) + 1) <= len(nodes) or pairs > FINE:
        yield _View(system, problem, kept, nodes, group, exact=False).made()
    if pairs <= FINE:
        yield _View(system, problem, kept, nodes, np.arange(len(nodes)), exact=True).made()


def _groups(system: System, problem: Problem, nodes: Ids) -> Ints:
    """[nodes]: one number for those of one site that count alike and may be used by the same workloads."""
    room = np.zeros(problem.nodes, np.int64)
    for name in system.of_kind(Room):
        room[system.nodes(name)] = name
    columns = [problem.topology.domain[problem.topology.level("site")], problem.rate, room]
    for allowed in {id(each): each for each in problem.allowed}.values():
        mask = np.zeros(problem.nodes, np.int64)
        mask[allowed] = 1
        columns.append(mask)
    key = np.zeros(len(nodes), np.int64)
    for column in columns:
        _, key = np.unique(key * (int(column.max(initial=0)) + 1) + column[nodes], return_inverse=True)
    return key


class _View:
    def __init__(
        self, system: System, problem: Problem, kept: frozenset[int], nodes: Ids, group: Ints, exact: bool
    ) -> None:
        self.system, self.problem, self.kept, self.exact = system, problem, kept, exact
        self.nodes, self.group = nodes, group
        self.size = int(group.max(initial=-1)) + 1
        self.of_node = np.full(problem.nodes, -1, np.int64)
        self.of_node[nodes] = group
        _, first = np.unique(group, return_index=True)
        self.lead = nodes[first]

    def made(self) -> View:
        rooms = {
            name: np.unique(self.of_node[fact.nodes][self.of_node[fact.nodes] >= 0]).tolist()
            for name in sorted(self.kept)
            if isinstance(fact := self.system.facts[name], Room)
        }
        rules = {
            name: rule
            for name in sorted(self.kept)
            if is_rule(fact := self.system.facts[name]) and (rule := self._rule(fact)) is not None
        }
        return View(self._problem(), rules, rooms, self.lead, self.exact)

    def _problem(self) -> Problem:
        problem = self.problem
        fixed = problem.fixed
        return replace(
            problem,
            topology=self._topology(),
            capacity=self._capacity(),
            rate=problem.rate[self.lead],
            demand=self._demand(),
            allowed=tuple(self._allowed(each) for each in problem.allowed),
            rules=(),
            fixed=Placement.merge(fixed.mode, self.of_node[fixed.node], fixed.instances),
            price=problem.price[self.lead],
            busy=problem.busy[self.lead],
            then=None,
        )

    def _allowed(self, nodes: Ids) -> Ids:
        found = np.unique(self.of_node[nodes])
        return found[found >= 0].astype(np.int32)

    def _capacity(self) -> Ints:
        total = np.zeros((self.size, self.problem.capacity.shape[1]), np.int64)
        np.add.at(total, self.group, self.problem.capacity[self.nodes])
        if self.exact:
            return total
        outlook = Outlook(self.problem)
        slots = np.zeros((self.size, self.problem.workloads), np.int64)
        for workload, count in enumerate(self.problem.count.tolist()):
            if count:
                nodes, fits = outlook.slots(workload, count)
                np.add.at(slots[:, workload], self.of_node[nodes], fits)
        return np.hstack([total, slots])

    def _demand(self) -> Ints:
        """With a column per workload that counts its instances."""
        problem = self.problem
        if self.exact:
            return problem.demand
        rates, modes, _ = problem.demand.shape
        counted = np.zeros((rates, modes, problem.workloads), np.int64)
        counted[:, np.arange(modes), problem.owner(np.arange(modes, dtype=np.int32))] = 1
        return np.concatenate([problem.demand, counted], axis=2)

    def _topology(self) -> Topology:
        domain = self.problem.topology.domain[:, self.lead].copy()
        domain[0] = np.arange(self.size)
        sizes = (self.size, *self.problem.topology.sizes[1:])
        return Topology(self.problem.topology.names, domain.astype(np.int32), sizes)

    def _rule(self, rule: Rule) -> Rule | Thin | None:
        """None when a node holds several domains of its level and nothing simple can be said."""
        level = getattr(rule, "level", None)
        if level is None or self.exact or level >= self.problem.topology.level("site"):
            return rule
        if not isinstance(rule, Spread):
            return None
        asked = sum(int(self.problem.count[w]) for w in rule.workloads)
        fixed = Standing(self.problem, self.problem.fixed).fixed(rule.workloads)
        domain = self.problem.topology.domain[level][self.nodes]
        there = np.unique(np.stack([self.group, domain]), axis=1)[0]
        held = np.zeros(self.size, np.int64)
        mine = np.isin(self.problem.owner(self.problem.fixed.mode), rule.workloads)
        np.add.at(held, self.of_node[self.problem.fixed.node[mine]], self.problem.fixed.instances[mine])
        most = rule.limit(asked + fixed) * np.bincount(there, minlength=self.size) + held
        return Thin(rule.workloads, tuple(most.tolist()))
