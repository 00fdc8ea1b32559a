"""Check: a good plan is clean, and every way to spoil it is found, by its rule, with application, place and amounts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import product
from typing import Any

import pytest

from planner.inventory.snapshot import LEVELS, Snapshot
from planner.inventory.world import World
from planner.manifests.application import Application
from planner.manifests.errors import InvalidInput
from planner.plans.check import check
from planner.plans.finding import Finding
from planner.plans.plan import PlacementRow, Plan, SolveOptions, Unplaced
from planner.plans.solve import solve
from tests.worlds import allocation, application, server, site, world

Mutation = Callable[[Plan], Plan]

LIMITS: dict[str, dict[str, Any]] = {
    "most": {"maxInstances": 3},
    "share": {"maxShare": "60%"},
    "least": {"minDomains": 2},
}
CELLS = [{"cpu": 8000}, {"cpu": 8000}]


def spreading(kind: str, level: str) -> Application:
    return application(
        f"{kind}-{level}", runtime="vm", cpu="10m", instances=4, spread=[{"over": level, **LIMITS[kind]}]
    )


@cache
def rich() -> World:
    """Two regions, four provinces, eight cities and sites, two carriers; an application for every kind of rule. The two
    sites of province S2 cost so much that nothing stands there."""
    places = [
        site(
            f"{region}{province}{city}",
            region=region,
            province=f"{region}{province}",
            city=f"c{city}",
            carrier="telecom" if city == "1" else "unicom",
            capabilities=["lb"] if city == "1" else ["gpu"],
            cost=100_000 if (region, province) == ("S", "2") else 1000,
        )
        for region, province, city in product("NS", "12", "12")
    ]
    machines = [
        server(f"{place.name}-{rack}{number}", site=place.name, rack=rack, cpu=16_000, memory=65_536)
        for place in places
        for rack, number in product("ab", "12")
    ]
    whole: dict[str, Any] = {"group": "whole", "all_or_nothing": "group", "runtime": "vm"}
    return world(
        *places,
        site("off", region="N", state="offline"),
        *machines,
        server("off-1", site="off", cpu=16_000, memory=65_536),
        server("drained", site="N11", rack="a", state="draining", cpu=16_000, memory=65_536),
        server("numa", site="N11", rack="c", cpu=16_000, memory=65_536, cells=CELLS),
        *(spreading(kind, level) for kind, level in product(LIMITS, LEVELS)),
        application("big", runtime="vm", cpu=6, instances=4),
        application("telecom", instances=2, where={"carrier": "telecom"}),
        application("balanced", instances=2, requires=["lb"]),
        application("plain", instances=2, forbids=["gpu"]),
        application("web", instances=5),
        application("log", cpu="10m", master={"application": "web", "ratio": 2}),
        application("agent", cpu="10m", master={"application": "web", "perSite": 2}),
        application("pair", instances=2, together=[{"at": "rack"}]),
        application("red", apart_from=[{"at": "server", "applications": ["blue"]}]),
        application("blue"),
        application("even", group="odds", labels={"side": "even"}, apart_from=[{"at": "site", "labelDiffers": "side"}]),
        application("odd", group="odds", labels={"side": "odd"}),
        application("first", instances=2, **whole),
        application("second", instances=2, **whole),
        application("each", cpu="10m", demand=[{"where": {"province": "S1"}, "instancesPerSite": 2}]),
        application("numa", runtime="vm", cpu=5, instances=2, numa_cells=1),
        application("both", runtime="vm", cpu=2, numa_cells=2),
        application("some", instances=4, partial={"minimum": 3}),
        application("running", instances=2),
        allocation("running", "N11-a1", 2),
    )


@cache
def snapshot() -> Snapshot:
    return Snapshot.of(rich())


@cache
def good() -> Plan:
    return solve(snapshot(), rich().applications, SolveOptions(effort=0))


def findings(plan: Plan) -> list[Finding]:
    return check(snapshot(), rich().applications, plan)


def place(name: str, where: str, instances: int = 1, cells: Sequence[int] | None = None) -> PlacementRow:
    given = None if cells is None else list(cells)
    return PlacementRow(application=name, server=where, instances=instances, cells=given)


def replaced(name: str, *new: PlacementRow) -> Mutation:
    """These rows instead of all that the application has."""

    def mutate(plan: Plan) -> Plan:
        others = [row for row in plan.placements if row.application != name]
        return plan.model_copy(update={"placements": [*others, *new]})

    return mutate


def added(*new: PlacementRow) -> Mutation:
    return lambda plan: plan.model_copy(update={"placements": [*plan.placements, *new]})


def unplaced(name: str, instances: int) -> Mutation:
    row = Unplaced(application=name, instances=instances, reason="no reason")
    return lambda plan: plan.model_copy(update={"unplaced": [*plan.unplaced, row]})


def both(*mutations: Mutation) -> Mutation:
    def mutate(plan: Plan) -> Plan:
        for each in mutations:
            plan = each(plan)
        return plan

    return mutate


def test_the_plan_is_good_and_whole() -> None:
    assert findings(good()) == []
    assert good().unplaced == []


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("kind", LIMITS)
def test_broken_spread(kind: str, level: str) -> None:
    """All four on one server."""
    name = f"{kind}-{level}"
    (found,) = findings(replaced(name, place(name, "S21-a1", 4))(good()))
    domain = {
        "server": "S21-a1",
        "rack": "S21/a",
        "site": "S21",
        "city": "S2/c1",
        "province": "S2",
        "region": "S",
        "carrier": "telecom",
    }[level]
    assert (found.rule, found.applications) == ("spread", (name,))
    if kind == "least":
        assert (found.where, found.found, found.allowed) == ("", 1, 2)
        assert found.message == f"{name}: in 1 {level} only, at least 2 required"
    else:
        limit = 3 if kind == "most" else 2
        preposition = "on" if level == "server" else "in"
        assert (found.where, found.found, found.allowed) == (domain, 4, limit)
        assert found.message == (f"{name} {preposition} {level} {domain}: 4 instances, at most {limit:,} per {level}")


SPOILT: dict[str, tuple[Mutation, str, str]] = {
    "over-capacity": (
        replaced("big", place("big", "S22-b2", 4)),
        "capacity",
        "big on server S22-b2: 24,000 millicores of cpu taken, 16,000 free",
    ),
    "wrong carrier": (
        replaced("telecom", place("telecom", "S22-b2", 2)),
        "eligibility",
        "telecom on server S22-b2: 2 instances where carrier is not telecom",
    ),
    "missing capability": (
        replaced("balanced", place("balanced", "S22-b2", 2)),
        "eligibility",
        "balanced on server S22-b2: 2 instances where lb is required but not offered",
    ),
    "forbidden capability": (
        replaced("plain", place("plain", "S22-b2", 2)),
        "eligibility",
        "plain on server S22-b2: 2 instances where gpu is offered but forbidden",
    ),
    "offline site": (
        replaced("telecom", place("telecom", "off-1", 2)),
        "eligibility",
        "telecom on server off-1: 2 instances where the site is offline",
    ),
    "draining server": (
        replaced("telecom", place("telecom", "drained", 2)),
        "eligibility",
        "telecom on server drained: 2 instances where the server is draining",
    ),
    "child without master": (
        added(place("log", "S22-b2")),
        "children",
        "log in site S22: 1 instance without the master web",
    ),
    "split group": (
        replaced("pair", place("pair", "S22-a2"), place("pair", "S22-b2")),
        "together",
        "pair: split over 2 racks, all must be in one",
    ),
    "apart by name": (
        both(replaced("red", place("red", "S22-b2")), replaced("blue", place("blue", "S22-b2"))),
        "apart",
        "red and blue on server S22-b2: 2 parties that must be apart share the server",
    ),
    "apart by label": (
        both(replaced("even", place("even", "S22-b2")), replaced("odd", place("odd", "S22-a1"))),
        "apart",
        "even and odd in site S22: 2 parties that must be apart share the site",
    ),
    "half an application": (
        both(replaced("big", place("big", "S22-b2", 2)), unplaced("big", 2)),
        "completeness",
        "big: 2 instances only, at least 4 or none at all",
    ),
    "less than the minimum": (
        both(replaced("some", place("some", "S22-b2", 2)), unplaced("some", 2)),
        "completeness",
        "some: 2 instances only, at least 3 or none at all",
    ),
    "half a group": (
        both(replaced("second"), unplaced("second", 2)),
        "completeness",
        "first and second: 2 instances only, at least 4 or none at all",
    ),
    "unknown server": (
        replaced("telecom", place("telecom", "nowhere", 2)),
        "server",
        "telecom on server nowhere: 2 instances, but there is no such server",
    ),
    "unknown application": (
        added(place("nobody", "S22-b2", 2)),
        "application",
        "nobody on server S22-b2: 2 instances, but there is no such application to place",
    ),
    "unknown application left out": (
        unplaced("nobody", 2),
        "application",
        "nobody: 2 instances unplaced, but nobody asks for them",
    ),
    "missing instances": (
        replaced("some", place("some", "S22-b2", 3)),
        "missing",
        "some: 3 placed and 0 unplaced of 4 instances",
    ),
    "missing application": (replaced("telecom"), "missing", "telecom: 0 placed and 0 unplaced of 2 instances"),
    "too many instances": (
        replaced("telecom", place("telecom", "S21-b2", 3)),
        "demand",
        "telecom: 3 instances placed, at most 2 wanted",
    ),
    "more of what runs already": (
        added(place("running", "S22-b2")),
        "demand",
        "running: 1 instance placed, at most 0 wanted",
    ),
    "placed and unplaced": (unplaced("telecom", 1), "surplus", "telecom: 2 placed and 1 unplaced, only 2 wanted"),
    "not as many in each site": (
        replaced("each", place("each", "S11-b2", 3), place("each", "S12-b2", 1)),
        "quota",
        "each in site S11: 3 instances, exactly 2 or none per site",
    ),
    "overfilled cell": (
        replaced("numa", place("numa", "numa", 2, [0])),
        "capacity",
        "11,000 millicores of cpu taken in NUMA cell 0, 8,000 free",
    ),
    "wrong cell": (
        replaced("numa", place("numa", "numa", 2, [2])),
        "cells",
        "numa on server numa: 2 instances in NUMA cell 2, but it asks for 1 of 2 cells",
    ),
    "one cell for two": (
        replaced("both", place("both", "numa", 1, [1])),
        "cells",
        "both on server numa: 1 instance in NUMA cell 1, but it asks for 2 of 2 cells",
    ),
    "no cell": (
        replaced("numa", place("numa", "numa", 2)),
        "cells",
        "numa on server numa: 2 instances in no NUMA cell, but it asks for 1 of 2 cells",
    ),
    "cells for one that does not ask": (
        replaced("blue", place("blue", "numa", 1, [0])),
        "cells",
        "blue on server numa: 1 instance in NUMA cell 0, but it does not ask for any",
    ),
    "two cells on a server of one": (
        replaced("both", place("both", "S22-b2", 1, [0, 1])),
        "eligibility",
        "both on server S22-b2: 1 instance where 2 NUMA cells are required, the server has 1",
    ),
}


def test_a_placement_too_far_from_the_users() -> None:
    """Two degrees are 222 km, a round trip of 9.7 ms."""
    near = {"latency_ms": 8, "of": {"province": "Hunan"}}
    made = world(
        site("x", province="Hunan"),
        site("y", longitude=2),
        site("z", longitude=float("nan")),
        *(server(f"{name}1", site=name) for name in "xyz"),
        application("web", demand=[{"within": near, "instances": 1}]),
    )
    seen = Snapshot.of(made)
    plan = solve(seen, made.applications, SolveOptions(effort=0))
    assert [row.server for row in plan.placements] == ["x1"]
    assert check(seen, made.applications, plan) == []
    told = {
        name: [each.message for each in check(seen, made.applications, replaced("web", place("web", name, 1))(plan))]
        for name in ("y1", "z1")
    }
    assert told == {
        "y1": ["web on server y1: 1 instance where province Hunan is 9.7 ms away, at most 8 ms wanted"],
        "z1": [
            "web on server z1: 1 instance where province Hunan may be far: the site has no coordinates, "
            "at most 8 ms wanted"
        ],
    }


@pytest.mark.parametrize("way", SPOILT)
def test_spoilt_plan(way: str) -> None:
    mutate, rule, told = SPOILT[way]
    found = findings(mutate(good()))
    assert [each.message for each in found if each.rule == rule and told in each.message], found


def row_of(name: str) -> PlacementRow:
    return next(row for row in good().placements if row.application == name)


def without(name: str, instances: int) -> Mutation:
    """So many instances less on the first of its servers."""

    def mutate(plan: Plan) -> Plan:
        first = next(row for row in plan.placements if row.application == name)
        fewer = [place(name, first.server, first.instances - instances)] if first.instances > instances else []
        others = [row for row in plan.placements if row is not first]
        return plan.model_copy(update={"placements": [*others, *fewer]})

    return mutate


@pytest.mark.parametrize("child", ["log", "agent"])
def test_too_few_children(child: str) -> None:
    (found,) = findings(without(child, 1)(good()))
    site_of = row_of(child).server.split("-")[0]
    assert (found.rule, found.where, found.allowed - found.found) == ("children", site_of, 1)
    assert found.message == (
        f"{child} in site {site_of}: {found.found} instance{'' if found.found == 1 else 's'}, "
        f"the master web needs {found.allowed} there"
    )


def test_a_master_without_children() -> None:
    (log,) = (
        found
        for found in findings(replaced("web", place("web", "S22-b2", 5))(good()))
        if found.where == "S22" and "log" in found.applications
    )
    assert log.message == "log in site S22: 0 instances, the master web needs 3 there"


def test_a_plan_of_another_world() -> None:
    with pytest.raises(InvalidInput) as invalid:
        findings(good().model_copy(update={"generation": "other"}))
    assert str(invalid.value) == (
        "plan: generation: found 'other', a plan for another world, expected 'test', the generation of this one"
    )


def test_cells_in_any_order() -> None:
    assert findings(replaced("both", place("both", "numa", 1, [1, 0]))(good())) == []


def test_demand_entries() -> None:
    made = world(server("a"), application("web", demand=[{"instances": 1}, {"instances": 2}]))
    seen = Snapshot.of(made)
    plan = solve(seen, made.applications, SolveOptions(effort=0))
    assert {row.demand: row.instances for row in plan.placements} == {0: 1, 1: 2}
    swapped = [row.model_copy(update={"demand": 1 - (row.demand or 0)}) for row in plan.placements]
    messages = [
        found.message for found in check(seen, made.applications, plan.model_copy(update={"placements": swapped}))
    ]
    assert messages == ["web: 2 instances placed, at most 1 wanted", "web: 1 placed and 0 unplaced of 2 instances"]
    third = [row.model_copy(update={"demand": 2}) for row in plan.placements[:1]]
    (found, *_) = check(seen, made.applications, plan.model_copy(update={"placements": third}))
    assert found.message == "web on server a: 1 instance, but it has no demand entry 2"


def test_amounts_of_an_overcommitted_server_are_its_own() -> None:
    made = world(server("a", cpu=2000, cpu_overcommit="1.5"), application("web", instances=3))
    seen = Snapshot.of(made)
    plan = solve(seen, made.applications, SolveOptions(effort=0))
    (row,) = plan.placements
    more = plan.model_copy(update={"placements": [row.model_copy(update={"instances": 4})]})
    assert [found.message for found in check(seen, made.applications, more)] == [
        "web: 4 instances placed, at most 3 wanted",
        "web on server a: 2,667 millicores of cpu taken (containers count 2/3), 2,000 free",
    ]


def test_only_those_who_share_a_place_are_named() -> None:
    shared: dict[str, Any] = {"group": "g", "spread": [{"over": "server", "maxInstances": 1, "across": "group"}]}
    made = world(*(server(name) for name in "abc"), *(application(name, **shared) for name in ("x", "y", "z")))
    seen = Snapshot.of(made)
    plan = solve(seen, made.applications, SolveOptions(effort=0))
    moved = [place("x", "a"), place("y", "a"), place("z", "b")]
    (found,) = check(seen, made.applications, plan.model_copy(update={"placements": moved}))
    assert found.message == "x and y on server a: 2 instances, at most 1 per server"
    assert found.applications == ("x", "y")


def test_places_without_a_name() -> None:
    spread = [{"over": "region", "maxShare": "50%"}]
    made = world(
        site("x"),
        site("y", region="S"),
        server("a", site="x"),
        server("b", site="y"),
        application("web", instances=2, spread=spread),
    )
    seen = Snapshot.of(made)
    plan = solve(seen, made.applications, SolveOptions(effort=0))
    piled = plan.model_copy(update={"placements": [place("web", "a", 2)]})
    (found,) = check(seen, made.applications, piled)
    assert found.message == "web in region (none): 2 instances, at most 1 per region"
