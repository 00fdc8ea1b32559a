"""Standby: every single loss is played; the optimum is that of all plans that could be protected."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import assume, event, given

from solver.constraints import Rule, Standby
from solver.exact import exact
from solver.failover import assign, frame, protected
from solver.improve import Search
from solver.problem import Placement, Problem
from solver.referee import violations
from solver.restarts import Reserved, Restarts
from solver.solve import Limits, solve
from tests import oracle
from tests.properties.strategies import examples, problems

FAMILIES = ["standby, keep", "standby, least", "standby, keep", "apart", "completeness", "spread, share"]


@examples(40)
@given(asked=problems(FAMILIES, most_rules=2, most_nodes=3, most_workloads=2, most_count=2))
def test_the_optimum_is_the_best_of_all_that_can_be_protected(asked: Problem) -> None:
    asked = replace(asked, then="cost" if asked.then else None)
    plans = [
        plan
        for plan in oracle.placements(asked)
        if oracle.accepts(replace(asked, rules=_others(asked)), plan) and oracle.survivable(asked, plan)
    ]
    found = exact(asked, left=lambda: 60.0, seed=0, work=4.0)
    if not plans:
        assert found.placement is None
        return
    assert found.placement is not None
    assert oracle.accepts(asked, found.placement)
    best = min(oracle.score(asked, plan) for plan in plans)
    assert oracle.score(asked, found.placement) == found.bounds == best


def _others(asked: Problem) -> tuple[Rule, ...]:
    """Rules other than standby, which `survivable` plays."""
    return tuple(rule for rule in asked.rules if rule.name != "standby")


@examples(80)
@given(problems(FAMILIES))
def test_what_is_found_is_protected_and_so_is_all_that_search_makes_of_it(asked: Problem) -> None:
    assume(not asked.must.any())
    start = protected(asked, 0)
    event(f"restarts: {len(start.restarts) > 0}")
    assert oracle.accepts(asked, start)
    fixed, movable = frame(asked, start)
    with Search(fixed.problem, movable, lanes=1, seed=1) as search:
        assert oracle.accepts(asked, fixed.whole(search.round()))


@examples(30)
@given(problems(FAMILIES))
def test_a_search_by_effort_is_protected_and_replays(asked: Problem) -> None:
    assume(not asked.must.any())
    first, second = (solve(asked, Limits(clock=lambda: 0.0, effort=3, gap=0.0)) for _ in range(2))
    assert first.placement.restarts.rows() == second.placement.restarts.rows()
    assert first.objective == second.objective
    assert oracle.accepts(asked, first.placement)
    assert all(term.bound <= term.value for term in first.objective)


@examples(60)
@given(problems(["standby, keep"], most_rules=1))
def test_nothing_runs_short_with_plenty_of_room(asked: Problem) -> None:
    """Restarts are missing only where no node outside of the loss is allowed."""
    asked = replace(asked, capacity=asked.capacity + 1000, fixed=Placement.empty(), reserved=Reserved())
    rows = [(0, int(asked.allowed[0][0]), 2)] if len(asked.allowed[0]) else []
    placement = Placement.of(rows)
    (rule,) = asked.rules
    assert isinstance(rule, Standby)
    elsewhere = [
        node
        for node in asked.allowed[0].tolist()
        if rows and asked.topology.domain[rule.level, node] != asked.topology.domain[rule.level, rows[0][1]]
    ]
    found = assign(asked, placement, Restarts())
    if rows and 0 in rule.workloads:
        assert bool(found.short) == (not elsewhere)
    else:
        assert not len(found.restarts)
    broken = [each.rule for each in violations(asked, placement.along_with(found.restarts))]
    assert "restart-capacity" not in broken
