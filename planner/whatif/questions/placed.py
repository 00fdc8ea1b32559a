"""Placed: the placements of a plan, counted by application and site."""

from __future__ import annotations

from collections import Counter

from planner.inventory.snapshot import Snapshot
from planner.manifests.manifest import Manifest
from planner.plans.plan import Plan


class Delivery(Manifest):
    """Instances of one application in one site, on so many servers."""

    application: str
    site: str
    instances: int
    servers: int


def delivered(snapshot: Snapshot, plan: Plan) -> list[Delivery]:
    """The most instances first."""
    count, servers = Counter[tuple[str, str]](), dict[tuple[str, str], set[str]]()
    inventory = snapshot.inventory
    for row in plan.placements:
        site = inventory.sites.name[int(inventory.servers.site[snapshot.row[row.server]])]
        count[row.application, site] += row.instances
        servers.setdefault((row.application, site), set()).add(row.server)
    found = [
        Delivery(application=name, site=site, instances=instances, servers=len(servers[name, site]))
        for (name, site), instances in count.items()
    ]
    return sorted(found, key=lambda each: (-each.instances, each.application, each.site))
