"""Bounds by cells, for worlds whose servers all differ: room and slots of each domain, rows added where they bind."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from solver.patterns.bounds import Bounds
from solver.patterns.bundles import Floats, Gatherer
from solver.patterns.ground import Ground
from solver.patterns.outlook import Outlook
from solver.patterns.program import Program, Row
from solver.problem import Problem

Stop = Callable[[], bool]
Left = Callable[[], float]
ENOUGH = 0.02
"""Part of the demand that must break slots or room to be worth another round of rows, and then of the bound."""


def cells(
    problem: Problem,
    unplaced: int | None = None,
    stop: Stop = lambda: False,
    left: Left = lambda: math.inf,
    most: int = 2000,
) -> Bounds | None:
    """Valid whenever `stop` ends it, or no seconds are `left`; None when nothing has worth. `then` is bounded for cost
    only.

    unplaced: the worth that the plan at hand leaves out, for the second term (default: the first bound).
    most: cells; domains of a coarser level are taken when there would be more.
    """
    relaxed = Cells.of(problem, most)
    if relaxed is None:
        return None
    least = 0 if unplaced == 0 else relaxed.bound(None, stop, left)
    out = least if unplaced is None else max(unplaced, least)
    return Bounds(least, relaxed.bound(out, stop, left) if problem.then == "cost" else None, "cells")


class Cells:
    """A problem by cells and bundles, ready for either term."""

    def __init__(self, problem: Problem, ground: Ground, gatherer: Gatherer) -> None:
        self.problem, self.ground = problem, ground
        self.columns = gatherer.columns()
        self.flavours = gatherer.flavours.transpose(1, 0, 2)
        slots = [ground.slots(need) for need in self.flavours]
        self.slots = np.array(slots, np.int64).reshape(len(slots), len(ground))
        chosen = self.columns.workload
        self.wanted, self.worth = problem.count[chosen], problem.weight[chosen]
        self.loose = self.wanted - problem.must[chosen]
        self._known: list[Row] = []
        order = np.argsort(self.columns.cell, kind="stable").astype(np.int32)
        self._inside = np.split(order, np.cumsum(np.bincount(self.columns.cell, minlength=len(ground)))[:-1])

    @staticmethod
    def of(problem: Problem, most: int) -> Cells | None:
        if not ((problem.weight > 0) & (problem.count > 0)).any():
            return None
        ground = Ground(problem, most)
        return Cells(problem, ground, Gatherer(ground, Outlook(problem)))

    def bound(self, out: int | None, stop: Stop, left: Left) -> int:
        """Of the worth left out (out: None), or of the cost when at most `out` is left out; 0 when there is no time for
        any."""
        if left() <= 0:
            return 0
        program = self._program(out)
        for row in (*self._scarce(), *self._known, *self._groups()):
            program.add(row)
        step = int(np.gcd.reduce(self.worth)) if out is None else 1
        best = -1
        while True:
            solved = program.solve(left())
            if solved is None:
                return max(best, 0)
            instances, value = solved
            stuck = best >= 0 and value < best * (1 + ENOUGH)
            best = max(best, math.ceil(max(value, 0.0) / step) * step)
            fresh, excess = self._violated(instances)
            if not fresh or stuck or excess < ENOUGH or stop():
                return best
            self._known += fresh
            for row in fresh:
                program.add(row)

    def _scarce(self) -> Iterator[Row]:
        """Room of the two resources that are asked for most, in every cell: rows that will bind."""
        columns = self.columns
        for resource in self._pressed():
            for cell in range(len(self.ground)):
                yield self._row(cell, columns.take[:, resource], self.ground.capacity[cell, resource])

    def _pressed(self) -> list[int]:
        """The two resources of which the largest part is asked for."""
        wanted = np.zeros(self.columns.take.shape[1])
        for row, many in enumerate(self.wanted.tolist()):
            wanted += self.columns.take[self.columns.bundle == row][:1].sum(axis=0) * many
        return np.argsort(-wanted / np.maximum(self.ground.capacity.sum(axis=0), 1))[:2].tolist()  # type: ignore[no-any-return]

    def _groups(self) -> Iterator[Row]:
        for columns, room in self.columns.groups:
            yield Row(columns, np.ones(len(columns)), float(room))

    def _row(self, cell: int, value: Floats, room: np.int64) -> Row:
        inside = self._inside[cell]
        chosen = inside[value[inside] > 0]
        return Row(chosen, value[chosen], float(room))

    def _program(self, out: int | None) -> Program:
        spare = self.loose if out is None else np.minimum(self.loose, out // self.worth)
        costs = None if out is None else self.columns.cost
        return Program(self.columns, self.wanted, spare, self.worth, out or 0, costs)

    def _violated(self, instances: Floats) -> tuple[list[Row], float]:
        """Rows of room and slots that these instances break, and the largest part of what a row counts in excess.

        An excess of slots counts as much as the instances it is of: by the resource that is asked for most.
        """
        columns, rows, worst = self.columns, [], 0.0
        first = self._pressed()[0]
        total = max(float(instances @ columns.take[:, first]), 1.0)
        counted = [*columns.take.T, *columns.slots.T]
        rooms = [*self.ground.capacity.T, *self.slots]
        weights = [0.0] * len(self.ground.capacity.T) + self.flavours[:, 0, first].tolist()
        for value, room, weight in zip(counted, rooms, weights, strict=True):
            used = np.bincount(columns.cell, instances * value, len(self.ground))
            over = np.maximum(used - room, 0.0)
            rows += [self._row(cell, value, room[cell]) for cell in np.flatnonzero(over > 1e-6 * (room + 1)).tolist()]
            part = over.sum() * weight / total if weight else over.sum() / max(used.sum(), 1.0)
            worst = max(worst, float(part))
        return rows, worst
