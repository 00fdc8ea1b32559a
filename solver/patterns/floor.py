"""Floor: which contents could stand in which domains, and the layout that puts them there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from solver.patterns.crowd import Crowd, crowd
from solver.patterns.items import Items
from solver.patterns.master import Master
from solver.patterns.types import Types
from solver.problem import Ints, Problem


@dataclass(frozen=True, slots=True)
class Layout:
    """put: how many servers of a domain have the contents (candidate, domain). home: of each team that is placed.

    placed: blocks. singles [items]: free instances. worth, cost: what this scores.
    """

    put: dict[tuple[int, int], int]
    home: dict[int, int]
    placed: frozenset[int]
    singles: Ints
    worth: int
    cost: int


@dataclass(frozen=True)
class Floor:
    """A candidate is contents for a type of server: kind [candidates], contents [candidates, variants],
    amount [candidates, items], cost [candidates]. nodes: of every type in every domain of the level."""

    problem: Problem
    items: Items
    crowd: Crowd
    level: int
    kind: Ints
    contents: Ints
    amount: Ints
    cost: Ints
    nodes: dict[tuple[int, int], list[int]]

    @staticmethod
    def of(problem: Problem, master: Master, chosen: list[int], level: int) -> Floor:
        """chosen: columns of the master that are candidates."""
        relaxation = master.relaxation
        asked = relaxation.items
        contents = np.array([master.columns[row][1][:-1] for row in chosen], np.int64)
        amount = np.stack([np.bincount(asked.owner, row, len(asked)) for row in contents]).astype(np.int64)
        return Floor(
            problem=problem,
            items=asked,
            crowd=crowd(problem, asked, level),
            level=level,
            kind=np.array([master.columns[row][0] for row in chosen], np.int64),
            contents=contents,
            amount=amount,
            cost=np.array([round(relaxation.cost(*master.columns[row])) for row in chosen], np.int64),
            nodes=_by_place(problem, relaxation.types, level),
        )

    @property
    def all_worth(self) -> int:
        return int(self.problem.weight @ self.problem.count)

    @property
    def dear(self) -> int:
        """More than all servers can cost together."""
        return 1 + int(self.cost.max(initial=0)) * self.problem.nodes

    @property
    def domains(self) -> list[int]:
        return sorted({domain for _, domain in self.nodes})

    def anyhow(self, times: Mapping[int, int]) -> Layout:
        """Every candidate on so many servers wherever its type is free; nobody placed yet."""
        free = {place: len(nodes) for place, nodes in self.nodes.items()}
        put: dict[tuple[int, int], int] = {}
        for row, wanted in times.items():
            for kind, domain in sorted(place for place in free if place[0] == self.kind[row]):
                put[row, domain] = min(wanted, free[kind, domain])
                free[kind, domain] -= put[row, domain]
                wanted -= put[row, domain]
        used = {place: n for place, n in put.items() if n}
        cost = sum(int(self.cost[row]) * n for row, n in times.items())
        return Layout(used, {}, frozenset(), np.zeros(len(self.items), np.int64), 0, cost)

    def seats(self, layout: Layout) -> Ints:
        """[nodes, variants]: the slots that the layout makes; servers of one type and domain are alike."""
        made = np.zeros((self.problem.nodes, self.contents.shape[1]), np.int64)
        free = {place: list(nodes) for place, nodes in self.nodes.items()}
        for (row, domain), times in layout.put.items():
            for _ in range(times):
                made[free[int(self.kind[row]), domain].pop()] = self.contents[row]
        return made


def _by_place(problem: Problem, kinds: Types, level: int) -> dict[tuple[int, int], list[int]]:
    found: dict[tuple[int, int], list[int]] = defaultdict(list)
    domain = problem.topology.domain[level]
    for node in np.flatnonzero(kinds.type_of >= 0).tolist():
        found[int(kinds.type_of[node]), int(domain[node])].append(node)
    return dict(found)
