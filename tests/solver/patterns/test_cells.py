"""Bounds by cells: never above an optimum or a plan, at whatever level the cells are."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from solver.constraints import Children, Spread
from solver.exact import exact
from solver.objective import terms
from solver.patterns.bounds import Bounds
from solver.patterns.cells import cells
from solver.problem import Placement, Problem
from tests.properties.cpsat import posted, some_plan
from tests.properties.strategies import examples, problems
from tests.solver.builders import PROVINCE, SERVER, SITE, node, problem, workload

cell_counts = st.sampled_from([1, 2, 3, 2000])


@examples(150)
@given(problems(), cell_counts)
def test_no_optimum_is_better(asked: Problem, most: int) -> None:
    optimum = exact(asked, left=lambda: 60.0, seed=0).bounds
    found = cells(asked, optimum[0], most=most) if optimum else None
    if found is not None:
        assert found.unplaced <= optimum[0]
        assert found.then is None or found.then <= optimum[-1]


@examples(100)
@given(st.data(), cell_counts)
def test_no_plan_is_better(data: st.DataObject, most: int) -> None:
    asked = data.draw(problems(most_nodes=8, most_count=8))
    plan = some_plan(posted(asked), data.draw(st.lists(st.integers(-2, 3), min_size=1, max_size=6)))
    _holds(asked, plan, most)
    if plan is not None and len(plan):
        tomorrow = replace(asked, fixed=plan)
        _holds(tomorrow, some_plan(posted(tomorrow), [1]), most)


def _holds(asked: Problem, plan: Placement | None, most: int) -> None:
    if plan is None:
        return
    scores = [term.value(asked, plan) for term in terms(asked)]
    found = cells(asked, scores[0], most=most)
    if found is not None:
        assert found.unplaced <= scores[0]
        assert found.then is None or found.then <= scores[-1]


def bounds(*parts: object, **more: object) -> Bounds:
    found = cells(problem(*parts, **more))  # type: ignore[arg-type]
    assert found is not None
    return found


def test_room_is_shared_by_all() -> None:
    asked = workload(cpu=2, count=6), workload(cpu=1, count=9, weight=2)
    assert bounds(*asked, node(cpu=5), node(cpu=5, site=1)).unplaced == 6


def test_slots_are_shared_by_all_of_a_flavour() -> None:
    """Room for four in sum, for two on servers; neither workload alone would notice."""
    asked = workload(cpu=3, count=2), workload(cpu=3, count=2)
    assert bounds(*asked, node(cpu=5), node(cpu=5)).unplaced == 2


def test_the_cheapest_site_is_shared() -> None:
    asked = workload(count=4, size=1), workload(count=4, size=10)
    sites = node(cpu=4, price=1), node(cpu=9, price=3, site=1)
    assert bounds(*asked, *sites, then="cost").then == 4 * 10 * 1 + 4 * 1 * 3


def test_children_take_room_and_cost() -> None:
    rules = [Children((0,), 1, SITE, ratio=2)]
    asked = workload(count=8, size=4), workload(cpu=2, count=9, weight=0, size=6)
    found = bounds(*asked, node(cpu=8, price=1), node(cpu=30, price=2, site=1), rules=rules, then="cost")
    assert found == Bounds(0, 4 * 7 * 1 + 4 * 7 * 2, "cells")


def test_children_of_every_site_are_spread_over_the_masters() -> None:
    rules = [Children((0,), 1, SITE, each=3), Spread((0,), SITE, most=4)]
    found = bounds(
        workload(count=8), workload(count=9, weight=0), *[node(cpu=9, site=site) for site in (0, 1)], rules=rules
    )
    assert found.unplaced == 0
    found = bounds(workload(count=8), workload(count=9, weight=0), node(cpu=5), node(cpu=7, site=1), rules=rules)
    assert found.unplaced == 2


def test_limits_above_the_cells() -> None:
    sites = [node(cpu=5, site=site) for site in (0, 1)]
    assert bounds(workload(count=9), *sites, rules=[Spread((0,), PROVINCE, most=6)]).unplaced == 3
    assert bounds(workload(count=9), *sites, rules=[Spread((0,), SERVER, most=3)]).unplaced == 3


def test_no_time_is_no_bound() -> None:
    asked = problem(workload(cpu=2, count=9), node(cpu=5), node(cpu=5, site=1), then="cost")
    assert cells(asked, left=lambda: 0.0) == Bounds(0, 0, "cells")
    assert cells(asked, left=lambda: 60.0) == cells(asked)
