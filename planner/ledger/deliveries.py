"""Deliveries: what the books placed, as whoever brings it to clusters needs it: by application, site and server."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from planner.ledger.picture import Picture


def deliveries(picture: Picture, applications: Collection[str] | None = None) -> dict[str, Any]:
    """JSON: `applications` with their annotations, the plan that placed something last, and instances by site and
    server; `sites` that any of them is in, with cluster and what is offered there. applications: ids; None: all."""
    inventory = picture.snapshot.inventory
    sites, servers = inventory.sites, inventory.servers
    told, used = [], set()
    for name in sorted(picture.allocations):
        if applications is not None and name not in applications:
            continue
        lines = picture.allocations[name].values()
        places: dict[str, dict[str, int]] = {}
        for line in lines:
            row = picture.server_row[line.server]
            site = int(servers.site[row])
            used.add(site)
            here = places.setdefault(sites.name[site], {})
            here[servers.name[row]] = here.get(servers.name[row], 0) + line.instances
        manifest = picture.snapshot.applications[name]
        plan = _plan(max(lines, key=lambda line: line.id).booking)
        told.append({"application": name, "annotations": manifest.metadata.annotations, "plan": plan, "sites": places})
    return {
        "generation": picture.generation,
        "applications": told,
        "sites": {sites.name[row]: _site(picture, row) for row in sorted(used)},
    }


def _plan(booking: str) -> str:
    """The plan in the id of an allocation: `a-<plan>-<generation>`."""
    return booking.removeprefix("a-").rpartition("-")[0]


def _site(picture: Picture, row: int) -> dict[str, Any]:
    inventory = picture.snapshot.inventory
    first, end = inventory.servers.site.searchsorted([row, row + 1]).tolist()
    own = frozenset().union(*inventory.servers.capabilities[first:end])
    return {
        "cluster": inventory.sites.attributes["cluster"][row],
        "state": inventory.sites.state[row],
        "offers": sorted(inventory.sites.capabilities[row] | own),
    }
