"""Cost of the moves: of every instance that leaves its home."""

from __future__ import annotations

from typing import Any

from solver.constraints import Model
from solver.problem import Placement, Problem
from solver.standing import Standing


class Moved:
    name = "moves"

    def value(self, problem: Problem, placement: Placement) -> int:
        cost = problem.move_cost[problem.owner(problem.home.mode)]
        return int(cost @ Standing(problem, placement).gone())

    def whole(self, problem: Problem, value: int) -> int:
        return value

    def post(self, model: Model) -> Any:
        cost = model.problem.move_cost[model.problem.owner(model.problem.home.mode)]
        return sum(each * gone for each, gone in zip(cost.tolist(), model.gone(), strict=True))
