"""`survives`: whatever single or double loss comes, what was promised remains."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import Any

import pytest

from planner.inventory.snapshot import Snapshot
from planner.manifests.application import Application
from planner.manifests.errors import InvalidInput
from planner.plans.check import check
from planner.plans.plan import Plan, SolveOptions
from planner.plans.solve import solve
from planner.worlds.read import read_applications
from tests.worlds import application, server, site, world


def placed(instances: int, survives: object, sites: int = 4, **more: Any) -> tuple[Snapshot, Application, Plan]:
    """A plan on sites of two servers that take four instances each."""
    asked = application("web", instances=instances, survives=survives, **more)
    servers = [server(f"s{at}-{row}", site=f"site-{at}", cpu=4000) for at in range(sites) for row in range(2)]
    snapshot = Snapshot.of(world(*(site(f"site-{at}", cost=1000 + at) for at in range(sites)), *servers))
    return snapshot, asked, solve(snapshot, [asked], SolveOptions(time_limit=5))


def per_site(plan: Plan) -> Counter[str]:
    count: Counter[str] = Counter()
    for row in plan.placements:
        count[row.server.split("-")[0]] += row.instances
    return count


@pytest.mark.parametrize(
    ("losses", "keep", "remain"), [(1, "80%", 8), (1, "70%", 7), (2, "40%", 4), (1, 6, 6), (2, 5, 5)]
)
def test_every_loss_leaves_what_was_promised(losses: int, keep: str | int, remain: int) -> None:
    _, _, plan = placed(10, {"lossOf": "site", "count": losses, "keep": keep}, sites=6)
    count = per_site(plan)
    assert count.total() == 10
    worst = min(10 - sum(count[lost] for lost in loss) for loss in combinations(count, losses))
    assert worst >= remain


def test_an_impossible_promise_is_refused() -> None:
    _, _, plan = placed(10, {"lossOf": "site", "keep": "80%"})
    assert plan.status == "infeasible"
    assert plan.unplaced[0].instances == 10


def test_a_partial_application_shrinks_to_what_survives() -> None:
    _, _, plan = placed(40, {"lossOf": "site", "keep": "75%"}, partial={"minimum": 4})
    count = per_site(plan)
    assert count.total() - max(count.values()) >= 0.75 * count.total()
    assert count.total() == 32


def test_check_tells_of_a_plan_that_does_not_survive() -> None:
    snapshot, asked, plan = placed(8, {"lossOf": "site", "keep": "50%"})
    row = plan.placements[0]
    places = [("s0-0", 4), ("s0-1", 2), ("s1-0", 2)]
    crowded = [row.model_copy(update={"server": name, "instances": count}) for name, count in places]
    moved = plan.model_copy(update={"placements": crowded})
    messages = [finding.message for finding in check(snapshot, [asked], moved)]
    assert messages == ["web: 2 instances may remain after the worst loss of a site, at least 4 required"]


def test_the_manifest_takes_one_or_several() -> None:
    one = {"lossOf": "site", "count": 1, "keep": "80%"}
    assert application("web", survives=one).spec.survives == application("web", survives=[one]).spec.survives


@pytest.mark.parametrize(
    ("survives", "field"),
    [
        ("{lossOf: galaxy, keep: 50%}", "spec.survives[0].lossOf"),
        ("{lossOf: site, keep: 120%}", "spec.survives[0].keep"),
        ("{lossOf: site, keep: 0}", "spec.survives[0].keep"),
        ("{lossOf: site, keep: 5}", "spec.survives[0].keep"),
        ("{lossOf: site, count: 0, keep: 50%}", "spec.survives[0].count"),
        ("{lossOf: site, keep: 50%, across: group}", "spec.survives[0].across"),
        ("{lossOf: site}", "spec.survives[0].keep"),
    ],
)
def test_what_cannot_be_meant_is_told(survives: str, field: str) -> None:
    text = (
        "{kind: Application, metadata: {name: web}, spec: {runtime: vm, resources: {cpu: 1}, "
        f"demand: [{{instances: 5}}], survives: {survives}}}}}"
    )
    with pytest.raises(InvalidInput) as told:
        read_applications(text, "applications.yaml")
    assert [problem.field for problem in told.value.problems] == [field]
