"""Completeness: once any instance is placed, there are at least `minimum` of them."""

from __future__ import annotations

from solver.constraints import Completeness
from solver.problem import Violation
from tests.solver.builders import node, problem, workload
from tests.solver.constraints.check import broken


def test_holds_with_none_and_from_the_minimum_on() -> None:
    asked = problem(workload(count=5), node(), node(site=1), rules=[Completeness((0,), 3)])
    assert broken(asked) == []
    assert broken(asked, (0, 0, 1), (0, 1, 2)) == []
    assert broken(asked, (0, 0, 5)) == []


def test_breaks_in_between() -> None:
    asked = problem(workload(count=5), node(), node(site=1), rules=[Completeness((0,), 3)])
    assert broken(asked, (0, 0, 1), (0, 1, 1)) == [
        Violation("completeness", (0,), level=-1, domain=-1, found=2, allowed=3)
    ]


def test_a_group_is_whole_or_not_at_all() -> None:
    asked = problem(workload(count=2), workload(), workload(), node(), rules=[Completeness((0, 2), 3)])
    assert broken(asked, (1, 0, 1)) == []
    assert broken(asked, (0, 0, 2), (2, 0, 1)) == []
    assert broken(asked, (0, 0, 2), (1, 0, 1)) == [Violation("completeness", (0, 2), -1, -1, 2, 3)]


def test_fixed_instances_make_up_the_whole() -> None:
    asked = problem(workload(count=2), node(), rules=[Completeness((0,), 3)], fixed=[(0, 0, 1)])
    assert broken(asked, (0, 0, 2)) == []
    assert broken(asked, (0, 0, 1)) == [Violation("completeness", (0,), -1, -1, found=2, allowed=3)]


def test_what_stands_incomplete_is_no_fault_of_a_plan_that_adds_nothing_to_it() -> None:
    asked = problem(workload(), workload(), node(), rules=[Completeness((0,), 3)], fixed=[(0, 0, 1)])
    assert broken(asked, (1, 0, 1)) == []
