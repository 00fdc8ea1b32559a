"""Violations of the problem's rules alone, whatever else is wrong with the placement."""

from __future__ import annotations

from solver.problem import Placement, Problem, Violation
from solver.standing import Standing
from tests.solver.builders import Row


def broken(asked: Problem, *rows: Row) -> list[Violation]:
    standing = Standing(asked, Placement.of(rows))
    return [found for rule in asked.rules for found in rule.violations(standing)]
