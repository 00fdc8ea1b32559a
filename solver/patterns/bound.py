"""Bounds by patterns: what fits one server of each type, used as often as pays."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from solver.patterns.bounds import Bounds
from solver.patterns.generate import Generated, Stop, rounds
from solver.patterns.items import Items, items
from solver.patterns.pricing import Search
from solver.patterns.relaxation import relaxation
from solver.patterns.types import Types, types
from solver.problem import Problem, Then

MOST_TYPES, MOST_SEARCHED = 600, 50
"""Types of servers up to which each can be priced, by a table or by a search of its own; cells bound more varied
worlds."""


def patterns(problem: Problem, unplaced: int | None = None, stop: Stop = lambda: False) -> Bounds | None:
    """Valid whenever `stop` ends it.

    unplaced: the worth that the plan at hand leaves out, for the second term (default: the first bound).
    """
    relaxed = Patterns.of(problem)
    if relaxed is None:
        return None
    first = relaxed.bound(None, 0, stop) if unplaced != 0 else None
    least = 0 if first is None else first.bound
    out = least if unplaced is None else max(unplaced, least)
    then = relaxed.bound(problem.then, out, stop) if problem.then else None
    return Bounds(least, None if then is None else then.bound, "patterns")


class Patterns:
    """The problem seen by types of servers and items, ready for either term."""

    def __init__(self, problem: Problem, asked: Items, kinds: Types) -> None:
        self.problem, self.items, self.types = problem, asked, kinds

    @staticmethod
    def of(problem: Problem) -> Patterns | None:
        asked = items(problem)
        kinds = types(problem, asked)
        most = MOST_SEARCHED if isinstance(kinds.prices, Search) else MOST_TYPES
        return Patterns(problem, asked, kinds) if len(kinds) <= most else None

    def bound(self, term: Then | None, out: int, stop: Stop) -> Generated | None:
        """As far as the rounds came when `stop` said so."""
        return next((known for known in self.rounds(term, out) if known.complete or stop()), None)

    def rounds(self, term: Then | None, out: int) -> Iterator[Generated]:
        """Round by round; none when the term does not suit."""
        relaxed = relaxation(self.problem, self.items, self.types, term, out)
        step = int(np.gcd.reduce(self.items.weight)) if term is None else 1
        return iter(()) if relaxed is None else rounds(relaxed, max(step, 1))
