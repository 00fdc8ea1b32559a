"""Assessment: what a placement is worth, term by term, and how far from the best it may be."""

from __future__ import annotations

from dataclasses import dataclass

from solver.objective import Term, terms
from solver.problem import Placement, Problem


@dataclass(frozen=True, slots=True)
class Objective:
    """One term, minimised. bound: no plan has less, given the values of the terms before it. gap: relative."""

    name: str
    value: int
    bound: int
    gap: float


@dataclass(frozen=True, slots=True)
class Assessment:
    """A placement, the values of its terms, and the bounds known so far."""

    problem: Problem
    placement: Placement
    values: tuple[int, ...]
    bounds: tuple[int, ...]

    def objective(self) -> tuple[Objective, ...]:
        return tuple(
            Objective(term.name, value, bound, gap(self.problem, term, value, bound))
            for term, value, bound in zip(terms(self.problem), self.values, self.bounds, strict=True)
        )


def gap(problem: Problem, term: Term, value: int, bound: int) -> float:
    """Distance to the bound, relative to all that was asked for (unplaced) or to what the term is out of."""
    return (value - bound) / max(term.whole(problem, value), 1) if value > bound else 0.0
