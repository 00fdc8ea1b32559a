"""Sell: a big request quoted: where it would be delivered, what that costs, and what it takes away from others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from planner.inventory.snapshot import Snapshot
from planner.manifests.application import Application
from planner.manifests.manifest import Manifest
from planner.plans.check import check
from planner.plans.plan import ObjectiveTerm, Plan, SolveOptions
from planner.plans.solve import solve
from planner.whatif.base import Base
from planner.whatif.questions.placed import Delivery, delivered
from planner.whatif.replan import NO_TIME
from planner.whatif.result import Refused
from planner.whatif.score import row_of, taken
from solver.problem import Ids, Ints

EFFORT = 16


class Displaced(Manifest):
    """Instances that are asked for already, would find a place now, and find none once this is sold."""

    tenant: str
    application: str
    instances: int


class Sell(Manifest):
    """fits: all of it. price: of what is placed, in prices of a vCPU; bound: no delivery costs less, if all is placed.
    before, after: headroom of the shape by region, and in all."""

    fits: bool
    proven: bool
    placed: int
    refused: list[Refused]
    deliveries: list[Delivery]
    price: float
    price_bound: float
    displaced: list[Displaced]
    before: dict[str, int]
    after: dict[str, int]
    plan: Plan


def sell(base: Base, request: Sequence[Application], seed: int = 0) -> Sell:
    """Raises InvalidInput when the request contradicts itself or the base."""
    plan = _planned(base.snapshot, request, seed)
    servers, amounts = taken(base.snapshot, {each.id: each for each in request}, plan)
    sold = _sold(base.snapshot, servers, amounts)
    cost = next((term for term in plan.objective if term.name == "cost"), _NOTHING)
    by_id = {each.id: each for each in request}
    return Sell(
        fits=not plan.unplaced,
        proven=not plan.objective[0].gap,
        placed=sum(row.instances for row in plan.placements),
        refused=[row_of(by_id[row.application], row.demand or 0, row.instances, row.reason) for row in plan.unplaced],
        deliveries=delivered(base.snapshot, plan),
        price=cost.value,
        price_bound=cost.bound,
        displaced=_displaced(base, sold, seed),
        before=_headroom(base, base.snapshot),
        after=_headroom(base, sold),
        plan=plan,
    )


_NOTHING = ObjectiveTerm(name="cost", value=0.0, bound=0.0, gap=0.0)


def _planned(snapshot: Snapshot, applications: Sequence[Application], seed: int) -> Plan:
    options = SolveOptions(effort=EFFORT, time_limit=NO_TIME, workers=1, seed=seed)
    plan = solve(snapshot, applications, options)
    if found := check(snapshot, applications, plan):
        raise RuntimeError(f"the referee rejects the plan: {found[0].message}")
    return plan


def _sold(snapshot: Snapshot, servers: Ids, amounts: Ints) -> Snapshot:
    """Where this much is gone."""
    free, used = snapshot.free.copy(), snapshot.used.copy()
    free[servers] -= amounts
    used[servers] += amounts
    always = snapshot.load.always.copy()
    always[servers] += amounts
    load = replace(snapshot.load, always=always, recent={})
    return replace(snapshot, free=free, used=used, load=load, generation=f"{snapshot.generation}, sold")


def _displaced(base: Base, sold: Snapshot, seed: int) -> list[Displaced]:
    waiting = tuple(base.applications.values())
    before, after = (_refused(_planned(each, waiting, seed)) for each in (base.snapshot, sold))
    return [
        Displaced(tenant=base.applications[name].metadata.namespace, application=name, instances=count - before[name])
        for name, count in sorted(after.items())
        if count > before[name]
    ]


def _refused(plan: Plan) -> Counter[str]:
    count: Counter[str] = Counter()
    for row in plan.unplaced:
        count[row.application] += row.instances
    return count


def _headroom(base: Base, snapshot: Snapshot) -> Mapping[str, int]:
    sites, usable = snapshot.inventory.sites, snapshot.usable
    slots = np.where(usable, base.shape.slots(snapshot.free, snapshot.rate), 0)
    region = sites.attributes["region"]
    total = np.bincount(region.code[snapshot.inventory.servers.site], slots, len(region.values)).astype(np.int64)
    return {"all": int(slots.sum())} | {
        name or "(none)": int(count) for name, count in zip(region.values, total.tolist(), strict=True)
    }
