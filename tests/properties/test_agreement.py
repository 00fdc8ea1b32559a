"""`post` accepts exactly the placements that `violations` calls clean: for each family alone, and all together."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solver import constraints
from solver.constraints import Rule
from solver.problem import Placement, Problem
from solver.referee import violations
from tests.properties.cpsat import accepts, posted, some_plan
from tests.properties.strategies import FAMILIES, edited, edits, examples, placements, problems, restart_edits, running


def test_every_family_is_drawn() -> None:
    exported = {getattr(constraints, name) for name in constraints.__all__} - {
        Rule,
        constraints.Model,
        constraints.Breakable,
    }
    assert {each for each in exported if isinstance(each, type)} == {each.rule for each in FAMILIES.values()}


@pytest.mark.parametrize("family", FAMILIES)
@examples(60)
@given(data=st.data())
def test_a_family(family: str, data: st.DataObject) -> None:
    _agrees(data, [family])


@examples(60)
@given(data=st.data())
def test_capacity_demand_and_eligibility(data: st.DataObject) -> None:
    _agrees(data, [])


@examples(100)
@given(data=st.data())
def test_all_families_together(data: st.DataObject) -> None:
    _agrees(data, list(FAMILIES))


@examples(60)
@given(data=st.data())
def test_moves_of_what_runs(data: st.DataObject) -> None:
    _agrees_on(data, data.draw(running(("moves", "spread, all limits", "together"))))


def _agrees(data: st.DataObject, families: list[str]) -> None:
    """Today, and once more tomorrow, when the plan of today is what stands already."""
    today = data.draw(problems(families))
    plan = _agrees_on(data, today)
    if plan is not None and len(plan):
        _agrees_on(data, replace(today, fixed=plan))


def _agrees_on(data: st.DataObject, asked: Problem) -> Placement | None:
    model = posted(asked)
    plan = some_plan(model, data.draw(st.lists(st.integers(-2, 3), min_size=1, max_size=6)))
    near = plan or Placement.empty()
    for placement in [
        near,
        *(
            edited(near, changes, restarts)
            for changes, restarts in zip(data.draw(edits(asked, 4)), data.draw(restart_edits(asked, 4)), strict=True)
        ),
        *(edited(near, (), restarts) for restarts in data.draw(restart_edits(asked, 2)) if restarts),
        Placement.empty(),
        data.draw(placements(asked)),
    ]:
        found = violations(asked, placement)
        assert accepts(model, placement) == (not found), (placement, found)
    return plan
