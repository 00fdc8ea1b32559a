"""The protocol of an objective term: `value` is its definition, `post` says the same to CP-SAT."""

from __future__ import annotations

from typing import Any, Protocol

from solver.constraints.base import Model
from solver.problem import Placement, Problem


class Term(Protocol):
    name: str

    def value(self, problem: Problem, placement: Placement) -> int:
        """What the placement scores; less is better."""

    def whole(self, problem: Problem, value: int) -> int:
        """What a gap is relative to, for a placement of this value."""

    def post(self, model: Model) -> Any:
        """The same as an expression to minimise."""
