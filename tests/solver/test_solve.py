"""Solve: honest about what it found, the same again by effort, and in time."""

from __future__ import annotations

import math
import time
from typing import Any

import pytest

import solver.construct
from solver import improve
from solver.assessment import Assessment
from solver.constraints import Apart, Completeness, Rule, Spread, Together
from solver.improve import ruin
from solver.problem import Placement, Problem, Then
from solver.referee import violations
from solver.solve import Limits, Result, solve
from solver.warmup import warm
from tests.garbage import nothing_left
from tests.solver.builders import RACK, SERVER, node, problem, workload
from tests.solver.hard import hard


def by_effort(asked: Problem, effort: int, seconds: float = 10.0, **more: Any) -> Result:
    return solve(asked, Limits(clock=time.perf_counter, seconds=seconds, effort=effort, **more))


def in_time(asked: Problem, seconds: float, gap: float | None = None) -> Result:
    return solve(asked, Limits(clock=time.perf_counter, seconds=seconds, gap=gap))


def rows(result: Result) -> list[list[int]]:
    return [column.tolist() for column in (result.placement.mode, result.placement.node, result.placement.instances)]


def impossible(nodes: int) -> Problem:
    """Two together on a server and in two racks."""
    rules: list[Rule] = [Together((0,), SERVER), Spread((0,), RACK, most=1), Completeness((0,), 2)]
    return problem(workload(count=2), *(node(cpu=9, rack=i // 3, site=i // 30) for i in range(nodes)), rules=rules)


# What is said of a plan


def test_optimal() -> None:
    result = by_effort(problem(workload(count=3), node(cpu=2), node(cpu=2, price=4), then="cost"), effort=0)
    assert (result.status, result.gap) == ("optimal", 0.0)
    assert [(term.name, term.value, term.bound) for term in result.objective] == [("unplaced", 0, 0), ("cost", 6, 6)]


def test_optimal_is_also_to_leave_out_what_cannot_be_placed() -> None:
    result = by_effort(problem(workload(cpu=2, count=3), node(cpu=5)), effort=0)
    assert (result.status, result.objective[0].value, result.objective[0].bound) == ("optimal", 1, 1)


def test_nothing_to_place_is_optimal() -> None:
    assert by_effort(problem(node()), effort=0).status == "optimal"
    assert by_effort(problem(workload(count=0), node()), effort=0).status == "optimal"


def test_feasible() -> None:
    result = by_effort(hard(), effort=1)
    (term,) = result.objective
    assert result.status == "feasible"
    assert 0 < term.bound < term.value
    assert result.gap == term.gap == (term.value - term.bound) / int(hard().weight @ hard().count)
    assert violations(hard(), result.placement) == []


def test_it_ends_with_what_it_has_when_it_is_told_to() -> None:
    begin = time.perf_counter()
    result = solve(hard(), Limits(clock=time.perf_counter, seconds=60.0, gap=0.0, stop=lambda: True))
    assert time.perf_counter() - begin < 20
    assert result.status == "feasible"
    assert violations(hard(), result.placement) == []


def test_infeasible_by_counting() -> None:
    result = by_effort(problem(workload(cpu=9, count=3), node(cpu=5)), effort=0)
    assert (result.status, len(result.placement), result.gap) == ("infeasible", 0, 0.0)
    assert result.objective[0].bound == 3


def test_infeasible_by_the_whole_model() -> None:
    assert by_effort(impossible(nodes=6), effort=0).status == "infeasible"


def test_unknown() -> None:
    """Too large for the whole model, and no bound knows that the two rules contradict each other."""
    result = by_effort(impossible(nodes=4002), effort=1)
    assert (result.status, len(result.placement)) == ("unknown", 0)
    assert result.objective[0].gap == 1.0


def test_a_gap_that_is_good_enough_ends_the_search() -> None:
    assert in_time(hard(), seconds=30.0, gap=0.5).seconds.get("improve", 0.0) < 1.0


# The same again


@pytest.mark.parametrize("then", [None, "cost"])
def test_the_same_effort_gives_the_same_plan_whatever_the_time_limit(then: Then | None) -> None:
    asked = hard(then=then)
    first, second = by_effort(asked, effort=5, seconds=0.001), by_effort(asked, effort=5, seconds=60.0)
    assert first.effort == second.effort == 5
    assert rows(first) == rows(second)
    assert first.objective == second.objective


def test_a_small_one_too() -> None:
    asked = hard(nodes=4, flavours=6, then="cost")
    first, second = by_effort(asked, effort=3, seconds=0.001), by_effort(asked, effort=3)
    assert (rows(first), first.objective) == (rows(second), second.objective)


@pytest.mark.parametrize("then", [None, "cost"])
def test_a_timed_run_is_made_again_by_its_effort(then: Then | None) -> None:
    timed = in_time(hard(then=then), seconds=1.5)
    assert timed.status == "feasible"
    again = by_effort(hard(then=then), timed.effort)
    assert again.effort == timed.effort
    assert rows(again) == rows(timed)


def test_seeds_differ() -> None:
    assert len({str(rows(by_effort(hard(), effort=3, seed=seed))) for seed in range(3)}) > 1


# In time


@pytest.mark.parametrize("asked", [hard(), hard(then="cost"), hard(nodes=30)], ids=["search", "cost", "small"])
def test_it_stops_at_the_limit(asked: Problem) -> None:
    begin = time.perf_counter()
    result = in_time(asked, seconds=1.0)
    assert time.perf_counter() - begin < 1.5
    assert result.status == "feasible"
    assert violations(asked, result.placement) == []


def test_no_time_at_all() -> None:
    begin = time.perf_counter()
    result = in_time(hard(), seconds=0.0)
    assert time.perf_counter() - begin < 0.5
    assert violations(hard(), result.placement) == []
    assert len(result.placement)


def test_it_leaves_what_the_caller_needs_afterwards() -> None:
    asked: list[int] = []

    def afterwards(placement: Placement) -> float:
        asked.append(len(placement))
        return 0.8

    begin = time.perf_counter()
    result = solve(hard(), Limits(clock=time.perf_counter, seconds=1.5, afterwards=afterwards))
    assert time.perf_counter() - begin < 1.2
    assert result.effort > 0
    assert min(asked) > 0


def test_what_is_not_worth_starting_is_not_started() -> None:
    """A clock that a referee needs most of the time of."""
    ticks = iter(range(10**6))
    result = solve(hard(), Limits(clock=lambda: float(next(ticks)), seconds=12.0))
    assert result.effort == 0
    assert "improve" not in result.seconds or result.seconds["improve"] <= 2


def test_progress_gets_better() -> None:
    told: list[tuple[str, Assessment]] = []
    limits = Limits(clock=time.perf_counter, effort=5)
    result = solve(hard(), limits, lambda stage, now: told.append((stage, now)))
    assert [stage for stage, _ in told][:2] == ["construct", "bound"]
    values = [now.values for _, now in told]
    assert values == sorted(values, reverse=True)
    assert values[-1] == tuple(term.value for term in result.objective)
    assert all(now.bounds[0] <= result.objective[0].value for _, now in told)


def test_steps_and_their_seconds() -> None:
    ticks = iter(range(10**6))
    result = solve(hard(nodes=3, flavours=5), Limits(clock=lambda: float(next(ticks)), seconds=math.inf))
    assert result.seconds.keys() >= {"construct", "bound", "referee"}
    assert all(seconds > 0 for seconds in result.seconds.values())


def test_kernels_are_compiled_once() -> None:
    """No request waits for the compiler: what `warm` compiled is enough for any problem."""
    warm()
    entries = [solver.construct._pass, solver.construct.load, ruin.ruin_and_recreate]
    before = [list(entry.signatures) for entry in entries]  # type: ignore[attr-defined]
    assert all(len(signatures) == 1 for signatures in before)
    by_effort(hard(then="fewest-servers", nodes=3, flavours=4), effort=1)
    rule = Spread((0,), RACK, share=(1, 2))
    by_effort(problem(workload(count=9), node(cpu=3), node(cpu=9, rack=1), rules=[rule], fixed=[(0, 0, 1)]), effort=1)
    one, other = (workload(count=3, allowed=[2, 5]) for _ in range(2))
    by_effort(problem(one, other, *(node(cpu=4, rack=row) for row in range(9)), rules=[Apart(((0,), (1,)), RACK)]), 1)
    with improve.Search(hard(), solver.construct.construct(hard()), lanes=1, seed=0) as search:
        search.round()
    assert [list(entry.signatures) for entry in entries] == before  # type: ignore[attr-defined]


# What is left of it


@pytest.mark.parametrize("effort", [0, 4])
def test_nothing_of_a_search_waits_for_the_garbage_collector(effort: int) -> None:
    """Arrays of 100,000 nodes, several times a second: they go with the search that made them."""
    with nothing_left():
        for asked in (
            hard(3),
            impossible(9),
            problem(workload(count=3), node(cpu=2), node(cpu=2, price=4), then="cost"),
        ):
            by_effort(asked, effort=effort)
        del asked
