"""The best bounds that are affordable: by slots, by patterns and by cells; each is valid, so the highest counts."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from solver.patterns.bound import patterns
from solver.patterns.bounds import Bounds
from solver.patterns.cells import cells
from solver.patterns.quick import quick
from solver.problem import Problem

LARGE = 2_000_000
"""Servers times sets of allowed servers from which on there are too many types of servers to price each."""


def bounds(
    problem: Problem,
    unplaced: int | None = None,
    stop: Callable[[], bool] = lambda: False,
    left: Callable[[], float] = lambda: math.inf,
) -> Bounds | None:
    """Valid whenever `stop` ends it; a linear program ends when no seconds are `left`. None when no argument applies.

    unplaced: the worth that the plan at hand leaves out, for the second term (default: the first bound).
    """
    known = [found for found in _arguments(problem, unplaced, stop, left) if found is not None]
    if not known:
        return None
    best = max(known, key=lambda found: (found.unplaced, found.then or 0))
    alike = [found for found in known if unplaced is not None or found.unplaced == best.unplaced]
    then = [found.then for found in alike if found.then is not None]
    return Bounds(best.unplaced, max(then, default=None), best.proof)


def _arguments(
    problem: Problem, unplaced: int | None, stop: Callable[[], bool], left: Callable[[], float]
) -> Iterator[Bounds | None]:
    yield quick(problem, unplaced)
    sets = len({id(problem.allowed[workload]) for workload in np.flatnonzero(problem.count).tolist()})
    found = patterns(problem, unplaced, stop) if problem.nodes * sets <= LARGE else None
    yield found
    if found is None or problem.then == "cost":
        yield cells(problem, unplaced, stop, left)
