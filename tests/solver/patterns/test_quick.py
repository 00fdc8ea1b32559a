"""Quick bounds: never above a plan, and exact where one flavour meets simple limits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from solver.constraints import Children, Completeness, Quota, Spread, Together
from solver.exact import exact
from solver.objective import terms
from solver.patterns import quick
from solver.problem import Placement, Problem
from tests.properties.cpsat import posted, some_plan
from tests.properties.strategies import examples, problems
from tests.solver.builders import RACK, SITE, node, problem, workload


@examples(150)
@given(problems())
def test_no_optimum_is_better(asked: Problem) -> None:
    optimum = exact(asked, left=lambda: 60.0, seed=0).bounds
    found = quick(asked)
    if not optimum or found is None:
        return
    assert found.unplaced <= optimum[0]
    given_it = quick(asked, unplaced=optimum[0])
    assert given_it is not None
    assert given_it.then is None or given_it.then <= optimum[-1]


@examples(100)
@given(st.data())
def test_no_plan_is_better(data: st.DataObject) -> None:
    asked = data.draw(problems(most_nodes=8, most_count=8))
    plan = some_plan(posted(asked), data.draw(st.lists(st.integers(-2, 3), min_size=1, max_size=6)))
    if plan is None:
        return
    for known in (Placement.empty(), plan):
        today = replace(asked, fixed=known) if len(known) else asked
        _holds(today, some_plan(posted(today), [1]) if len(known) else plan)


def _holds(asked: Problem, plan: Placement | None) -> None:
    if plan is None:
        return
    scores = [term.value(asked, plan) for term in terms(asked)]
    found = quick(asked, unplaced=scores[0])
    if found is not None:
        assert found.unplaced <= scores[0]
        assert found.then is None or found.then <= scores[-1]


def test_slots_of_one_flavour_are_exact() -> None:
    asked = problem(workload(cpu=3, count=9), node(cpu=8), node(cpu=5), node(cpu=2))
    assert quick(asked).unplaced == 6  # type: ignore[union-attr]


def test_all_or_nothing_leaves_all_out() -> None:
    asked = problem(workload(cpu=3, count=4, weight=5), node(cpu=8), node(cpu=5), rules=[Completeness((0,), 4)])
    assert quick(asked).unplaced == 20  # type: ignore[union-attr]


def test_a_share_is_of_what_is_placed() -> None:
    """Two sites of 50 and 2 slots, at most two thirds in one: 4 and 2."""
    sites = node(cpu=50), node(cpu=2, site=1)
    asked = problem(workload(count=52), *sites, rules=[Spread((0,), SITE, share=(2, 3))])
    assert quick(asked).unplaced == 46  # type: ignore[union-attr]


def test_limits_of_two_levels_work_together() -> None:
    racks = [node(cpu=9, rack=rack, site=site) for site in (0, 1) for rack in (0, 1)]
    rules = [Spread((0,), RACK, most=4), Spread((0,), SITE, most=6)]
    assert quick(problem(workload(count=30), *racks, rules=rules)).unplaced == 18  # type: ignore[union-attr]


def test_one_rack_for_all() -> None:
    racks = node(cpu=5), node(cpu=4), node(cpu=7, rack=1)
    assert quick(problem(workload(count=12), *racks, rules=[Together((0,), RACK)])).unplaced == 3  # type: ignore[union-attr]


def test_so_many_in_a_site_or_none() -> None:
    sites = node(cpu=5), node(cpu=2, site=1), node(cpu=3, site=2)
    assert quick(problem(workload(count=12), *sites, rules=[Quota(0, SITE, 3)])).unplaced == 6  # type: ignore[union-attr]


def test_masters_need_room_for_their_children() -> None:
    asked = problem(
        workload(count=20),
        workload(cpu=4, count=9, weight=0),
        node(cpu=9),
        node(cpu=3, site=1),
        rules=[Children((0,), 1, SITE, ratio=3)],
    )
    assert quick(asked).unplaced == 14  # type: ignore[union-attr]


def test_the_cheapest_site_first_and_the_child_paid_along() -> None:
    asked = problem(
        workload(count=10, size=2),
        workload(count=9, size=5, weight=0),
        node(cpu=50, price=3),
        node(cpu=50, price=2, site=1),
        rules=[Children((0,), 1, SITE, ratio=4), Spread((0,), SITE, most=6)],
        then="cost",
    )
    assert quick(asked).then == 2 * (6 * 2 + 4 * 3) + -(-5 * (6 * 2 + 4 * 3) // 4)  # type: ignore[union-attr]


def test_busy_servers_open_nothing() -> None:
    nodes = node(cpu=3, busy=True), node(cpu=2), node(cpu=4), node(cpu=1)
    asked = problem(workload(count=8), *nodes, then="fewest-servers")
    assert quick(asked).then == 2  # type: ignore[union-attr]


def test_many_workloads_are_for_patterns() -> None:
    assert quick(problem(*[workload()] * 9, node(cpu=3))) is None


def test_slots_agree_with_division() -> None:
    rng = np.random.default_rng(3)
    capacity = rng.integers(-1, 30, (400, 2))
    asked = replace(problem(workload(cpu=3, memory=7, count=50), *[node(cpu=1, memory=1)] * 400), capacity=capacity)
    fits = np.maximum(np.minimum(capacity[:, 0] // 3, capacity[:, 1] // 7), 0)
    assert quick(replace(asked, count=np.array([10**6]))).unplaced == 10**6 - fits.sum()  # type: ignore[union-attr]
