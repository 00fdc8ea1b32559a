"""Narrow: fewer nodes, the same plans and bounds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given

from solver.bound import quick_bounds
from solver.constraints import Completeness, Rule, Spread, Standby
from solver.construct import construct
from solver.exact import exact
from solver.narrow import cheap, usable
from solver.objective import terms
from solver.problem import Problem, Topology
from solver.referee import violations
from tests.properties.strategies import examples, problems, running
from tests.properties.test_search import answer, usual
from tests.solver.builders import SITE, node, problem, workload


def padded(asked: Problem) -> Problem:
    """With more nodes, in the domains that there are, between those that there were: nobody may use them."""
    many, old = 3 * asked.nodes, np.arange(asked.nodes, dtype=np.int32) * 3
    source = np.zeros(many, np.int64)
    source[old] = np.arange(asked.nodes)
    domain = np.ascontiguousarray(asked.topology.domain[:, source])
    domain[0] = np.arange(many)
    moved = {
        name: replace(getattr(asked, name), node=old[getattr(asked, name).node], restarts=asked.fixed.restarts)
        for name in ("fixed", "home")
    }
    return replace(
        asked,
        topology=Topology(asked.topology.names, domain, (many, *asked.topology.sizes[1:])),
        capacity=asked.capacity[source],
        rate=asked.rate[source],
        allowed=tuple(old[nodes] for nodes in asked.allowed),
        price=asked.price[source] if len(asked.price) else asked.price,
        busy=asked.busy[source] if len(asked.busy) else asked.busy,
        **moved,
    )


@examples(60)
@given(problems() | running())
def test_nodes_that_nobody_may_use_change_nothing(asked: Problem) -> None:
    assume(usual(asked) and not any(isinstance(rule, Standby) for rule in asked.rules))
    wide = padded(asked)
    assert usable(wide).problem.nodes <= asked.nodes or asked.then == "largest-slots"
    found = answer(wide, 2)
    assert violations(wide, found.placement) == []
    assert [term.value for term in found.objective] == [term.value(wide, found.placement) for term in terms(wide)]
    best = exact(asked, left=lambda: 10.0, seed=0).bounds
    assert all(term.bound <= known for term, known in zip(found.objective, best, strict=True))
    assert found.objective[0].value >= best[0]


def test_most_nodes_are_as_good_as_all() -> None:
    asked = problem(workload(allowed=[0, 2, 3]), *(node() for _ in range(4)))
    assert usable(asked).problem is asked


def test_slots_are_counted_everywhere() -> None:
    asked = problem(workload(allowed=[0]), *(node() for _ in range(4)), then="largest-slots", slot={"cpu": 1})
    assert usable(asked).problem is asked


def nationwide(seed: int, *rules: Rule) -> Problem:
    """Three workloads on 12,000 servers of 120 sites, each site with its price; some servers are full, some run
    something."""
    rng = np.random.default_rng(seed)
    price = rng.integers(800, 1400, 120)
    cpu = np.maximum(rng.integers(-20, 60, 12_000), 0)
    few = sorted(rng.choice(12_000, 9_000, replace=False).tolist())
    return problem(
        workload(cpu=3, count=int(rng.integers(1, 900)), size=3),
        workload(cpu=7, count=int(rng.integers(1, 900)), size=7, allowed=few),
        workload(cpu=16, count=int(rng.integers(1, 300)), size=16),
        *(
            node(cpu=free, site=row // 100, rack=row // 20 % 5, price=int(price[row // 100]))
            for row, free in enumerate(cpu.tolist())
        ),
        fixed=[(0, 11_999, 2), (2, 7, 1)],
        rules=rules,
        then="cost",
    )


@pytest.mark.parametrize("seed", range(6))
def test_the_cheapest_nodes_are_enough_for_plan_and_bounds(seed: int) -> None:
    asked = nationwide(seed, Completeness((0,), 5))
    near = cheap(asked)
    assert near is not None
    assert near.problem.nodes < asked.nodes // 2
    plan = near.whole(construct(near.problem))
    assert violations(asked, plan) == []
    values = tuple(term.value(asked, plan) for term in terms(asked))
    assert values[0] == 0
    assert quick_bounds(near.problem, values) == quick_bounds(asked, values)
    assert values[1] <= 1.01 * quick_bounds(asked, values)[1]
    everywhere = construct(asked)
    assert values[1] <= 1.001 * terms(asked)[1].value(asked, everywhere)


def test_rules_may_want_nodes_that_are_dearer() -> None:
    assert cheap(nationwide(0, Spread((0,), SITE, least=100))) is None


def test_there_may_not_be_enough_cheap_ones() -> None:
    asked = nationwide(0)
    assert cheap(replace(asked, count=asked.count * 60)) is None
    assert cheap(replace(asked, price=np.ones_like(asked.price))) is None
