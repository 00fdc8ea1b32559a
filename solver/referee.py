"""The checker of plans: every violation of a placement, from the families; it shares nothing with the search."""

from __future__ import annotations

from solver.constraints import ALWAYS
from solver.problem import Placement, Problem, Violation
from solver.standing import Standing


def violations(problem: Problem, placement: Placement) -> list[Violation]:
    """Everything that is wrong with the placement; empty when it is a plan."""
    standing = Standing(problem, placement)
    return [found for rule in (*ALWAYS, *problem.rules) for found in rule.violations(standing)]
