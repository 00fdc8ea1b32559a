"""Weight of all that the plan breaks of soft rules."""

from __future__ import annotations

from typing import Any

from solver.constraints import Model, Soft
from solver.problem import Placement, Problem
from solver.standing import Standing


class Broken:
    name = "soft"

    def value(self, problem: Problem, placement: Placement) -> int:
        standing = Standing(problem, placement)
        return sum(rule.weight * rule.breach(standing) for rule in soft_rules(problem))

    def whole(self, problem: Problem, value: int) -> int:
        return value

    def post(self, model: Model) -> Any:
        return sum(rule.weight * rule.post_breach(model) for rule in soft_rules(model.problem))


def soft_rules(problem: Problem) -> list[Soft]:
    return [rule for rule in problem.rules if isinstance(rule, Soft)]
