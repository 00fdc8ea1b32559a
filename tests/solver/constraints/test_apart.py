"""Apart: no domain of the level holds instances of two different parts."""

from __future__ import annotations

import pytest

from solver.constraints import Apart
from solver.problem import Violation
from tests.solver.builders import LEVELS, RACK, SERVER, SITE, mates, node, pair, problem, workload
from tests.solver.constraints.check import broken

EVERY_LEVEL = pytest.mark.parametrize("level", range(len(LEVELS)), ids=LEVELS)
COARSER = pytest.mark.parametrize("level", range(RACK, len(LEVELS)), ids=LEVELS[RACK:])


@EVERY_LEVEL
def test_holds_in_different_domains(level: int) -> None:
    asked = problem(workload(), workload(), *pair(level), rules=[Apart(((0,), (1,)), level)])
    assert broken(asked, (0, 0, 2), (1, 1, 2)) == []


@COARSER
def test_breaks_on_different_nodes_of_one_domain(level: int) -> None:
    asked = problem(workload(), workload(), *mates(level), rules=[Apart(((0,), (1,)), level)])
    assert broken(asked, (0, 0, 1), (1, 1, 1)) == [Violation("apart", (0, 1), level, 0, found=2, allowed=1)]


def test_breaks_on_one_server() -> None:
    asked = problem(workload(), workload(), node(), node(), rules=[Apart(((0,), (1,)), SERVER)])
    assert broken(asked, (0, 1, 1), (1, 1, 3), (0, 0, 1)) == [Violation("apart", (0, 1), SERVER, 1, 2, 1)]


def test_workloads_of_one_part_may_meet() -> None:
    asked = problem(workload(), workload(), workload(), node(), rules=[Apart(((0, 2), (1,)), SERVER)])
    assert broken(asked, (0, 0, 1), (2, 0, 1)) == []
    assert broken(asked, (1, 0, 1), (2, 0, 1)) == [Violation("apart", (0, 2, 1), SERVER, 0, 2, 1)]


def test_three_parts_are_counted() -> None:
    rule = Apart(((0,), (1,), (2,)), SITE)
    asked = problem(workload(), workload(), workload(), node(), rules=[rule])
    assert broken(asked, (0, 0, 1), (1, 0, 1), (2, 0, 1)) == [Violation("apart", (0, 1, 2), SITE, 0, 3, 1)]


def test_nothing_new_joins_the_other_part() -> None:
    asked = problem(workload(), workload(), *pair(SITE), rules=[Apart(((0,), (1,)), SITE)], fixed=[(0, 0, 1)])
    assert broken(asked, (0, 0, 1), (1, 1, 1)) == []
    assert broken(asked, (1, 0, 1)) == [Violation("apart", (0, 1), SITE, 0, found=2, allowed=1)]


def test_fixed_instances_that_met_stop_plans_in_their_domain_only() -> None:
    rule = Apart(((0,), (1,)), SITE)
    asked = problem(workload(), workload(), *pair(SITE), rules=[rule], fixed=[(0, 0, 1), (1, 0, 1)])
    assert broken(asked) == []
    assert broken(asked, (0, 1, 1)) == []
    assert broken(asked, (0, 0, 1)) == [Violation("apart", (0, 1), SITE, 0, found=2, allowed=1)]
