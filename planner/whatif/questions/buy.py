"""Buy: the cheapest servers and sites with which what is asked for fits, with a bound that no purchase beats."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from pydantic import Field

from planner.formulate.formulate import formulate
from planner.inventory.extend import NewServers, NewSite, extended
from planner.inventory.snapshot import Snapshot
from planner.manifests.application import Application
from planner.manifests.errors import InputProblem, InvalidInput
from planner.manifests.manifest import Manifest
from planner.manifests.references import validate
from planner.plans.check import check
from planner.plans.plan import Plan, SolveOptions
from planner.plans.solve import solve
from planner.whatif.base import Base
from planner.whatif.names import known
from planner.whatif.questions.prices import Prices, ServerPrice, SitePrice
from solver.buying import Market
from solver.buying import buy as cheapest
from solver.problem import Ids, Ints

CENTS = 100
EFFORT = (8, 64, 512)
"""Rounds of search for the plan: the first that places everything is kept."""


class Purchase(Manifest):
    """So many servers of one kind in one site, with what they cost together."""

    site: str
    server: str
    servers: int
    cost: float


class Buy(Manifest):
    """optimal: no purchase that works is cheaper. infeasible: proven that none works. unknown: none was found.

    Costs are in the unit of the prices, those of opened sites included. missing: instances without any purchase;
    plan: of all that is asked for, with it, on the servers that are there and those that are bought.
    """

    status: Literal["optimal", "feasible", "infeasible", "unknown"]
    cost: float
    bound: float
    gap: float
    purchases: list[Purchase]
    opened: list[str] = Field([], description="Sites that are new.")
    missing: int
    plan: Plan | None = None
    seconds: float


@dataclass(frozen=True, slots=True)
class _Offer:
    site: str
    server: ServerPrice
    new: SitePrice | None


def buy(base: Base, applications: Sequence[Application], prices: Prices, seconds: float, seed: int = 0) -> Buy:
    """For what these applications lack. Raises InvalidInput when they, or the prices, do not go with the base."""
    begin = time.perf_counter()
    if problems := validate(applications, base.snapshot.inventory, base.snapshot.applications):
        raise InvalidInput(problems)
    offers, rooms = _offers(base.snapshot, prices)
    market = _market(base.snapshot, applications, offers, rooms)
    found = cheapest(market, time.perf_counter, seconds, seed)
    plan = None
    if found.placement is not None:
        plan = _planned(base.snapshot, applications, offers, found.counts, seed)
    spent = [(offer, int(count)) for offer, count in zip(offers, found.counts, strict=True) if count]
    return Buy(
        status=found.status,
        cost=found.cost / CENTS,
        bound=found.bound / CENTS,
        gap=(found.cost - found.bound) / found.cost if found.cost > found.bound else 0.0,
        purchases=[
            Purchase(site=offer.site, server=offer.server.name, servers=count, cost=offer.server.price * count)
            for offer, count in spent
        ],
        opened=sorted({offer.site for offer, _ in spent if offer.new}),
        missing=_missing(base.snapshot, applications, seed),
        plan=plan,
        seconds=round(time.perf_counter() - begin, 3),
    )


def _offers(snapshot: Snapshot, prices: Prices) -> tuple[list[_Offer], dict[str, int]]:
    """(each kind of server in each site that may have it, room of each site)."""
    inventory = snapshot.inventory
    for server in prices.servers:
        known(server.shape, inventory.resources, "resource")
    known([key for each in prices.rooms for key in each.where], ("site", *inventory.sites.attributes), "attribute")
    if taken := sorted({each.name for each in prices.sites} & set(inventory.sites.name)):
        raise InvalidInput(
            [InputProblem("prices", None, "sites", f"'{taken[0]}', which is there", "a name that is new")]
        )
    rooms: dict[str, int] = {}
    for each in prices.rooms:
        for row in np.flatnonzero(_matching(snapshot, each.where)).tolist():
            rooms.setdefault(inventory.sites.name[row], each.servers)
    offers = []
    for server in prices.servers:
        there = _matching(snapshot, server.where)
        offers += [
            _Offer(name, server, None)
            for row, name in enumerate(inventory.sites.name)
            if there[row] and rooms.get(name) and inventory.sites.state[row] == "online"
        ]
        offers += [_Offer(site.name, server, site) for site in prices.sites if site.servers and _new(site, server)]
    rooms |= {site.name: site.servers for site in prices.sites}
    if not offers:
        raise InvalidInput([InputProblem("prices", None, "rooms", "no site that matches", "sites with room")])
    return offers, rooms


def _matching(snapshot: Snapshot, where: dict[str, list[str]]) -> np.ndarray:
    sites = snapshot.inventory.sites
    there = np.ones(len(sites), np.bool_)
    for key, accepted in where.items():
        there &= sites.having(key, accepted)
    return there


def _new(site: SitePrice, server: ServerPrice) -> bool:
    attributes = {"site": site.name, **_attributes(site)}
    return all(
        any(part in values for part in attributes.get(key, "").split(";")) for key, values in server.where.items()
    )


def _attributes(site: SitePrice) -> dict[str, str]:
    return {name: getattr(site, name) for name in ("region", "province", "city", "carrier")}


def _with(snapshot: Snapshot, offers: Sequence[_Offer], counts: Sequence[int]) -> Snapshot:
    """The snapshot with these servers, and the sites that they need."""
    chosen = [(offer, count) for offer, count in zip(offers, counts, strict=True) if count]
    sites = {offer.site: offer.new for offer, _ in chosen if offer.new}
    new = [
        NewSite(
            each.name,
            _attributes(each),
            frozenset(each.capabilities),
            float("nan") if each.latitude is None else each.latitude,
            float("nan") if each.longitude is None else each.longitude,
        )
        for each in sites.values()
    ]
    servers = [
        NewServers(offer.site, offer.server.name, count, offer.server.shape, frozenset(offer.server.capabilities))
        for offer, count in chosen
    ]
    return extended(snapshot, servers, new)


def _market(
    snapshot: Snapshot, applications: Sequence[Application], offers: Sequence[_Offer], rooms: dict[str, int]
) -> Market:
    """One server of each offer stands for all of them."""
    sampled = _with(snapshot, offers, [1] * len(offers))
    problem = formulate(sampled, applications, SolveOptions(then="cost")).problem
    sites = list(dict.fromkeys(offer.site for offer in offers))
    opening = {offer.site: offer.new.price for offer in offers if offer.new}
    nodes: Ids = np.arange(len(snapshot.free), len(sampled.free), dtype=np.int32)
    price: Ints = np.array([round(offer.server.price * CENTS) for offer in offers], np.int64)
    return Market(
        problem=replace(problem, then=None),
        nodes=nodes,
        price=price,
        site=np.array([sites.index(offer.site) for offer in offers], np.int32),
        room=np.array([rooms[site] for site in sites], np.int64),
        opening=np.array([round(opening.get(site, 0.0) * CENTS) for site in sites], np.int64),
    )


def _planned(
    snapshot: Snapshot, applications: Sequence[Application], offers: Sequence[_Offer], counts: Ints, seed: int
) -> Plan:
    """Made anew on what there is then, as cheap as it finds, and refereed."""
    there = _with(snapshot, offers, counts.tolist())
    for effort in EFFORT:
        options = SolveOptions(then="cost", effort=effort, workers=1, time_limit=1e-9, seed=seed)
        plan = solve(there, applications, options)
        if not plan.unplaced:
            break
    if found := check(there, applications, plan):
        raise RuntimeError(f"the referee rejects the plan: {found[0].message}")
    return plan


def _missing(snapshot: Snapshot, applications: Sequence[Application], seed: int) -> int:
    options = SolveOptions(then="cost", effort=EFFORT[0], workers=1, time_limit=1e-9, seed=seed)
    return sum(row.instances for row in solve(snapshot, applications, options).unplaced)
