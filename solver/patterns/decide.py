"""Decide: a plan as good as the bound, or the proof that there is none, from all contents that such a plan can have."""

from __future__ import annotations

import numpy as np

from solver.patterns.catalogue import Catalogue
from solver.patterns.generate import Generation
from solver.patterns.integer import decided

SETTLED = 30
"""Rounds in which the multipliers become as good as they get."""
MOST = 3_000
"""Contents up to which it is tried."""


def decide(work: Generation, nodes: int, seconds: float) -> tuple[dict[int, int] | None, bool]:
    """(how often each column of the master is used, is it sure that the bound is not reached?), after so many nodes of
    a search tree at most.

    Contents are left out by their reduced cost: with a server that has them, the Lagrangian value is above the goal.
    """
    rows = _rows(work, work.bound) if isinstance(work.prices, Catalogue) and work.settle(SETTLED) else None
    return (None, False) if rows is None else decided(work.master, rows, work.bound, nodes, seconds)


def _rows(work: Generation, goal: int) -> list[int] | None:
    """Columns of the master for all contents of plans for the goal; None when they are too many."""
    relaxation, prices, rows = work.relaxation, work.prices, list[int]()
    assert isinstance(prices, Catalogue)
    waste = relaxation.waste(goal)
    for shelf in relaxation.shelves:
        profit, fee = relaxation.profit(shelf, work.proof), relaxation.fee(shelf)
        surplus = np.maximum(prices.best(shelf, profit).value - fee, 0)
        least = work.value + fee + surplus - goal * relaxation.scale
        for row, kind in enumerate(shelf.types.tolist()):
            room = shelf.room[row] - waste
            found = prices.all_of(shelf, row, profit, int(least[row]), room, MOST - len(rows))
            if found is None:
                return None
            rows += [work.master.row(kind, contents) for contents in found]
    return rows
