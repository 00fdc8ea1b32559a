"""A term's `post` is its `value`, and the exact optimum is the best of all plans."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solver.exact import Exact, exact
from solver.objective import terms
from solver.problem import Placement, Problem, Then
from solver.referee import violations
from tests import oracle
from tests.properties import cpsat
from tests.properties.strategies import FAMILIES, SOFT, THEN, edited, edits, examples, problems, running

WITHOUT_RESTARTS = [name for name in FAMILIES if not name.startswith("standby")]


@pytest.mark.parametrize("then", [None, *THEN])
@examples(40)
@given(data=st.data())
def test_a_term_is_posted_as_it_is_valued(then: Then | None, data: st.DataObject) -> None:
    _agrees(data, replace(data.draw(problems(most_rules=1)), then=then))


@pytest.mark.parametrize("family", SOFT)
@examples(40)
@given(data=st.data())
def test_soft_rules_count_what_they_post(family: str, data: st.DataObject) -> None:
    _agrees(data, data.draw(problems([family])))


@examples(40)
@given(data=st.data())
def test_moves_cost_what_they_post(data: st.DataObject) -> None:
    _agrees(data, data.draw(running(SOFT)))


def _agrees(data: st.DataObject, asked: Problem) -> None:
    weights = data.draw(st.lists(st.integers(-2, 3), min_size=1, max_size=6))
    near = cpsat.some_plan(cpsat.posted(asked), weights) or Placement.empty()
    for placement in (near, *(edited(near, changes) for changes in data.draw(edits(asked, 2)))):
        if not violations(asked, placement):
            values = [term.value(asked, placement) for term in terms(asked)]
            assert values == [cpsat.value(asked, placement, term) for term in terms(asked)]
            assert tuple(values) == oracle.score(asked, placement)


@examples(60)
@given(asked=running(most_rules=2, most_nodes=3, most_workloads=3, most_count=2))
def test_the_optimum_with_moves_is_the_best_of_all_plans(asked: Problem) -> None:
    _is_best(asked)


@examples(150)
@given(asked=problems(WITHOUT_RESTARTS, most_rules=2, most_nodes=3, most_workloads=3, most_count=2))
def test_the_optimum_is_the_best_of_all_plans(asked: Problem) -> None:
    _is_best(asked)


def _is_best(asked: Problem) -> None:
    plans = [plan for plan in oracle.placements(asked) if oracle.accepts(asked, plan)]
    found = exact(asked, left=lambda: 60.0, seed=0)
    if not plans:
        assert found == Exact(None, ())
    else:
        assert found.placement is not None
        assert violations(asked, found.placement) == []
        best = min(oracle.score(asked, plan) for plan in plans)
        assert oracle.score(asked, found.placement) == found.bounds == best
