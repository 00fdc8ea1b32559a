"""Enlarge: a base with the servers that a scenario adds."""

from __future__ import annotations

from collections.abc import Sequence

from planner.inventory.extend import NewServers, extended
from planner.whatif.base import Base
from planner.whatif.manifest import Add
from planner.whatif.names import known


def enlarged(base: Base, more: Sequence[Add]) -> Base:
    """The base itself when nothing is added. Raises InvalidInput when a site or a resource is not known."""
    if not more:
        return base
    inventory = base.snapshot.inventory
    for add in more:
        known(add.sites, inventory.sites.name, "site")
        known(add.shape, inventory.resources, "resource")
    servers = [
        NewServers(site, f"new{number}", add.servers, add.shape, frozenset(add.capabilities))
        for number, add in enumerate(more, 1)
        for site in add.sites
    ]
    return Base(extended(base.snapshot, servers), base.applications, base.shape, base.reserved)
