"""Moves: what runs becomes a workload with a home, unless it is offline or breaks a rule where it is."""

from __future__ import annotations

from typing import Any

import pytest

from planner.formulate.formulate import formulate
from planner.formulate.question import Question
from planner.inventory.snapshot import Snapshot
from planner.plans.plan import SolveOptions
from solver.constraints import Moves, Soft
from tests.worlds import allocation, application, server, site, world


def question(*parts: Any, moves: int = 2) -> Question:
    made = world(*parts)
    return formulate(Snapshot.of(made), made.applications, SolveOptions(moves=moves))


def home(asked: Question) -> list[tuple[str, str, int]]:
    place = asked.problem.home
    owner = asked.problem.owner(place.mode).tolist()
    names = asked.snapshot.inventory.servers.name
    rows = zip(owner, place.node.tolist(), place.instances.tolist(), strict=True)
    return [(asked.workloads[workload].application, names[node], count) for workload, node, count in rows]


def test_what_runs_must_be_placed_and_may_move() -> None:
    parts = [server("a", cpu=8000), server("b", cpu=8000), application("web", cpu=2, instances=3, move_cost=7)]
    asked = question(*parts, allocation("web", "a", 2), allocation("web", "b", 1), moves=5)
    problem = asked.problem
    assert home(asked) == [("web", "a", 2), ("web", "b", 1)]
    assert problem.count.tolist() == problem.must.tolist() == [3]
    assert problem.capacity.tolist() == [[8000], [8000]]
    assert problem.move_cost.tolist() == [7]
    assert problem.busy.tolist() == [False, False]
    assert Moves(5) in problem.rules
    assert not len(problem.fixed)


def test_without_moves_it_is_fixed() -> None:
    parts = [server("a", cpu=8000), application("web", cpu=2, instances=3), allocation("web", "a", 2)]
    asked = question(*parts, moves=0)
    assert home(asked) == []
    assert asked.problem.count.tolist() == [1]
    assert asked.problem.capacity.tolist() == [[4000]]
    assert asked.problem.busy.tolist() == [True]


@pytest.mark.parametrize("where", ["site", "server"])
@pytest.mark.parametrize("state", ["offline", "draining"])
def test_what_is_not_online_stays(where: str, state: str) -> None:
    parts = [
        site("x", state=state if where == "site" else "online"),
        server("a", site="x", state=state if where == "server" else "online"),
        server("b", site="y"),
        application("web", cpu=2, instances=2),
    ]
    asked = question(*parts, allocation("web", "a"), allocation("web", "b"))
    assert home(asked) == [("web", "b", 1)]
    assert asked.problem.fixed.instances.tolist() == [1]


@pytest.mark.parametrize(
    "spec",
    [
        {"spread": [{"over": "server", "maxInstances": 1}]},
        {"apart_from": [{"at": "server", "applications": ["other"]}]},
        {"where": {"site": "elsewhere"}},
    ],
)
def test_what_breaks_a_rule_where_it_is_stays(spec: dict[str, Any]) -> None:
    web = application("web", **{"cpu": 2, "instances": 2, **spec})
    parts = [server("a", site="here"), server("b", site="elsewhere"), web, application("other")]
    asked = question(*parts, allocation("web", "a", 2), allocation("other", "a"))
    assert ("web", "a", 2) not in home(asked)
    assert asked.problem.busy.tolist() == [True, False]


def test_a_broken_soft_rule_keeps_nobody() -> None:
    spread = [{"over": "server", "maxInstances": 1, "soft": 3}]
    asked = question(server("a"), application("web", instances=2, spread=spread), allocation("web", "a", 2))
    assert home(asked) == [("web", "a", 2)]
    assert [rule.weight for rule in asked.problem.rules if isinstance(rule, Soft)] == [3]
