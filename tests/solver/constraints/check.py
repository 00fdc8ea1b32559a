"""Violations of the problem's rules alone, and the model's word that it sees them the same way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from solver.problem import Placement, Problem, Violation
from solver.standing import Standing
from tests.properties.cpsat import accepts, posted
from tests.solver.builders import Row


def broken(asked: Problem, *rows: Row) -> list[Violation]:
    """However many instances are asked for, so that nothing but the rules is in question."""
    asked = replace(asked, count=np.full_like(asked.count, 100))
    placement = Placement.of(rows)
    standing = Standing(asked, placement)
    found = [each for rule in asked.rules for each in rule.violations(standing)]
    assert accepts(posted(asked), placement) == (not found)
    return found
