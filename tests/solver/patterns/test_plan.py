"""Plans by patterns: the referee accepts each, none is better than the optimum, known optima are reached."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given

from solver.constraints import Apart, Completeness, Rule, Spread, Together
from solver.exact import exact
from solver.objective import terms
from solver.patterns.plan import plans
from solver.problem import Placement, Problem
from solver.referee import violations
from tests.properties.strategies import examples, problems
from tests.solver.builders import RACK, SERVER, Node, Workload, node, problem, workload


def scores(asked: Problem, plan: Placement) -> tuple[int, ...]:
    return tuple(term.value(asked, plan) for term in terms(asked))


def best(*parts: Node | Workload, rules: Sequence[Rule] = (), **more: object) -> tuple[int, ...]:
    asked = problem(*parts, rules=rules, **more)  # type: ignore[arg-type]
    found = [step.plan for step in plans(asked, lambda: 5.0) if step.plan is not None]
    assert all(not violations(asked, plan) for plan in found)
    return min(scores(asked, plan) for plan in found)


@examples(60)
@given(problems(most_nodes=8, most_count=6))
def test_the_referee_accepts_every_plan(asked: Problem) -> None:
    optimum = exact(asked, lambda: 60.0, seed=0).bounds
    for step in plans(asked, lambda: 1.0):
        if step.plan is not None:
            assert not violations(asked, step.plan)
            assert scores(asked, step.plan) >= optimum
        if step.bounds is not None:
            assert step.bounds.unplaced <= optimum[0]
            assert optimum[0] or (step.bounds.then or 0) <= optimum[-1]


def test_sizes_that_fit_in_pairs_only() -> None:
    asked = workload(cpu=6, count=3), workload(cpu=4, count=3)
    assert best(*asked, *[node(cpu=10, rack=row % 2) for row in range(6)], then="fewest-servers") == (0, 3)


def test_slots_for_the_big_instance_are_kept() -> None:
    nodes = [node(cpu=10, rack=row % 2) for row in range(4)]
    assert best(workload(cpu=2, count=5), *nodes, then="largest-slots", slot={"cpu": 10}) == (0, 1)


def test_a_team_finds_its_rack_and_the_rest_makes_way() -> None:
    """The team needs all of the roomy rack; by servers alone the others would as well be there."""
    nodes = [*[node(cpu=4, rack=0)] * 2, *[node(cpu=4, rack=1)] * 1]
    team = workload(cpu=4, count=2)
    assert best(team, workload(cpu=2, count=2), *nodes, rules=[Together((0,), RACK)]) == (0,)


def test_blocks_are_whole_or_not_at_all() -> None:
    rules = [Completeness((0, 1), 4)]
    asked = workload(cpu=3, count=2), workload(cpu=2, count=2), workload(cpu=1, count=1)
    assert best(*asked, node(cpu=5), node(cpu=4, rack=1), rules=rules) == (4,)
    assert best(*asked, node(cpu=6), node(cpu=4, rack=1), rules=rules) == (1,)


def test_the_spread_over_servers_and_the_separation_of_parts_are_kept() -> None:
    nodes = [node(cpu=4, rack=row // 2) for row in range(6)]
    rules: list[Rule] = [Spread((0,), SERVER, most=1), Apart(((1,), (2,)), RACK)]
    asked = workload(cpu=2, count=6), workload(cpu=2, count=2), workload(cpu=2, count=2)
    assert best(*asked, *nodes, rules=rules) == (0,)


def test_cells_of_a_server() -> None:
    one, both = [{"a": 3, "b": 0}, {"a": 0, "b": 3}], [{"a": 4, "b": 4}]
    asked = workload(modes=one, count=3), workload(modes=both, count=1)
    assert best(*asked, node(a=5, b=5), node(a=4, b=7)) == (0,)


@pytest.mark.parametrize("seconds", [0.0, -1.0])
def test_no_time_no_plan(seconds: float) -> None:
    assert list(plans(problem(workload(), node(cpu=2)), lambda: seconds)) == []
