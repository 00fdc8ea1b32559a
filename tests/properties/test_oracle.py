"""The referee accepts exactly what an independent reading of the rules accepts."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from solver.problem import Placement, Problem
from solver.referee import violations
from tests import oracle
from tests.properties.cpsat import posted, some_plan
from tests.properties.strategies import edited, edits, examples, placements, problems, restart_edits


@examples(120)
@given(data=st.data())
def test_the_referee_accepts_what_the_oracle_accepts(data: st.DataObject) -> None:
    asked = data.draw(problems())
    near = some_plan(posted(asked), data.draw(st.lists(st.integers(-2, 3), min_size=1, max_size=6)))
    near = near or data.draw(placements(asked))
    _agrees(asked, near)
    _agrees(replace(asked, fixed=near), near)
    changes = zip(data.draw(edits(asked, 8)), data.draw(restart_edits(asked, 8)), strict=True)
    for instances, restarts in changes:
        placement = edited(near, instances, restarts)
        _agrees(asked, placement)
        _agrees(replace(asked, fixed=near), placement)


def _agrees(asked: Problem, placement: Placement) -> None:
    found = violations(asked, placement)
    assert (not found) == oracle.accepts(asked, placement), (placement, found)
