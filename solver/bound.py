"""Bounds by size of the problem: slots in a millisecond, patterns and cells when that is not enough."""

from __future__ import annotations

from collections.abc import Callable

from solver.patterns import quick
from solver.problem import Problem


def quick_bounds(problem: Problem, values: tuple[int, ...]) -> tuple[int, ...]:
    """A bound per term, 0 where none is known; the second one for plans that leave out no more than `values[0]`."""
    found = quick(problem, values[0])
    if found is None:
        return tuple(0 for _ in values)
    return (found.unplaced, found.then or 0)[: len(values)]


def bounds(problem: Problem, values: tuple[int, ...], stop: Callable[[], bool]) -> tuple[int, ...]:
    """The tightest bounds there is time for."""
    return quick_bounds(problem, values)
