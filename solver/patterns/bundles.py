"""Bundles: a workload of worth with the children that follow it, one column for every cell where it may stand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solver.constraints import Children
from solver.patterns import kernels
from solver.patterns.ground import Ground
from solver.patterns.outlook import Outlook
from solver.patterns.quick import admitted
from solver.patterns.reach import Reach
from solver.problem import Ids, Ints

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Columns:
    """bundle, cell, most [columns]: which workload of worth, where, at most how many. workload [bundles].

    Of one instance, its share of children included: take [columns, resources], cost [columns] (price x size),
    slots [columns, flavours]: how many slots of each flavour it uses up at least. groups: columns that a limit of a
    coarser level holds together, and the limit.
    """

    workload: Ids
    bundle: Ids
    cell: Ids
    most: Ints
    take: Floats
    cost: Floats
    slots: Floats
    groups: tuple[tuple[Ids, int], ...]


class Gatherer:
    """Collects the columns of all bundles on a ground. flavours [rates, flavours, resources]: distinct demands."""

    def __init__(self, ground: Ground, outlook: Outlook) -> None:
        self.ground, self.outlook, self.problem = ground, outlook, ground.problem
        self.least = np.minimum.reduceat(self.problem.demand, self.problem.modes[:-1], axis=1)
        asked = self.least[:, self.problem.count > 0]
        distinct = np.unique(asked.transpose(1, 0, 2).reshape(asked.shape[1], -1), axis=0)
        flavours = distinct.reshape(len(distinct), len(asked), -1).transpose(1, 0, 2)
        self.flavours = np.ascontiguousarray(flavours[:, flavours.any(axis=2).all(axis=0)])
        self.price = self._cheapest(ground.nodes)
        self._paid: dict[int, Children] = {}
        self._brought: set[int] = set()

    def columns(self) -> Columns:
        problem = self.problem
        asked = np.flatnonzero((problem.weight > 0) & (problem.count > 0)).tolist()
        reaches = [Reach(self.outlook, workload) for workload in asked]
        most = admitted(self.outlook, {reach.workload: reach.total for reach in reaches})
        parts, start = [], 0
        groups: list[tuple[Ids, int]] = []
        for row, reach in enumerate(reaches):
            amount = np.minimum(self._amount(reach), most[reach.workload])
            cells = np.flatnonzero(amount).astype(np.int32)
            parts.append((np.full(len(cells), row, np.int32), cells, amount[cells], *self._each(reach, cells, amount)))
            for inside, room in self._groups(reach, cells):
                groups.append(((start + np.flatnonzero(inside)).astype(np.int32), room))
            start += len(cells)
        bundle, cell, amounts, take, cost, slots = (np.concatenate(part) for part in zip(*parts, strict=True))
        workload = np.array(asked, np.int32)
        return Columns(workload, bundle, cell, amounts, take, cost, slots, tuple(groups))

    def _amount(self, reach: Reach) -> Ints:
        """[cells]: at most so many instances of the workload in each cell."""
        ground = self.ground
        amount = kernels.gathered(reach.slots, reach.nodes, ground.cell_of, len(ground))
        for limit in reach.limits:
            room = limit.room(reach.wanted, self.problem.topology.sizes[limit.level])
            if limit.level >= ground.level:
                above = ground.domains(limit.level)
                amount = np.minimum(amount, room[above]) if len(above) else amount
            elif len(cell := ground.cells(limit.level)):
                inside = np.bincount(cell[cell >= 0], np.minimum(reach.sums(limit.level), room)[cell >= 0], len(ground))
                amount = np.minimum(amount, inside.astype(np.int64))
        return amount

    def _groups(self, reach: Reach, cells: Ids) -> Iterator[tuple[NDArray[np.bool_], int]]:
        """Limits of levels above the cells: (which of the cells, room)."""
        for limit in reach.limits:
            above = self.ground.domains(limit.level)
            if (
                limit.level < self.ground.level
                or not len(above)
                or (self.ground.whole and limit.level == self.ground.level)
            ):
                continue
            room = limit.room(reach.wanted, self.problem.topology.sizes[limit.level])
            for domain in np.unique(above[cells]).tolist():
                yield above[cells] == domain, int(room[domain])

    def _each(self, reach: Reach, cells: Ids, amount: Ints) -> tuple[Floats, Floats, Floats]:
        """What one instance takes, costs and uses up of slots in each of these cells, children included."""
        workload, rate = reach.workload, self.ground.rate[cells]
        take = self.least[rate, workload].astype(np.float64)
        cost = self._cost(workload, self._cheapest(reach.nodes)[cells])
        slots = self._uses(workload)[rate]
        for rule, _ in reach.children:
            per = self._per_master(rule, cells, amount[cells])
            take += self.least[rate, rule.child] * per
            cost += self._cost(rule.child, self.price[cells]) * per[:, 0]
            slots += self._uses(rule.child)[rate] * per
        return take, cost, slots

    def _cheapest(self, nodes: Ids) -> Ints:
        """[cells, prices]: the least of each price on these nodes."""
        return np.stack([self.ground.lowest(price, nodes) for price in self.problem.price.T.copy()], axis=1)

    def _cost(self, workload: int, price: Ints) -> Floats:
        """[cells]: of an instance at these prices; nothing where it is not asked for. At least what it is: where prices
        differ within a cell, the least of one may be on another node than the least of the next."""
        size = self.problem.size[workload] * (self.problem.then == "cost")
        cost: Floats = (price.astype(np.float64) * size).sum(axis=1)
        return cost

    def _per_master(self, rule: Children, cells: Ids, amount: Ints) -> Floats:
        """[cells, 1]: how many of the child one master brings at least: m / ratio <= ceil(m / ratio) of them, or
        `each` for at most `amount` masters.

        None where the child may stand in another cell or stands already, when it has worth of its own, or when it is
        brought along already (one rule brings it; when in proportion, by all of its masters).
        """
        inside = self.ground.cells(rule.level)
        payer = self._paid.setdefault(rule.child, rule)
        again = payer is not rule or (rule.each is not None and rule.child in self._brought)
        self._brought.add(rule.child)
        if again or self.problem.weight[rule.child] or not len(inside):
            return np.zeros((len(cells), 1))
        per = 1.0 / np.full(len(cells), rule.ratio) if rule.ratio else (rule.each or 0) / np.maximum(amount, 1)
        standing, _, _ = self.outlook.standing.per_domain(rule.subjects, rule.level)
        per[np.isin(cells, inside[standing])] = 0.0
        column: Floats = per[:, None]
        return column

    def _uses(self, workload: int) -> Floats:
        """[rates, flavours]: slots of each flavour that one instance uses up."""
        least, each = self.least[:, workload, None], self.flavours
        fits: Ints = np.where(each > 0, least // np.maximum(each, 1), np.iinfo(np.int64).max).min(axis=2)
        return fits.astype(np.float64)
