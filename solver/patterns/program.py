"""The program over cells: how many instances of each bundle in each cell; rows join it when they are violated.

minimise    sum worth x left out        (first term)   or   sum cost x instances                 (second term)
subject to  instances + left out >= wanted                                  per bundle           multiplier `bundle`
            sum take x instances <= room, sum slots x instances <= slots    per cell             multiplier `row`
            instances of a group of cells <= its limit                                           multiplier `row`
            instances <= most                                               per bundle and cell
            sum worth x left out <= the worth that may be left out                               multiplier `worth`

Every plan is a solution: a cell's servers give no more room together than their sum, and no more slots of a flavour
than they hold one by one (an instance that takes k times a flavour uses k of them). For any multipliers >= 0 the
Lagrangian value is a lower bound, and has a closed form. It is summed in floating point; the error of a sum of n
terms is below n x 2^-52 x sum of magnitudes, and 1e-9 of the magnitudes is taken off before rounding up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from ortools.linear_solver import pywraplp

from solver.patterns.bundles import Columns, Floats
from solver.problem import Ids, Ints

LONG = 1e6
"""Seconds that are no limit."""


@dataclass(frozen=True, slots=True)
class Row:
    """sum value x columns <= room."""

    columns: Ids
    value: Floats
    room: float


class Program:
    """costs [columns]: of the second term, None for the first. wanted, spare, worth [bundles]; out: see above."""

    def __init__(
        self, columns: Columns, wanted: Ints, spare: Ints, worth: Ints, out: int, costs: Floats | None
    ) -> None:
        self.columns, self.wanted, self.spare, self.worth = columns, wanted, spare, worth.astype(np.float64)
        self.out, self.costs = out, np.zeros(len(columns.cell)) if costs is None else costs
        self.charge = self.worth if costs is None else np.zeros(len(worth))
        self.rows: list[Row] = []
        self.unit = float(max(self.worth.max(initial=1.0) if costs is None else costs.max(initial=1.0), 1.0))
        self._lp = pywraplp.Solver.CreateSolver("GLOP")
        self._handles: list[Any] = []
        self._build(costs is not None)

    def _build(self, short: bool) -> None:
        lp, columns = self._lp, self.columns
        most = lp.infinity()
        bundle = [lp.Constraint(float(n), most) for n in self.wanted]
        self._bundle = bundle
        self._worth = lp.Constraint(-most, self.out / self.worth.max(initial=1.0))
        self._variables = []
        for row, cap, cost in zip(columns.bundle.tolist(), columns.most.tolist(), self.costs.tolist(), strict=True):
            self._variables.append(self._variable(cap, cost, bundle[row]))
        for row, cap in enumerate(self.spare.tolist()):
            if cap:
                left = self._variable(cap, float(self.charge[row]), bundle[row])
                if short:
                    self._worth.SetCoefficient(left, float(self.worth[row] / self.worth.max()))
        if short:
            for row in bundle:
                self._variable(most, 100.0 * self.unit, row)

    def _variable(self, most: float, cost: float, bundle: Any) -> Any:
        variable = self._lp.NumVar(0.0, most, "")
        bundle.SetCoefficient(variable, 1.0)
        if cost:
            self._lp.Objective().SetCoefficient(variable, cost / self.unit)
        return variable

    def add(self, row: Row) -> None:
        scale = float(np.abs(row.value).max(initial=1e-9))
        handle = self._lp.Constraint(-self._lp.infinity(), row.room / scale)
        for column, value in zip(row.columns.tolist(), (row.value / scale).tolist(), strict=True):
            handle.SetCoefficient(self._variables[column], value)
        self.rows.append(row)
        self._handles.append((handle, scale))

    def solve(self, seconds: float) -> tuple[Floats, float] | None:
        """(instances per column at the optimum of the rows so far, the Lagrangian value of its multipliers); None when
        that takes longer."""
        if seconds < LONG:
            self._lp.SetTimeLimit(max(int(1000 * seconds), 1))
        if self._lp.Solve() != pywraplp.Solver.OPTIMAL:
            return None
        bundle = np.array([max(row.dual_value(), 0.0) for row in self._bundle]) * self.unit
        worth = max(-self._worth.dual_value(), 0.0) * self.unit / self.worth.max(initial=1.0)
        rows = [max(-handle.dual_value(), 0.0) * self.unit / scale for handle, scale in self._handles]
        return np.array([variable.solution_value() for variable in self._variables]), self.value(bundle, worth, rows)

    def value(self, bundle: Floats, worth: float, rows: list[float]) -> float:
        """The Lagrangian value, less than it by more than rounding can have added."""
        each = bundle[self.columns.bundle]
        gain, magnitude = each - self.costs, each + self.costs
        total = [bundle * self.wanted, np.array([-worth * self.out])]
        for row, price in zip(self.rows, rows, strict=True):
            if price:
                gain[row.columns] -= price * row.value
                magnitude[row.columns] += price * row.value
                total.append(np.array([-price * row.room]))
        left = bundle - self.charge - worth * self.worth
        total += [-np.maximum(gain, 0.0) * self.columns.most, -np.maximum(left, 0.0) * self.spare]
        every = np.concatenate(total)
        doubt = 1e-9 * np.abs(every).sum() + 1e-12 * float(magnitude @ self.columns.most)
        return float(every.sum() - doubt)
