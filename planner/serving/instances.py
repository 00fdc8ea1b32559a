"""Instances of an application by site: those that run, and those that a plan places."""

from __future__ import annotations

from collections import Counter

from planner.inventory.snapshot import Snapshot
from planner.manifests.errors import InputProblem, InvalidInput
from planner.plans.plan import Plan


def by_site(snapshot: Snapshot, application: str, plan: Plan | None) -> Counter[str]:
    """Only in sites that are online. Raises InvalidInput when the plan names a server that is not there."""
    sites, servers = snapshot.inventory.sites, snapshot.inventory.servers
    rows = [(row.server, row.instances) for row in snapshot.running.get(application, ())]
    for row in plan.placements if plan is not None else ():
        if row.server not in snapshot.row:
            found = f"server '{row.server}'"
            raise InvalidInput([InputProblem("plan", None, "placements", found, "a server of the world")])
        if row.application == application:
            rows.append((snapshot.row[row.server], row.instances))
    count: Counter[str] = Counter()
    for server, instances in rows:
        site = int(servers.site[server])
        if sites.state[site] == "online":
            count[sites.name[site]] += instances
    return count
