"""Improve: search lanes that run side by side in threads and share what they find, in rounds of equal work."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Self

import numpy as np

from solver.construct import load, rows, size_of
from solver.construct.state import BETWEEN, SECOND, UNPLACED, State, state
from solver.construct.tables import Floats, Tables, members, tables
from solver.improve.ruin import WIDE, ruin_and_recreate
from solver.improve.ruins import Ruins
from solver.problem import Ids, Ints, Placement, Problem

SHARED_EVERY = 8


@dataclass(slots=True)
class Lane:
    """One state that searches. best: rows (mode, node, count), the values that they are worth in the last row."""

    state: State
    best: Ints
    length: int

    def values(self) -> tuple[int, int, int]:
        unplaced, between, second = self.best[-1].tolist()
        return unplaced, between, second

    def rows(self) -> Ints:
        return self.best[: self.length]


class Search:
    """Any-time improvement of a placement. After the same number of rounds with the same seed and lanes, the result
    is the same, however fast the machine is."""

    def __init__(self, problem: Problem, start: Placement, lanes: int, seed: int) -> None:
        self.problem = problem
        self.tables = tables(problem)
        self.starts, self.nodes = members(problem.topology)
        self.sizes, self.worth = _block_sizes(problem, self.tables)
        self.trials = 60 if problem.nodes <= WIDE else 4
        self.slack = 0.05 * float(self.problem.weight.max(initial=1))
        self.lanes = [self._lane(start, seed * 1009 + number) for number in range(lanes)]
        self.ruins = Ruins()
        self.rounds = 0
        self.pool = ThreadPoolExecutor(lanes)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.pool.shutdown()

    def _lane(self, start: Placement, seed: int) -> Lane:
        made = state(self.problem, self.tables, seed)
        best = np.zeros((len(made.entry_mode), 3), np.int64)
        table = rows(start)
        load(self.tables, made, table)
        best[: len(table)] = table
        best[-1] = made.scalar[[UNPLACED, BETWEEN, SECOND]]
        return Lane(made, best, len(table))

    def round(self) -> Placement:
        """Every lane does the same work, from time to time going on from the best; the best placement so far."""
        before = min(map(Lane.values, self.lanes))
        most = self.ruins.next()
        list(self.pool.map(lambda lane: self._trials(lane, most), self.lanes))
        self.ruins.learn(most, before, min(map(Lane.values, self.lanes)))
        self.rounds += 1
        if self.rounds % SHARED_EVERY == 0:
            self._share(min(self.lanes, key=Lane.values))
        return self.best()

    def go_on_from(self, start: Placement) -> None:
        """All lanes go on from a placement that was found elsewhere, unless they know better."""
        self._share(min(self._lane(start, 0), *self.lanes, key=Lane.values))

    def best(self) -> Placement:
        rows = min(self.lanes, key=Lane.values).rows()
        return Placement.merge(rows[:, 0], rows[:, 1], rows[:, 2])

    def _trials(self, lane: Lane, most: int) -> None:
        known = lane.values()
        length = ruin_and_recreate(
            self.tables,
            lane.state,
            self.starts,
            self.nodes,
            self.sizes,
            self.worth,
            self.trials,
            self.slack,
            most,
            lane.best,
        )
        lane.length = lane.length if lane.values() == known else length

    def _share(self, leader: Lane) -> None:
        for lane in self.lanes:
            if lane.values() != leader.values():
                load(self.tables, lane.state, leader.rows())
                lane.best[:] = leader.best
                lane.length = leader.length


def _block_sizes(problem: Problem, flat: Tables) -> tuple[Floats, Floats]:
    """[blocks]: scarce room and worth of a block, of one instance where it may come in part."""
    step_of_row: Ids = np.repeat(np.arange(len(flat.step_kind), dtype=np.int32), np.diff(flat.step_start))
    block_of_row = flat.block_of_step[step_of_row]
    number = np.where(flat.strict, problem.count, 1)
    blocks = len(flat.block_start) - 1
    sizes, worth = np.full(blocks, 1e-9), np.zeros(blocks)
    np.add.at(sizes, block_of_row, (size_of(problem, flat) * number)[flat.step_workload])
    np.add.at(worth, block_of_row, (problem.weight * number)[flat.step_workload])
    return sizes, worth
