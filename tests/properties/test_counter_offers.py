"""Every counter-offer, applied to manifests or to the world itself and planned anew, leaves nothing out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import event, given
from hypothesis import strategies as st

from planner.explain.explanation import CounterOffer, Explanation
from planner.explain.infeasible import ExplainOptions, explained
from planner.explain.requests import requests
from planner.inventory.inventory import Column, Inventory
from planner.inventory.snapshot import Snapshot
from planner.inventory.world import World
from planner.manifests.application import Application
from planner.plans.check import check
from planner.plans.plan import SolveOptions
from planner.plans.solve import solve
from tests.properties.strategies import examples
from tests.properties.worlds import worlds
from tests.worlds import allocation, application, server, site, world

OPTIONS = ExplainOptions(proof=5, counter_offers=5)


@examples(15)
@given(worlds())
def test_every_counter_offer_of_random_worlds_fits(made: World) -> None:
    snapshot = Snapshot.of(made)
    for request in requests(snapshot, made.applications):
        *_, last = explained(snapshot, request, OPTIONS)
        event(last.status)
        _consistent(last)
        for offer in last.counter_offers:
            event(f"offer: {offer.kind}")
            _fits(made, request, offer)


full = st.integers(0, 3)


@examples(8)
@given(running=st.lists(st.tuples(full, full), min_size=2, max_size=4), instances=st.integers(2, 30))
def test_capacity_to_add_and_what_to_release(running: list[tuple[int, int]], instances: int) -> None:
    """Servers of eight cores, some of them with instances of two applications of two cores each."""
    parts: list[Any] = [application("old", cpu=2, instances=99, partial={"minimum": 1})]
    parts.append(application("older", cpu=2, instances=99, partial={"minimum": 1}))
    for row, (old, older) in enumerate(running):
        parts += [site(f"x{row % 2}", cost=1000 + row % 2), server(f"s{row}", site=f"x{row % 2}", cpu=8000)][row > 1 :]
        parts += [allocation("old", f"s{row}", min(old, 2))] * (old > 0)
        parts += [allocation("older", f"s{row}", min(older, 2))] * (older > 0)
    made = world(*parts)
    request = [application("new", cpu=3, instances=instances, priority=5)]
    *_, last = explained(Snapshot.of(made), request, OPTIONS)
    _consistent(last)
    for offer in last.counter_offers:
        event(f"offer: {offer.kind}")
        _fits(made, request, offer)
    assert last.status == "fits" or any(offer.kind == "capacity" for offer in last.counter_offers)


def _consistent(last: Explanation) -> None:
    assert (last.status == "infeasible") == (last.conflict is not None)
    if last.conflict is not None:
        assert last.conflict.proven
        assert last.conflict.minimal
        assert last.conflict.sentences


def _fits(made: World, request: Sequence[Application], offer: CounterOffer) -> None:
    changed = offer.application
    asked = [changed if changed is not None and each.id == changed.id else each for each in request]
    if offer.kind == "capacity":
        made = _with_servers(made, offer)
    if offer.kind == "release":
        made = _without_allocations(made, offer)
    snapshot = Snapshot.of(made)
    plan = solve(snapshot, asked, SolveOptions(effort=2))
    assert check(snapshot, asked, plan) == []
    whole = {each.id for each in asked if each.spec.partial is None}
    assert not [row for row in plan.unplaced if row.application in whole], (offer, plan.unplaced)
    assert plan.placements


def _without_allocations(made: World, offer: CounterOffer) -> World:
    gone = {(change.subject, change.field.removeprefix("allocations in ")) for change in offer.changes}
    sites, at = made.inventory.sites.name, made.inventory.servers.site
    kept = [row for row in made.allocations if (row.application, sites[int(at[row.server])]) not in gone]
    return replace(made, allocations=tuple(kept))


def _with_servers(made: World, offer: CounterOffer) -> World:
    """The servers of the offer behind the last one of their site: they are like it, or like another one there."""
    (change,) = offer.changes
    inventory = made.inventory
    servers = inventory.servers
    site_row = inventory.sites.name.index(change.subject)
    like = next(
        row
        for row in np.flatnonzero(servers.site == site_row).tolist()
        if _shape(inventory, row) in offer.message and servers.state[row] == "online"
    )
    count = int(change.offered.split()[0].replace(",", ""))
    at = int(np.flatnonzero(servers.site == site_row)[-1]) + 1
    rows = [*range(at), *[like] * count, *range(at, len(servers))]
    names = [servers.name[row] for row in rows]
    names[at : at + count] = [f"new{number}" for number in range(count)]
    column = {key: Column(each.values, each.code[rows]) for key, each in servers.labels.items()}
    grown = replace(
        servers,
        name=tuple(names),
        site=servers.site[rows],
        rack=Column(servers.rack.values, servers.rack.code[rows]),
        state=Column(servers.state.values, servers.state.code[rows]),
        capabilities=tuple(servers.capabilities[row] for row in rows),
        cpu_overcommit=tuple(servers.cpu_overcommit[row] for row in rows),
        capacity=servers.capacity[rows],
        labels=column,
    )
    moved = [row._replace(server=row.server + count * (row.server >= at)) for row in made.allocations]
    return replace(made, inventory=replace(inventory, servers=grown), allocations=tuple(moved))


def _shape(inventory: Inventory, row: int) -> str:
    return f"cpu {inventory.servers.capacity[row, 0] // 1000}"
