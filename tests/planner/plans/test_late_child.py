"""A child that is asked for when its master runs already is placed beside it, or told."""

from __future__ import annotations

from typing import Any

from planner.inventory.snapshot import Snapshot
from planner.plans.check import check
from planner.plans.plan import Plan, SolveOptions
from planner.plans.solve import solve
from tests.worlds import allocation, application, server, site, world

PLACES = site("x"), site("y"), server("x1", site="x", cpu=8000), server("y1", site="y", cpu=8000)
RUNNING = application("web", instances=5), allocation("web", "x1", 3), allocation("web", "y1", 2)

LATE = "masters that ran before lack it: it is placed there once no new masters are asked for at the same time"


def planned(*parts: Any) -> Plan:
    made = world(*PLACES, *parts)
    snapshot = Snapshot.of(made)
    plan = solve(snapshot, made.applications, SolveOptions())
    assert check(snapshot, made.applications, plan) == []
    return plan


def log(**master: int) -> Any:
    return application("log", cpu=1, master={"application": "web", **master})


def placed(plan: Plan) -> dict[tuple[str, str], int]:
    return {(row.application, row.server): row.instances for row in plan.placements}


def test_beside_masters_that_all_run() -> None:
    plan = planned(*RUNNING, log(ratio=2))
    assert placed(plan) == {("log", "x1"): 2, ("log", "y1"): 1}
    assert plan.status == "optimal"
    assert plan.unplaced == []


def test_only_what_is_missing() -> None:
    assert placed(planned(*RUNNING, log(per_site=2), allocation("log", "x1", 2))) == {("log", "y1"): 2}


def test_what_finds_no_room_is_told() -> None:
    full = application("full", cpu=1, instances=6), allocation("full", "y1", 6)
    plan = planned(*RUNNING, *full, log(ratio=2))
    assert placed(plan) == {("log", "x1"): 2}
    assert [(row.application, row.instances) for row in plan.unplaced] == [("log", 1)]
    assert "log" not in plan.unplaced[0].reason


def test_while_new_masters_come() -> None:
    """Three more masters bring their children; what those that ran before lack is told, and placed next time."""
    plan = planned(application("web", instances=8), *RUNNING[1:], log(ratio=2))
    new = placed(plan)
    assert sum(n for (name, _), n in new.items() if name == "web") == 3
    for place, before in {"x1": 3, "y1": 2}.items():
        if masters := new.get(("web", place), 0):
            assert new["log", place] == -(-(masters + before) // 2)
    told = {row.application: (row.instances, row.reason) for row in plan.unplaced}
    lacking = sum(-(-before // 2) for place, before in {"x1": 3, "y1": 2}.items() if ("web", place) not in new)
    assert told == ({"log": (lacking, LATE)} if lacking else {})
