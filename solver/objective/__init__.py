"""What a plan is judged by, one term a file; every term is minimised, the first before the second."""

from __future__ import annotations

from solver.objective.base import Term
from solver.objective.cost import Cost
from solver.objective.servers import Servers
from solver.objective.slots import Slots
from solver.objective.unplaced import Unplaced
from solver.problem import Problem, Then

_THEN: dict[Then, Term] = {"cost": Cost(), "fewest-servers": Servers(), "largest-slots": Slots()}


def terms(problem: Problem) -> list[Term]:
    """The terms of the problem in lexicographic order."""
    return [Unplaced()] + ([_THEN[problem.then]] if problem.then else [])


__all__ = ["Term", "terms"]
