"""Pattern bounds: never above an optimum or a plan, however early they are stopped."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from solver.constraints import Children, Spread
from solver.exact import exact
from solver.objective import terms
from solver.patterns.bound import patterns
from solver.patterns.bounds import Bounds
from solver.problem import Placement, Problem
from tests.properties.cpsat import posted, some_plan
from tests.properties.strategies import examples, problems
from tests.solver.builders import SERVER, SITE, Node, node, problem, workload


@examples(150)
@given(problems(), st.integers(0, 3))
def test_no_optimum_is_better(asked: Problem, rounds: int) -> None:
    optimum = exact(asked, left=lambda: 60.0, seed=0).bounds
    if not optimum:
        return
    left = iter(range(rounds))
    found = patterns(asked, optimum[0], lambda: next(left, None) is None)
    if found is not None:
        assert found.unplaced <= optimum[0]
        assert found.then is None or found.then <= optimum[-1]


@examples(100)
@given(st.data())
def test_no_plan_is_better(data: st.DataObject) -> None:
    asked = data.draw(problems(most_nodes=8, most_count=8))
    plan = some_plan(posted(asked), data.draw(st.lists(st.integers(-2, 3), min_size=1, max_size=6)))
    _holds(asked, plan)
    if plan is not None and len(plan):
        tomorrow = replace(asked, fixed=plan)
        _holds(tomorrow, some_plan(posted(tomorrow), [1]))


def _holds(asked: Problem, plan: Placement | None) -> None:
    if plan is None:
        return
    scores = [term.value(asked, plan) for term in terms(asked)]
    found = patterns(asked, scores[0])
    if found is not None:
        assert found.unplaced <= scores[0]
        assert found.then is None or found.then <= scores[-1]


def bounds(*parts: object, **more: object) -> Bounds:
    found = patterns(problem(*parts, **more))  # type: ignore[arg-type]
    assert found is not None
    return found


def test_two_large_ones_never_share_a_server() -> None:
    """Room for five in sum, for three on servers."""
    assert bounds(workload(cpu=3, count=5), *[node(cpu=5)] * 3).unplaced == 2


def test_the_worth_left_out_is_a_multiple_of_all_worths() -> None:
    assert bounds(workload(cpu=2, weight=6), workload(cpu=2, weight=4), node(cpu=2)).unplaced == 4


def test_fewest_servers_by_contents() -> None:
    """30 of 6 and 30 of 4 need a server for each pair; by volume alone it would be the same, three sizes are not."""
    asked = [workload(cpu=6, count=3), workload(cpu=5, count=2)]
    assert bounds(*asked, *[node(cpu=10)] * 9, then="fewest-servers").then == 4


def test_busy_servers_are_filled_for_nothing() -> None:
    nodes = [node(cpu=10, busy=True), *[node(cpu=10)] * 3]
    assert bounds(workload(cpu=5, count=4), *nodes, then="fewest-servers").then == 1


def test_slots_that_cannot_but_be_lost() -> None:
    """A server of 17 gives one CPU for nothing, the other costs a slot of eight."""
    asked = bounds(workload(cpu=1, count=2), node(cpu=17), node(cpu=16), then="largest-slots", slot={"cpu": 8})
    assert asked.then == 1


def test_cost_of_the_cheap_servers_first() -> None:
    nodes = node(cpu=5, price=1), node(cpu=9, price=7)
    assert bounds(workload(cpu=2, count=4, size=10), *nodes, then="cost").then == 2 * 10 + 2 * 70


def test_cells_are_packed_one_by_one() -> None:
    """Two cells of 5: what takes 3 fits once in each, what takes 4 of both fits no more."""
    one, both = [{"a": 3, "b": 0}, {"a": 0, "b": 3}], [{"a": 4, "b": 4}]
    room = node(a=5, b=5)
    assert bounds(workload(modes=one, count=4), room).unplaced == 2
    assert bounds(workload(modes=one, weight=2), workload(modes=both), room).unplaced == 1


def test_cells_with_two_resources_and_their_sum() -> None:
    def at(cell: int, cpu: int) -> dict[str, int]:
        return {
            "cpu": cpu,
            f"cpu@{cell}": cpu,
            f"memory@{cell}": 2 * cpu,
            f"cpu@{1 - cell}": 0,
            f"memory@{1 - cell}": 0,
        }

    halves = {"cpu": 8, "cpu@0": 4, "cpu@1": 4, "memory@0": 2, "memory@1": 2}
    asked = [workload(modes=[at(0, 3), at(1, 3)], count=5, weight=3), workload(modes=[halves], count=2, weight=8)]
    room = Node({"cpu": 14, "cpu@0": 7, "cpu@1": 7, "memory@0": 20, "memory@1": 7})
    assert bounds(*asked, room, room).unplaced == 9


def test_what_takes_nothing_of_an_exhausted_resource_still_fits() -> None:
    """The trap: a size of zero where there is no room is no reason to leave anything out."""
    asked = bounds(workload(cpu=2, memory=0, count=3), workload(memory=1), node(cpu=4, memory=0), node(cpu=2, memory=0))
    assert asked.unplaced == 1


def test_children_take_their_share() -> None:
    works = workload(cpu=1, count=12), workload(cpu=3, count=9, weight=0)
    assert bounds(*works, node(cpu=12), rules=[Children((0,), 1, SITE, ratio=3)]).unplaced == 6


def test_spread_over_servers_limits_the_contents() -> None:
    rules = [Spread((0,), SERVER, most=2)]
    assert bounds(workload(count=9), workload(cpu=3), *[node(cpu=7)] * 3, rules=rules).unplaced == 3
