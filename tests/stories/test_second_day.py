"""A second day: what was placed runs, some of it elsewhere than one would wish, and only the remainder is placed."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from planner.inventory.snapshot import Snapshot
from planner.inventory.world import World
from planner.manifests.application import Application
from planner.plans.check import check
from planner.plans.plan import Plan, SolveOptions
from planner.plans.solve import solve
from tests.worlds import application, committed, server, site, world

RENDER: dict[str, Any] = {"runtime": "vm", "cpu": 4, "memory": "8Gi", "where": {"province": "Guangdong"}}
LOG = application("log", cpu="500m", memory="1Gi", master={"application": "render", "ratio": 3})


def render(instances: int) -> Application:
    return application("render", instances=instances, spread=[{"over": "site", "maxInstances": 5}], **RENDER)


def edge(*asked: Application) -> World:
    """Two sites in Guangdong, one in Hunan; eight servers of 16 cores."""
    return world(
        site("gz", province="Guangdong", carrier="telecom"),
        site("sz", province="Guangdong", carrier="unicom"),
        site("cs", province="Hunan", carrier="telecom"),
        *(server(f"{at}{row}", site=at, cpu=16_000, memory=65_536) for at in ("gz", "sz", "cs") for row in (1, 2, 3)),
        *asked,
    )


def planned(today: World, *asked: Application) -> Plan:
    """A checked plan for the applications, as the ones of the world."""
    seen = Snapshot.of(today)
    plan = solve(seen, asked, SolveOptions(effort=2))
    assert check(seen, asked, plan) == []
    return plan


def per_site(plan: Plan, name: str) -> Counter[str]:
    total: Counter[str] = Counter()
    for row in plan.placements:
        total[row.server[:2]] += row.instances if row.application == name else 0
    return +total


def test_only_the_remainder_is_placed() -> None:
    morning = edge(render(7), LOG)
    first = planned(morning, render(7), LOG)
    assert first.unplaced == []
    assert sum(per_site(first, "render").values()) == 7
    assert per_site(first, "log") == {at: -(-count // 3) for at, count in per_site(first, "render").items()}

    noon = committed(morning, first)
    assert planned(noon, render(7), LOG).placements == [], "all that is asked for runs"

    second = planned(noon, render(10), LOG)
    assert sum(per_site(second, "render").values()) == 3
    assert per_site(first, "render") + per_site(second, "render") == {"gz": 5, "sz": 5}
    assert per_site(first, "log") + per_site(second, "log") == {"gz": 2, "sz": 2}

    evening = committed(noon, second, render(10))
    (refused,) = planned(evening, render(11), LOG).unplaced
    assert (refused.instances, refused.reason) == (
        1,
        "the 6 servers in 2 sites it may use have room for 0 of 1 with at most 5 per site",
    )


def test_books_are_kept_to_the_last_core() -> None:
    """36 cores of 144 are taken in the morning; what is left is sold at noon, and then there is nothing."""
    morning = edge()
    first = planned(morning, render(9))
    noon = committed(morning, first, render(9))
    rest = application("rest", cpu=1, instances=108)
    second = planned(noon, rest)
    assert second.unplaced == []
    evening = committed(noon, second, rest)
    assert Snapshot.of(evening).free[:, 0].sum() == 0
    late = planned(evening, application("late", cpu=1))
    assert late.status == "infeasible"
    assert late.unplaced[0].reason == (
        "none of the 9 servers in 3 sites it may use has room for one instance: cpu runs out first on 9 of them"
    )


def test_new_ones_keep_away_from_what_runs() -> None:
    morning = edge()
    first = planned(morning, render(6))
    taken = {row.server for row in first.placements}
    lone = application("lone", cpu=1, instances=3, apart_from=[{"at": "server", "applications": ["render"]}])
    second = planned(committed(morning, first, render(6)), lone)
    assert second.unplaced == []
    assert not {row.server for row in second.placements} & taken


def test_a_site_that_went_offline_keeps_its_books_and_gets_nothing() -> None:
    morning = edge()
    first = planned(morning, render(5))
    noon = committed(morning, first, render(5))
    (lost,) = {row.server[:2] for row in first.placements[:1]}
    states = tuple("offline" if name == lost else "online" for name in noon.inventory.sites.name)
    cut = _replaced(noon, states)
    second = planned(cut, render(8))
    assert per_site(second, "render") == {("sz" if lost == "gz" else "gz"): 3}, "nothing is moved or placed again"


def _replaced(before: World, states: tuple[str, ...]) -> World:
    inventory = before.inventory
    sites = replace(inventory.sites, state=states)
    return replace(before, inventory=replace(inventory, sites=sites), generation="offline")
