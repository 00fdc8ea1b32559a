"""Tidy: the same instances with restarts that set less room aside, where the objective does not see it."""

from __future__ import annotations

from collections.abc import Sequence

from solver.aside import growth
from solver.failover.assign import assign
from solver.objective import Term
from solver.problem import Placement, Problem
from solver.restarts import Restarts


def tidied(problem: Problem, placement: Placement, terms: Sequence[Term]) -> Placement:
    """Itself when nothing is won."""
    if not len(placement.restarts):
        return placement
    found = assign(problem, placement.along_with(Restarts()), Restarts())
    other = placement.along_with(found.restarts)
    if found.short or any(term.value(problem, other) > term.value(problem, placement) for term in terms):
        return placement
    return other if _aside(problem, other) < _aside(problem, placement) else placement


def _aside(problem: Problem, placement: Placement) -> float:
    """Room set aside, each resource as a part of all that there is."""
    total = problem.capacity.sum(axis=0).clip(1)
    return float((growth(problem, placement.restarts).sum(axis=0) / total).sum())
