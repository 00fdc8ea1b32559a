"""Crowd: who is placed together or not at all: teams in one domain, blocks of teams and others, singles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import networkx as nx
import numpy as np

from solver.constraints import Completeness, Together
from solver.patterns.items import Items
from solver.problem import Ints, Problem


@dataclass(frozen=True, slots=True)
class Team:
    """Workloads whose instances all stand in one domain; need [items]."""

    workloads: tuple[int, ...]
    need: Ints


@dataclass(frozen=True, slots=True)
class Block:
    """All or nothing: teams (positions), and workloads that may stand anywhere, need [items]; worth of all."""

    teams: tuple[int, ...]
    workloads: tuple[int, ...]
    need: Ints
    worth: int


@dataclass(frozen=True, slots=True)
class Crowd:
    """free [items]: instances that are placed one by one."""

    teams: tuple[Team, ...]
    blocks: tuple[Block, ...]
    free: Ints
    free_workloads: tuple[int, ...]

    def members(self, block: int) -> list[int]:
        """All workloads of a block, those of its teams first."""
        found = self.blocks[block]
        return [*(w for team in found.teams for w in self.teams[team].workloads), *found.workloads]


def crowd(problem: Problem, asked: Items, level: int) -> Crowd:
    """Teams of one level; every team is whole, and so is every set that needs more than one instance."""
    wanted = [w for w in range(problem.workloads) if asked.item_of[w] >= 0]
    tied = [rule.workloads for rule in problem.rules if isinstance(rule, Together) and rule.level == level]
    whole = [rule.workloads for rule in problem.rules if isinstance(rule, Completeness) and rule.minimum > 1]
    teams = tuple(Team(members, _need(problem, asked, members)) for members in _sets(wanted, tied))
    blocks = []
    for members in _sets(wanted, [*whole, *(team.workloads for team in teams)]):
        inside = tuple(row for row, team in enumerate(teams) if team.workloads[0] in members)
        loose = tuple(sorted(set(members) - {w for row in inside for w in teams[row].workloads}))
        worth = int(problem.weight[list(members)] @ problem.count[list(members)])
        blocks.append(Block(inside, loose, _need(problem, asked, loose), worth))
    bound = {w for members in _sets(wanted, [*whole, *tied]) for w in members}
    free = tuple(w for w in wanted if w not in bound)
    return Crowd(teams, tuple(blocks), _need(problem, asked, free), free)


def _sets(wanted: Sequence[int], tied: Iterable[Sequence[int]]) -> list[tuple[int, ...]]:
    """Workloads connected by any of these ties."""
    ties: nx.Graph[int] = nx.Graph()
    inside = set(wanted)
    for members in tied:
        nx.add_path(ties, [w for w in members if w in inside])
    return [tuple(sorted(members)) for members in nx.connected_components(ties)]


def _need(problem: Problem, asked: Items, workloads: Sequence[int]) -> Ints:
    need = np.zeros(len(asked), np.int64)
    np.add.at(need, asked.item_of[list(workloads)], problem.count[list(workloads)])
    return need
