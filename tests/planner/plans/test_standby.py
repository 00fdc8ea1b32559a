"""Standby in plans: what is kept where, every way to spoil it found, and the books of the next day."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from planner.inventory.snapshot import Snapshot
from planner.inventory.world import World
from planner.manifests.application import Application
from planner.manifests.errors import InvalidInput
from planner.plans.check import check
from planner.plans.plan import Lost, Plan, SolveOptions, StandbyRow
from planner.plans.read import read_plan
from planner.plans.solve import solve
from planner.plans.standby import kept
from tests.worlds import application, committed, server, site, world

SHARED: dict[str, Any] = {"lossOf": "site", "keep": "100%", "standby": "shared"}


def web(instances: int = 6, **more: Any) -> Application:
    return application("web", instances=instances, survives=SHARED, **more)


@cache
def edge() -> World:
    """Three sites of two servers with four cores each; the first is the cheapest."""
    places = [site(name, cost=1000 + row) for row, name in enumerate(("gz", "sz", "zh"))]
    return world(*places, *(server(f"{at.name}{row}", site=at.name, cpu=4000) for at in places for row in (1, 2)))


@cache
def planned() -> Plan:
    return solve(Snapshot.of(edge()), [web()], SolveOptions(effort=2))


def row(server: str, instances: int, domain: str = "gz", **more: Any) -> StandbyRow:
    lost = Lost(level="site", domain=domain)
    return StandbyRow(lost=lost, application="web", server=server, instances=instances, **more)


def messages(*standby: StandbyRow) -> list[tuple[str, str]]:
    plan = planned().model_copy(update={"standby": list(standby)})
    return [(found.rule, found.message) for found in check(Snapshot.of(edge()), [web()], plan)]


def test_a_plan_says_what_is_kept_where() -> None:
    plan = planned()
    assert check(Snapshot.of(edge()), [web()], plan) == []
    assert read_plan(plan.model_dump_json(by_alias=True, exclude_none=True), "plan.json") == plan
    assert {each.server[:2] for each in plan.placements} == {"gz"}
    assert {each.lost.domain for each in plan.standby} == {"gz"}
    assert sum(each.instances for each in plan.standby) == 6
    assert str(kept([row("sz1", 4), row("sz2", 1)], edge().inventory)[0]) == (
        "sz keeps room for 5 instances of web, should site gz be lost"
    )


@pytest.mark.parametrize(
    ("standby", "found"),
    [
        ([], ("standby", "web in site gz: 0 instances may run again after its loss, at least 6 required")),
        (
            [row("sz1", 4), row("sz2", 1)],
            ("standby", "web in site gz: 5 instances may run again after its loss, at least 6 required"),
        ),
        (
            [row("sz1", 6)],
            (
                "restart-capacity",
                "web on server sz1: 6,000 millicores of cpu taken, 4,000 free, should site gz be lost",
            ),
        ),
        (
            [row("sz1", 4), row("gz2", 2)],
            (
                "restart-inside",
                "web on server gz2: standby for 2 instances inside of what is lost, should site gz be lost",
            ),
        ),
        (
            [row("sz1", 4), row("sz2", 4)],
            (
                "restart-surplus",
                "web in site gz: standby for 8 instances after its loss, which takes 6 that have standby",
            ),
        ),
        ([row("sz1", 4), row("sz9", 2)], ("server", "web on server sz9: 2 instances, but there is no such server")),
        (
            [row("sz1", 4), row("sz2", 2, "sx")],
            (
                "lost",
                "web on server sz2: standby for the loss of site sx, but there is no such site",
            ),
        ),
    ],
    ids=["none", "missing", "crowded", "inside", "surplus", "unknown server", "unknown loss"],
)
def test_every_way_to_spoil_it_is_found(standby: list[StandbyRow], found: tuple[str, str]) -> None:
    assert found in messages(*standby)


def test_a_server_that_may_not_be_used_keeps_no_standby() -> None:
    lb = [server(f"s{at}", site=f"x{at}", cpu=9000, capabilities=["lb"] if at < 2 else []) for at in range(3)]
    asked = application("web", instances=2, requires=["lb"], survives=SHARED)
    here = world(*lb)
    plan = solve(Snapshot.of(here), [asked], SolveOptions(effort=1))
    assert check(Snapshot.of(here), [asked], plan) == []
    moved = [each.model_copy(update={"server": "s2"}) for each in plan.standby]
    told = check(Snapshot.of(here), [asked], plan.model_copy(update={"standby": moved}))
    assert [each.rule for each in told] == ["restart-eligibility"]
    assert "standby for 2 instances where lb is required but not offered" in told[0].message


def test_the_next_day_shares_the_room_with_other_losses_only() -> None:
    """24 cores: 6 run in gz, 6 stand aside. Others get the other 12; more with standby shares for another loss."""
    tomorrow = committed(edge(), planned(), web())
    seen = Snapshot.of(tomorrow)
    assert seen.free[:, 0].sum() == 12_000
    rest = application("rest", instances=13)
    (refused,) = solve(seen, [rest], SolveOptions(effort=1)).unplaced
    assert refused.instances == 13
    shop = application("shop", instances=4, survives=SHARED, where={"site": ["sz", "zh"]})
    plan = solve(seen, [shop], SolveOptions(effort=2))
    assert check(seen, [shop], plan) == []
    assert sum(each.instances for each in plan.standby) == 4
    after = Snapshot.of(committed(tomorrow, plan, shop))
    assert after.free[:, 0].sum() >= 4_000


def test_what_grows_gets_standby_for_all_of_it() -> None:
    tomorrow = committed(edge(), planned(), web())
    seen = Snapshot.of(tomorrow)
    plan = solve(seen, [web(8)], SolveOptions(effort=2))
    assert check(seen, [web(8)], plan) == []
    assert sum(each.instances for each in plan.placements) == 2
    without = plan.model_copy(update={"standby": []})
    assert {each.rule for each in check(seen, [web(8)], without)} == {"standby"}


def test_the_reason_is_the_room_to_run_again() -> None:
    asked = application("db", instances=4, where={"site": "gz"}, survives=SHARED)
    (refused,) = solve(Snapshot.of(edge()), [asked], SolveOptions(effort=1)).unplaced
    assert refused.reason == (
        "the 2 servers in 1 site it may use have room for 0 of 4 where 4 could run again after the loss of the site"
    )


def test_a_master_has_no_standby() -> None:
    child = application("log", master={"application": "web", "ratio": 2})
    with pytest.raises(InvalidInput) as told:
        solve(Snapshot.of(edge()), [web(), child], SolveOptions(effort=0))
    (problem,) = told.value.problems
    assert (problem.field, problem.found) == (
        "applications[1].spec.master.application",
        "'log' with the master 'web', which has standby",
    )


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"survives": {**SHARED, "count": 2}}, "count"),
        ({"survives": {**SHARED, "standby": "own"}}, "standby"),
        ({"survives": SHARED, "together": [{"at": "site"}]}, "standby"),
        ({"survives": SHARED, "master": {"application": "x", "ratio": 1}}, "standby"),
        ({"survives": {**SHARED, "keep": 7}}, "keep"),
    ],
)
def test_what_does_not_go_with_standby_is_told(spec: dict[str, Any], field: str) -> None:
    with pytest.raises(ValueError, match=field):
        application("web", instances=6, **spec)
