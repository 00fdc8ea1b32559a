"""Improve: search lanes that run side by side in threads and share what they find, in rounds of equal work."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Self

import numpy as np

from solver.construct import load, rows
from solver.construct.state import BETWEEN, SECOND, UNPLACED, State, state
from solver.construct.tables import Floats, tables
from solver.improve.ground import Ground, ground
from solver.improve.ruin import WIDE, ruin_and_recreate
from solver.improve.ruins import ARMS, Ruins
from solver.problem import Ints, Placement, Problem

SHARED_EVERY = 8


@dataclass(slots=True)
class Lane:
    """One state that searches. best: rows (mode, node, count), the values that they are worth in the last row."""

    state: State
    ground: Ground
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
        return Lane(made, ground(self.problem, self.tables), best, len(table))

    def round(self) -> Placement:
        """Every lane does the same work, from time to time going on from the best; the best placement so far."""
        ledgers = self.pool.map(lambda lane: self._trials(lane, self.ruins.weight), self.lanes)
        self.ruins.learn(np.sum(list(ledgers), axis=0), min(map(Lane.values, self.lanes))[0] == 0)
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

    def _trials(self, lane: Lane, share: Floats) -> Floats:
        """[arms, 2]: what was gained, and the work that it took."""
        known, ledger = lane.values(), np.zeros((ARMS, 2))
        length = ruin_and_recreate(
            self.tables, lane.state, lane.ground, share, ledger, self.trials, self.slack, lane.best
        )
        lane.length = lane.length if lane.values() == known else length
        return ledger

    def _share(self, leader: Lane) -> None:
        for lane in self.lanes:
            if lane.values() != leader.values():
                load(self.tables, lane.state, leader.rows())
                lane.best[:] = leader.best
                lane.length = leader.length
