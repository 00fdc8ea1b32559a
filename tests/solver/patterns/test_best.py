"""The best of all arguments is still a bound, also when nobody says what the plan leaves out."""

from __future__ import annotations

from hypothesis import given

from solver.constraints import Spread
from solver.exact import exact
from solver.patterns import Bounds, bounds
from solver.problem import Problem
from tests.properties.strategies import examples, problems
from tests.solver.builders import SITE, node, problem, workload


@examples(100)
@given(problems())
def test_no_optimum_is_better(asked: Problem) -> None:
    optimum = exact(asked, left=lambda: 60.0, seed=0).bounds
    found = bounds(asked) if optimum else None
    if found is not None:
        assert found.unplaced <= optimum[0]
        assert found.then is None or found.unplaced < optimum[0] or found.then <= optimum[-1]


def test_each_argument_counts_where_it_is_strong() -> None:
    """Patterns see that two large ones share no server; slots see the limit of a site."""
    large = problem(workload(cpu=3), workload(cpu=3), node(cpu=5), then="fewest-servers")
    assert bounds(large) == Bounds(1, 1, "patterns")
    limited = problem(workload(count=5), node(cpu=9), rules=[Spread((0,), SITE, most=2)])
    assert bounds(limited) == Bounds(3, None, "slots")
