"""Bounds by what there is time for: slots in a millisecond, then patterns or cells."""

from __future__ import annotations

from collections.abc import Callable

from solver.patterns import Bounds, quick
from solver.patterns import bounds as affordable
from solver.problem import Problem


def quick_bounds(problem: Problem, values: tuple[int, ...]) -> tuple[int, ...]:
    """A bound per term, 0 where none is known; the second one for plans that leave out no more than `values[0]`."""
    known = _per_term(quick(problem, values[0]), values)
    if problem.then == "cost" and values[0] == 0:
        return known[0], max(known[1], _cheapest(problem))
    return known


def _cheapest(problem: Problem) -> int:
    """Cost of all that has worth, each instance on the cheapest node that it is allowed on, room or not."""
    least: dict[tuple[int, bytes], int] = {}
    total = 0
    for workload, nodes in enumerate(problem.allowed):
        if problem.weight[workload] and len(nodes):
            alike = id(nodes), problem.size[workload].tobytes()
            if alike not in least:
                least[alike] = int(problem.cost(workload)[nodes].min())
            total += int(problem.count[workload]) * least[alike]
    return total


def bounds(problem: Problem, values: tuple[int, ...], stop: Callable[[], bool]) -> tuple[int, ...]:
    """The same with the tightest arguments that are affordable; valid whenever `stop` ends them."""
    return _per_term(affordable(problem, values[0], stop), values)


def _per_term(found: Bounds | None, values: tuple[int, ...]) -> tuple[int, ...]:
    return (found.unplaced, found.then or 0)[: len(values)] if found else (0,) * len(values)
