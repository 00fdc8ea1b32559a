"""Summary: how much of a plan is placed, where, and the largest refusals first."""

from __future__ import annotations

from typing import Any

import pytest

from planner.manifests.errors import InvalidInput
from planner.plans.plan import Plan
from planner.plans.read import read_plan
from planner.plans.summary import Summary
from tests.worlds import application, server, world


def plan(placements: list[tuple[str, str, int]] = [], unplaced: list[tuple[str, int]] = []) -> Plan:  # noqa: B006
    content: dict[str, Any] = {
        "plan": "p",
        "generation": "test",
        "status": "feasible",
        "objective": [],
        "gap": 0,
        "placements": [{"application": a, "server": s, "instances": n} for a, s, n in placements],
        "unplaced": [{"application": a, "instances": n, "reason": "no room"} for a, n in unplaced],
        "parameters": {"then": "cost", "slot": {}, "seed": 0, "workers": 1, "effort": 0},
        "seconds": {},
    }
    return Plan.model_validate(content)


HERE = world(
    server("a1", site="a"),
    server("a2", site="a"),
    server("b1", site="b"),
    application("web", cpu=1),
    application("db", cpu=8),
    application("log", cpu=1),
)


def summary(made: Plan) -> Summary:
    return Summary.of(made, HERE.inventory, HERE.applications)


def test_sites_are_summed_the_fullest_first() -> None:
    seen = summary(plan([("web", "b1", 3), ("web", "a1", 2), ("db", "a2", 2)]))
    assert seen.sites == (("a", 4), ("b", 3))
    assert (seen.servers, seen.placed, seen.unplaced) == (3, 7, 0)
    assert (seen.whole, seen.applications) == (2, 2)


def test_refusals_by_what_they_ask_for() -> None:
    seen = summary(plan([("web", "a1", 1)], [("web", 4), ("db", 1), ("log", 4)]))
    assert [(row.application, row.cpu) for row in seen.refused] == [("db", 8000), ("log", 4000), ("web", 4000)]
    assert (seen.whole, seen.applications) == (0, 3)


def test_a_plan_reads_back_as_it_was_written() -> None:
    made = plan([("web", "a1", 1)], [("db", 2)])
    assert read_plan(made.model_dump_json(by_alias=True, exclude_none=True), "plan.json") == made


def test_all_that_is_wrong_with_a_plan_is_told_with_its_line() -> None:
    text = plan([("web", "a1", 1)]).model_dump_json(indent=1).replace('"instances": 1', '"instances": 0')
    text = text.replace('"feasible"', '"great"')
    with pytest.raises(InvalidInput) as invalid:
        read_plan(text, "plan.json")
    problems = {problem.field: problem for problem in invalid.value.problems}
    assert problems.keys() == {"status", "placements[0].instances"}
    assert all(problem.line for problem in problems.values())
