"""Capacity: no node gives more of any resource than it has free."""

from __future__ import annotations

from solver.constraints import ALWAYS
from solver.problem import Placement, Problem, Violation
from solver.standing import Standing
from tests.solver.builders import Row, node, problem, workload

(CAPACITY,) = [rule for rule in ALWAYS if rule.name == "capacity"]


def violations(asked: Problem, *rows: Row) -> list[Violation]:
    return CAPACITY.violations(Standing(asked, Placement.of(rows)))


def test_holds_up_to_the_last_unit() -> None:
    asked = problem(workload(cpu=3, memory=2), workload(cpu=1), node(cpu=7, memory=4))
    assert violations(asked, (0, 0, 2), (1, 0, 1)) == []


def test_breaks_by_one_unit_and_names_all_who_stand_there() -> None:
    asked = problem(workload(cpu=3), workload(cpu=1), workload(cpu=1), node(cpu=7), node(cpu=3))
    found = violations(asked, (0, 0, 2), (1, 0, 2), (0, 1, 1), (2, 1, 0))
    assert found == [Violation("capacity", (0, 1), level=0, domain=0, found=8, allowed=7, resource=0)]


def test_every_resource_counts_on_its_own() -> None:
    asked = problem(workload(cpu=2, memory=3), node(cpu=1, memory=1), node(cpu=2, memory=2))
    assert violations(asked, (0, 0, 1), (0, 1, 1)) == [
        Violation("capacity", (0,), level=0, domain=0, found=2, allowed=1, resource=0),
        Violation("capacity", (0,), level=0, domain=0, found=3, allowed=1, resource=1),
        Violation("capacity", (0,), level=0, domain=1, found=3, allowed=2, resource=1),
    ]


def test_a_node_counts_in_the_units_of_its_rate() -> None:
    asked = problem(workload(cpu=3, units=(1, 2)), node(cpu=5), node(cpu=5, rate=1))
    assert violations(asked, (0, 0, 1)) == []
    assert violations(asked, (0, 1, 1)) == [Violation("capacity", (0,), 0, 1, 6, 5, 0)]


def test_modes_take_different_resources() -> None:
    asked = problem(workload(modes=[{"left": 2}, {"right": 2}]), node(cpu=0, left=2, right=1))
    assert violations(asked, (0, 0, 1)) == []
    assert violations(asked, (1, 0, 1)) == [Violation("capacity", (0,), 0, 0, 2, 1, resource=2)]


def test_fixed_instances_have_their_room_already() -> None:
    asked = problem(workload(cpu=2), node(cpu=2), fixed=[(0, 0, 9)])
    assert violations(asked) == []
    assert violations(asked, (0, 0, 1)) == []


def test_an_instance_that_takes_nothing_fits_on_a_full_node() -> None:
    asked = problem(workload(cpu=0), node(cpu=0))
    assert violations(asked, (0, 0, 5)) == []
