"""What a plan is judged by, one term a file; every term is minimised, the first before the second."""

from __future__ import annotations

from solver.objective.base import Term
from solver.objective.cost import Cost
from solver.objective.moves import Moved
from solver.objective.servers import Servers
from solver.objective.slots import Slots
from solver.objective.soft import Broken, soft_rules
from solver.objective.unplaced import Unplaced
from solver.problem import Problem, Then

_THEN: dict[Then, Term] = {"cost": Cost(), "fewest-servers": Servers(), "largest-slots": Slots()}
COUNTS: tuple[Then, ...] = ("fewest-servers", "largest-slots")
"""Terms that count what single servers hold."""


def terms(problem: Problem) -> list[Term]:
    """The terms of the problem in lexicographic order."""
    found: list[Term] = [Unplaced()]
    if soft_rules(problem):
        found.append(Broken())
    then: list[Term] = [_THEN[problem.then]] if problem.then else []
    moves: list[Term] = [Moved()] if len(problem.home) else []
    return [*found, *(then + moves if moves_last(problem) else moves + then)]


def moves_last(problem: Problem) -> bool:
    """Servers are emptied and slots are made by moving: there, the moves are what it takes. For less cost alone
    nothing moves."""
    return problem.then in COUNTS


__all__ = ["COUNTS", "Term", "moves_last", "soft_rules", "terms"]
