"""What construction and search find keeps every rule, gets no worse, and never beats the optimum."""

from __future__ import annotations

import networkx as nx
from hypothesis import assume, given

from solver.constraints import Children, Quota, Standby
from solver.construct import construct
from solver.construct.special import MOST_MOVES
from solver.exact import exact
from solver.failover import frame, protected
from solver.improve import Search
from solver.objective import moves_last, terms
from solver.problem import Placement, Problem
from solver.referee import violations
from solver.solve import Limits, Result, solve
from tests.properties.strategies import examples, problems, running


def usual(asked: Problem) -> bool:
    """Masters and children as manifests can state them: no cycles, one rule a child, one level, and no obligations but
    of what runs, which is without standby."""
    children = [rule for rule in asked.rules if isinstance(rule, Children)]
    quotas = [rule for rule in asked.rules if isinstance(rule, Quota)]
    ties = nx.DiGraph([(master, rule.child) for rule in children for master in rule.masters])
    followers = {rule.child for rule in children}
    return (
        (len(asked.home) > 0 or not asked.must.any())
        and not (len(asked.home) and any(isinstance(rule, Standby) for rule in asked.rules))
        and nx.is_directed_acyclic_graph(ties)
        and len(followers) == len(children)
        and len({rule.level for rule in children} | {rule.level for rule in quotas}) <= 1
        and len({rule.workload for rule in quotas}) == len(quotas)
        and followers.isdisjoint(rule.workload for rule in quotas)
    )


def values(asked: Problem, placement: Placement) -> list[int]:
    return [term.value(asked, placement) for term in terms(asked)]


@examples(150)
@given(problems())
def test_construction_and_search_keep_every_rule_and_get_no_worse(asked: Problem) -> None:
    assume(usual(asked))
    start = protected(asked, 0)
    assert violations(asked, start) == []
    fixed, movable = frame(asked, start)
    with Search(fixed.problem, movable, lanes=2, seed=1) as search:
        for _ in range(3):
            found = fixed.whole(search.round())
    assert violations(asked, found) == []
    assert values(asked, found) <= values(asked, start)
    best = exact(asked, left=lambda: 10.0, seed=0).placement
    assert best is not None
    assert values(asked, best) <= values(asked, found)


@examples(100)
@given(running())
def test_what_runs_moves_no_more_than_it_may(asked: Problem) -> None:
    assume(usual(asked) and not any(isinstance(rule, Standby) for rule in asked.rules))
    start = construct(asked)
    assert violations(asked, start) == []
    with Search(asked, start, lanes=1, seed=1) as search:
        for _ in range(3):
            found = search.round()
    assert violations(asked, found) == []
    assert values(asked, found) <= values(asked, start)
    assert exact(asked, left=lambda: 10.0, seed=0).bounds <= tuple(values(asked, found))


@examples(60)
@given(problems() | running())
def test_the_counters_of_a_search_agree_with_the_terms(asked: Problem) -> None:
    assume(usual(asked))
    asked = frame(asked, protected(asked, 0))[0].problem
    with Search(asked, construct(asked), lanes=1, seed=3) as search:
        found = search.round()
    value = {term.name: term.value(asked, found) for term in terms(asked)}
    between, second, moves = value.get("soft", 0), value.get(str(asked.then), 0), value.get("moves", 0)
    dear = 1 + int(asked.move_cost.max(initial=0)) * min(
        int(search.tables.special[MOST_MOVES]), int(asked.home.instances.sum())
    )
    if not len(asked.home):
        told = (value["unplaced"], between, second)
    elif moves_last(asked):
        told = (value["unplaced"], between, second * dear + moves)
    else:
        told = (value["unplaced"], between * dear + moves, second)
    assert search.lanes[0].values() == told


def answer(asked: Problem, effort: int) -> Result:
    return solve(asked, Limits(clock=lambda: 0.0, effort=effort, gap=0.0))


@examples(40)
@given(problems() | running())
def test_the_same_effort_gives_the_same_plan_with_valid_bounds(asked: Problem) -> None:
    assume(usual(asked))
    first, second = answer(asked, 2), answer(asked, 2)
    assert first.placement.node.tolist() == second.placement.node.tolist()
    assert first.objective == second.objective
    assert all(term.bound <= term.value for term in first.objective)
    best = exact(asked, left=lambda: 10.0, seed=0).bounds
    assert all(term.bound <= known for term, known in zip(first.objective, best, strict=True))
    assert first.objective[0].bound <= best[0] <= first.objective[0].value
    assert (first.status == "optimal") <= (first.objective[0].value == best[0])
