"""System: a problem taken apart into facts, each of which can be left out to see what would be possible without it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeGuard

import numpy as np
from numpy.typing import NDArray

from solver.constraints import Completeness, Rule
from solver.problem import Ids, Ints, Placement, Problem
from solver.standing import Standing

MOST = 2**60
"""More than anybody has."""


@dataclass(frozen=True, slots=True)
class Owed:
    """At least so many new instances of the workloads together."""

    workloads: tuple[int, ...]
    least: int


@dataclass(frozen=True, slots=True, eq=False)
class Barred:
    """The workloads may not use these nodes, which are ascending."""

    workloads: tuple[int, ...]
    nodes: Ids


@dataclass(frozen=True, slots=True, eq=False)
class Room:
    """The free capacity of these nodes is what it is; without this fact it is as large as anybody could need."""

    nodes: Ids


Fact = Owed | Barred | Room | Rule


def is_rule(fact: Fact) -> TypeGuard[Rule]:
    return not isinstance(fact, Owed | Barred | Room)


@dataclass(frozen=True, eq=False)
class System:
    """problem: without rules, its `allowed` as wide as could be. facts: what holds beyond that; they are named by
    their position. Every node belongs to one Room at most; one that belongs to none keeps its capacity always."""

    problem: Problem
    facts: tuple[Fact, ...]

    @staticmethod
    def of(problem: Problem, level: int) -> System:
        """The facts of any problem: all that has worth is owed, rooms are the domains of the level, every rule is
        a fact, and so is where each workload may not go."""
        owed = [
            Owed((w,), int(least))
            for w, least in enumerate(np.where(problem.weight > 0, problem.count, problem.must))
            if least
        ]
        everywhere = np.arange(problem.nodes, dtype=np.int32)
        barred = [
            Barred((w,), np.setdiff1d(everywhere, allowed).astype(np.int32))
            for w, allowed in enumerate(problem.allowed)
            if len(allowed) < problem.nodes
        ]
        rules = [rule for rule in problem.rules if not isinstance(rule, Completeness)]
        wide = replace(problem, allowed=(everywhere,) * problem.workloads, rules=(), must=np.zeros_like(problem.must))
        return System(wide, (*owed, *rules, *rooms(problem, level), *barred))

    def of_kind(self, kind: type | tuple[type, ...]) -> list[int]:
        return [name for name, fact in enumerate(self.facts) if isinstance(fact, kind)]

    def owed(self, name: int) -> Owed:
        fact = self.facts[name]
        assert isinstance(fact, Owed)
        return fact

    def nodes(self, name: int) -> Ids:
        """Of a room, or of a bar."""
        fact = self.facts[name]
        assert isinstance(fact, Room | Barred)
        return fact.nodes

    @property
    def everything(self) -> frozenset[int]:
        return frozenset(range(len(self.facts)))

    def under(self, kept: Collection[int]) -> Problem:
        """The problem in which these facts hold and no others: what is not owed may be placed all the same."""
        return replace(
            self.problem,
            capacity=self._capacity(kept),
            allowed=self.allowed(kept),
            rules=tuple(fact for name in sorted(kept) if is_rule(fact := self.facts[name])),
        )

    def only_owed(self, kept: Collection[int]) -> Problem:
        """A tighter one, to look for placements: nobody asks for what is not owed."""
        count = self.problem.count.copy()
        for name in self.of_kind(Owed):
            if name not in kept:
                count[list(self.owed(name).workloads)] = 0
        return replace(self.under(kept), count=count)

    def broken(self, placement: Placement) -> frozenset[int]:
        """The facts that do not hold for a placement. Raises ValueError when it breaks what always holds."""
        standing = Standing(self.problem, placement)
        if self._impossible(standing):
            raise ValueError("more instances than were asked for, or on a node that is closed to everybody")
        over = self._over(placement)
        return frozenset(name for name, fact in enumerate(self.facts) if self._breaks(fact, standing, over))

    def _breaks(self, fact: Fact, standing: Standing, over: NDArray[np.bool_]) -> bool:
        if isinstance(fact, Owed):
            return standing.placed(fact.workloads) < fact.least
        if isinstance(fact, Barred):
            return any(np.isin(standing.new([w])[0], fact.nodes).any() for w in fact.workloads)
        if isinstance(fact, Room):
            return bool(over[fact.nodes].any())
        return bool(fact.violations(standing))

    def _impossible(self, standing: Standing) -> bool:
        problem = self.problem
        return any(
            standing.placed([w]) > problem.count[w] or not np.isin(standing.new([w])[0], problem.allowed[w]).all()
            for w in range(problem.workloads)
        )

    def _over(self, placement: Placement) -> NDArray[np.bool_]:
        problem = self.problem
        free = problem.capacity.copy()
        taken = problem.demand[problem.rate[placement.node], placement.mode] * placement.instances[:, None]
        np.subtract.at(free, placement.node, taken)
        return np.asarray((free < 0).any(axis=1))

    def _capacity(self, kept: Collection[int]) -> Ints:
        """Rooms where nobody may go are left as they are: to copy them takes time and changes nothing."""
        without = [self.nodes(name) for name in self._reachable(self.allowed(kept)) if name not in kept]
        if not without:
            return self.problem.capacity
        capacity = self.problem.capacity.copy()
        open_ones = np.concatenate(without)
        capacity[open_ones] = np.maximum(capacity[open_ones], self.plenty)
        return capacity

    def _reachable(self, allowed: tuple[Ids, ...]) -> list[int]:
        """The rooms where somebody may go."""
        key = tuple(sorted({id(nodes) for nodes in allowed}))
        if key not in self._reached:
            usable = np.zeros(self.problem.nodes, np.bool_)
            for nodes in {id(nodes): nodes for nodes in allowed}.values():
                usable[nodes] = True
            self._reached[key] = [name for name in self.of_kind(Room) if usable[self.nodes(name)].any()]
        return self._reached[key]

    @cached_property
    def _reached(self) -> dict[tuple[int, ...], list[int]]:
        return {}

    @cached_property
    def plenty(self) -> Ints:
        """[resources]: what all that is asked for could take together."""
        problem = self.problem
        if not len(problem.modes) or not problem.demand.shape[1]:
            return np.zeros(problem.capacity.shape[1], np.int64)
        owner = problem.owner(np.arange(problem.demand.shape[1], dtype=np.int32))
        per_mode = problem.demand.max(axis=0).astype(object) * problem.count[owner].astype(object)[:, None]
        most: Ints = np.minimum(per_mode.sum(axis=0), MOST).astype(np.int64)
        return most

    def allowed(self, kept: Collection[int]) -> tuple[Ids, ...]:
        """Per workload, the nodes that none of these facts closes."""
        closed: dict[int, list[int]] = {}
        for name in sorted(kept):
            fact = self.facts[name]
            if isinstance(fact, Barred):
                for workload in fact.workloads:
                    closed.setdefault(workload, []).append(name)
        return tuple(
            self._open(id(wide), tuple(closed.get(workload, ()))) for workload, wide in enumerate(self.problem.allowed)
        )

    def _open(self, wide: int, closed: tuple[int, ...]) -> Ids:
        """The nodes of one of the arrays of `allowed` without those that facts close; each answer is kept, so that
        workloads share it."""
        if (wide, closed) not in self._opened:
            nodes = next(each for each in self.problem.allowed if id(each) == wide)
            usable = np.zeros(self.problem.nodes, np.bool_)
            usable[nodes] = True
            for name in closed:
                usable[self.nodes(name)] = False
            self._opened[wide, closed] = np.flatnonzero(usable).astype(np.int32)
        return self._opened[wide, closed]

    @cached_property
    def _opened(self) -> dict[tuple[int, tuple[int, ...]], Ids]:
        return {}


def rooms(problem: Problem, level: int) -> list[Room]:
    """The domains of a level."""
    domain = problem.topology.domain[level]
    order = np.argsort(domain, kind="stable").astype(np.int32)
    ends = np.cumsum(np.bincount(domain, minlength=problem.topology.sizes[level]))
    return [Room(np.sort(part)) for part in np.split(order, ends[:-1]) if len(part)]


def spare(problem: Problem, owed: Sequence[Owed]) -> int:
    """Worth that may be left out of a plan with which everybody is content."""
    whole = int(problem.weight @ problem.count)
    needed = sum(int(problem.weight[list(entry.workloads)].min()) * entry.least for entry in owed)
    return whole - needed
