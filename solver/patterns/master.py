"""The restricted master: the relaxation over the contents known so far, as a linear program that grows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from ortools.linear_solver import pywraplp

from solver.patterns.relaxation import Multipliers, Relaxation
from solver.problem import Ints


class Master:
    """GLOP keeps the program and its basis; `add` grows it, `solve` says which multipliers to price with.

    columns: (type, contents [variants and the slot]). Shortage stands in for contents that are not known yet: at
    first a few units of objective an instance, then dearer as long as the solution buys it (`short`).
    """

    def __init__(self, relaxation: Relaxation) -> None:
        self.relaxation = relaxation
        self.columns: list[tuple[int, Ints]] = []
        self.variables: list[Any] = []
        self.value = np.inf
        self.short = False
        self.feasible = True
        self._bounded: set[int] = set()
        self._known: dict[tuple[int, bytes], int] = {}
        self._lp = pywraplp.Solver.CreateSolver("GLOP")
        self._unit = float(relaxation.unit)
        self._dear = 4.0
        self._rows()
        self._shortage = [self._variable(self._dear * self._unit, {row: 1.0}) for row in self._covering()]
        self._left_out()

    def _rows(self) -> None:
        asked, lp, most = self.relaxation.items, self._lp, self._lp.infinity()
        self._item = [
            lp.Constraint(float(n), most) if weight else None
            for n, weight in zip(asked.wanted, asked.weight, strict=True)
        ]
        self._link = [
            lp.Constraint(float(link.masters @ asked.wanted - link.ratio * link.standing), most) for link in asked.links
        ]
        self._worth = lp.Constraint(-most, float(self.relaxation.out))
        self._type = [lp.Constraint(-most, float(many)) for many in self.relaxation.types.many]

    def _covering(self) -> list[Any]:
        return [row for row in (*self._item, *self._link) if row is not None]

    def _variable(self, cost: float, entries: dict[Any, float], most: float | None = None) -> Any:
        variable = self._lp.NumVar(0.0, self._lp.infinity() if most is None else most, "")
        self._lp.Objective().SetCoefficient(variable, cost / self._unit)
        for row, value in entries.items():
            row.SetCoefficient(variable, value)
        return variable

    def _left_out(self) -> None:
        relaxation, asked = self.relaxation, self.relaxation.items
        for item, row in enumerate(self._item):
            if row is not None and relaxation.spare[item]:
                weight = float(asked.weight[item])
                entries = {row: 1.0, self._worth: weight if relaxation.term else 0.0}
                entries |= {r: float(link.masters[item]) for r, link in zip(self._link, asked.links, strict=True)}
                self._variable(0.0 if relaxation.term else weight, entries, float(relaxation.spare[item]))

    def add(self, kind: int, contents: Ints) -> bool:
        """Let servers of the type have these contents; False when the program knows them."""
        key = kind, contents.tobytes()
        if key in self._known:
            return False
        self._known[key] = len(self.columns)
        asked = self.relaxation.items
        amount = np.bincount(asked.owner, contents[:-1], len(asked))
        entries = {self._item[item]: float(amount[item]) for item in np.flatnonzero(amount).tolist()}
        entries.pop(None, None)
        for row, link in zip(self._link, asked.links, strict=True):
            entries[row] = float(link.ratio * (link.children @ amount))
        entries[self._type[kind]] = 1.0
        self.columns.append((kind, contents))
        self.variables.append(self._variable(self.relaxation.cost(kind, contents), entries))
        return True

    def row(self, kind: int, contents: Ints) -> int:
        """The column of these contents, which is added when the program does not know it."""
        self.add(kind, contents)
        return self._known[kind, contents.tobytes()]

    def solve(self) -> tuple[Multipliers, Ints]:
        """The multipliers at the optimum, and what one more server of each type is worth, in 1 / scale."""
        self.feasible = self._lp.Solve() == pywraplp.Solver.OPTIMAL
        if not self.feasible:
            return Multipliers.none(self.relaxation.items), np.zeros(len(self._type), np.int64)
        self.value = self._lp.Objective().Value() * self._unit
        self.short = sum(variable.solution_value() for variable in self._shortage) > 1e-6
        asked, most = self.relaxation.items, self.relaxation.most
        heaviest = int(asked.weight.max(initial=1))
        at = Multipliers(
            np.array([self._dual(row, most) for row in self._item], np.int64),
            np.array(
                [
                    self._dual(row, most // (link.ratio * len(asked.links)))
                    for row, link in zip(self._link, asked.links, strict=True)
                ],
                np.int64,
            ),
            self._dual(self._worth, most // heaviest, -1),
        )
        return at, np.array([self._dual(row, 2**62, -1) for row in self._type], np.int64)

    def _dual(self, row: Any, most: int, sign: int = 1) -> int:
        if row is None:
            return 0
        dual: int = round(sign * row.dual_value() * self._unit * self.relaxation.scale)
        return min(max(dual, 0), most)

    def used(self) -> NDArray[np.float64]:
        """[columns]: how often the solution uses each."""
        return np.array([variable.solution_value() for variable in self.variables])

    def hold(self, held: Mapping[int, int], banned: Mapping[int, int]) -> None:
        """From now on columns are used at least (held) or at most (banned) so often, all others as pays."""
        for column in self._bounded | held.keys() | banned.keys():
            most = float(banned[column]) if column in banned else self._lp.infinity()
            self.variables[column].SetBounds(float(held.get(column, 0)), most)
        self._bounded = {*held, *banned}

    def room(self, column: int, held: Mapping[int, int]) -> int:
        """Servers of the column's type that are left when these columns are held."""
        kind = self.columns[column][0]
        taken = sum(times for other, times in held.items() if self.columns[other][0] == kind)
        return int(self.relaxation.types.many[kind]) - taken

    def near(self, width: float) -> list[int]:
        """Columns whose reduced cost is at most so much: one more of them costs no more than that."""
        if self._lp.Solve() != pywraplp.Solver.OPTIMAL:
            return []
        found = enumerate(variable.reduced_cost() * self._unit for variable in self.variables)
        return [column for column, cost in found if cost <= width]

    def dearer(self) -> bool:
        """Make shortage eight times as dear; False when that leads nowhere."""
        self._dear *= 8.0
        for variable in self._shortage:
            self._lp.Objective().SetCoefficient(variable, self._dear)
        return bool(self._dear < 1e6)
