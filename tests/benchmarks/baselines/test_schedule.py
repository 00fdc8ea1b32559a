"""First-fit, best-fit and least-allocated, counted by hand and against one instance at a time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.baselines.schedule import ORDERS, Order, schedule
from solver import referee
from solver.constraints import Apart, Children, Completeness, Spread, Together
from solver.problem import Placement, Problem
from tests.properties.strategies import examples, problems
from tests.solver.builders import RACK, SITE, node, problem, workload

EVERY_ORDER = pytest.mark.parametrize("order", ORDERS)


def rows(placement: Placement) -> list[tuple[int, int, int]]:
    """(mode, node, instances)."""
    return list(zip(placement.mode.tolist(), placement.node.tolist(), placement.instances.tolist(), strict=True))


@pytest.mark.parametrize(
    ("order", "expected"),
    [("first-fit", [(0, 0, 2)]), ("best-fit", [(0, 1, 1), (0, 2, 1)]), ("least-allocated", [(0, 0, 1), (0, 2, 1)])],
)
def test_each_order_has_its_choice(order: Order, expected: list[tuple[int, int, int]]) -> None:
    """Free after placing, least-allocated: 4/6, 1/3 and 3/5; then 2/6, 1/3 and 3/5."""
    asked = problem(node(cpu=6), node(cpu=3), node(cpu=5), workload(cpu=2, count=2))
    assert rows(schedule(asked, order).placed) == expected


def test_least_allocated_knows_what_runs_already() -> None:
    """Free after placing, of 20 and of 4: 4/20 and 3/4, 2/4, 1/4; then 4/20 and nothing."""
    asked = problem(node(cpu=5), node(cpu=4), workload(cpu=1, count=4))
    assert rows(schedule(asked, "least-allocated", np.array([[20], [4]])).placed) == [(0, 0, 1), (0, 1, 3)]
    assert rows(schedule(asked, "least-allocated").placed) == [(0, 0, 2), (0, 1, 2)]


@EVERY_ORDER
def test_there_is_no_way_back(order: Order) -> None:
    """The first takes a room that it cannot use: all or nothing is not what such schedulers know."""
    asked = problem(
        node(cpu=3), workload(cpu=2, count=2), workload(cpu=2, count=1), rules=[Completeness((0,), minimum=2)]
    )
    found = schedule(asked, order)
    assert (rows(found.placed), rows(found.whole)) == ([(0, 0, 1)], [])


@EVERY_ORDER
def test_limits_per_domain(order: Order) -> None:
    places = [node(site=0, cpu=9), node(site=0, cpu=9), node(site=1, cpu=9)]
    most = schedule(problem(*places, workload(cpu=1, count=6), rules=[Spread((0,), SITE, most=2)]), order).placed
    assert int(most.instances.sum()) == 4
    assert int(most.instances[most.node == 2].sum()) == 2
    share = schedule(problem(*places, workload(count=6), rules=[Spread((0,), SITE, share=(1, 2))]), order).whole
    assert int(share.instances.sum()) == 6


@EVERY_ORDER
def test_together_and_apart(order: Order) -> None:
    places = [node(rack=0, cpu=2), node(rack=1, cpu=9)]
    home = schedule(problem(*places, workload(count=3), rules=[Together((0,), RACK)]), order).placed
    assert len(set(home.node.tolist())) == 1
    rivals = [workload(count=2), workload(count=2)]
    apart = schedule(problem(*places, *rivals, rules=[Apart(((0,), (1,)), RACK)]), order).placed
    assert not set(apart.node[apart.mode == 0].tolist()) & set(apart.node[apart.mode == 1].tolist())


@EVERY_ORDER
def test_children_are_asked_for_where_their_master_is(order: Order) -> None:
    """The child is first in the list and comes last; the second family finds no room for its child."""
    asked = problem(
        node(site=0, cpu=4),
        node(site=1, cpu=3),
        workload(cpu=1, count=2, weight=0),
        workload(cpu=2, count=1, allowed=[0]),
        workload(cpu=3, count=1, allowed=[1]),
        workload(cpu=1, count=2, weight=0),
        rules=[Children((1,), 0, SITE, each=2), Children((2,), 3, SITE, each=1)],
    )
    found = schedule(asked, order)
    assert rows(found.placed) == [(0, 0, 2), (1, 0, 1), (2, 1, 1)]
    assert rows(found.whole) == [(0, 0, 2), (1, 0, 1)]


@EVERY_ORDER
def test_modes_share_their_server(order: Order) -> None:
    cells = [{"cpu": 2, "a": 2}, {"cpu": 2, "b": 2}]
    found = schedule(problem(node(cpu=10, a=4, b=3), workload(modes=cells, count=9)), order).placed
    assert rows(found) == [(0, 0, 2), (1, 0, 1)]


@pytest.mark.parametrize("order", ["first-fit", "best-fit"])
@pytest.mark.parametrize("seed", range(20))
def test_filling_is_one_instance_after_the_other(order: Order, seed: int) -> None:
    rng = np.random.default_rng(seed)
    free = rng.integers(0, 12, (6, 2))
    asked = problem(
        *(node(cpu=int(cpu), memory=int(memory)) for cpu, memory in free),
        *(workload(cpu=int(rng.integers(1, 4)), memory=int(rng.integers(0, 4)), count=7) for _ in range(3)),
    )
    assert rows(schedule(asked, order).placed) == rows(one_by_one(asked, order))


def one_by_one(asked: Problem, order: Order) -> Placement:
    """Without any rules."""
    free = asked.capacity.copy()
    chosen = []
    for mode in np.repeat(np.arange(asked.workloads), asked.count).tolist():
        fits = np.flatnonzero((free >= asked.demand[0, mode]).all(axis=1)).tolist()
        if fits:
            largest = np.maximum(asked.capacity.max(axis=0), 1)
            score = {place: 0.0 if order == "first-fit" else float((free[place] / largest).sum()) for place in fits}
            best = min(fits, key=lambda place: (score[place], place))
            free[best] -= asked.demand[0, mode]
            chosen.append((mode, best, 1))
    return Placement.of(chosen)


@examples(25)
@given(order=st.sampled_from(ORDERS), asked=problems())
def test_what_counts_as_whole_is_a_plan(order: Order, asked: Problem) -> None:
    asked = replace(asked, must=np.zeros_like(asked.must))
    found = schedule(asked, order)
    assert referee.violations(asked, found.whole) == []
    assert not [broken for broken in referee.violations(asked, found.placed) if broken.rule == "capacity"]
