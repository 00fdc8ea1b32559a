"""What construction and search find keeps every rule, gets no worse, and never beats the optimum."""

from __future__ import annotations

import networkx as nx
from hypothesis import assume, given

from solver.constraints import Children, Quota
from solver.construct import construct
from solver.exact import exact
from solver.improve import Search
from solver.objective import terms
from solver.problem import Placement, Problem
from solver.referee import violations
from solver.solve import Limits, Result, solve
from tests.properties.strategies import examples, problems


def usual(asked: Problem) -> bool:
    """Masters and children as manifests can state them: no cycles, one rule a child, one level, and no obligations."""
    children = [rule for rule in asked.rules if isinstance(rule, Children)]
    quotas = [rule for rule in asked.rules if isinstance(rule, Quota)]
    ties = nx.DiGraph([(master, rule.child) for rule in children for master in rule.masters])
    followers = {rule.child for rule in children}
    return (
        not asked.must.any()
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
    start = construct(asked)
    assert violations(asked, start) == []
    with Search(asked, start, lanes=2, seed=1) as search:
        for _ in range(3):
            found = search.round()
    assert violations(asked, found) == []
    assert values(asked, found) <= values(asked, start)
    best = exact(asked, left=lambda: 10.0, seed=0).placement
    assert best is not None
    assert values(asked, best) <= values(asked, found)


@examples(60)
@given(problems())
def test_the_counters_of_a_search_agree_with_the_terms(asked: Problem) -> None:
    assume(usual(asked))
    with Search(asked, construct(asked), lanes=1, seed=3) as search:
        found = search.round()
    told = search.lanes[0].values()
    assert list(told[: len(terms(asked))]) == values(asked, found)


def answer(asked: Problem, effort: int) -> Result:
    return solve(asked, Limits(clock=lambda: 0.0, effort=effort, gap=0.0))


@examples(40)
@given(problems())
def test_the_same_effort_gives_the_same_plan_with_valid_bounds(asked: Problem) -> None:
    assume(usual(asked))
    first, second = answer(asked, 2), answer(asked, 2)
    assert first.placement.node.tolist() == second.placement.node.tolist()
    assert first.objective == second.objective
    assert all(term.bound <= term.value for term in first.objective)
    best = exact(asked, left=lambda: 10.0, seed=0).bounds
    assert first.objective[0].bound <= best[0] <= first.objective[0].value
    assert (first.status == "optimal") <= (first.objective[0].value == best[0])
