"""Bounds by cells, for worlds whose servers all differ: room and slots of each domain, rows added where they bind."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from solver.patterns.bounds import Bounds
from solver.patterns.bundles import Columns, Floats, Gatherer
from solver.patterns.ground import Ground
from solver.patterns.outlook import Outlook
from solver.patterns.program import Program, Row
from solver.problem import Problem

Stop = Callable[[], bool]


def cells(problem: Problem, unplaced: int | None = None, stop: Stop = lambda: False) -> Bounds | None:
    """Valid whenever `stop` ends it; None when nothing has worth. `then` is bounded for cost only.

    unplaced: the worth that the plan at hand leaves out, for the second term (default: the first bound).
    """
    relaxed = Cells.of(problem)
    if relaxed is None:
        return None
    least = relaxed.bound(None, stop)
    out = least if unplaced is None else max(unplaced, least)
    return Bounds(least, relaxed.bound(out, stop) if problem.then == "cost" else None, "cells")


class Cells:
    """A problem by cells and bundles, ready for either term."""

    def __init__(self, problem: Problem, ground: Ground, gatherer: Gatherer) -> None:
        self.problem, self.ground = problem, ground
        self.columns = gatherer.columns()
        flavours = gatherer.flavours.transpose(1, 0, 2)
        self.slots = np.array([ground.slots(need) for need in flavours], np.int64).reshape(len(flavours), -1)
        chosen = self.columns.workload
        self.wanted, self.worth = problem.count[chosen], problem.weight[chosen]
        self.loose = self.wanted - problem.must[chosen]
        self._known: list[Row] = []

    @staticmethod
    def of(problem: Problem) -> Cells | None:
        if not ((problem.weight > 0) & (problem.count > 0)).any():
            return None
        ground = Ground(problem)
        return Cells(problem, ground, Gatherer(ground, Outlook(problem)))

    def bound(self, out: int | None, stop: Stop) -> int:
        """Of the worth left out (out: None), or of the cost when at most `out` is left out."""
        program = self._program(out)
        for row in self._known:
            program.add(row)
        best, step = 0.0, int(np.gcd.reduce(self.worth)) if out is None else 1
        while True:
            instances, value = program.solve()
            best = max(best, value)
            fresh = list(self._violated(instances))
            if not fresh or stop():
                return math.ceil(best / step) * step
            for row in fresh:
                program.add(row)
            self._known += fresh

    def _program(self, out: int | None) -> Program:
        spare = self.loose if out is None else np.minimum(self.loose, out // self.worth)
        costs = None if out is None else self.columns.cost
        return Program(self.columns, self.wanted, spare, self.worth, out or 0, costs)

    def _violated(self, instances: Floats) -> Iterator[Row]:
        """Rows of room and slots that these instances break."""
        columns = self.columns
        for value, room in (
            *zip(columns.take.T, self.ground.capacity.T, strict=True),
            *zip(columns.slots.T, self.slots, strict=True),
        ):
            used = np.bincount(columns.cell, instances * value, len(self.ground))
            for cell in np.flatnonzero(used > room * (1 + 1e-6) + 1e-6).tolist():
                chosen = np.flatnonzero((columns.cell == cell) & (value > 0)).astype(np.int32)
                yield Row(chosen, value[chosen], float(room[cell]))
