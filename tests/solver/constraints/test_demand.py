"""Demand: not more instances than asked for, nor fewer than the plan must have."""

from __future__ import annotations

from solver.constraints import ALWAYS
from solver.problem import Placement, Problem, Violation
from solver.standing import Standing
from tests.solver.builders import Row, node, problem, workload

(DEMAND,) = [rule for rule in ALWAYS if rule.name == "demand"]


def violations(asked: Problem, *rows: Row) -> list[Violation]:
    return DEMAND.violations(Standing(asked, Placement.of(rows)))


def test_holds_between_must_and_count() -> None:
    asked = problem(workload(count=3, must=1), node(), node())
    assert violations(asked, (0, 0, 1)) == []
    assert violations(asked, (0, 0, 1), (0, 1, 2)) == []


def test_breaks_above_the_count() -> None:
    asked = problem(workload(), workload(count=3), node(), node())
    assert violations(asked, (1, 0, 2), (1, 1, 2)) == [Violation("demand", (1,), -1, -1, found=4, allowed=3)]


def test_breaks_below_what_must_be_placed() -> None:
    asked = problem(workload(), workload(count=3, must=2), node())
    assert violations(asked, (1, 0, 1)) == [Violation("demand", (1,), -1, -1, found=1, allowed=2)]


def test_modes_of_one_workload_count_together() -> None:
    asked = problem(workload(count=2, modes=[{"cpu": 1}, {"memory": 1}]), node())
    assert violations(asked, (0, 0, 1), (1, 0, 1)) == []
    assert violations(asked, (0, 0, 2), (1, 0, 1)) == [Violation("demand", (0,), -1, -1, 3, 2)]


def test_fixed_instances_are_no_longer_wanted() -> None:
    """`count` is what is still wanted: what stands already neither fills it nor counts as placed."""
    asked = problem(workload(count=1, must=1), node(), fixed=[(0, 0, 5)])
    assert violations(asked, (0, 0, 1)) == []
    assert violations(asked) == [Violation("demand", (0,), -1, -1, found=0, allowed=1)]
