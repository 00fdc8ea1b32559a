"""Eligibility: an instance runs only on nodes that its workload is allowed on."""

from __future__ import annotations

from solver.constraints import ALWAYS
from solver.problem import Placement, Problem, Violation
from solver.standing import Standing
from tests.solver.builders import Row, node, problem, workload

(ELIGIBILITY,) = [rule for rule in ALWAYS if rule.name == "eligibility"]


def violations(asked: Problem, *rows: Row) -> list[Violation]:
    return ELIGIBILITY.violations(Standing(asked, Placement.of(rows)))


def test_holds_on_allowed_nodes() -> None:
    asked = problem(workload(allowed=[0, 2]), node(), node(), node())
    assert violations(asked, (0, 0, 1), (0, 2, 1)) == []


def test_breaks_elsewhere() -> None:
    asked = problem(workload(), workload(allowed=[0, 2]), node(), node(), node())
    assert violations(asked, (0, 1, 1), (1, 1, 2), (1, 2, 1)) == [
        Violation("eligibility", (1,), level=0, domain=1, found=2, allowed=0)
    ]


def test_nowhere_is_a_place_to_be_wrong_about() -> None:
    asked = problem(workload(allowed=[]), node())
    assert violations(asked, (0, 0, 1)) == [Violation("eligibility", (0,), 0, 0, found=1, allowed=0)]


def test_a_node_is_named_once_for_all_modes() -> None:
    asked = problem(workload(modes=[{"cpu": 1}, {"memory": 1}], allowed=[]), node())
    assert violations(asked, (0, 0, 1), (1, 0, 2)) == [Violation("eligibility", (0,), 0, 0, 3, 0)]


def test_fixed_instances_may_stand_where_nothing_new_may_go() -> None:
    asked = problem(workload(allowed=[1]), node(), node(), fixed=[(0, 0, 3)])
    assert violations(asked, (0, 1, 1)) == []
    assert violations(asked, (0, 0, 1)) == [Violation("eligibility", (0,), 0, 0, found=1, allowed=0)]
