"""What a request worked on is gone when it is answered: in a flood, garbage that waits is memory that grows."""

from __future__ import annotations

from collections import deque

from planner.explain.ask import ask
from planner.explain.infeasible import ExplainOptions
from planner.inventory.snapshot import Snapshot
from planner.plans.plan import SolveOptions
from planner.plans.solve import solve
from tests.garbage import nothing_left
from tests.worlds import application, server, site, world


def test_plans_and_explanations_leave_nothing_to_the_garbage_collector() -> None:
    asked = [
        application("web", instances=3),
        application("apart", instances=4, spread=[{"over": "site", "maxInstances": 2}]),
        application("safe", instances=2, survives=[{"lossOf": "site", "keep": 2, "standby": "shared"}]),
        application("all", instances=900),
    ]
    snapshot = Snapshot.of(
        world(site("a"), site("b"), *(server(f"{at}{row}", site=at) for at in "ab" for row in (1, 2)))
    )
    with nothing_left():
        for each in asked:
            solve(snapshot, [each], SolveOptions(effort=3))
            deque(ask(snapshot, [each], None, ExplainOptions()), maxlen=0)
