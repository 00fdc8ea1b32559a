"""Warm-up: every compiled kernel of bounds and plans runs once on next to nothing."""

from __future__ import annotations

import numpy as np

from solver.patterns.catalogue import Catalogue
from solver.patterns.cells import cells
from solver.patterns.listing import Lister
from solver.patterns.pricing import Cells, Plain, Search, Shelf
from solver.patterns.quick import quick
from solver.problem import Problem


def warm(problem: Problem) -> None:
    """problem: any small one, with costs."""
    quick(problem, 0)
    cells(problem)
    sizes = np.array([[1, 1, 0, 0], [0, 0, 1, 1], [2, 1, 2, 1]], np.int64)
    shelf = Shelf(
        types=np.zeros(1, np.int32),
        room=np.full((1, 4), 3, np.int64),
        size=sizes,
        most=np.array([5, 1, 5], np.int64),
        usable=np.ones(3, np.bool_),
    )
    lister = Lister(shelf.room[0], sizes, shelf.most, shelf.room[0] - 1, 100)
    lister.go_on(1_000)
    listed = Catalogue([0, 1, 2, 3], {0: lister.listing()})
    for pricer in (Plain([0, 1]), Cells([0, 1], [2, 3]), Search([0, 1, 2], 1), listed):
        pricer.start(shelf, np.array([2, 2, 0], np.int64))
        pricer.best(shelf, np.array([3, 2, 4], np.int64))
