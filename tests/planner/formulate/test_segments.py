"""A problem has a resource's column once for each set of windows that meet, and apart binds only those that do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from planner.formulate.formulate import formulate
from planner.formulate.question import Question
from planner.inventory.snapshot import Snapshot
from planner.manifests.application import Application
from planner.plans.check import check
from planner.plans.plan import SolveOptions
from planner.plans.solve import solve
from solver.constraints import Apart
from tests.worlds import Running, Server, allocation, application, server, world

NOW = datetime(2027, 1, 1, tzinfo=UTC)


def window(daily: str, **more: Any) -> dict[str, Any]:
    return {"daily": daily, "timeZone": "Asia/Shanghai", **more}


MORNING, NOON, EVENING = window("06:00-12:00"), window("10:00-14:00"), window("18:00-23:00")


def asked(*parts: Server | Application | Running, **options: Any) -> Question:
    made = world(*parts)
    return formulate(Snapshot.of(made, NOW), made.applications, SolveOptions(**options))


def test_one_request_has_the_columns_of_the_inventory_whatever_runs() -> None:
    parts: list[Server | Application | Running] = [
        server("s", cpu=8000, memory=100),
        *(application(name, cpu=1, window=when) for name, when in (("am", MORNING), ("noon", NOON), ("pm", EVENING))),
        *(allocation(name, "s", count) for name, count in (("am", 1), ("noon", 2), ("pm", 4))),
    ]
    assert asked(*parts, application("new")).problem.capacity.tolist() == [[4000, 100]]
    late = window("13:00-17:00")
    assert asked(*parts, application("new", window=late)).problem.capacity.tolist() == [[6000, 100]]
    over = {"end": "2026-12-31T00:00:00Z"}
    gone = asked(
        server("s", cpu=8000), application("old", cpu=8, window=over), allocation("old", "s"), application("n")
    )
    assert gone.problem.capacity.tolist() == [[8000]]
    assert gone.problem.busy.tolist() == [False]


def test_windows_that_meet_share_a_segment() -> None:
    question = asked(
        server("s", cpu=8000),
        application("am", cpu=1, window=MORNING),
        application("noon", cpu=2, window=NOON),
        application("pm", cpu=3, window=EVENING),
        application("always", cpu=4),
    )
    assert question.problem.capacity.tolist() == [[8000, 8000]]
    assert sorted(question.problem.demand[0].T.tolist()) == [[0, 0, 3000, 4000], [1000, 2000, 0, 4000]]


def test_room_that_comes_and_goes_is_taken_from_its_segment() -> None:
    question = asked(
        server("s", cpu=8000),
        application("r", cpu=6, window=EVENING),
        allocation("r", "s"),
        application("am", cpu=1, window=MORNING),
        application("pm", cpu=1, window=EVENING),
    )
    rows = zip(question.problem.demand[0].T.tolist(), question.problem.capacity[0].tolist(), strict=True)
    assert {tuple(np.flatnonzero(demand).tolist()): room for demand, room in rows} == {(0,): 8000, (1,): 2000}


def test_slots_count_at_all_times_even_when_nothing_new_is_there() -> None:
    made = world(
        server("s", cpu=8000, memory=8192),
        application("r", cpu=6, window=EVENING),
        allocation("r", "s"),
        application("am", cpu=1, window=MORNING),
    )
    options = SolveOptions(then="largest-slots", slot={"cpu": 2}, effort=0)
    plan = solve(Snapshot.of(made, NOW), made.applications, options)
    assert plan.objective[1].value == 1


@pytest.mark.parametrize(
    ("windows", "binds"),
    [((MORNING, EVENING), False), ((MORNING, NOON), True), ((MORNING, None), True), ((None, None), True)],
)
def test_apart_binds_those_that_meet(windows: tuple[dict[str, Any] | None, ...], binds: bool) -> None:
    rule = [{"at": "server", "applications": ["a"]}]
    made = world(
        server("s", cpu=8000),
        application("a", window=windows[0]),
        application("b", window=windows[1], apart_from=rule),
    )
    plan = solve(Snapshot.of(made, NOW), made.applications, SolveOptions())
    assert len(plan.unplaced) == binds
    assert check(Snapshot.of(made, NOW), made.applications, plan) == []


def test_of_a_group_each_pair_that_meets_is_apart() -> None:
    def member(name: str, side: str, when: dict[str, Any] | None) -> Application:
        apart = [{"at": "server", "label_differs": "side"}]
        return application(name, labels={"side": side}, group="g", apart_from=apart, window=when)

    some = [member("a", "left", MORNING), member("b", "right", NOON), member("c", "right", EVENING)]
    assert [each.parts for each in _aparts(asked(server("s"), *some))] == [((0,), (1,))]
    everybody = [member("a", "left", None), member("b", "right", NOON), member("c", "right", EVENING)]
    assert [each.parts for each in _aparts(asked(server("s"), *everybody))] == [((0,), (1, 2))]


def _aparts(question: Question) -> list[Apart]:
    return [rule for rule in question.problem.rules if isinstance(rule, Apart)]


def test_what_runs_keeps_the_window_it_was_placed_with() -> None:
    """A longer window in a request is for the new instances; the rule looks at both."""
    made = world(server("s", cpu=4000), application("r", cpu=3, window=EVENING), allocation("r", "s"))
    seen = Snapshot.of(made, NOW)
    more = application("r", cpu=3, window=MORNING, instances=2)
    plan = solve(seen, [more], SolveOptions())
    assert [row.instances for row in plan.placements] == [1]
    apart = application("x", cpu=1, window=EVENING, apart_from=[{"at": "server", "applications": ["r"]}])
    assert solve(seen, [more, apart], SolveOptions()).unplaced


def test_numa_cells_are_shared_over_time_too() -> None:
    cells = [{"cpu": 4000, "memory": 10}] * 2
    made = world(
        server("s", cpu=8000, memory=20, cells=cells),
        application("am", runtime="vm", cpu=4, window=MORNING, numa_cells=1, instances=2),
        application("pm", runtime="vm", cpu=8, window=EVENING, numa_cells=2),
        application("all", runtime="vm", cpu=1, numa_cells=1),
    )
    plan = solve(Snapshot.of(made, NOW), made.applications[:2], SolveOptions())
    assert (plan.status, plan.unplaced) == ("optimal", [])
    full = solve(Snapshot.of(made, NOW), made.applications, SolveOptions())
    assert (full.status, full.objective[0].value) == ("optimal", 1)
