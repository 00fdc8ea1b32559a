"""A plan in a few numbers: how much was placed, where, and what was refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from planner.inventory.inventory import Inventory
from planner.manifests.application import Application
from planner.plans.plan import Plan
from planner.plans.standby import Kept, kept


@dataclass(frozen=True, slots=True)
class Refused:
    """Instances of one application that are not placed. cpu: what they ask for together, in millicores."""

    application: str
    instances: int
    cpu: int
    reason: str


@dataclass(frozen=True, slots=True)
class Summary:
    """placed, moved, unplaced: instances. whole, applications: those of which nothing is left
    out, and all that were planned. sites: (site, instances), the fullest first. servers: how many carry something
    new. refused, standby: the largest first."""

    placed: int
    moved: int
    unplaced: int
    whole: int
    applications: int
    sites: tuple[tuple[str, int], ...]
    servers: int
    refused: tuple[Refused, ...]
    standby: tuple[Kept, ...]

    @staticmethod
    def of(plan: Plan, inventory: Inventory | None, applications: Iterable[Application]) -> Summary:
        """inventory: where the plan is; without it nothing is known of sites and standby."""
        sites = Counter[str]() if inventory is None else _sites(plan, inventory)
        moved = sum(row.instances for row in plan.moves)
        new = Counter({row.application: 0 for row in plan.placements})
        for placement in plan.placements:
            new[placement.application] += placement.instances
        for move in plan.moves:
            new[move.application] -= move.instances
        touched = {*(+new).keys(), *(row.application for row in plan.unplaced)}
        return Summary(
            placed=sum(row.instances for row in plan.placements) - moved,
            moved=moved,
            unplaced=sum(row.instances for row in plan.unplaced),
            whole=len(touched - {row.application for row in plan.unplaced}),
            applications=len(touched),
            sites=tuple(sorted(sites.items(), key=lambda entry: (-entry[1], entry[0]))),
            servers=len({row.server for row in plan.placements}),
            refused=_refused(plan, applications),
            standby=() if inventory is None else tuple(kept(plan.standby, inventory)),
        )


def _sites(plan: Plan, inventory: Inventory) -> Counter[str]:
    """Instances by site."""
    site_of = {
        name: inventory.sites.name[site]
        for name, site in zip(inventory.servers.name, inventory.servers.site.tolist(), strict=True)
    }
    sites: Counter[str] = Counter()
    for row in plan.placements:
        sites[site_of[row.server]] += row.instances
    return sites


def _refused(plan: Plan, applications: Iterable[Application]) -> tuple[Refused, ...]:
    cpu = {each.id: each.spec.resources.get("cpu", 0) for each in applications}
    rows = [
        Refused(row.application, row.instances, row.instances * cpu.get(row.application, 0), row.reason)
        for row in plan.unplaced
    ]
    return tuple(sorted(rows, key=lambda row: (-row.cpu, -row.instances, row.application)))
