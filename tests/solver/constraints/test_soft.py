"""Soft: nothing is a violation; what is broken is counted by all that stands, and bounded from below."""

from __future__ import annotations

from dataclasses import replace

import pytest

from solver.constraints import Apart, Moves, Soft, Spread, Together
from solver.objective import terms
from solver.patterns.breach import least_breach
from solver.problem import Placement, Problem, Violation
from solver.standing import Standing
from tests.solver.builders import SITE, Row, node, pair, problem, workload
from tests.solver.constraints.check import broken


@pytest.mark.parametrize(
    ("rule", "rows", "breaches"),
    [
        (Spread((0,), SITE, most=2), [(0, 0, 5), (0, 1, 2)], [Violation("spread", (0,), SITE, 0, 5, 2)]),
        (Spread((0,), SITE, share=(1, 2)), [(0, 0, 4), (0, 1, 1)], [Violation("spread", (0,), SITE, 0, 4, 2)]),
        (Spread((0,), SITE, least=3), [(0, 0, 4)], [Violation("spread", (0,), SITE, -1, 1, 3)]),
        (Spread((0,), SITE, least=3), [], []),
        (Together((0, 1), SITE), [(0, 0, 2), (1, 1, 3)], [Violation("together", (0, 1), SITE, 1, 2, 0)]),
        (Apart(((0,), (1,)), SITE), [(0, 0, 2), (1, 0, 3), (1, 1, 1)], [Violation("apart", (0, 1), SITE, 0, 2, 0)]),
    ],
)
def test_what_is_broken_is_counted_where(
    rule: Spread | Together | Apart, rows: list[Row], breaches: list[Violation]
) -> None:
    soft = Soft(rule, 1)
    asked = problem(workload(), workload(), *pair(SITE), rules=[soft])
    assert broken(asked, *rows) == []
    for standing in (Standing(asked, Placement.of(rows)), Standing(_fixed(asked, rows), Placement.empty())):
        assert rule.breaches(standing) == breaches
        assert soft.breach(standing) == sum(abs(each.found - each.allowed) for each in breaches)


def _fixed(asked: Problem, rows: list[Row]) -> Problem:
    return problem(workload(), workload(), *pair(SITE), rules=asked.rules, fixed=rows)


@pytest.mark.parametrize(
    ("rule", "least"),
    [
        (Spread((0,), SITE, most=4), 2 * 7),
        (Spread((0,), SITE, share=(2, 5)), 2 * 7),
        (Spread((0,), SITE, least=3), 1 * 7),
        (Together((0,), SITE), 4 * 7),
        (Spread((0,), SITE, most=9), 0),
    ],
)
def test_a_bound_by_the_room_in_domains(rule: Spread | Together, least: int) -> None:
    """Ten instances, two sites: five in one, six in the other."""
    asked = problem(workload(count=10), node(cpu=5), node(cpu=6, site=1), rules=[Soft(rule, 7)])
    bound = least_breach(asked, 0)
    assert bound == least
    best = min(terms(asked)[1].value(asked, Placement.of([(0, 0, first), (0, 1, 10 - first)])) for first in (4, 5))
    assert bound <= best


def test_what_runs_together_that_should_be_apart_is_in_the_bound() -> None:
    rule = Soft(Apart(((0,), (1,)), SITE), 3)
    asked = problem(workload(), workload(), node(), rules=[rule], fixed=[(0, 0, 2), (1, 0, 5)])
    assert least_breach(asked, 0) == 6


def test_moves_are_counted_by_instances_that_left() -> None:
    rows = Placement.of([(0, 0, 3), (1, 1, 1)])
    asked = problem(workload(count=4), workload(), *pair(SITE), rules=[Moves(1)])
    asked = replace(asked, home=rows, move_cost=asked.weight * 5)
    assert broken(asked, (0, 0, 2), (0, 1, 2), (1, 1, 1)) == []
    found = broken(asked, (0, 0, 2), (0, 1, 2), (1, 0, 1))
    assert found == [Violation("moves", (0, 1), -1, -1, 2, 1)]
    assert terms(asked)[1].value(asked, Placement.of([(0, 0, 2), (0, 1, 2), (1, 0, 1)])) == 10
