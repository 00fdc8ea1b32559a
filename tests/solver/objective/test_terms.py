"""Objective terms: what a placement scores, less is better."""

from __future__ import annotations

from typing import Any

import pytest

from solver.objective import terms
from solver.problem import Placement, Problem
from tests.solver.builders import Row, node, problem, workload


def scores(asked: Problem, *rows: Row) -> dict[str, int]:
    return {term.name: term.value(asked, Placement.of(rows)) for term in terms(asked)}


@pytest.mark.parametrize("then", [None, "cost", "fewest-servers", "largest-slots"])
def test_what_is_left_out_comes_first(then: Any) -> None:
    asked = problem(workload(), node(), then=then, slot={"cpu": 1})
    assert list(scores(asked)) == ["unplaced", *([then] if then else [])]


def test_unplaced_is_the_worth_of_what_is_left_out() -> None:
    asked = problem(workload(count=3, weight=5), workload(count=2, weight=0), workload(weight=7), node())
    assert scores(asked) == {"unplaced": 22}
    assert scores(asked, (0, 0, 1), (1, 0, 1)) == {"unplaced": 17}
    assert scores(asked, (0, 0, 3), (2, 0, 1)) == {"unplaced": 0}


def test_cost_is_price_times_size() -> None:
    works = workload(count=3, size=10), workload(size=7)
    asked = problem(*works, node(price=2), node(price=5), then="cost", fixed=[(0, 1, 9)])
    assert scores(asked, (0, 0, 2), (0, 1, 1), (1, 1, 1))["cost"] == 2 * 10 * 2 + 10 * 5 + 7 * 5


def test_servers_are_those_that_the_plan_opens() -> None:
    asked = problem(workload(count=4), workload(), node(), node(busy=True), node(), node(), then="fewest-servers")
    assert scores(asked)["fewest-servers"] == 0
    assert scores(asked, (0, 0, 2), (1, 0, 1), (0, 1, 1), (0, 3, 1))["fewest-servers"] == 2


def test_slots_are_those_that_the_plan_takes_away() -> None:
    asked = problem(
        workload(count=9, cpu=2),
        node(cpu=9, memory=20),
        node(cpu=9, memory=4),
        then="largest-slots",
        slot={"cpu": 4, "memory": 4},
    )
    lost = [scores(asked, (0, 0, placed))["largest-slots"] for placed in range(5)]
    assert lost == [0, 1, 1, 2, 2]
    assert scores(asked, (0, 1, 2))["largest-slots"] == 0  # memory is what limits it there
    assert scores(asked, (0, 1, 3))["largest-slots"] == 1


def test_a_slot_that_takes_nothing_is_never_lost() -> None:
    asked = problem(workload(), node(cpu=1), then="largest-slots")
    assert scores(asked, (0, 0, 1))["largest-slots"] == 0
